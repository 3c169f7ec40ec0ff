"""Add keys to a struct literal in the style in which it is written.

1. A literal on one line stays on it up to 100 columns (a tab counts four).
2. A longer one, and one whose only line breaks lie inside its values, gets one key per line.
3. Where its elements start lines of their own, the new ones follow below the last of them, and below its comment.

Values are aligned as gofmt aligns them: gofmt is asked only for files that were gofmt-clean before.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from ..model import Edit
from .rewrite import Part, recompose
from .syntax import of_kinds, unparen

if TYPE_CHECKING:
    from .site import Site

COLUMNS = 100
_TAB = 4
Pair: TypeAlias = tuple[str, str]  # the name of a field and the text of its value


def keys(site: Site, body: Node) -> dict[str, Node]:
    """The values of a struct literal by the full names of the fields they are for: "net/http.Addr"."""
    found: dict[str, Node] = {}
    for element in elements(body):
        key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
        field = None if key is None or not key.named_children else site.object(key.named_children[0])
        if field is not None and value is not None and field.field:
            found[field.full_name] = value.named_children[0] if value.type == "literal_element" else value
    return found


def values(body: Node) -> list[Node]:
    """The values of a literal's elements, keyed or not."""
    inner = (one.child_by_field_name("value") or one for one in elements(body))
    return [one.named_children[0] if one.type == "literal_element" else one for one in inner]


def elements(body: Node) -> list[Node]:
    """The elements of a literal in order."""
    return [child for child in body.named_children if child.type != "comment"]


def body_of(value: Node | None) -> Node | None:
    """The part in braces of the literal that an expression is, or whose address it is."""
    value = None if value is None else unparen(value)
    if value is not None and value.type == "unary_expression":
        value = unparen(value.named_children[-1])
    return None if value is None or value.type != "composite_literal" else value.child_by_field_name("body")


def add_keys(site: Site, body: Node, pairs: Sequence[Pair]) -> list[Edit]:
    """The edits that put further keys behind the elements of a literal."""
    listed, brace = elements(body), site.line(body)
    if any(site.starts_line(element) for element in listed) or (not listed and _closes_below(site, body)):
        return _append_lines(site, body, listed, pairs)
    text = ", ".join(f"{name}: {value}" for name, value in pairs)
    if body.end_point[0] + 1 == brace and width(site, body, len(text) + 2) <= COLUMNS:
        # &http.Server{Addr: addr}
        # &http.Server{Addr: addr, IdleTimeout: 120 * time.Second}
        at, comma = _behind_last(body, listed)
        return [site.insert(at, text if not listed else f" {text}," if comma else f", {text}")]
    return _break_up(site, body, listed, pairs)


def width(site: Site, node: Node, more: int = 0) -> int:
    """The columns of the line on which a node starts, with `more` of them added."""
    line = site.file.line_text(site.line(node))
    return len(line) + (_TAB - 1) * line.count("\t") + more


def aligned(pairs: Sequence[Pair], column: int = 0) -> tuple[list[str], int]:
    """`Name: value` for each pair, the values in one column, and how far behind the names that is: `column` or more."""
    column = max([column, *(len(name) + 2 for name, _ in pairs)])
    return [f"{name}:".ljust(column) + value for name, value in pairs], column


def _closes_below(site: Site, body: Node) -> bool:
    """Whether the closing brace stands on a line of its own."""
    return site.starts_line(body.children[-1])


def _behind_last(body: Node, listed: list[Node]) -> tuple[int, bool]:
    """The offset behind the last element, its comma and the comments on its line, and whether there is a comma."""
    tokens = body.children[:-1]
    first = tokens.index(listed[-1]) if listed else 0
    last, comma = tokens[first], False
    for token in tokens[first + 1 :]:
        if token.type not in {",", "comment"} or token.start_point[0] != last.end_point[0]:
            break
        last, comma = token, comma or token.type == ","
    return last.end_byte, comma


def _append_lines(site: Site, body: Node, listed: list[Node], pairs: Sequence[Pair]) -> list[Edit]:
    # &http.Server{          &http.Server{
    #     Addr: addr, // a       Addr:        addr, // a
    # }                          IdleTimeout: 120 * time.Second,
    #                        }
    at, comma = _behind_last(body, listed)
    starts = [element for element in listed if site.starts_line(element)]
    indent = site.indent(starts[-1]) if starts else site.indent(body) + "\t"
    section = _section(site, listed)
    columns = {_column(element) for element in section}
    lines, edits = [f"{name}: {value}" for name, value in pairs], list[Edit]()
    if len(columns) <= 1:  # else its own values are not aligned: nor are ours
        lines, column = aligned(pairs, max(columns, default=0))
        edits = _align(section, column)
    new = ",".join(f"\n{indent}{line}" for line in lines) + ("," if comma or not listed else "")
    return [*edits, site.insert(at, new if comma or not listed else f",{new}")]


