"""The comment ledger: what a fix does to comments, checked before it is made.

1. Around every edit that touches a comment lies a window: the edit, the comments it touches, the rest of the last line.
2. The comments of the windows are counted before (from the tree) and after (from the new bytes); insertions elsewhere
   count as new text too, so that a comment may travel with the statement it speaks of.
3. What is missing afterwards is lost. A directive may not even travel: it holds for the line it is on, or for the code
   below it, so it is lost too where an edit comes between the two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node, QueryCursor

from ..model import Edit
from ..source.gofile import GoFile, query
from .directives import is_anchored, is_directive
from .edits import apply, minimise, ordered

# Text that is no comment but may hold what looks like one, then comments themselves.
_TOKENS = re.compile(
    rb"""(?P<text>"(?:\\.|[^"\\\n])*"?|`[^`]*`?|'(?:\\.|[^'\\\n])*'?)"""
    rb"""|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))""",
    re.DOTALL,
)
_ABOVE_C = re.compile(rb'[ \t]*\r?\n(?:[ \t]*//[^\n]*\n)*import[ \t]+"C"')
_STRINGS = frozenset({"interpreted_string_literal", "raw_string_literal", "rune_literal"})


@dataclass(frozen=True, slots=True)
class Lost:
    """A comment that would not survive as it is: its text, where it is, and whether it instructs a tool."""

    comment: str
    at: int
    directive: bool


def lost(file: GoFile, edits: Sequence[Edit]) -> Lost | None:
    """The first comment that the edits of one fix would lose or, of a directive, move; None where all survive.

    Raises EditError for edits that overlap.
    """
    text = file.text
    minimal = [e for e in (minimise(text, edit) for edit in ordered(edits, len(text))) if e is not None]
    windows = _windows(file, minimal)
    before: list[tuple[Node, bool]] = []  # each with whether an edit touches bytes of it
    after = Counter[bytes]()
    for start, end, inside in windows:
        for node in _comments(file, start, end):
            if node.start_byte < end and node.end_byte > start:
                before.append((node, any(e.start < node.end_byte and e.end > node.start_byte for e in inside)))
        shifted = [Edit(e.start - start, e.end - start, e.new) for e in inside]
        after.update(scan(apply(text[start:end], shifted)))
    for node, touched in before:
        comment = _spelled(file, node)
        after[comment] -= 1
        if after[comment] < 0 or (touched and is_directive(comment)):
            return _lost(file, node)
    return _moved(file, minimal)


def scan(code: bytes) -> Iterator[bytes]:
    """The comments in a stretch of Go that starts outside strings and comments."""
    for match in _TOKENS.finditer(code):
        if match["comment"] is not None:
            yield match["comment"].rstrip(b"\r") if match["comment"].startswith(b"//") else match["comment"]


def _windows(file: GoFile, edits: Sequence[Edit]) -> list[tuple[int, int, list[Edit]]]:
    """Disjoint spans, each with its edits, that begin outside strings and comments and end with a line."""
    windows: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        touched = list(_comments(file, max(edit.start - 1, 0), edit.end + 1))
        start = min([edit.start, _string_start(file, edit.start), *(node.start_byte for node in touched)])
        end = _line_end(file.text, max([edit.end, *(node.end_byte for node in touched)]))
        # A comment that begins in the rest of the line may go on below it.
        end = max([end, *(_line_end(file.text, node.end_byte) for node in _comments(file, edit.end, end))])
        if windows and windows[-1][1] >= start:
            start, other, inside = windows.pop()
            inside.append(edit)
            windows.append((start, max(other, end), inside))
        else:
            windows.append((start, end, [edit]))
    return windows


def _moved(file: GoFile, edits: Iterable[Edit]) -> Lost | None:
    """The first directive that an edit parts from its code."""
    text = file.text
    for edit in edits:
        behind = _comments(file, edit.end, _line_end(text, edit.end))
        for node in (node for node in behind if node.start_byte >= edit.end):
            if is_anchored(_spelled(file, node)) and _parts_from_line(text, edit, node.start_byte):
                return _lost(file, node)
        node = _directive_above(file, edit)
        if node is not None and _parts_from_below(text, edit):
            return _lost(file, node)
    return None


def _parts_from_line(text: bytes, edit: Edit, directive: int) -> bool:
    """Whether a directive at the end of a line comes to stand behind other code than before."""
    before = text[text.rfind(b"\n", 0, edit.start) + 1 : edit.start]
    old, new = text[edit.start : edit.end], edit.new
    if not old and not before.strip() and re.search(rb"\n[ \t]*\Z", new):
        return False  # lines of their own above this one
    if b"\n" in old or b"\n" in new:
        return True
    return old != b"" and not (before + new + text[edit.end : directive]).strip()


def _parts_from_below(text: bytes, edit: Edit) -> bool:
    """Whether other code comes to stand below a directive; `edit` starts where the code that it speaks of starts."""
    old, new = text[edit.start : edit.end], edit.new
    if not old:
        return new.strip() != b""
    if not new.strip():
        return b"\n" in old or not text[edit.end : _line_end(text, edit.end)].strip()
    first_old, first_new = (re.match(rb"\s*(\w*)", part) for part in (old, new))
    same = first_old is not None and first_new is not None and first_old[1] == first_new[1]
    return b"\n" in new and not same


def _directive_above(file: GoFile, edit: Edit) -> Node | None:
    """The directive on a line of its own, above an edit that starts the code it speaks of or comes before that."""
    text, found = file.text, None
    line = text.rfind(b"\n", 0, edit.start) + 1
    if text[line : edit.start].strip():
        if b"\n" not in edit.new:
            return None
        line = _line_end(text, edit.start) + 1  # at the end of a line: what it adds stands below that line
        if text[edit.start : line].strip():
            return None
    while line > 0:
        above = text.rfind(b"\n", 0, line - 1) + 1
        content = text[above:line].strip()
        if not content.startswith((b"//", b"/*")):
            return found
        start = above + text[above:line].index(content[:2])
        node = next((n for n in _comments(file, start, start + 1) if n.start_byte == start), None)
        if node is not None and is_anchored(_spelled(file, node)):
            found = node
        line = above
    return found


def _comments(file: GoFile, start: int, end: int) -> list[Node]:
    """The comments that share a byte with [start, end) or touch its ends."""
    cursor = QueryCursor(query("(comment) @c"))
    cursor.set_byte_range(start, max(end, start + 1))
    return [node for _, found in cursor.matches(file.root) for node in found["c"] if node.end_byte >= start]


def _string_start(file: GoFile, offset: int) -> int:
    node = file.root.descendant_for_byte_range(offset, offset)
    while node is not None and node.type not in _STRINGS:
        node = node.parent
    return offset if node is None else node.start_byte


def _line_end(text: bytes, offset: int) -> int:
    at = text.find(b"\n", offset)
    return at if at >= 0 else len(text)


def _spelled(file: GoFile, node: Node) -> bytes:
    comment = file.slice(node)
    return comment.rstrip(b"\r") if comment.startswith(b"//") else comment


def _lost(file: GoFile, node: Node) -> Lost:
    comment = _spelled(file, node)
    preamble = _is_preamble(file, node)
    return Lost(comment.decode("utf-8", "replace"), node.start_byte, is_directive(comment) or preamble)


def _is_preamble(file: GoFile, node: Node) -> bool:
    """Whether a comment is the C program above `import "C"`, or a line of it."""
    return _ABOVE_C.match(file.text, node.end_byte) is not None
