"""From a package as go list tells of it to a subject of the planner."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from ..facts.client import CheckRequest
from ..model import Place
from ..workspace import Package, Workspace
from .converge import Subject

#: The Go release that brought a package of the standard library; others are older than any Go we know.
_SINCE = {"slices": (1, 21), "maps": (1, 21), "cmp": (1, 21), "iter": (1, 23), "unique": (1, 23), "weak": (1, 24)}


#: Asks for a package, when a codemod first wants to know, what the compiler puts on the heap.
Verdicts = Callable[[Package], Callable[[Place], bool | None]]


_IDS_PER_PACKAGE = 1 << 20


def subject(
    workspace: Workspace,
    package: Package,
    skip: Callable[[Path], bool],
    escapes: Verdicts,
    number: int,
    base: Mapping[Path, bytes] = MappingProxyType({}),
) -> Subject:
    """What the planner must know of a package; files for which `skip` is true are left alone.

    `base` are the texts that an earlier configuration plans; new files of this package's directory are among them.
    """
    configuration = workspace.configuration
    new = frozenset(path for path in base if path.parent == package.dir and not path.exists())
    new = frozenset[Path]() if package.for_test else new
    request = CheckRequest(
        import_path=package.import_path,
        go_version=package.go_version,
        files=(*package.files, *sorted(new)),
        import_map=package.import_map,
        overlay={path: base[path] for path in (*package.files, *new) if path in base},
        spans={},
        goarch=configuration.goarch,
        goos=configuration.goos,
        tags=configuration.tags,
        new=new,
        cgo_files=package.cgo_files,
        variant=bool(package.for_test),
    )
    editable = tuple(path for path in package.files if path in package.editable and not skip(path))
    beside = sorted({each.resolve() for each in package.dir.glob("*.go")} - {each.resolve() for each in package.files})
    return Subject(
        package.import_path,
        request,
        editable,
        lambda path, version: import_problem(workspace, package, path, version),
        escapes(package),
        number * _IDS_PER_PACKAGE,
        beside,
        package.deps,
    )


def import_problem(workspace: Workspace, package: Package, path: str, version: tuple[int, int]) -> str:
    """Why a file of `package` at language version `version` cannot import `path`; "" where it can.

    Inside the Go tree an import must already be among the package's dependencies: another would be a cycle, or a new
    edge in the graph that go/build's TestDependencies keeps.
    """
    since = _SINCE.get(path, (1, 0))
    if version < since:
        return f"package {path} needs Go {since[0]}.{since[1]}, the file is at {version[0]}.{version[1]}"
    if path == package.import_path.partition(" ")[0]:
        return f"this is package {path} itself"
    path = package.import_map.get(path, path)  # a test is compiled against the variants of what it tests
    if path not in workspace.exports:
        return f"package {path} is not known to this toolchain"
    if workspace.in_goroot and path not in package.deps and path not in package.imports:
        return f"importing {path} would add to the dependencies of this package of the Go tree"
    return ""


def subjects(
    workspace: Workspace,
    skip: Callable[[Path], bool],
    covered: Collection[Path],
    escapes: Verdicts,
    first: int,
    base: Mapping[Path, bytes] = MappingProxyType({}),
) -> list[Subject]:
    """The packages of a workspace, in its order; files that an earlier configuration covered are not edited again, and
    are seen as that one plans them (`base`).

    They are numbered from `first`, so that no two configurations give fixes the same ids.
    """
    return [
        subject(workspace, package, lambda path: path in covered or skip(path), escapes, number, base)
        for number, package in enumerate(workspace.packages, first)
    ]
