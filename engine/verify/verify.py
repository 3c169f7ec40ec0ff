"""Prove a plan with the Go toolchain, and drop what it refuses, until what remains verifies.

1. Each check in turn - gofmt, then build and vet for every configuration, then tests - runs on the edited packages,
   their tests and all packages of the workspace that import them; the user's tree is only read.
2. Findings that the untouched tree has as well do not count. The first check with new findings ends the round.
3. Its findings are laid upon fixes (blame.py). These are dropped, with the tool's words as the reason; the plan is
   rebuilt without them, and the next round begins from the first check.
4. A round without new findings is the verdict. Every round drops at least one fix, so there is one.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model import GorefitError
from ..packages import Configuration, Workspace
from ..plan.plan import Drop, Dropped, Plan
from ..toolchain import Toolchain
from . import blame, checks
from .baseline import persists
from .bench import Bench, Copies
from .findings import CheckResult, Finding
from .session import Session, Shown
from .testrun import PLAIN, RACE, Variant
from .unproved import uncompiled, unproved


class Tests(enum.StrEnum):
    """Which tests to run: none, those of edited packages and their importers, or all of the workspace."""

    OFF = "off"
    AFFECTED = "affected"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The plan that verified, the results of the round that proved it, and what was dropped on the way."""

    plan: Plan
    checks: tuple[CheckResult, ...]
    dropped: Mapping[int, Dropped]
    rounds: int


Progress = Callable[[str, int, int], None]


def silent(phase: str, done: int, total: int) -> None:
    """The progress that nobody watches."""


def verify(
    toolchain: Toolchain,
    workspace: Workspace,
    plan: Plan,
    *,
    drop: Drop,
    tests: Tests = Tests.OFF,
    variants: Sequence[Variant] = (PLAIN,),
    platforms: Sequence[Configuration] = (),
    progress: Progress = silent,
) -> Verdict:
    """The largest part of `plan` that one can vouch for, found by dropping what the checks refuse.

    `variants`: the ways to run the tests that `tests` chooses. `drop` must keep the ids of the fixes that stay. Raises
    GoError if a check cannot run at all, GoTimeout, GorefitError if tests are asked for that cannot run here.
    """
    if tests is not Tests.OFF:
        _can_test(toolchain, workspace, variants)
    dropped: dict[int, Dropped] = {}
    with Session(toolchain, workspace) as session:
        copies = Copies(session)
        benches = [Bench(copies, variant) for variant in variants]
        judge = _Judge(session, drop, tests, benches, (workspace.configuration, *platforms), progress)
        rounds = 0
        while plan.files:
            rounds += 1
            results, refused = judge.round(plan)
            if not refused:
                return Verdict(plan, results, dropped, rounds)
            dropped |= refused
            plan = drop(plan, refused)
    return Verdict(plan, (), dropped, rounds)


def _can_test(toolchain: Toolchain, workspace: Workspace, variants: Sequence[Variant]) -> None:
    configuration = workspace.configuration
    if (configuration.goos, configuration.goarch) != (toolchain.goos, toolchain.goarch):
        raise GorefitError(
            f"tests of {configuration.name} cannot run on {toolchain.goos}/{toolchain.goarch}",
            hint="use --test off, and --platforms for builds of other platforms",
        )
    if RACE in variants:
        asked = toolchain.run("list", "-race", "errors", cwd=workspace.root, check=False)
        if asked.code:
            words = asked.stderr.decode("utf-8", "replace").strip()
            raise GorefitError(
                f"tests cannot run under the race detector here: {words}",
                hint="it needs cgo and a C compiler on most platforms; without --test-race the plain tests still run",
            )


