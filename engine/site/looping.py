"""Loops as go/types sees them: what they range over, and how often they run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tree_sitter import Node

from .count import trip_count
from .loop import Loop, exits, header, label_of, range_operand, range_variables, three_clause
from .syntax import loops_around

if TYPE_CHECKING:
    from .site import Site

_RANGES = {
    "slice": "slice",
    "array": "array",
    "map": "map",
    "string": "string",
    "chan": "channel",
    "func": "function",
}


def loops(site: Site, node: Node, inside: Node | None = None) -> tuple[Loop, ...]:
    """The loops whose body holds `node`, innermost first, up to `inside` or the function's edge."""
    return tuple(site.loop(found) for found in loops_around(node, inside))


def loop(site: Site, node: Node) -> Loop:
    """What a for statement runs over, how often, and how it may end early."""
    body = node.child_by_field_name("body")
    assert body is not None
    operand = range_operand(node)
    key, value = range_variables(node)
    kind = site.loop_kind(node)
    found = Loop(node, kind, operand, key, value, body, None, exits(node), label_of(node))
    return Loop(node, kind, operand, key, value, body, trip_count(site, found), found.exits, found.label)


def loop_kind(site: Site, node: Node) -> str:
    """What a for statement is: slice, array, map, string, channel, integer, function, three-clause …"""
    operand = range_operand(node)
    if operand is None:
        clause = header(node)
        if clause is None:
            return "bare"
        return "three-clause" if clause.type == "for_clause" else "condition"
    ranged = site.type(operand)
    if ranged is None:
        return "unknown"
    if ranged.kind == "pointer" and ranged.elem is not None and ranged.elem.kind == "array":
        return "array"
    kind = ranged.core_kind
    return _RANGES.get(kind) or ("integer" if "int" in kind else "unknown")


def without_size(site: Site, loop: Loop) -> bool:
    """Whether a loop ranges over elements of size zero, of which there may be more than memory holds."""
    ranged = None if loop.operand is None else site.type(loop.operand)
    if loop.kind == "map" or ranged is None or ranged.elem is None:
        return False
    return ranged.elem.size == 0


def defines(loop: Loop) -> bool:
    """Whether a range clause declares its variables (`:=`)."""
    clause = header(loop.node)
    return clause is not None and any(child.type == ":=" for child in clause.children)


def counted(loop: Loop) -> bool:
    """Whether a three-clause loop has the shape `for i := c; i < n; i++`."""
    return three_clause(loop.node) is not None


def at_most(site: Site, around: Iterable[Node], limit: int) -> bool:
    """Whether all these loops together provably run their innermost body no more than `limit` times."""
    counts = [site.loop(node).count for node in around]
    known = [count.constant for count in counts if count is not None and count.constant is not None]
    return len(known) == len(counts) and math.prod(known) <= limit
