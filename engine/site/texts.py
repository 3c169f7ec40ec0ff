"""Strings and runes in expressions: literals of one byte, conversions, tests for the empty string; comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tree_sitter import Node

from .names import names_visible
from .quote import quote_byte, unquote
from .roles import Role
from .syntax import (
    arguments,
    below,
    contains,
    enclosing_function,
    identifiers,
    of_kinds,
    single,
    statement_of,
    unparen,
)
from .variable import Use

if TYPE_CHECKING:
    from .site import Site


def one_byte_literal(site: Site, node: Node) -> str | None:
    """The rune literal for a string literal of one ASCII byte: `','` for `","`."""
    literal = unparen(node).type in {"interpreted_string_literal", "raw_string_literal"}
    value = site.const(node) if literal else None
    text = None if value is None else unquote(value)
    return quote_byte(text[0]) if text is not None and len(text) == 1 and text[0] < 0x80 else None


def converted_rune(site: Site, node: Node) -> Node | None:
    """The r of a conversion `string(r)` whose r is a rune (int32), or None."""
    node = unparen(node)
    target = site.converts_to(node)
    given = arguments(node) if target is not None and target.string == "string" else []
    source = site.type(given[0]) if len(given) == 1 else None
    constant = site.const_int(given[0]) if given else None
    fits = constant is None or -(1 << 31) <= constant < 1 << 31
    return given[0] if fits and source is not None and source.string in {"rune", "int32", "untyped rune"} else None


def compared_with_empty(site: Site, use: Use) -> Node | None:
    """The other side of a comparison of a use with the empty string, or None."""
    if use.construct.type != "binary_expression" or use.role is not Role.COMPARE:
        return None
    left, right = use.construct.child_by_field_name("left"), use.construct.child_by_field_name("right")
    other = left if right is not None and contains(right, use.node) else right
    empty = other is not None and site.const(other) == '""' and other.type != "selector_expression"
    return other if empty else None  # the last mention of another package would take its import along


def remark(site: Site, node: Node, pattern: str) -> Node | None:
    """The first comment about a node that a regular expression finds something in."""
    comments = of_kinds(site.file.root, "comment")
    alone = {comment.end_point[0]: comment for comment in comments if site.starts_line(comment)}
    row = statement_of(node).start_point[0] - 1
    above: list[Node] = []
    while row in alone:
        above.insert(0, alone[row])
        row = alone[row].start_point[0] - 1
    rows = range(node.start_point[0], node.end_point[0] + 1)
    beside = [one for one in comments if one.start_point[0] in rows and not _in_literal(node, one)]
    return next((one for one in above + beside if re.search(pattern, site.text(one))), None)


def _in_literal(node: Node, comment: Node) -> bool:
    """Whether a comment stands in a function literal inside a node."""
    literal = enclosing_function(comment)
    return literal is not None and literal != node and contains(node, literal)


def constant_text(site: Site, node: Node, at: Node) -> str | None:
    """How to write a constant at another place of the file: as it is spelled where its names mean the same there, by
    its value where they are constants of the function that are plain literals.

    None for others: their value may be another one on other platforms.
    """
    if names_visible(site, node, at):
        return site.text(node)
    plain = all(_is_plain_constant(site, name) for name in identifiers(node))
    return site.const(node) if plain else None


def _is_plain_constant(site: Site, name: Node) -> bool:
    """Whether a name is declared as `const name = 4 << 10`."""
    found = site.object(name)
    declared = None if found is None or found.kind != "const" else site.declaration(found)
    spec = None if declared is None else declared.node.parent
    value = None if spec is None or spec.type != "const_spec" else single(spec.child_by_field_name("value"))
    return value is not None and not identifiers(value) and not any(n.type == "iota" for n in [value, *below(value)])


def size_text(size: int) -> str:
    """How Go code spells a number of bytes: 64<<10, 4095."""
    shift = next((each for each in (30, 20, 10) if size and size % (1 << each) == 0), 0)
    return f"{size >> shift}<<{shift}" if shift else str(size)
