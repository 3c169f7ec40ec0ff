"""Tests before and after: which fail in the edited tree, twice in a row, and not in the tree as it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ..plan.plan import Plan
from .copy import Copy
from .findings import Finding
from .graph import Node
from .session import Session
from .testrun import Failure, finding, run_tests


@dataclass
class Bench:
    """Two copies of the tree, made when first needed: one shows the plan, the other stays as the tree is."""

    session: Session
    _edited: Copy | None = None
    _untouched: Copy | None = None
    _asked: set[str] = field(default_factory=set[str])
    _failing: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def new(self, plan: Plan, packages: Collection[str]) -> tuple[Finding, ...]:
        """Tests of these packages that the plan makes fail: they fail twice, and pass in the untouched tree.

        Raises GoTimeout, and OSError where the tree cannot be copied.
        """
        failures = self._run(plan, packages)
        if not failures:
            return ()
        before = self._before({f.package for f in failures if f.package} or packages)
        suspected = [f for f in failures if f.key not in before]
        again = (
            {f.key for f in self._run(plan, {f.package for f in suspected})} if suspected else set[tuple[str, str]]()
        )
        return tuple(self._finding(f, plan) for f in suspected if f.key in again)

    def fails(self, plan: Plan, one: Finding) -> bool:
        """Whether the test (or the package) behind a finding still fails with this plan."""
        name = _test_name(one)
        return any(f.test in ("", name) for f in self._run(plan, [one.package], name))

    def _finding(self, failure: Failure, plan: Plan) -> Finding:
        assert self._edited is not None  # the failure comes from there
        nodes = self.session.graph(self.session.workspace.configuration).nodes
        directories = {path: node.directory for path, node in nodes.items()}
        return finding(failure, self._edited.show(plan), directories, plan.files)

    def _run(self, plan: Plan, packages: Collection[str], only: str = "") -> list[Failure]:
        if self._edited is None:
            self._edited = self.session.fresh_copy()
        names = (only.split("/")[0],) if only else ()
        return self._tested(self._edited, plan, packages, names)

    def _before(self, packages: Collection[str]) -> set[tuple[str, str]]:
        missing = set(packages) - self._asked
        if missing:
            if self._untouched is None:
                self._untouched = self.session.fresh_copy()
            self._failing |= {f.key for f in self._tested(self._untouched, None, missing, ())}
            self._asked |= missing
        return self._failing

    def _tested(self, copy: Copy, plan: Plan | None, packages: Collection[str], only: Sequence[str]) -> list[Failure]:
        configuration = self.session.workspace.configuration
        known = self.session.graph(configuration).nodes
        nodes: list[Node] = [known[path] for path in sorted(packages) if path in known]
        return run_tests(self.session.toolchain, copy.show(plan), configuration, nodes, only)


def _test_name(one: Finding) -> str:
    """The test that a finding of `testrun.finding` speaks of; "" where the package itself failed."""
    name = one.message.partition(" fails")[0]
    return "" if name == one.package else name
