"""What one verification knows and keeps: graphs, baselines and the copy of the tree, each made when first needed."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True, slots=True)
class _Question:
    """A check to run."""

    check: str
    configuration: Configuration
    nodes: tuple[Node, ...]


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
        question = self._question(check, configuration, packages)
        if check == "vet" and self.toolchain.minor < checks.VET_OVERLAY:
            return self._new_in_copy(question, shown.plan)
        try:
            found = self._compare(question, self._run(question, shown.scene), shown.plan)
        except GoError:
            if not any(node.fragile for node in question.nodes):
                raise
            return self._new_in_copy(question, shown.plan)
        doubted = {node.path for node in question.nodes if node.fragile and any(_concerns(f, node) for f in found)}
        sure = tuple(f for f in found if doubted.isdisjoint((f.package, f.tested)))
        if doubted:
            sure += self._new_in_copy(self._question(check, configuration, doubted), shown.plan)
        return sure

    def before(self, check: str, configuration: Configuration, packages: Collection[str]) -> list[Finding]:
        """What `check` says of these packages as they stand; each package is asked once."""
        baseline = self._baselines.setdefault((check, configuration.name), _Baseline())
        missing = sorted(set(packages) - baseline.asked)
        if missing:
            question = self._question(check, configuration, missing)
            baseline.findings += self._run(question, untouched(self.workspace.root))
            baseline.asked.update(missing)
        return baseline.findings

    def known(self, check: str, configuration: Configuration) -> Sequence[Finding]:
        """What `before` has learnt so far."""
        return self._baselines.get((check, configuration.name), _Baseline()).findings

    def concerned(self, found: Iterable[Finding], configuration: Configuration, packages: Collection[str]) -> set[str]:
        """Which of the packages just checked must be checked again to see these findings: all, if that is unclear."""
        known = self.graph(configuration).nodes
        names = {(f.package, f.tested) for f in found}
        again = {name for pair in names for name in pair if name in known}
        return again if all(known.keys() & pair for pair in names) else again | set(packages)

    def _question(self, check: str, configuration: Configuration, packages: Iterable[str]) -> _Question:
        known = self.graph(configuration).nodes
        return _Question(check, configuration, tuple(known[path] for path in sorted(packages)))

    def _compare(self, question: _Question, found: Sequence[Finding], plan: Plan) -> tuple[Finding, ...]:
        found = _outside(found, {package.dir for package in self.workspace.broken}, plan)
        if not found:
            return ()
        packages = self.concerned(found, question.configuration, {node.path for node in question.nodes})
        before = self.before(question.check, question.configuration, packages)
        broken = {each.path.parent for each in before if each.path and not each.analyzer}
        return new_findings(_outside(found, broken, plan), before, plan)

    def _run(self, question: _Question, scene: Scene) -> list[Finding]:
        asked = (self.toolchain, scene, question.configuration, question.nodes)
        if question.check == "build":
            found = checks.build(*asked)
        else:
            found = checks.vet(*asked, in_goroot=self.workspace.in_goroot)
        graph = self.graph(question.configuration)
        return [_at_home(each, graph, scene) for each in found]

    def _new_in_copy(self, question: _Question, plan: Plan) -> tuple[Finding, ...]:
        if self._copy is None:
            self._copy = self.fresh_copy()
        return self._compare(question, self._run(question, self._copy.show(plan)), plan)


def _outside(found: Iterable[Finding], broken: Collection[Path], plan: Plan) -> list[Finding]:
    """The findings but for compile errors in folders whose packages do not compile as they stand, and which no fix
    edits: which of them the tools name, and how many, differs from run to run, and from a package to its importers."""
    broken = set(broken) - {path.parent for path in plan.files}
    return [each for each in found if each.analyzer or each.path is None or each.path.parent not in broken]


def _at_home(finding: Finding, graph: Graph, scene: Scene) -> Finding:
    """A finding in terms of this tree: the package behind the name, its files where they lie."""

    def place(path: Path) -> Path:
        found = graph.place(finding.package, path)
        return found if found is path else scene.places.get(Path(os.path.realpath(found)), found)

    path = place(finding.path) if finding.path else None
    also = tuple((place(other), line) for other, line in finding.also)
    return replace(finding, package=graph.name(finding.package), path=path, also=also)


def _concerns(finding: Finding, node: Node) -> bool:
    return node.path in (finding.package, finding.tested)
