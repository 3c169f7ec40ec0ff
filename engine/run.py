"""A run: load, plan, and (for a diff) verify.

1. Go is found, the codemods are chosen, and for each configuration the packages are loaded.
2. Answers of earlier runs are taken from the cache where nothing that they depend on has changed.
3. The other packages converge, the facts server beside us; the first configuration that has a file covers it.
4. `diff` proves the plan with build, vet and tests; what a check refuses is dropped and the rest proved again.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import answers, registry
from .api import Codemod
from .config import Config
from .evidence.escapes import verdicts
from .facts.client import CheckRequest, FactsServer
from .facts.facts import PackageFacts, TypeProblem
from .model import GorefitError, Outcome, Place, Tier
from .packages import Configuration, load
from .plan.converge import Key, PackagePlan
from .plan.judge import CodemodRaised, Terms
from .plan.plan import Drop, Dropped, Plan
from .plan.planner import Planner
from .plan.subject import subjects
from .plan.unused import UnusedSuppression
from .toolchain import Toolchain, find
from .verify.findings import CheckResult
from .verify.testrun import Variant
from .verify.verify import Tests, Verdict, verify
from .workspace import Package, PackageError, Workspace

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for."""

    directory: Path
    patterns: tuple[str, ...]
    codemods: tuple[str, ...]
    tier: Tier
    skip: tuple[str, ...]
    tags: tuple[str, ...]
    tests: Tests
    variants: tuple[Variant, ...]
    include_tests: bool
    platforms: tuple[str, ...]
    jobs: int
    go: Path | None
    use_cache: bool
    config: Config


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to; `verdict` is None for a check. `timings` are seconds by phase."""

    workspace: Workspace
    toolchain: Toolchain
    plan: Plan
    outcomes: tuple[Outcome, ...]
    verdict: Verdict | None
    broken: tuple[Package, ...]
    unused_suppressions: tuple[UnusedSuppression, ...]
    warnings: tuple[str, ...]
    timings: Mapping[str, float]
    failures: tuple[str, ...] = ()  # those warnings that are a failure of ours: packages nobody could judge


class Raised(GorefitError):
    """A codemod failed where it should have answered."""

    exit_code = 5


def check(request: Request, progress: Progress) -> Result:
    """Plan, and say what would change; nothing is compiled beyond what types need."""
    return _run(request, progress, verified=False)


def diff(request: Request, progress: Progress) -> Result:
    """Plan and verify; nothing is written."""
    return _run(request, progress, verified=True)


@dataclass
class _Clock:
    timings: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.timings[name] = self.timings.get(name, 0) + time.monotonic() - began


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified run whose planners still answer: parts of its plan can be made, and proved on their own.

    `without` gives the plan without some fixes, not verified; those that stay keep their ids. `prove` gives the results
    of the checks of a plan's part, or None where a check refuses any of it.
    """

    result: Result
    without: Callable[[Collection[int]], Plan]
    prove: Callable[[Plan], tuple[CheckResult, ...] | None]


@contextmanager
def opened(request: Request, progress: Progress) -> Generator[Opened]:
    """As `diff`, and open for questions about parts of the plan for as long as the block lasts."""
    with _planning(request, progress) as work:
        plan = _merged(work.planned)
        dropper = _Dropper(work.planned, plan)
        verdict = _verify(work, plan, dropper.drop, progress)

        def without(ids: Collection[int]) -> Plan:
            return dropper.drop(verdict.plan, dict.fromkeys(ids, Dropped("part", "not in this part")))

        def prove(part: Plan) -> tuple[CheckResult, ...] | None:
            try:
                return _verify(work, part, _refuse, progress).checks
            except _Refused:
                return None

        yield Opened(_result(work, verdict.plan, verdict), without, prove)


class _Refused(Exception):
    """A check would have something dropped."""


def _refuse(plan: Plan, dropped: Mapping[int, Dropped]) -> Plan:
    raise _Refused


def _run(request: Request, progress: Progress, *, verified: bool) -> Result:
    with _planning(request, progress) as work:
        plan, verdict = _merged(work.planned), None
        if verified:
            verdict = _verify(work, plan, _Dropper(work.planned, plan).drop, progress)
            plan = verdict.plan
    return _result(work, plan, verdict)


