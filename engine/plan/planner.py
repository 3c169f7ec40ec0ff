"""From packages to a plan: every package converges on its own, several at a time, in an order that never shows.

The facts server checks types on its own threads; ours parse, ask and edit meanwhile. Fix ids count from a number that
belongs to the package, so that a plan is the same whatever ran first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..edit.pieces import Pieces
from ..facts.client import CheckRequest
from ..facts.errors import FactsError
from ..facts.facts import PackageFacts, TypeProblem
from ..model import Edit, GorefitError
from .converge import Key, PackagePlan, Subject, converge
from .elsewhere import Elsewhere
from .judge import Terms
from .plan import Dropped, Plan, PlannedFile, PlannedFix
from .reformat import Format

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A package whose types could not be had: the server crashed or hung on it."""

    import_path: str
    message: str


@dataclass
class Planner:
    """Plans for a set of packages, and again without the fixes that a check refused."""

    subjects: Sequence[Subject]
    terms: Terms
    check: Callable[[CheckRequest], PackageFacts]
    gofmt: Format
    jobs: int = 2
    progress: Progress = lambda phase, done, total: None
    plans: dict[str, PackagePlan] = field(default_factory=dict[str, PackagePlan])
    failures: list[Failure] = field(default_factory=list[Failure])
    excluded: dict[Key, Dropped] = field(default_factory=dict[Key, Dropped])
    numbers: dict[str, dict[Key, int]] = field(default_factory=dict[str, dict[Key, int]])
    elsewhere: Elsewhere = field(init=False)

    def __post_init__(self) -> None:
        requests = {each.import_path: each.request for each in self.subjects}
        self.elsewhere = Elsewhere(requests, self.check, {each.import_path: each.deps for each in self.subjects})

    def run(self, known: Mapping[str, PackagePlan] | None = None) -> Plan:
        """The plan for all packages; those in `known` (answers of an earlier run) are not asked again."""
        self.plans.update(known or {})
        for name, plan in (known or {}).items():  # a fix keeps its id when its package must converge again
            keys = {_key(fix): number for number, fix in plan.fixes.items()}
            self.numbers.setdefault(name, {}).update(keys)
        self._converge([s for s in self.subjects if s.import_path not in self.plans])
        return self.plan()

    def drop(self, plan: Plan, dropped: Mapping[int, Dropped]) -> Plan:
        """The plan without some of its fixes: the packages concerned converge again from their original text."""
        concerned: set[str] = set()
        for number, why in dropped.items():
            planned = plan.fixes[number]
            self.excluded[_key(planned)] = why
            concerned.add(planned.package)
        self._converge([s for s in self.subjects if s.import_path in concerned])
        return self.plan()

    def plan(self) -> Plan:
        """All packages' plans as one, in the order of the packages."""
        files: dict[Path, PlannedFile] = {}
        ordered = [self.plans[s.import_path] for s in self.subjects if s.import_path in self.plans]
        for one in ordered:
            for path, pieces in sorted(one.files.items()):
                if pieces.text != pieces.original:
                    files[path] = PlannedFile(path, pieces.original, pieces, pieces.text)
            for path, text in sorted(one.added.items()):
                owners = frozenset(n for n, f in one.fixes.items() if path.name in {new.name for new in f.fix.files})
                files[path] = PlannedFile(path, None, Pieces.of(b"").apply([(Edit(0, 0, text), owners)]), text)
        fixes = {number: fix for one in ordered for number, fix in one.fixes.items()}
        outcomes = tuple(outcome for one in ordered for outcome in one.outcomes)
        return Plan(files, fixes, outcomes)

    @property
    def problems(self) -> Mapping[str, tuple[TypeProblem, ...]]:
        """The packages that do not type-check as they stand, with the errors."""
        return {name: plan.problems for name, plan in self.plans.items() if plan.problems}

    def _converge(self, subjects: Iterable[Subject]) -> None:
        waiting = list(subjects)
        pool = ThreadPoolExecutor(max_workers=max(self.jobs, 1))
        try:
            tasks = [pool.submit(self._one, subject) for subject in waiting]
            for done, (subject, task) in enumerate(zip(waiting, tasks, strict=True), 1):
                result = task.result()
                if isinstance(result, Failure):
                    self.failures.append(result)
                else:
                    self.plans[subject.import_path] = result
                self.progress("scanning", done, len(waiting))
        except BaseException:
            # Threads may wait for a server that hangs: whoever started it closes it, and they end.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _one(self, subject: Subject) -> PackagePlan | Failure:
        numbers = self.numbers.setdefault(subject.import_path, {})

        def number(key: Key) -> int:
            return numbers.setdefault(key, max(numbers.values(), default=subject.first_id - 1) + 1)

        try:
            return converge(subject, self.terms, self.check, self.gofmt, self.excluded, number, self.elsewhere)
        except (FactsError, OSError) as error:
            text = error.message if isinstance(error, GorefitError) else str(error)
            return Failure(subject.import_path, text)


def _key(planned: PlannedFix) -> Key:
    return Key(planned.path, planned.fix.codemod, planned.outcome.place.start)
