"""The modules and packages of a directory in one build configuration, as the go command sees them.

1. `go list -m` names the main modules: only their files may be edited. Inside the Go tree itself, where packages name
   no module, it is the one that says so.
2. Patterns are spelled out for go where it would not look: `./...` in the root of a workspace that is no module itself
   means the modules under it.
3. One `go list -e -export -deps` brings every package with its export data. Packages that a codemod may import are
   named in the same call, as -deps brings only what is in use already.
4. What has no export data, or an error, is broken: reported, and left alone. A pattern that names nothing is an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import brokenness, editable, workfile
from .configuration import Configuration
from .golist import ID_FIELDS, Listed, list_modules, list_packages
from .model import GorefitError
from .toolchain import Toolchain
from .workspace import Dependencies, Module, Package, PackageError, Workspace

__all__ = [
    "Configuration",
    "Dependencies",
    "Module",
    "NoModule",
    "NothingMatched",
    "Package",
    "PackageError",
    "Workspace",
    "list_ids",
    "load",
]


class NoModule(GorefitError):
    """The directory is in no module."""


class NothingMatched(GorefitError):
    """A pattern names no package that could be looked at."""


def load(
    toolchain: Toolchain,
    directory: Path,
    patterns: Sequence[str] = ("./...",),
    *,
    configuration: Configuration | None = None,
    include_tests: bool = False,
    may_import: Sequence[str] = (),
) -> Workspace:
    """Load the packages that `patterns` name in `directory`, with the export data of all they need and may import.

    Raises GoError (a module that cannot be read, or needs the network), NothingMatched.
    """
    directory = directory.resolve()
    configuration = configuration or Configuration.native(toolchain)
    env = configuration.environment()
    modules = _modules(toolchain, directory, env, patterns)
    asked = _spell_out(patterns, directory, modules)
    files = all(pattern.endswith(".go") for pattern in asked)
    # go takes either files or packages in one call, and -test would build the tests of what is merely importable
    together = () if files or include_tests else may_import
    flags = ("-deps", *(("-test",) if include_tests else ()), *configuration.flags(), "--")
    listed = list_packages(toolchain, directory, (*flags, *asked, *together), env)
    exports = _exports(listed)
    missing = [] if together else [path for path in may_import if path not in exports]
    if missing:
        extra = list_packages(toolchain, directory, ("-deps", *configuration.flags(), "--", *missing), env)
        exports = {**_exports(extra), **exports}
    return _assemble(toolchain, directory, modules, configuration, asked, listed, exports)


def list_ids(
    toolchain: Toolchain,
    directory: Path,
    patterns: Sequence[str] = ("./...",),
    *,
    configuration: Configuration | None = None,
    include_tests: bool = False,
) -> Mapping[str, tuple[str, ...]]:
    """Per package asked for: its build ID ("" where it does not build), then its files. Much cheaper than `load`.

    The first half of a build ID changes with the package's files, its flags, and everything it depends on.
    """
    directory = directory.resolve()
    configuration = configuration or Configuration.native(toolchain)
    env = configuration.environment()
    work = workfile.locate(directory, os.environ)
    modules = _modules(toolchain, directory, env, patterns) if work else ()
    asked = _spell_out(patterns, directory, modules)
    flags = (*(("-test",) if include_tests else ()), *configuration.flags(), "--")
    listed = list_packages(toolchain, directory, (*flags, *asked), env, ID_FIELDS)
    return {
        each.import_path: (each.build_id, *(f"{each.dir}{os.sep}{name}" for name in each.go_files + each.cgo_files))
        for each in listed
        if not each.import_path.endswith(".test")
    }


def _modules(
    toolchain: Toolchain, directory: Path, env: Mapping[str, str], patterns: Sequence[str]
) -> tuple[Module, ...]:
    listed = list_modules(toolchain, directory, env)
    # go takes a go.mod without go line for Go 1.16
    modules = tuple(Module(each.path, Path(each.dir), each.go_version or "1.16") for each in listed)
    places = [pattern for pattern in patterns if pattern.startswith(".") or Path(pattern).is_absolute()]
    if not modules and any(not place.endswith(".go") for place in places):
        raise NoModule(
            f"{directory} is in no Go module: there is no go.mod here or above",
            hint="run `go mod init`, or change to the module's directory with -C, or name single .go files",
        )
    return modules


def _spell_out(patterns: Sequence[str], directory: Path, modules: Sequence[Module]) -> list[str]:
    """The patterns for go: `./...` above the modules of a workspace becomes one pattern for each of them."""
    spelled: list[str] = []
    for pattern in patterns:
        base = Path(os.path.normpath(directory / pattern.removesuffix("...")))
        place = pattern.startswith(".") or Path(pattern).is_absolute()
        if not (place and pattern.endswith("/...")) or any(base.is_relative_to(each.dir) for each in modules):
            spelled.append(pattern)
            continue
        below = [os.path.relpath(each.dir, directory) for each in modules if each.dir.is_relative_to(base)]
        spelled += [(each if each.startswith("..") else f"./{each}") + "/..." for each in below] or [pattern]
    return spelled


def _exports(listed: Sequence[Listed]) -> dict[str, Path]:
    return {each.import_path: Path(each.export) for each in listed if each.export}


def _assemble(
    toolchain: Toolchain,
    directory: Path,
    modules: tuple[Module, ...],
    configuration: Configuration,
    asked: Sequence[str],
    listed: Sequence[Listed],
    exports: Mapping[str, Path],
) -> Workspace:
    chosen = _chosen(listed, frozenset(asked))
    _check_matches(asked, chosen, directory, modules, configuration)
    rules = editable.Rules.of(modules, directory)
    graph = {each.import_path: each.imports for each in listed}
    errors = brokenness.errors(listed)
    made = [_package(each, exports, graph, errors(each), rules) for each in chosen if not _is_excluded(each)]
    packages = sorted(made, key=lambda each: (each.for_test or each.import_path, each.import_path))
    good = editable.without_shared([each for each in packages if not each.errors])
    broken = tuple(each for each in packages if each.errors)
    if broken and not good:
        brokenness.check_network(broken, directory)
    return Workspace(
        root=_root(directory, modules),
        modules=modules,
        configuration=configuration,
        in_goroot=any(each.path in ("std", "cmd") for each in modules),
        packages=good,
        exports=exports,
        broken=broken,
        excluded=tuple(sorted({Path(each.dir, name) for each in chosen for name in each.ignored_go_files})),
    )


def _chosen(listed: Sequence[Listed], asked: frozenset[str]) -> list[Listed]:
    """The packages that the patterns name, and their test variants; not the test mains, not recompiled dependencies."""
    named = [each for each in listed if not (each.dep_only or each.for_test) and not asked.isdisjoint(each.match)]
    paths = {each.import_path for each in named}
    tests = [
        each
        for each in listed
        if each.for_test in paths and each.import_path.partition(" ")[0] in (each.for_test, f"{each.for_test}_test")
    ]
    return [each for each in named if each.import_path != "unsafe"] + tests


def _is_excluded(listed: Listed) -> bool:
    return listed.error is not None and listed.error.err.startswith("build constraints exclude all Go files")


def _check_matches(
    asked: Sequence[str],
    chosen: Sequence[Listed],
    directory: Path,
    modules: Sequence[Module],
    configuration: Configuration,
) -> None:
    """Raise NothingMatched if a pattern names nothing at all, or only files that this configuration excludes."""
    where = ", ".join(f"module {each.path} ({each.dir})" for each in modules) or str(directory)
    failed = [each for each in chosen if each.error and not each.name and not _is_excluded(each)]
    for pattern in asked:
        hits = [each for each in chosen if pattern in each.match]
        wrong = [each for each in failed if each in hits and _names_nothing(each, pattern)]
        if len(wrong) == len(hits):
            words = "\n".join(each.error.err for each in wrong if each.error) or f"no packages match in {where}"
            raise NothingMatched(
                f"{pattern} names no Go package: {words}",
                hint="patterns are those of the go command, relative to the directory (-C): ./..., ./cmd/app, x.go",
            )
    if chosen and all(_is_excluded(each) for each in chosen):
        raise NothingMatched(
            f"build constraints exclude every Go file of {' '.join(asked)} on {configuration.name}",
            hint="choose another configuration with --platforms or --tags",
        )


def _names_nothing(listed: Listed, pattern: str) -> bool:
    words = listed.error.err if listed.error else ""
    return listed.import_path in (pattern, "command-line-arguments") or words.startswith("no Go files in")


def _package(
    listed: Listed,
    exports: Mapping[str, Path],
    graph: Mapping[str, Sequence[str]],
    errors: tuple[PackageError, ...],
    rules: editable.Rules,
) -> Package:
    folder = Path(listed.dir)
    cgo = frozenset(folder / name for name in listed.cgo_files)
    files = (*(folder / name for name in listed.go_files), *sorted(cgo))
    tests = dict.fromkeys(listed.test_imports + listed.x_test_imports)
    return Package(
        import_path=listed.import_path,
        name=listed.name,
        dir=folder,
        files=files,
        cgo_files=cgo,
        ignored_files=tuple(folder / name for name in listed.ignored_go_files),
        import_map=listed.import_map,
        imports=tuple(path for path in listed.imports if path != "C"),
        test_imports=tuple(_resolved(path, listed, graph) for path in tests if path != "C"),
        deps=Dependencies(graph, listed.import_path),
        export=exports.get(listed.import_path),
        build_id=listed.build_id,
        go_version=(listed.module.go_version or "1.16") if listed.module else rules.go_version(listed),
        for_test=listed.for_test,
        errors=errors,
        standard=listed.standard,
        editable=rules.editable(listed, files),
    )


def _resolved(path: str, listed: Listed, graph: Mapping[str, Sequence[str]]) -> str:
    """go list resolves the imports of a package, but not those of its tests: std's vendored packages need it."""
    vendored = f"vendor/{path}"
    return listed.import_map.get(path) or (vendored if listed.standard and vendored in graph else path)


def _root(directory: Path, modules: Sequence[Module]) -> Path:
    """The directory of go.work, else of the module, else the directory itself (single files)."""
    work = workfile.locate(directory, os.environ)
    if work and modules:
        return work.parent.resolve()
    return next((each.dir for each in modules if directory.is_relative_to(each.dir)), directory)
