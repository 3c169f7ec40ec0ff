"""Keeping the comments behind imports in the column where gofmt puts them."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Edit
from .importlist import ImportList, Spec


def aligned(listed: ImportList) -> bool:
    """Whether every comment behind an import stands where gofmt would put it."""
    return not realigned(listed)


def realigned(listed: ImportList) -> list[Edit]:
    """The edits that move the comments behind imports to gofmt's column.

    gofmt aligns the comments of adjacent lines; a line without one ends the column.
    """
    edits: list[Edit] = []
    for column in _columns(listed):
        width = max(_width(listed, spec) for spec, _ in column)
        for spec, comment in column:
            gap = b" " * (width - _width(listed, spec) + 1)
            if listed.text[spec.end : comment] != gap:
                edits.append(Edit(spec.end, comment, gap))
    return edits


def _columns(listed: ImportList) -> Iterator[list[tuple[Spec, int]]]:
    column: list[tuple[Spec, int]] = []
    reached = -1  # where the line after the column starts
    for spec in listed.specs:
        end, comment = listed.tail(spec.end), _comment_behind(listed, spec)
        if comment < 0 or end < 0 or not listed.leads(spec.start):
            continue
        start = listed.line_start(spec.start)
        if column and start != reached:
            yield column
            column = []
        column.append((spec, comment))
        reached = listed.text.find(b"\n", end) + 1
    if column:
        yield column


def _comment_behind(listed: ImportList, spec: Spec) -> int:
    """Where the first comment behind a spec starts on its line, or -1."""
    at = spec.end
    while listed.text[at : at + 1] in (b" ", b"\t"):
        at += 1
    return at if listed.comment_at(at) else -1


def _width(listed: ImportList, spec: Spec) -> int:
    return len(listed.text[spec.start : spec.end].decode("utf-8", "replace"))