@dataclass(frozen=True, slots=True)
class _Work:
    """A run on its way: what was asked, and every configuration loaded and planned."""

    request: Request
    toolchain: Toolchain
    terms: Terms
    configurations: Sequence[Configuration]
    clock: _Clock = field(default_factory=_Clock)
    planned: list[_Planned] = field(default_factory=list["_Planned"])


@contextmanager
def _planning(request: Request, progress: Progress) -> Generator[_Work]:
    """The run after its plan was made; the facts servers live as long as the block."""
    toolchain = find(request.go, request.directory)
    chosen = registry.select(request.codemods, request.tier, request.skip)
    options = {codemod.id: request.config.options.get(codemod.id) or codemod.options() for codemod in chosen}
    terms = Terms(chosen, options, request.tier, frozenset(request.codemods), frozenset(registry.load()))
    configurations = [
        Configuration.native(toolchain, request.tags),
        *(Configuration.parse(platform, toolchain, request.tags) for platform in request.platforms),
    ]
    work = _Work(request, toolchain, terms, list(dict.fromkeys(configurations)))
    try:
        _cold(work, progress)
        yield work
    except CodemodRaised as error:
        raise Raised(
            f"codemod {error.codemod} failed at {error.path}:{error.line}: {error.__cause__!r}",
            hint=f"run again with --skip {error.codemod}, and report this",
            detail="".join(traceback.format_exception(error.__cause__)),
        ) from error
    finally:
        for one in work.planned:
            one.server.close()


def _cold(work: _Work, progress: Progress) -> None:
    request, toolchain, planned = work.request, work.toolchain, work.planned
    covered: set[Path] = set()
    for number, configuration in enumerate(work.configurations):
        with work.clock.phase("loading"):
            progress("loading", number, len(work.configurations))
            workspace = _load(request, toolchain, work.terms.codemods, configuration)
        with work.clock.phase("scanning"):
            first = sum(len(one.workspace.packages) for one in planned)
            base = {path: file.new for path, file in _merged(planned).files.items()}
            planned.append(_plan(request, toolchain, work.terms, workspace, covered, base, first, progress))
        covered.update(path for package in workspace.packages for path in package.files)


@dataclass(frozen=True, slots=True)
class _Planned:
    """One configuration's workspace and planner, its facts server still running."""

    workspace: Workspace
    planner: Planner
    server: FactsServer


def _load(
    request: Request, toolchain: Toolchain, codemods: tuple[Codemod, ...], configuration: Configuration
) -> Workspace:
    return load(
        toolchain,
        request.directory,
        request.patterns,
        configuration=configuration,
        include_tests=request.include_tests,
        may_import=sorted({path for codemod in codemods for path in codemod.imports}),
    )


def _plan(
    request: Request,
    toolchain: Toolchain,
    terms: Terms,
    workspace: Workspace,
    covered: set[Path],
    base: Mapping[Path, bytes],
    first: int,
    progress: Progress,
) -> _Planned:
    server = FactsServer.start(toolchain, cache=answers.directory(), exports=workspace.exports, jobs=request.jobs)

    def facts(asked: CheckRequest) -> PackageFacts:
        return server.check(asked).result()

    def gofmt(texts: Mapping[Path, bytes]) -> Mapping[Path, bytes | None]:
        formatted = server.format(texts)
        return {path: text if isinstance(text, bytes) else None for path, text in formatted.items()}

    def skip(path: Path) -> bool:
        return request.config.excludes(path) is not None

    def escapes(package: Package) -> Callable[[Place], bool | None]:
        return verdicts(toolchain, package, workspace.configuration, answers.directory())

    try:
        known = subjects(workspace, skip, covered, escapes, first, base)
        planner = Planner(known, terms, facts, gofmt, request.jobs or _THREADS, progress)
        if request.use_cache:
            ids = {package.import_path: package.build_id for package in workspace.packages}
            keys = answers.keys(request, toolchain, terms, workspace.configuration, ids, known, planner.elsewhere)
            found = answers.recall(keys, {one.import_path: one.first_id for one in known})
            planner.run(found)
            answers.remember(keys, planner.plans, known, found)
        else:
            planner.run()
    except BaseException:
        server.close()
        raise
    return _Planned(workspace, planner, server)


