"""Which files gorefit may edit: those of the main modules that are nobody else's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .golist import Listed
from .workspace import Module, Package

_NOT_OURS = frozenset({"vendor", "testdata"})


@dataclass(frozen=True, slots=True)
class Rules:
    """The main modules with the real paths of their trees."""

    modules: tuple[tuple[Module, str], ...]
    directory: Path

    @staticmethod
    def of(modules: Sequence[Module], directory: Path) -> Rules:
        return Rules(tuple((each, os.path.realpath(each.dir)) for each in modules), directory)

    def editable(self, listed: Listed, files: Sequence[Path]) -> frozenset[Path]:
        """The files of one package that may be edited. A test variant owns its _test.go files only."""
        if not listed.dir:
            return frozenset()
        own = [file for file in files if not listed.for_test or file.name.endswith("_test.go")]
        if not self.modules:  # single files outside of any module: those that were named
            return frozenset(own) if listed.import_path == "command-line-arguments" else frozenset()
        home = self._home(listed)
        if home is None or not _ours(os.path.realpath(listed.dir), home[1]):
            return frozenset()
        links = _links(listed.dir)
        return frozenset(file for file in own if file.name not in links or _ours(os.path.realpath(file), home[1]))

    def go_version(self, listed: Listed) -> str:
        """For a package that names no module: in the Go tree that of the tree's module, else the toolchain's."""
        home = self._home(listed) if listed.standard else None
        return home[0].go_version if home else ""

    def _home(self, listed: Listed) -> tuple[Module, str] | None:
        """The main module of a package."""
        if listed.module:
            path = listed.module.path if listed.module.main else ""
        elif listed.standard:  # the Go tree: std and cmd are two modules, one inside the other
            path = "cmd" if (listed.import_path + "/").startswith("cmd/") else "std"
        else:
            path = self._enclosing(Path(listed.dir))
        return next((each for each in self.modules if each[0].path == path), None)

    def _enclosing(self, folder: Path) -> str:
        """The main module whose go.mod is the nearest above a folder, "" if another module's is."""
        for parent in (folder, *folder.parents):
            if (parent / "go.mod").is_file():
                return next((each.path for each, _ in self.modules if each.dir == parent), "")
        return ""


def without_shared(packages: Sequence[Package]) -> tuple[Package, ...]:
    """Take out files that are reached under two names: an edit of one would change the other unseen."""
    links = {file: os.path.realpath(file) for each in packages for file in each.editable if file.is_symlink()}
    if not links:
        return tuple(packages)
    targets = Counter(links.values())
    targets.update(str(file) for each in packages for file in each.editable if str(file) in targets)
    shared = {file for file, target in links.items() if targets[target] > 1}
    shared |= {Path(target) for target, count in targets.items() if count > 1}
    return tuple(replace(each, editable=each.editable - shared) for each in packages)


def _ours(path: str, root: str) -> bool:
    """Whether a path lies in a module's tree, and not in a part of it that is not the module's own source."""
    if path == root:
        return True
    inside = path.removeprefix(root.rstrip(os.sep) + os.sep)
    return inside != path and _NOT_OURS.isdisjoint(Path(inside).parts)


def _links(folder: str) -> frozenset[str]:
    with os.scandir(folder) as entries:
        return frozenset(entry.name for entry in entries if entry.is_symlink())
