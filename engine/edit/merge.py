"""Choosing, of many fixes for one text, those that can be made together.

1. Fixes are taken in the order given; each is atomic: all of its edits, or none.
2. A fix that touches nothing that an earlier choice touches is chosen.
3. Any other is deferred: the next pass, over the new text, will ask for it again.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence

from ..model import Edit
from .edits import ordered


def merge(candidates: Sequence[Sequence[Edit]], *, coalesce: bool = False) -> list[bool]:
    """For each candidate whether it is chosen.

    Two edits collide where their ranges overlap, where one inserts inside the other's range, or where both insert at
    one point (nothing says which comes first). An insertion at the border of another's range does not collide. With
    `coalesce` an edit that an earlier choice makes just the same does not collide either; `union` then joins the two.
    Raises EditError for a candidate whose own edits overlap.
    """
    taken: list[Edit] = []  # sorted, free of collisions
    chosen: list[bool] = []
    for candidate in candidates:
        edits = ordered(candidate, max((edit.end for edit in candidate), default=0))
        fits = all(_fits(taken, edit, coalesce) for edit in edits)
        chosen.append(fits)
        if fits:
            for edit in edits:
                _take(taken, edit)
    return chosen


def union(edits: Iterable[tuple[Edit, frozenset[int]]]) -> list[tuple[Edit, frozenset[int]]]:
    """The edits with those that are equal joined into one, which then belongs to the owners of all."""
    joined: dict[Edit, frozenset[int]] = {}
    for edit, owners in edits:
        joined[edit] = joined.get(edit, frozenset()) | owners
    return list(joined.items())


def collide(a: Edit, b: Edit) -> bool:
    """Whether two edits cannot be made together (see `merge`)."""
    if a.start == a.end == b.start == b.end:
        return True
    return a.start < b.end and b.start < a.end


def _fits(taken: list[Edit], edit: Edit, coalesce: bool) -> bool:
    # The choices are sorted and do not overlap: only neighbours of the place where `edit` belongs can collide with it.
    index = bisect.bisect_left(taken, (edit.start, edit.start), key=_span)
    first = max(index - 1, 0)
    for position in range(first, len(taken)):
        other = taken[position]
        if other.start > edit.end:
            break
        if collide(edit, other) and not (coalesce and edit == other):
            return False
    return True


def _take(taken: list[Edit], edit: Edit) -> None:
    index = bisect.bisect_left(taken, (edit.start, edit.end), key=_span)
    if index == len(taken) or taken[index] != edit:
        taken.insert(index, edit)


def _span(edit: Edit) -> tuple[int, int]:
    return edit.start, edit.end
