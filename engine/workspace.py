"""What a run works on: main modules, packages, and where the types of everything else are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from .configuration import Configuration


@dataclass(frozen=True, slots=True)
class PackageError:
    """Why a package does not build, in go's words; `position` is "file:line:col" as go prints it, or ""."""

    message: str
    position: str = ""


class Dependencies(AbstractSet[str]):
    """All packages that one package needs, found in the import graph when first asked for: few packages ever are."""

    def __init__(self, graph: Mapping[str, Sequence[str]], start: str) -> None:
        self._graph, self._start = graph, start
        self._found: frozenset[str] | None = None

    def _all(self) -> frozenset[str]:
        if self._found is None:
            seen: set[str] = set()
            todo = list(self._graph.get(self._start, ()))
            while todo:
                path = todo.pop()
                if path not in seen:
                    seen.add(path)
                    todo.extend(self._graph.get(path, ()))
            self._found = frozenset(seen)
        return self._found

    def __contains__(self, item: object) -> bool:
        return item in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __reduce__(self) -> tuple[type[frozenset[str]], tuple[tuple[str, ...]]]:
        return frozenset, (tuple(self._all()),)  # a worker process gets the answer, not the graph


@dataclass(frozen=True, slots=True)
class Package:
    """One package to look at: a package, its test variant, or its external test package.

    `editable` holds each file once: a test variant may edit its _test.go files only, the rest belongs to its package.
    """

    import_path: str  # as go list prints it: "m/p", "m/p [m/p.test]", "m/p_test [m/p.test]"
    name: str
    dir: Path
    files: tuple[Path, ...]
    cgo_files: frozenset[Path] = frozenset()
    ignored_files: tuple[Path, ...] = ()
    import_map: Mapping[str, str] = field(default_factory=dict[str, str])
    imports: tuple[str, ...] = ()  # resolved; "C" left out
    test_imports: tuple[str, ...] = ()
    deps: AbstractSet[str] = frozenset()
    export: Path | None = None
    build_id: str = ""
    go_version: str = ""  # of its module: "1.21"; "" = the toolchain's
    for_test: str = ""
    errors: tuple[PackageError, ...] = ()
    standard: bool = False
    editable: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Module:
    """A main module: one whose files may be edited."""

    path: str
    dir: Path
    go_version: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a run works on. `packages` and `broken` share nothing."""

    root: Path
    modules: tuple[Module, ...]
    configuration: Configuration
    in_goroot: bool
    packages: tuple[Package, ...]
    exports: Mapping[str, Path]
    broken: tuple[Package, ...]
    excluded: tuple[Path, ...]
