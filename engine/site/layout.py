"""One key per line: literals that no longer fit on theirs, and literals that take the place of something else."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from ..model import Edit
from .rewrite import Part, recompose
from .syntax import of_kinds

if TYPE_CHECKING:
    from .site import Site

COLUMNS = 100
_TAB = 4
Pair: TypeAlias = tuple[str, str]  # the name of a field and the text of its value


def width(site: Site, node: Node, more: int = 0) -> int:
    """The columns of the line on which a node starts, with `more` of them added."""
    line = site.file.line_text(site.line(node))
    return len(line) + (_TAB - 1) * line.count("\t") + more


def step(indent: str) -> str:
    """What one more level of indentation adds: a tab, or blanks where gofmt never saw the file."""
    return "  " if indent and "\t" not in indent else "\t"


def keyed(name: str, column: int) -> str:
    """A key with the blanks up to its value."""
    return f"{name}:".ljust(column)


def column_of(element: Node) -> int:
    """How far behind its key the value of an element starts, in bytes; -1 where it has no key or no value beside it."""
    key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
    if key is None or value is None or key.end_point[0] != value.start_point[0]:
        return -1
    return value.start_byte - key.start_byte


def align(element: Node, column: int) -> list[Edit]:
    """The edit that moves the value of an element to a column; where a comment stands before the value it stays."""
    key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
    colon = next((child for child in element.children if child.type == ":"), None)
    commented = any(child.type == "comment" for child in element.children)
    if key is None or value is None or colon is None or commented or column_of(element) == column:
        return []
    return [Edit(colon.end_byte, value.start_byte, b" " * (column - (colon.end_byte - key.start_byte)))]


def break_up(site: Site, body: Node, listed: list[Node], pairs: Sequence[Pair], at: int, comma: bool) -> list[Edit]:
    """Give each element of a literal a line, and put further ones at `at`, behind the last and its comma, if any."""
    # &http.Server{Addr: addr}     &http.Server{
    #                                  Addr:        addr,
    #                                  IdleTimeout: 120 * time.Second,
    #                              }
    outer, tokens, edits = site.indent(body), body.children, list[Edit]()
    indent = outer + step(outer)
    for before, after in itertools.pairwise(tokens[:-1]):
        if before.type in {"{", ","} and after.start_byte < at and not _ends_line(after, tokens):
            edits.append(Edit(before.end_byte, after.start_byte, f"\n{indent}".encode()))
    names = [(_key(site, one), column_of(one) >= 0 and one.start_point[0] == one.end_point[0]) for one in listed]
    columns = _columns([*names, *((name, True) for name, _ in pairs)])
    for element, column in zip(listed, columns, strict=False):
        edits += align(element, column)
        edits += [site.insert(line, step(outer)) for line in inner_lines(site, element)]
    lines = [keyed(name, columns[-1]) + value for name, value in pairs]
    new = ("" if comma or not listed else ",") + ",".join(f"\n{indent}{line}" for line in lines) + ","
    rest = next(token for token in tokens if token.start_byte >= at)
    return [*edits, Edit(at, rest.start_byte, f"{new}\n{outer if rest == tokens[-1] else indent}".encode())]


def replace_by_literal(
    site: Site, old: Node, head: str, fields: Sequence[tuple[str, Node | str]], tail: str
) -> list[Edit]:
    """Replace an expression by `head{fields}tail`, on one line where that has room, else with one key per line.

    Values that are nodes are parts of the expression, in source order.
    """
    flat = [(name, value if isinstance(value, str) else site.text(value)) for name, value in fields]
    line = f"{head}{{{', '.join(f'{name}: {value}' for name, value in flat)}}}{tail}"
    more, outer = len(line) - (old.end_byte - old.start_byte), site.indent(old)
    parts: list[Part] = [f"{head}{{"]
    if old.start_point[0] == old.end_point[0] and width(site, old, more) <= COLUMNS:
        # http.Serve(l, h)
        # (&http.Server{Handler: h, IdleTimeout: 120 * time.Second}).Serve(l)
        for number, (name, value) in enumerate(fields):
            parts += [f", {name}: " if number else f"{name}: ", value]
        return recompose(site.file.text, old.start_byte, old.end_byte, [*parts, f"}}{tail}"])
    columns = _columns([(name, "\n" not in text) for name, text in flat])
    shifted: list[Edit] = []
    for (name, value), column in zip(fields, columns, strict=True):
        parts += [f"\n{outer}{step(outer)}{keyed(name, column)}", value, ","]
        if isinstance(value, Node) and site.line(value) == site.line(old):
            shifted += [site.insert(line, step(outer)) for line in inner_lines(site, value)]
    return [*recompose(site.file.text, old.start_byte, old.end_byte, [*parts, f"\n{outer}}}{tail}"]), *shifted]


def inner_lines(site: Site, node: Node) -> list[int]:
    """Where the further lines of a node start that can be indented: not in raw strings or comments."""
    fixed = [(one.start_byte, one.end_byte) for one in of_kinds(node, "raw_string_literal", "comment")]
    found: list[int] = []
    for line in range(site.line(node) + 1, node.end_point[0] + 2):
        start, end = site.file.lines.span(line)
        if site.file.text[start:end].strip() and not any(first < start < last for first, last in fixed):
            found.append(start)
    return found


def _columns(names: Sequence[tuple[str, bool]]) -> list[int]:
    """Where the value of each key starts: one column for all keys in a row whose values stand on one line."""
    found: list[int] = []
    for one_line, row in itertools.groupby(names, key=lambda pair: pair[1]):
        widths = [len(name) + 2 for name, _ in row]
        found += [max(widths)] * len(widths) if one_line else widths
    return found


def _key(site: Site, element: Node) -> str:
    key = element.child_by_field_name("key")
    return "" if key is None else site.text(key)


def _ends_line(token: Node, tokens: list[Node]) -> bool:
    """Whether a token is a comment behind which nothing of its literal stands on the line."""
    rest = next((other for other in tokens if other.start_byte >= token.end_byte), None)
    return token.type == "comment" and (rest is None or rest.start_point[0] != token.end_point[0])
