"""The row of pieces that a text under edit consists of; `pieces` tells the whole story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..model import Edit
from .edits import common_prefix, common_suffix

NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Piece:
    """A kept or gone span of the original, or (start == end) fresh bytes at that point of it."""

    start: int
    end: int
    new: bytes = b""
    owners: frozenset[int] = NOBODY
    kept: bool = False

    @property
    def width(self) -> int:
        """Its length in the text."""
        return self.end - self.start if self.kept else len(self.new)

    def cut(self, low: int, high: int) -> Piece:
        """The part from byte `low` to byte `high` of its own bytes."""
        if self.end > self.start:
            return Piece(self.start + low, self.start + high, b"", self.owners, self.kept)
        return Piece(self.start, self.end, self.new[low:high], self.owners)


def edited(pieces: Iterable[Piece], edits: list[tuple[Edit, frozenset[int]]]) -> Iterator[Piece]:
    """The pieces after one pass, in order, not yet trimmed."""
    source = _Source(pieces)
    for edit, owners in edits:
        yield from source.take(edit.start)
        inherited, overwritten = owners, False
        for piece in source.take(edit.end):
            if piece.kept:
                yield Piece(piece.start, piece.end, b"", owners)
            elif piece.end > piece.start or not piece.new:
                yield piece
            else:
                inherited, overwritten = inherited | piece.owners, True
        if edit.new or overwritten:
            yield Piece(source.original, source.original, edit.new, inherited)
    yield from source.rest()


class _Source:
    """Pieces handed out up to a given offset of the text."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = iter(pieces)
        self._next = next(self._pieces, None)
        self._at = 0
        self.original = 0  # where in the original the handing out has come to

    def take(self, offset: int) -> Iterator[Piece]:
        """Everything before `offset`, the piece that holds it cut in two; what has no width waits for its turn."""
        while self._next is not None and self._at < offset:
            piece, width = self._next, self._next.width
            if self._at + width > offset:
                head = offset - self._at
                piece, self._next = piece.cut(0, head), piece.cut(head, width)
                width = head
            else:
                self._next = next(self._pieces, None)
            self._at += width
            self.original = piece.end
            yield piece

    def rest(self) -> Iterator[Piece]:
        if self._next is not None:
            yield self._next
        yield from self._pieces


def runs(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """The pieces in runs: all that is kept up to the next change, all that changed up to the next kept piece."""
    run: list[Piece] = []
    for piece in pieces:
        if run and run[0].kept != piece.kept:
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def trimmed(original: bytes, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces with each run reduced to what differs, and adjacent kept pieces joined."""
    kept: Piece | None = None
    for run in runs(pieces):
        for piece in run if run[0].kept else _trim(original, run):
            if not piece.kept:
                if kept is not None:
                    yield kept
                    kept = None
                yield piece
            elif kept is None:
                kept = piece
            else:
                kept = Piece(kept.start, piece.end, kept=True)
    if kept is not None:
        yield kept


def _trim(original: bytes, run: list[Piece]) -> Iterator[Piece]:
    """One run: what its old and new bytes share at the ends becomes kept; owners stay while anything differs."""
    start, end = run[0].start, run[-1].end
    old, new = original[start:end], b"".join(piece.new for piece in run)
    head = common_prefix(old, new)
    tail = common_suffix(old[head:], new[head:])
    if head:
        yield Piece(start, start + head, kept=True)
    if (len(old), len(new)) != (head + tail, head + tail):
        yield from _middle(run, (start + head, end - tail), (head, len(new) - tail))
    if tail:
        yield Piece(end - tail, end, kept=True)


def _middle(run: list[Piece], old: tuple[int, int], new: tuple[int, int]) -> Iterator[Piece]:
    """The pieces of a run within the old span and the new span that differ; the owners of the others in a mark."""
    at, present, lost = 0, set[int](), set[int]()
    pieces: list[Piece] = []
    for piece in run:
        if piece.end > piece.start:
            low, high = max(piece.start, old[0]), min(piece.end, old[1])
            part = Piece(low, high, b"", piece.owners)
            remains = low < high
        else:
            low, high = max(at, new[0]), min(at + len(piece.new), new[1])
            place = min(max(piece.start, old[0]), old[1])
            part = Piece(place, place, piece.new[low - at : high - at], piece.owners)
            remains = low < high
            at += len(piece.new)
        if remains:
            pieces.append(part)
        (present if remains else lost).update(piece.owners)
    yield from pieces
    if lost - present:
        last = pieces[-1].end
        yield Piece(last, last, b"", frozenset(lost - present))
