"""Which packages do not build, and why, in go's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from .golist import Listed, hint_for
from .model import GorefitError
from .workspace import Package, PackageError

_PLACED = re.compile(r"^(?P<place>[^\s:][^:\n]*:\d+(?::\d+)?): (?P<words>.*)$")
_UNFETCHED = re.compile(r"module lookup disabled by GOPROXY=off")


class MissingModules(GorefitError):
    """Every package asked for needs a module that is not in the module cache."""

    exit_code = 4


def errors(listed: Sequence[Listed]) -> Callable[[Listed], tuple[PackageError, ...]]:
    """A function that tells why a package of this listing does not build; () where it does."""
    by_path = {each.import_path: each for each in listed}
    own: dict[str, tuple[PackageError, ...]] = {each.import_path: _own(each) for each in listed if each.error}

    def of(package: Listed) -> tuple[PackageError, ...]:
        if package.import_path in own:
            return own[package.import_path]
        if package.export or not (package.go_files or package.cgo_files):
            return ()  # a directory of test files only has nothing to export
        culprit = _culprit(package, by_path, own)
        if not culprit:
            return (PackageError("go list gives no export data for it, and does not say why"),)
        first = own[culprit][0]
        return (PackageError(f"it needs {culprit}, which does not build: {first.message}", first.position),)

    return of


def check_network(broken: Sequence[Package], directory: Path) -> None:
    """Raise MissingModules if nothing builds because modules were never downloaded."""
    if all(any(hint_for(error.message) for error in each.errors) for each in broken):
        words = "\n".join(dict.fromkeys(f"  {error.message}" for each in broken for error in each.errors))
        raise MissingModules(
            f"no package of {directory} can be read, as modules it needs are missing:\n{words}", hint=hint_for(words)
        )


def _culprit(package: Listed, by_path: dict[str, Listed], own: dict[str, tuple[PackageError, ...]]) -> str:
    """The nearest package with an error of its own that this one needs."""
    seen, level = {package.import_path}, list(package.imports)
    while level:
        for path in level:
            if path in own:
                return path
        seen.update(level)
        level = [path for each in level if each in by_path for path in by_path[each].imports if path not in seen]
        level = list(dict.fromkeys(level))
    return ""


def _own(listed: Listed) -> tuple[PackageError, ...]:
    """One error for each line of the compiler; lines without a place belong to the line before."""
    assert listed.error
    found: list[PackageError] = []
    for line in listed.error.err.splitlines():
        placed = _PLACED.match(line)
        if placed:
            found.append(PackageError(_friendly(placed["words"]), placed["place"]))
        elif line.startswith("# "):
            continue
        elif found:
            found[-1] = PackageError(f"{found[-1].message}\n{line}", found[-1].position)
        elif line.strip():
            found.append(PackageError(_friendly(line), listed.error.pos))
    return tuple(found) or (PackageError(listed.error.err, listed.error.pos),)


def _friendly(words: str) -> str:
    return _UNFETCHED.sub("it is not in the module cache, and gorefit fetches nothing (GOPROXY=off)", words)
