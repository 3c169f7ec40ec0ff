"""Struct literals: what they set, and further keys for them in the style in which they are written.

1. A literal on one line stays on it up to 100 columns (a tab counts four).
2. A longer one, and one whose only line breaks lie inside its values, gets one key per line (layout.py).
3. Where its elements start lines of their own, the new ones follow below the last of them, and below its comment.

Values are aligned as gofmt aligns them: gofmt is asked only for files that were gofmt-clean before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..model import Edit
from .layout import COLUMNS, Pair, align, break_up, column_of, keyed, step, width
from .syntax import unparen

if TYPE_CHECKING:
    from .site import Site


def body_of(value: Node | None) -> Node | None:
    """The part in braces of the literal that an expression is, or whose address it is."""
    value = None if value is None else unparen(value)
    if value is not None and value.type == "unary_expression":
        value = unparen(value.named_children[-1])
    return None if value is None or value.type != "composite_literal" else value.child_by_field_name("body")


def elements(body: Node) -> list[Node]:
    """The elements of a literal in order."""
    return [child for child in body.named_children if child.type != "comment"]


def values(body: Node) -> list[Node]:
    """The values of a literal's elements, keyed or not."""
    return [_bare(one.child_by_field_name("value") or one) for one in elements(body)]


def keys(site: Site, body: Node) -> dict[str, Node]:
    """The values of a struct literal by the full names of the fields they are for: "net/http.Addr"."""
    found: dict[str, Node] = {}
    for element in elements(body):
        key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
        field = None if key is None else site.object(_bare(key))
        if field is not None and value is not None and field.field:
            found[field.full_name] = _bare(value)
    return found


def _bare(node: Node) -> Node:
    """The expression in an element, which the grammar wraps."""
    return node.named_children[0] if node.type == "literal_element" and node.named_children else node


def add_keys(site: Site, body: Node, pairs: Sequence[Pair]) -> list[Edit]:
    """The edits that put further keys behind the elements of a literal."""
    listed, closing = elements(body), body.children[-1]
    if any(site.starts_line(element) for element in listed) or (not listed and site.starts_line(closing)):
        return _append_lines(site, body, listed, pairs)
    at, comma = behind_last(body, listed)
    text = ", ".join(f"{name}: {value}" for name, value in pairs)
    if body.start_point[0] != body.end_point[0] or width(site, body, len(text) + 2) > COLUMNS:
        return break_up(site, body, listed, pairs, at, comma)
    # &http.Server{Addr: addr}
    # &http.Server{Addr: addr, IdleTimeout: 120 * time.Second}
    first = text if at == body.start_byte + 1 else f" {text}"  # behind a comment in an empty literal
    return [site.insert(at, first if not listed else f" {text}," if comma else f", {text}")]


def behind_last(body: Node, listed: list[Node]) -> tuple[int, bool]:
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
    at, comma = behind_last(body, listed)
    starts = [element for element in listed if site.starts_line(element)]
    indent = site.indent(starts[-1]) if starts else site.indent(body) + step(site.indent(body))
    section = _section(site, listed)
    columns = {column_of(element) for element in section}
    lines, edits = [f"{name}: {value}" for name, value in pairs], list[Edit]()
    if len(columns) <= 1:  # else its own values are not aligned: nor are ours
        column = max([*columns, *(len(name) + 2 for name, _ in pairs)])
        lines = [keyed(name, column) + value for name, value in pairs]
        edits = [edit for element in section for edit in align(element, column)]
    new = ",".join(f"\n{indent}{line}" for line in lines) + ("," if comma or not listed else "")
    return [*edits, site.insert(at, new if comma or not listed else f",{new}")]


def _section(site: Site, listed: list[Node]) -> list[Node]:
    """The last elements that stand each alone on its line, on lines that follow each other: gofmt aligns them."""
    found: list[Node] = []
    for element in reversed(listed):
        rows = element.start_point[0], element.end_point[0]
        below = found[-1].start_point[0] - 1 if found else rows[1]
        if rows != (below, below) or not site.starts_line(element) or column_of(element) < 0:
            break
        found.append(element)
    return found
