"""Imports as a file writes them: under which name, added where gofmt and goimports would put them, removed tidily.

1. Every request is settled by itself against the text that the one before left, and all of it is folded into edits of
   the file as given; so a second import finds the block that the first one made.
2. A new import joins the group of its kind (standard library, other) that shares most of its path, in sorted order.
   `import "C"` is never touched nor joined: its comment is a C program.
3. Comments stay with the import they stand above or behind, and in the column where gofmt would put them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from ..model import Edit, ImportRequest
from ..source.gofile import GoFile
from .importadd import addition
from .importalign import aligned, realigned
from .importdrop import removal, unwrapped
from .importlist import ImportList, Spec
from .pieces import Pieces

_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """break case chan const continue default defer else fallthrough for func go goto if import interface map
        package range return select struct switch type var""",
    )
)


@dataclass(frozen=True, slots=True)
class ImportName:
    """How a file writes a package: `name` before the dot ("" where its names are written bare, after `import .`).

    `request` is what the file still needs; None where it has the import.
    """

    name: str
    request: ImportRequest | None

    def qualified(self, member: str) -> str:
        """`member` of the package as this file writes it."""
        return f"{self.name}.{member}" if self.name else member


def local_name(file: GoFile, path: str, *, taken: Callable[[str], bool], package: str = "") -> ImportName:
    """The name for package `path` in this file: that of an import it has, else its own, else a free alias.

    `taken(name)` tells whether `name` denotes, where it will be used, something other than this package; `package` is
    the package's own name where it is known, otherwise it is guessed from the path as goimports does. A blank import
    gives no name. Raises EditError for a file without package clause.
    """
    own = package or assumed_name(path)
    specs = ImportList.of(file.text, file.root).specs
    present = [spec.name or own for spec in specs if spec.path == path and spec.name != "_"]
    for name in present:
        if name != "." and not taken(name):
            return ImportName(name, None)
    if "." in present:
        return ImportName("", None)
    used = {spec.name or assumed_name(spec.path) for spec in specs}
    for name in _candidates(path, own):
        if name not in used and name not in _KEYWORDS and not taken(name):
            return ImportName(name, ImportRequest(path, "" if name == own else name))
    raise AssertionError("unreachable: there are endless candidates")


def add(file: GoFile, requests: Collection[ImportRequest]) -> tuple[Edit, ...]:
    """The edits that give the file the imports it lacks. Raises EditError for a file without package clause."""
    return _settle(file, [lambda listed, r=request: _added(listed, r) for request in sorted(set(requests))])


def remove(file: GoFile, paths: Collection[tuple[str, str]], *, unwrap: bool = False) -> tuple[Edit, ...]:
    """The edits that take imports away, given as (name, path) with the name as written ("" without one).

    What the file does not import is no error; `import "C"` stays. The comment behind a removed import goes with it,
    and so do comment lines above it that speak of no other import. With `unwrap` a block that is left with one import
    loses its parentheses.
    """
    there = [pair for pair in imported(file) if pair in paths]  # twice, if imported twice
    steps: list[Callable[[ImportList], list[Edit]]] = [lambda listed, p=pair: _removed(listed, p) for pair in there]
    return _settle(file, [*steps, unwrapped] if unwrap and there else steps)


def imported(file: GoFile) -> tuple[tuple[str, str], ...]:
    """The imports of the file as (name, path), in source order."""
    return tuple((spec.name, spec.path) for spec in ImportList.of(file.text, file.root).specs)


def imported_at(file: GoFile, offset: int) -> tuple[str, str] | None:
    """The import whose spec holds a byte offset, as (name, path)."""
    specs = ImportList.of(file.text, file.root).specs
    return next(((spec.name, spec.path) for spec in specs if spec.path_start <= offset < spec.end), None)


def in_blocks(file: GoFile) -> bool:
    """Whether any of the file's imports stand in parentheses."""
    return any(declaration.block for declaration in ImportList.of(file.text, file.root).declarations)


def assumed_name(path: str) -> str:
    """The name of a package by its import path, as goimports assumes it."""
    elements = path.split("/")
    last = elements.pop()
    if re.fullmatch(r"v\d+", last) and elements:
        last = elements.pop()
    return re.split(r"\W", last.removeprefix("go-"), maxsplit=1)[0] or last


def _candidates(path: str, own: str) -> Iterator[str]:
    yield own
    elements = [re.sub(r"\W", "", element) for element in path.split("/") if not re.fullmatch(r"v\d+", element)]
    yield (elements[-2] if len(elements) > 1 else "std") + own
    number = 2
    while True:
        yield f"{own}{number}"
        number += 1


def _added(listed: ImportList, request: ImportRequest) -> list[Edit]:
    own = assumed_name(request.path)
    for spec in listed.specs:
        same = (spec.name or own) == (request.name or own)
        if spec.path == request.path and same:
            return []
    return addition(listed, request)


def _removed(listed: ImportList, pair: tuple[str, str]) -> list[Edit]:
    def wanted(spec: Spec) -> bool:
        return (spec.name, spec.path) == pair and spec.path != "C"

    spec = next(filter(wanted, listed.specs), None)
    return removal(listed, spec) if spec else []


def _settle(file: GoFile, steps: Sequence[Callable[[ImportList], list[Edit]]]) -> tuple[Edit, ...]:
    """The steps made one after the other, as edits of the file; comments realigned if they were aligned before."""
    listed = ImportList.of(file.text, file.root)
    pieces = Pieces.of(listed.text)
    for step in [*steps, realigned] if aligned(listed) else steps:
        pieces = pieces.apply((edit, frozenset({0})) for edit in step(listed))
        listed = listed.after(pieces.text)
    return tuple(change.edit for change in pieces.changes())
