"""What one verification knows and keeps: graphs, baselines and the copy of the tree, each made when first needed."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..packages import Configuration, Workspace
from ..plan.plan import Plan
from ..toolchain import GoError, Toolchain
from . import checks, graph
from .baseline import new_findings
from .copy import Copy, copied
from .findings import Finding
from .graph import Graph, Node
from .overlay import overlay
from .scene import Scene, untouched


@dataclass
class _Baseline:
    """What a check says of the untouched tree, for the packages asked so far."""

    asked: set[str] = field(default_factory=set[str])
    findings: list[Finding] = field(default_factory=list[Finding])


@dataclass(frozen=True)
class Shown:
    """A plan laid over the tree."""

    plan: Plan
    scene: Scene
    backing: Mapping[Path, Path]


@dataclass
class Session:
    """One verification; close it to remove what it left on disk."""

    toolchain: Toolchain
    workspace: Workspace
    _stack: ExitStack = field(default_factory=ExitStack)
    _graphs: dict[str, Graph] = field(default_factory=dict[str, Graph])
    _baselines: dict[tuple[str, str], _Baseline] = field(default_factory=dict[tuple[str, str], _Baseline])
    _copy: Copy | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def graph(self, configuration: Configuration) -> Graph:
        """The packages of the workspace under `configuration`."""
        name = configuration.name
        if name not in self._graphs:
            self._graphs[name] = graph.read(self.toolchain, self.workspace, configuration)
        return self._graphs[name]

    @contextmanager
    def shown(self, plan: Plan) -> Generator[Shown]:
        """The plan as an overlay, for as long as the block lasts."""
        with overlay(self.workspace.root, plan) as (scene, backing):
            yield Shown(plan, scene, backing)

    def fresh_copy(self) -> Copy:
        """A copy of the tree of one's own, to run tests in; it lives as long as the session."""
        nodes = self.graph(self.workspace.configuration).nodes.values()
        embedded = [file for node in nodes for file in node.embedded]
        return self._stack.enter_context(copied(self.toolchain, self.workspace, embedded))

    def new(
        self, check: str, shown: Shown, configuration: Configuration, packages: Collection[str]
    ) -> tuple[Finding, ...]:
        """What `check` finds in these packages of the edited tree and not in the untouched one.

        Where the overlay may be to blame itself (cgo, go:embed), the finding must show in a copy of the tree too.
        Raises GoError if the check cannot run.
        """
        known = self.graph(configuration).nodes
        nodes = [known.get(p) or graph.outside(p) for p in sorted(packages)]
        ignored = check == "vet" and self.toolchain.minor < checks.VET_OVERLAY
        if ignored:
            return self._compare(check, self._in_copy(check, shown.plan, configuration, nodes), shown, configuration)
        try:
            found = self._compare(check, self._run(check, shown.scene, configuration, nodes), shown, configuration)
        except GoError:
            if not any(node.fragile for node in nodes):
                raise
            return self._compare(check, self._in_copy(check, shown.plan, configuration, nodes), shown, configuration)
        fragile = [node for node in nodes if node.fragile and any(_concerns(f, node) for f in found)]
        if not fragile:
            return found
        again = self._compare(check, self._in_copy(check, shown.plan, configuration, fragile), shown, configuration)
        return (*(f for f in found if not any(_concerns(f, node) for node in fragile)), *again)

    def before(self, check: str, configuration: Configuration, packages: Collection[str]) -> list[Finding]:
        """What `check` says of these packages as they stand; each package is asked once."""
        baseline = self._baselines.setdefault((check, configuration.name), _Baseline())
        missing = sorted(set(packages) - baseline.asked)
        if missing:
            known = self.graph(configuration).nodes
            nodes = [known.get(p) or graph.outside(p) for p in missing]
            baseline.findings += self._run(check, untouched(self.workspace.root), configuration, nodes)
            baseline.asked.update(missing)
        return baseline.findings

    def known(self, check: str, configuration: Configuration) -> Sequence[Finding]:
        """What `before` has learnt so far."""
        return self._baselines.get((check, configuration.name), _Baseline()).findings

    def _compare(
        self, check: str, found: Sequence[Finding], shown: Shown, configuration: Configuration
    ) -> tuple[Finding, ...]:
        if not found:
            return ()
        packages = {name for f in found for name in (f.package, f.tested) if name}
        return new_findings(found, self.before(check, configuration, packages), shown.plan)

    def _run(self, check: str, scene: Scene, configuration: Configuration, nodes: Sequence[Node]) -> list[Finding]:
        run = checks.build if check == "build" else checks.vet
        return run(self.toolchain, scene, configuration, nodes)

    def _in_copy(self, check: str, plan: Plan, configuration: Configuration, nodes: Sequence[Node]) -> list[Finding]:
        if self._copy is None:
            self._copy = self.fresh_copy()
        return self._run(check, self._copy.show(plan), configuration, nodes)


def _concerns(finding: Finding, node: Node) -> bool:
    return node.path in (finding.package, finding.tested)
