"""Edits as values: checking, minimising and applying them to bytes."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Edit, GorefitError


class EditError(GorefitError):
    """Edits that contradict each other or the text: a mistake in a codemod, never in the user's code."""

    exit_code = 5


def ordered(edits: Iterable[Edit], size: int) -> list[Edit]:
    """The edits in the order of the text; insertions at one point keep the order they were given in.

    An insertion at the start of a replaced range comes before it, one at its end comes after it.
    Raises EditError where two ranges overlap, an insertion lies inside a range, or a range leaves the text.
    """
    in_order = sorted(edits, key=_span)
    reached = 0
    for edit in in_order:
        if not 0 <= edit.start <= edit.end <= size:
            raise EditError(f"edit of bytes {edit.start} to {edit.end} leaves the text of {size} bytes")
        if edit.start < reached:
            raise EditError(f"edit of bytes {edit.start} to {edit.end} overlaps one that ends at {reached}")
        reached = edit.end
    return in_order


def apply(text: bytes, edits: Iterable[Edit]) -> bytes:
    """`text` with all edits made at once; every edit speaks of offsets in `text`. Raises EditError as `ordered`."""
    parts: list[bytes] = []
    reached = 0
    for edit in ordered(edits, len(text)):
        parts += (text[reached : edit.start], edit.new)
        reached = edit.end
    parts.append(text[reached:])
    return b"".join(parts)


def minimise(text: bytes, edit: Edit) -> Edit | None:
    """The smallest edit that does the same: common head and tail trimmed. None where nothing would change."""
    old, new = text[edit.start : edit.end], edit.new
    if old == new:
        return None
    head = common_prefix(old, new)
    tail = common_suffix(old[head:], new[head:])
    return Edit(edit.start + head, edit.end - tail, new[head : len(new) - tail])


def common_prefix(a: bytes, b: bytes) -> int:
    """How many bytes `a` and `b` start with in common."""
    low, high = 0, min(len(a), len(b))
    while low < high:  # halving lets memcmp do the work
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_suffix(a: bytes, b: bytes) -> int:
    """How many bytes `a` and `b` end with in common."""
    return common_prefix(a[::-1], b[::-1])


def _span(edit: Edit) -> tuple[int, int]:
    return edit.start, edit.end