def _section(site: Site, listed: list[Node]) -> list[Node]:
    """The last elements that stand each alone on its line, on lines that follow each other: gofmt aligns them."""
    found: list[Node] = []
    for element in reversed(listed):
        rows = element.start_point[0], element.end_point[0]
        below = found[-1].start_point[0] - 1 if found else rows[1]
        if rows != (below, below) or not site.starts_line(element) or _column(element) < 0:
            break
        found.append(element)
    return found


def _column(element: Node) -> int:
    """How far behind its key the value of an element starts, in bytes; -1 where it has no key or no value beside it."""
    key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
    if key is None or value is None or key.end_point[0] != value.start_point[0]:
        return -1
    return value.start_byte - key.start_byte


def _align(section: list[Node], column: int) -> list[Edit]:
    """The edits that move the values of elements to a column; an element with a comment before its value stays."""
    edits: list[Edit] = []
    for element in section:
        key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
        assert key is not None and value is not None
        if _column(element) != column and not any(child.type == "comment" for child in element.children):
            colon = next(child for child in element.children if child.type == ":")
            blanks = column - (colon.end_byte - key.start_byte)
            edits.append(Edit(colon.end_byte, value.start_byte, b" " * blanks))
    return edits


def _break_up(site: Site, body: Node, listed: list[Node], pairs: Sequence[Pair]) -> list[Edit]:
    # &http.Server{Addr: addr}     &http.Server{
    #                                  Addr:        addr,
    #                                  IdleTimeout: 120 * time.Second,
    #                              }
    outer = site.indent(body)
    indent, tokens, edits = f"{outer}\t", body.children, list[Edit]()
    for before, after in itertools.pairwise(tokens[:-1]):
        if before.type in {"{", ","} and not (after.type == "comment" and _ends_line(after, tokens)):
            edits.append(Edit(before.end_byte, after.start_byte, f"\n{indent}".encode()))
    flat = [e for e in listed if e.start_point[0] == e.end_point[0] and _column(e) >= 0]
    names = [site.text(key) for e in flat if (key := e.child_by_field_name("key")) is not None]
    lines, column = aligned(pairs, max(map(len, names), default=0) + 2)
    edits += _align(flat, column)
    edits += [site.insert(at, "\t") for element in listed for at in _inner_lines(site, element)]
    at, comma = _behind_last(body, listed)
    new = ("" if comma or not listed else ",") + ",".join(f"\n{indent}{line}" for line in lines) + ","
    behind = next(token for token in tokens if token.start_byte >= at)
    return [*edits, Edit(at, behind.start_byte, f"{new}\n{outer if behind == tokens[-1] else indent}".encode())]


def _ends_line(comment: Node, tokens: list[Node]) -> bool:
    """Whether nothing of a literal stands behind a comment on its line."""
    rest = [token for token in tokens if token.start_byte >= comment.end_byte]
    return bool(rest) and rest[0].start_point[0] != comment.end_point[0]


def replace_by_literal(
    site: Site, old: Node, head: str, fields: Sequence[tuple[str, Node | str]], tail: str
) -> list[Edit]:
    """Replace an expression by `head{fields}tail`; values that are nodes are parts of it, in source order.

    On one line where that has room, else with one key per line.
    """
    flat = [(name, value if isinstance(value, str) else site.text(value)) for name, value in fields]
    line = f"{head}{{{', '.join(f'{name}: {value}' for name, value in flat)}}}{tail}"
    one = old.start_point[0] == old.end_point[0] and "\n" not in line
    more, outer = len(line) - (old.end_byte - old.start_byte), site.indent(old)
    fits = one and width(site, old, more) <= COLUMNS
    column = max(len(name) for name, _ in flat) + 2
    parts: list[Part] = [f"{head}{{"]
    for number, (name, value) in enumerate(fields):
        key = f"{name}:"
        # http.Serve(l, h)
        # (&http.Server{Handler: h, IdleTimeout: 120 * time.Second}).Serve(l)
        parts += [f"{', ' if number else ''}{key} " if fits else f"\n{outer}\t{key.ljust(column)}", value]
        parts += [] if fits else [","]
    parts.append(f"}}{tail}" if fits else f"\n{outer}}}{tail}")
    kept = [value for _, value in fields if isinstance(value, Node) and site.line(value) == site.line(old)]
    shifted = [site.insert(at, "\t") for value in kept for at in _inner_lines(site, value)]
    return [*recompose(site.file.text, old.start_byte, old.end_byte, parts), *shifted]


def _inner_lines(site: Site, body: Node) -> list[int]:
    """Where the further lines of a node start that can be indented: not in raw strings or comments."""
    fixed = [(one.start_byte, one.end_byte) for one in of_kinds(body, "raw_string_literal", "comment")]
    found: list[int] = []
    for line in range(site.line(body) + 1, body.end_point[0] + 2):
        start, end = site.file.lines.span(line)
        if site.file.text[start:end].strip() and not any(first < start < last for first, last in fixed):
            found.append(start)
    return found