@dataclass
class _Judge:
    """One round after another; what a session learns serves the later ones."""

    session: Session
    drop: Drop
    tests: Tests
    benches: Sequence[Bench]
    configurations: Sequence[Configuration]
    progress: Progress

    def round(self, plan: Plan) -> tuple[tuple[CheckResult, ...], dict[int, Dropped]]:
        """The results of every check, or of those up to the first that refuses fixes, and these fixes."""
        results: list[CheckResult] = []
        unseen = uncompiled(self.session, self.configurations, plan)
        if unseen:
            return (), unseen
        with self.session.shown(plan) as shown:
            steps = [lambda: self._gofmt(shown)]
            for configuration in self.configurations:
                for check in ("build", "vet"):
                    steps.append(lambda check=check, chosen=configuration: self._compiled(check, shown, chosen))
            for bench in self.benches if self.tests is not Tests.OFF else ():
                steps.append(lambda bench=bench: self._tested(plan, bench))
            for number, step in enumerate(steps):
                self.progress("verifying", number, len(steps))
                began = time.monotonic()
                result, refused = step()
                seconds = time.monotonic() - began
                results.append(
                    CheckResult(result.check, result.configuration, result.packages, result.findings, seconds)
                )
                if refused:
                    return tuple(results), refused
            self.progress("verifying", len(steps), len(steps))
        return tuple(results), {}

    def _gofmt(self, shown: Shown) -> tuple[CheckResult, dict[int, Dropped]]:
        found = checks.gofmt(self.session.toolchain, shown.plan, shown.backing)

        def cured(finding: Finding, without: frozenset[int]) -> bool:
            smaller = self._without(shown.plan, finding, without)
            with self.session.shown(smaller) as trial:
                again = checks.gofmt(self.session.toolchain, smaller, trial.backing)
            return all(each.path != finding.path for each in again)

        packages = len({fix.package for fix in shown.plan.fixes.values()})
        refused = self._blamed(shown.plan, found, cured, self.configurations[0])
        return CheckResult("gofmt", "", packages, tuple(found), 0), refused

    def _compiled(
        self, check: str, shown: Shown, configuration: Configuration
    ) -> tuple[CheckResult, dict[int, Dropped]]:
        built, vetted = self.session.graph(configuration).affected(shown.plan.files)
        packages = built if check == "build" else vetted
        if not packages:
            return CheckResult(check, configuration.name, 0, (), 0), {}
        found = self.session.new(check, shown, configuration, packages)

        def cured(finding: Finding, without: frozenset[int]) -> bool:
            smaller = self._without(shown.plan, finding, without)
            if not smaller.files:
                return True
            concerned = self.session.concerned([finding], configuration, packages)
            with self.session.shown(smaller) as trial:
                again = self.session.new(check, trial, configuration, concerned)
            return not persists(finding, shown.plan, again, smaller)

        refused = self._blamed(shown.plan, found, cured, configuration)
        if not refused and configuration is self.configurations[0]:
            refused = unproved(self.session, check, configuration, shown.plan)
        return CheckResult(check, configuration.name, len(packages), found, 0), refused

    def _tested(self, plan: Plan, bench: Bench) -> tuple[CheckResult, dict[int, Dropped]]:
        configuration = self.configurations[0]
        graph = self.session.graph(configuration)
        packages = graph.affected(plan.files)[1] if self.tests is Tests.AFFECTED else set(graph.nodes)
        packages = {path for path in packages if graph.nodes[path].tests}
        found = bench.new(plan, packages) if packages else ()

        def cured(finding: Finding, without: frozenset[int]) -> bool:
            smaller = self._without(plan, finding, without)
            return not smaller.files or not bench.fails(smaller, finding)

        refused = self._blamed(plan, found, cured, configuration, sure=False)
        return CheckResult(bench.variant.check, configuration.name, len(packages), found, 0), refused

    def _without(self, plan: Plan, finding: Finding, ids: Iterable[int]) -> Plan:
        told = blame.reason(finding, self.session.workspace.root)
        return self.drop(plan, dict.fromkeys(ids, told))

    def _blamed(
        self,
        plan: Plan,
        found: Sequence[Finding],
        cured: Callable[[Finding, frozenset[int]], bool],
        configuration: Configuration,
        *,
        sure: bool = True,
    ) -> dict[int, Dropped]:
        """The fixes to drop for these findings. `sure`: the only owner of a finding's line needs no trial."""
        graph, root = self.session.graph(configuration), self.session.workspace.root
        refused: dict[int, Dropped] = {}
        for finding in found if sure else ():
            owners = blame.owners(plan, [(finding.path, finding.line)])
            if len(owners) == 1:
                refused.setdefault(owners[0], blame.reason(finding, root))
        if refused:
            return refused  # the rest may be their consequence; the next round tells
        for finding in blame.one_per_package(found):
            base = frozenset(refused)
            if base and cured(finding, base):
                continue
            ids = [n for n in blame.suspects(plan, finding, graph.dependencies(finding.package)) if n not in base]
            culprits = blame.smallest(ids, lambda part, f=finding, base=base: cured(f, base | part))
            refused |= {number: blame.reason(finding, root) for number in sorted(culprits)}
        return refused
