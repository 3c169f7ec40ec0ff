"""The workspace's packages and who imports whom, in one build configuration, as cheaply as go list tells it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..packages import Configuration, Workspace
from ..toolchain import Toolchain

_FIELDS = (
    "{{.ImportPath}}",
    "{{.Dir}}",
    '{{join .GoFiles "|"}}|{{join .CgoFiles "|"}}',
    "{{len .CgoFiles}}",
    '{{join .TestGoFiles "|"}}|{{join .XTestGoFiles "|"}}',
    "{{len .EmbedPatterns}}{{len .TestEmbedPatterns}}{{len .XTestEmbedPatterns}}",
    "{{.Incomplete}}",
    '{{join .Imports " "}}',
    '{{join .TestImports " "}} {{join .XTestImports " "}}',
    '{{join .EmbedFiles "|"}}|{{join .TestEmbedFiles "|"}}|{{join .XTestEmbedFiles "|"}}',
)
# -json with a field list needs Go 1.19; a template works everywhere. Space separates imports: no import path has one.
_TEMPLATE = "\t".join(_FIELDS)

FILES = "command-line-arguments"


@dataclass(frozen=True, slots=True)
class Node:
    """A package of the workspace. `targets` name it on go's command line: its import path, or single files."""

    path: str
    directory: Path
    targets: tuple[str, ...]
    code: frozenset[str]  # base names of the files that are compiled in this configuration
    tests: frozenset[str]
    fragile: bool  # cgo or go:embed: an overlay may not serve it
    imports: frozenset[str]
    test_imports: frozenset[str]
    embedded: frozenset[Path] = frozenset()

    @property
    def builds(self) -> bool:
        """Whether go build has something to do; a package may consist of tests."""
        return bool(self.code)


@dataclass(frozen=True)
class Graph:
    """The packages of a workspace that can be built at all; the broken ones are left out."""

    nodes: Mapping[str, Node]

    @cached_property
    def by_directory(self) -> Mapping[Path, str]:
        return {Path(os.path.realpath(node.directory)): path for path, node in self.nodes.items()}

    def package_of(self, file: Path) -> str | None:
        """The package whose directory holds `file`."""
        return self.by_directory.get(Path(os.path.realpath(file.parent)))

    def name(self, package: str) -> str:
        """The package of the workspace behind a name in a tool's output; vet calls external tests "m/p_test"."""
        tested = package.removesuffix("_test")
        return tested if package not in self.nodes and tested in self.nodes else package

    def place(self, package: str, file: Path) -> Path:
        """Where a file that a tool names as one of `package`'s lies in this tree.

        go vet tells from the cache what it once said of the same files elsewhere: an overlay that is gone, another
        checkout. The base name is right all the same.
        """
        node = self.nodes.get(self.name(package))
        if node is None or file.name not in node.code | node.tests:
            return file
        same = os.path.realpath(file.parent) == os.path.realpath(node.directory)
        return file if same else node.directory / file.name

    def compiles(self, file: Path) -> bool:
        """Whether `file` is part of a package in this configuration."""
        node = self.nodes.get(self.package_of(file) or "")
        return node is not None and file.name in node.code | node.tests

    def importers(self, packages: Collection[str]) -> set[str]:
        """`packages` and all that import them, through any number of packages; tests' imports aside."""
        direct = defaultdict[str, list[str]](list)
        for node in self.nodes.values():
            for path in node.imports:
                direct[path].append(node.path)
        return _reach(packages, direct)

    def affected(self, files: Iterable[Path]) -> tuple[set[str], set[str]]:
        """Packages to build and packages to vet (a superset: tests too) when these files change."""
        code, tested = set[str](), set[str]()
        for file in files:
            package = self.package_of(file)
            if package is not None:
                (tested if file.name.endswith("_test.go") else code).add(package)
        built = self.importers(code)
        tested |= built
        tested |= {node.path for node in self.nodes.values() if not built.isdisjoint(node.test_imports)}
        return {path for path in built if self.nodes[path].builds}, tested

    def dependencies(self, package: str) -> set[str]:
        """The workspace packages that `package` and its tests are made of, itself included."""
        node = self.nodes.get(package)
        if node is None:
            return {package}
        direct = {path: [p for p in n.imports if p in self.nodes] for path, n in self.nodes.items()}
        return _reach({package, *(path for path in node.test_imports if path in self.nodes)}, direct)


def _reach(start: Collection[str], edges: Mapping[str, Collection[str]]) -> set[str]:
    seen, queue = set(start), list(start)
    while queue:
        for path in edges.get(queue.pop(), ()):
            if path not in seen:
                seen.add(path)
                queue.append(path)
    return seen


def read(toolchain: Toolchain, workspace: Workspace, configuration: Configuration) -> Graph:
    """The graph of every package of the workspace's modules, not only of those asked for: importers count.

    Raises GoError if go list cannot run at all.
    """
    nodes = {p.import_path: _files(p.import_path, p.dir, p.files) for p in workspace.packages if p.import_path == FILES}
    patterns = _patterns(workspace)
    if patterns:
        env = configuration.environment()
        done = toolchain.run(
            "list", "-e", *configuration.flags(), "-f", _TEMPLATE, *patterns, cwd=workspace.root, env=env
        )
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            node = _node(line)
            if node is not None:
                nodes[node.path] = node
    return Graph(nodes)


def _patterns(workspace: Workspace) -> list[str]:
    directories = [module.dir for module in workspace.modules]
    if workspace.in_goroot or (not directories and not any(p.import_path == FILES for p in workspace.packages)):
        return ["./..."]
    root = os.path.realpath(workspace.root)
    relative = [os.path.relpath(os.path.realpath(directory), root) for directory in directories]
    return ["./..." if name == "." else ("" if name.startswith("..") else "./") + name + "/..." for name in relative]


def _node(line: str) -> Node | None:
    path, directory, code, cgo, tests, embeds, incomplete, imports, test_imports, embedded = line.split("\t")
    if incomplete == "true" or not (code + tests).strip("|"):
        return None
    where = Path(directory)
    return Node(
        path,
        where,
        targets=(path,),
        code=frozenset(code.split("|")) - {""},
        tests=frozenset(tests.split("|")) - {""},
        fragile=cgo != "0" or embeds != "000",
        imports=frozenset(imports.split()),
        test_imports=frozenset(test_imports.split()),
        embedded=frozenset(where / name for name in embedded.split("|") if name),
    )


def _files(path: str, directory: Path, files: tuple[Path, ...]) -> Node:
    names = frozenset(file.name for file in files)
    return Node(path, directory, tuple(map(str, files)), names, frozenset(), False, frozenset(), frozenset())