#: Threads that parse, ask and edit while the server checks types; more would only wait for the interpreter.
_THREADS = 4


def _merged(planned: Sequence[_Planned]) -> Plan:
    """The plans of all configurations as one: each file belongs to the first that has it."""
    plans = [one.planner.plan() for one in planned]
    if len(plans) == 1:
        return plans[0]
    files = {path: file for plan in reversed(plans) for path, file in plan.files.items()}
    fixes = {number: fix for plan in plans for number, fix in plan.fixes.items()}
    return Plan(files, fixes, tuple(outcome for plan in plans for outcome in plan.outcomes))


def _platforms(work: _Work, plan: Plan) -> list[Configuration]:
    """What a plan is verified for beside the own platform: what was asked, and what its codemods always ask for."""
    fixing = {fix.fix.codemod for fix in plan.fixes.values()}
    always = [name for codemod in work.terms.codemods if codemod.id in fixing for name in codemod.platforms]
    tags = work.request.tags
    wanted = (Configuration.parse(name, work.toolchain, tags) for name in dict.fromkeys(always))
    own = work.configurations[0]
    others = [each for each in wanted if (each.goos, each.goarch) != (own.goos, own.goarch)]
    return list(dict.fromkeys([*work.configurations[1:], *others]))


def _verify(work: _Work, plan: Plan, drop: Drop, progress: Progress) -> Verdict:
    with work.clock.phase("verifying"):
        return verify(
            work.toolchain,
            work.planned[0].workspace,
            plan,
            drop=drop,
            tests=work.request.tests,
            variants=work.request.variants,
            platforms=_platforms(work, plan),
            progress=progress,
        )


class _Dropper:
    """Plans without some fixes. Verification tries many drops and goes back to the plan before: each plan is kept with
    what the planners knew when they made it."""

    def __init__(self, planned: Sequence[_Planned], plan: Plan) -> None:
        self._planners = [one.planner for one in planned]
        self._planned = planned
        self._known: dict[int, tuple[Plan, Sequence[_Knowledge]]] = {}
        self._keep(plan)

    def drop(self, current: Plan, dropped: Mapping[int, Dropped]) -> Plan:
        """`current` without these fixes, whatever was tried since it was made."""
        for planner, (plans, excluded) in zip(self._planners, self._known[id(current)][1], strict=True):
            planner.plans, planner.excluded = dict(plans), dict(excluded)
            before = planner.plan()
            mine = {number: why for number, why in dropped.items() if number in before.fixes}
            if mine:
                planner.drop(before, mine)
        return self._keep(_merged(self._planned))

    def _keep(self, plan: Plan) -> Plan:
        knowledge = [(dict(planner.plans), dict(planner.excluded)) for planner in self._planners]
        self._known[id(plan)] = (plan, knowledge)  # the plan too, so that no other gets its id
        return plan


_Knowledge = tuple[Mapping[str, PackagePlan], Mapping[Key, Dropped]]


def _result(work: _Work, plan: Plan, verdict: Verdict | None) -> Result:
    planned, toolchain, timings = work.planned, work.toolchain, work.clock.timings
    workspace = planned[0].workspace
    broken = list(workspace.broken)
    failures: list[str] = []
    for one in planned:
        known = {package.import_path: package for package in one.workspace.packages}
        broken += [_with_errors(known[name], errors) for name, errors in one.planner.problems.items()]
        failures += [
            f"package {failed.import_path} was left alone: {failed.message}" for failed in one.planner.failures
        ]
    unused = [u for one in planned for p in one.planner.plans.values() for u in p.unused]
    told = tuple(failures)
    return Result(workspace, toolchain, plan, plan.outcomes, verdict, tuple(broken), tuple(unused), told, timings, told)


def _with_errors(package: Package, errors: tuple[TypeProblem, ...]) -> Package:
    told = tuple(PackageError(e.message, f"{e.path}:{e.line}:{e.column}" if e.path else "") for e in errors)
    return replace(package, errors=told)
