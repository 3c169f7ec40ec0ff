"""Turn gofmt's answer into edits that belong to the fixes that made them necessary."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path

from ..edit.pieces import Pieces
from ..model import Edit
from ..source.lines import Dress
from .texts import Texts

Format = Callable[[Mapping[Path, bytes]], Mapping[Path, bytes | None]]


def format_changed(texts: Texts, gofmt: Format) -> None:
    """gofmt the changed files that were gofmt-clean before; the others keep every untouched line."""
    if not texts.pieces:
        return
    dresses = {path: Dress.of(texts.originals[path].text) for path in texts.pieces}
    before = {path: dress.off(texts.originals[path].text) for path, dress in dresses.items()}
    after = {path: dress.off(texts.pieces[path].text) for path, dress in dresses.items()}
    clean = {path for path, text in gofmt(before).items() if text == before[path]}
    for path, formatted in gofmt({path: text for path, text in after.items() if path in clean}).items():
        if formatted is not None and formatted != after[path]:
            texts.pieces[path] = reformatted(texts.pieces[path], dresses[path].on(formatted))


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
