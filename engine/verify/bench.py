"""Tests before and after: which fail in the edited tree, twice in a row, and not in the tree as it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..plan.plan import Plan
from .copy import Copy
from .findings import Finding
from .graph import Node
from .session import Session
from .testrun import Failure, Variant, finding, run_tests


@dataclass
class Copies:
    """Two copies of the tree, made when first needed: one shows the plan, the other stays as the tree is."""

    session: Session

    @cached_property
    def edited(self) -> Copy:
        return self.session.fresh_copy()

    @cached_property
    def untouched(self) -> Copy:
        return self.session.fresh_copy()


@dataclass
class Bench:
    """One way to run the tests, and what is known of the untouched tree under it."""

    copies: Copies
    variant: Variant
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
        session = self.copies.session
        nodes = session.graph(session.workspace.configuration).nodes
        directories = {path: node.directory for path, node in nodes.items()}
        return finding(failure, self.copies.edited.show(plan), directories, plan.files, self.variant.check)

    def _run(self, plan: Plan, packages: Collection[str], only: str = "") -> list[Failure]:
        names = (only.split("/")[0],) if only else ()
        return self._tested(self.copies.edited, plan, packages, names)

    def _before(self, packages: Collection[str]) -> set[tuple[str, str]]:
        missing = set(packages) - self._asked
        if missing:
            self._failing |= {f.key for f in self._tested(self.copies.untouched, None, missing, ())}
            self._asked |= missing
        return self._failing

    def _tested(self, copy: Copy, plan: Plan | None, packages: Collection[str], only: Sequence[str]) -> list[Failure]:
        session = self.copies.session
        configuration = session.workspace.configuration
        known = session.graph(configuration).nodes
        nodes: list[Node] = [known[path] for path in sorted(packages) if path in known]
        return run_tests(session.toolchain, copy.show(plan), configuration, nodes, only, self.variant)


def _test_name(one: Finding) -> str:
    """The test that a finding of `testrun.finding` speaks of; "" where the package itself failed."""
    name = one.message.partition(" fails")[0]
    return "" if name == one.package else name
