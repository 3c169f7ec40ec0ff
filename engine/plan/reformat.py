"""Turn gofmt's answer into edits that belong to the fixes that made them necessary."""

from __future__ import annotations

import difflib

from ..edit.pieces import Pieces
from ..model import Edit


def reformatted(pieces: Pieces, formatted: bytes) -> Pieces:
    """`pieces` with the edits that make its text `formatted`, each owned by the fixes nearest to it."""
    old, new = pieces.text.splitlines(keepends=True), formatted.splitlines(keepends=True)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    edits: list[tuple[Edit, frozenset[int]]] = []
    for op, a, b, c, d in difflib.SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_opcodes():
        if op != "equal":
            start, end = starts[head + a], starts[head + b]
            edits.append((Edit(start, end, b"".join(middle_new[c:d])), _nearest(pieces, start, end)))
    return pieces.apply(edits)


def _nearest(pieces: Pieces, start: int, end: int) -> frozenset[int]:
    """The owners of the span, or of the change nearest to it."""
    owners = pieces.owners(start, end)
    if owners:
        return owners
    at = pieces.to_original(start)
    changes = pieces.changes()
    return min(changes, key=lambda change: abs(change.start - at)).owners if changes else frozenset()
