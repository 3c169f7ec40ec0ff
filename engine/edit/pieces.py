"""A file through several passes of edits, with every change known by the fixes that made it.

1. The text is a row of pieces: kept (a span of the original), gone (a span of the original that the text no longer
   has) and fresh (bytes the original never had). Gone and fresh pieces carry the ids of the fixes they belong to.
2. A pass of edits speaks of offsets in the current text. What an edit deletes of a kept piece turns into a gone piece;
   what it deletes of a fresh piece disappears, but the new bytes inherit that piece's owners, because the later fix
   stands on the earlier one. A fresh piece without bytes may stay behind for no other reason than to name owners.
3. Between two kept pieces lies a run. Each run is trimmed of what its old and new bytes have in common at either end,
   so that a byte that did not change is never attributed to a fix, and a change that a later pass took back is gone.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from ..model import Edit
from .edits import minimise, ordered
from .merge import union
from .row import NOBODY, Piece, edited, runs, trimmed


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Bytes [start, end) of the original became `new`; `owners` are the ids of the fixes that did it."""

    start: int
    end: int
    new: bytes
    owners: frozenset[int]

    @property
    def edit(self) -> Edit:
        return Edit(self.start, self.end, self.new)


@dataclass(frozen=True)
class Pieces:
    """One file: its original bytes and the pieces its text now consists of."""

    original: bytes
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, original: bytes) -> Pieces:
        """The file before any edit."""
        return cls(original, (Piece(0, len(original), kept=True),) if original else ())

    @cached_property
    def text(self) -> bytes:
        """The bytes after all passes so far."""
        return b"".join(self.original[p.start : p.end] if p.kept else p.new for p in self.pieces)

    def apply(self, edits: Iterable[tuple[Edit, frozenset[int]]]) -> Pieces:
        """The file after one more pass. Edits speak of offsets in `text`; each comes with the ids of its fixes.

        Replacements that are equal count once, for all of their owners. Raises EditError where two overlap.
        """
        owned = _settled(self.text, edits)
        if not owned:
            return self
        return Pieces(self.original, tuple(trimmed(self.original, edited(self.pieces, owned))))

    def changes(self) -> tuple[Change, ...]:
        """What differs from the original: sorted, disjoint, minimal. Applied to the original they give `text`."""
        return tuple(_change(run) for run in runs(self.pieces) if not run[0].kept)

    def owners(self, start: int, end: int) -> frozenset[int]:
        """The fixes that own a byte of text[start:end], or a deletion within or at the border of that span.

        An empty span asks for a point: fresh bytes that touch it count too.
        """
        return self._owners(start, end, lambda at: start <= at <= end)

    def line_owners(self, line: int) -> frozenset[int]:
        """As `owners` for a 1-based line of `text`; a deletion where the next line starts belongs to that line."""
        if not 1 <= line <= len(self._line_starts):
            return NOBODY
        start = self._line_starts[line - 1]
        if line == len(self._line_starts):
            return self.owners(start, len(self.text))
        end = self._line_starts[line]
        return self._owners(start, end, lambda at: start <= at < end)

    def to_original(self, offset: int) -> int:
        """The offset in the original that is nearest to `offset` in `text`; exact where the byte was kept."""
        return _carry(self._spans, offset, 1, 0)

    def from_original(self, offset: int) -> int:
        """The offset in `text` that is nearest to `offset` in the original; exact where the byte was kept."""
        return _carry(self._spans, offset, 0, 1)

    def _owners(self, start: int, end: int, inside: Callable[[int], bool]) -> frozenset[int]:
        found: set[int] = set()
        index = max(bisect.bisect_left(self._starts, start) - 1, 0)
        while index < len(self.pieces) and self._starts[index] <= end:
            piece, at = self.pieces[index], self._starts[index]
            after = at + piece.width
            if piece.width == 0:
                touches = inside(at)
            elif start == end:
                touches = at <= start <= after
            else:
                touches = at < end and after > start
            if touches:
                found |= piece.owners
            index += 1
        return frozenset(found)

    @cached_property
    def _starts(self) -> list[int]:
        """Where in `text` each piece starts."""
        starts, at = list[int](), 0
        for piece in self.pieces:
            starts.append(at)
            at += piece.width
        return starts

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, at = [0], self.text.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find(b"\n", at + 1)
        return starts

    @cached_property
    def _spans(self) -> tuple[list[tuple[int, int]], ...]:
        """For the original and for the text: the span of every run, in order."""
        spans: tuple[list[tuple[int, int]], ...] = ([], [])
        at = 0
        for run in runs(self.pieces):
            width = sum(piece.width for piece in run)
            spans[0].append((run[0].start, run[-1].end))
            spans[1].append((at, at + width))
            at += width
        return spans


def _settled(text: bytes, edits: Iterable[tuple[Edit, frozenset[int]]]) -> list[tuple[Edit, frozenset[int]]]:
    """The edits checked, in text order, minimised; equal replacements joined, insertions all kept."""
    given = list(edits)
    replacements = union((e, owners) for e, owners in given if e.start != e.end)
    insertions = [(e, owners) for e, owners in given if e.start == e.end]
    both = sorted(insertions + replacements, key=lambda pair: (pair[0].start, pair[0].end))
    ordered((edit for edit, _ in both), len(text))
    minimal = ((minimise(text, edit), owners) for edit, owners in both)
    return [(edit, owners) for edit, owners in minimal if edit is not None]


def _change(run: list[Piece]) -> Change:
    owners = NOBODY.union(*(piece.owners for piece in run))
    return Change(run[0].start, run[-1].end, b"".join(piece.new for piece in run), owners)


def _carry(spans: tuple[list[tuple[int, int]], ...], offset: int, source: int, target: int) -> int:
    """`offset` carried from one side to the other, through the last run that starts at or before it."""
    index = bisect.bisect_right(spans[source], offset, key=lambda span: span[0]) - 1
    if index < 0:
        return 0
    start, _ = spans[source][index]
    other_start, other_end = spans[target][index]
    return min(other_start + max(offset - start, 0), other_end)
