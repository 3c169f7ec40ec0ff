"""The functions of a package that a function calls, those that these call, and so on.

1. They are looked for by name, as `func name(` or a method, in files that are parsed only where one is found: a method
   of another type that has the name is one too many, and does no harm.
2. What lies deeper than `DEPTH` calls, or beyond the first `MOST` functions, is left out, and so is a name that more
   than `ALIKE` functions have (String, Close): nobody knows what these do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tree_sitter import Node

from ..site.syntax import called_name, of_kinds
from ..source.gofile import GoFile
from .scan import Hit

DEPTH = 6
MOST = 512  # functions that are looked into for a package
ALIKE = 12

_WORD = re.compile(rb"[\w\x80-\xff]+")


def called(hits: Iterable[Hit], files: Sequence[GoFile]) -> Iterator[tuple[GoFile, Node]]:
    """The declarations of the functions that the functions around the hits call."""
    around = ((hit.file, hit.file.declaration_at(hit.at)) for hit in hits)
    level = [(file, node) for file, node in around if node is not None]
    known: set[bytes] = set()
    found = 0
    for _ in range(DEPTH):
        names = {name for file, node in level for name in _called_in(file, node)} - known
        known |= names
        level = list(_declared(files, names))
        yield from level
        found += len(level)
        if not level or found > MOST:
            return


def _called_in(file: GoFile, declared: Node) -> Iterator[bytes]:
    for call in of_kinds(declared, "call_expression"):
        name = called_name(call)
        if name is not None:
            yield file.slice(name)


def _declared(files: Sequence[GoFile], names: set[bytes]) -> Iterator[tuple[GoFile, Node]]:
    listed = b"|".join(map(re.escape, sorted(filter(_WORD.fullmatch, names))))
    if not listed:
        return
    pattern = re.compile(rb"^func (?:\([^)\n]*\) )?(" + listed + rb")[\[(]", re.MULTILINE)
    found = [(file, match) for file in files for match in pattern.finditer(file.text)]
    alike = Counter(match[1] for _, match in found)
    for file, match in found:
        node = file.declaration_at(match.start()) if alike[match[1]] <= ALIKE else None
        if node is not None:
            yield file, node
