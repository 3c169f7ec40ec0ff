"""What goes with one import that is no longer used."""

from __future__ import annotations

import re

from ..model import Edit
from .importadd import heading
from .importlist import Declaration, ImportList, Spec


def removal(listed: ImportList, spec: Spec) -> list[Edit]:
    """The edits that take one import away: its line, its own comments, a declaration or a group left empty."""
    host = next(d for d in listed.declarations if spec in d.specs)
    if not host.block:
        return [_without_declaration(listed, host)]
    if len(host.specs) == 1 and not _other_comments(listed, host, spec):
        return [_without_declaration(listed, host)]
    gone = _without_spec(listed, host, spec)
    if len(host.specs) == 1:
        return [gone, *_remarks(listed, host, gone)]
    if spec is host.specs[-1]:
        return [*_gaps(listed, listed.tail(host.specs[-2].end), gone.start), gone]
    return [gone]


def unwrapped(listed: ImportList) -> list[Edit]:
    """The edits that take the parentheses from a block of one import, if no comment stands on a line of its own there.

    old: import (
             "os" // why
         )
    new: import "os" // why
    """
    edits: list[Edit] = []
    for host in listed.declarations:
        spec = host.specs[0] if host.block and len(host.specs) == 1 else None
        end = -1 if spec is None else listed.tail(spec.end)
        if spec is not None and end >= 0 and not listed.text[end : host.close].strip() and listed.above(spec) is None:
            edits += [Edit(host.open, spec.start, b""), Edit(end, host.close + 1, b"")]
    return edits


def _gaps(listed: ImportList, start: int, end: int) -> list[Edit]:
    """The blank lines between a line's end and `end`: gofmt leaves none between the last import and what follows."""
    edits: list[Edit] = []
    line = _next_line(listed.text, start) if start >= 0 else end
    while line < end:
        following = _next_line(listed.text, line)
        inside = any(low < line < high for low, high in listed.comments)
        if following <= end and not inside and not listed.text[line:following].strip():
            edits.append(Edit(line, following, b""))
        line = following
    return edits


def _remarks(listed: ImportList, host: Declaration, gone: Edit) -> list[Edit]:
    """The comments of a block without imports stand at the margin: so gofmt wants it."""
    inside = [c for c, _ in listed.comments if host.open < c < host.close and listed.indent(c) == b"\t"]
    return [Edit(c - 1, c, b"") for c in inside if not gone.start <= c < gone.end]


def _other_comments(listed: ImportList, host: Declaration, spec: Spec) -> bool:
    """Whether a block holds comments that do not belong to the spec."""
    start, end = _with_comments(listed, host, spec)
    outside = ((host.start, start), (end, host.end))
    return any(low <= c < high for c, _ in listed.comments for low, high in outside)


def _with_comments(listed: ImportList, host: Declaration, spec: Spec) -> tuple[int, int]:
    """The spec with the comments that speak of it alone."""
    group = next(group for group in listed.groups([host]) if spec in group)
    top = None if heading(listed, group, spec) else listed.above(spec)
    return spec.start if top is None else top, max(spec.end, listed.tail(spec.end))


def _without_spec(listed: ImportList, host: Declaration, spec: Spec) -> Edit:
    text, (start, end) = listed.text, _with_comments(listed, host, spec)
    if not listed.leads(start) or listed.tail(spec.end) < 0:
        return _inline(listed, spec.start, spec.end)
    low, high = listed.line_start(start), _next_line(text, end)
    opens = not text[host.open + 1 : low].strip()
    closes = not text[high : host.close].strip()
    if listed.blank_after(end) and (opens or listed.blank_before(start)):
        high = _next_line(text, high)
    elif closes and listed.blank_before(start):
        low = listed.line_start(low - 1)
    return Edit(low, high, b"")


def _without_declaration(listed: ImportList, host: Declaration) -> Edit:
    text, end = listed.text, listed.tail(host.end)
    if not listed.leads(host.start) or end < 0:
        return _inline(listed, host.start, host.end)
    low, high = listed.line_start(host.start), _next_line(text, end)
    after = text[high:]
    if listed.blank_before(host.start):
        if listed.blank_after(end):
            high = _next_line(text, high)
        elif high == len(text):
            low = listed.line_start(low - 1)
    elif after.strip() and not listed.blank_after(end) and _comment_ends(listed, low):
        # A comment above must not turn into the comment of what follows, least of all into the preamble of "C".
        return Edit(low, end, b"")
    return Edit(low, high, b"")


def _comment_ends(listed: ImportList, line: int) -> bool:
    """Whether the line before ends with a comment that stands on lines of its own."""
    return any(end in (line - 1, line - 2) and listed.leads(start) for start, end in listed.comments)


def _inline(listed: ImportList, start: int, end: int) -> Edit:
    """One of several on a line: it goes with the semicolon after it, or before it."""
    text = listed.text
    after = re.compile(rb"[ \t]*;[ \t]*").match(text, end)
    if after and listed.tail(after.end()) < 0:
        return Edit(start, after.end(), b"")
    before = re.compile(rb"[ \t]*;[ \t]*$").search(listed.indent(start))
    if before:
        return Edit(listed.line_start(start) + before.start(), after.end() if after else end, b"")
    return Edit(start, after.end() if after else end, b"")


def _next_line(text: bytes, end: int) -> int:
    at = text.find(b"\n", end)
    return at + 1 if at >= 0 else len(text)
