"""How often a loop's body starts: the expression that a preallocation may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .loop import Count, Loop, literal_length, three_clause
from .roles import WRITES, role_of
from .syntax import arguments, below, has_comment, unparen

if TYPE_CHECKING:
    from .site import Site


def trip_count(site: Site, loop: Loop) -> Count | None:
    """The trip count of a loop if nothing ends it early; None where no cheap expression equals it.

    The operand of a range is evaluated once, before the loop (Go spec, "For statements with range clause"), so
    `len(x)` directly before the loop is the number of iterations, even if the body assigns to x. A map is the
    exception: entries added or removed by the body may or may not be visited.
    """
    if loop.kind in {"slice", "array", "map", "string"}:
        return _of_collection(site, loop)
    if loop.kind == "integer":
        return _of_integer(site, loop)
    if loop.kind == "three-clause":
        return _of_clause(site, loop)
    return None


def _of_collection(site: Site, loop: Loop) -> Count | None:
    operand = loop.operand
    assert operand is not None
    ranged = site.type(operand)
    array = None if ranged is None else ranged.elem if ranged.kind == "pointer" else ranged
    if array is not None and array.kind == "array" and array.length is not None:
        named = unparen(operand).type == "identifier"
        return Count(
            f"len({site.text(unparen(operand))})" if named else str(array.length),
            array.length,
            operand=operand if named else None,
        )
    length = literal_length(operand)
    if length is not None:
        return Count(str(length), length)
    if loop.kind == "string":
        return Count(f"len({site.text(operand)})", exact=False, operand=operand) if stable(site, operand) else None
    if loop.kind == "map" and _changes_map(site, loop):
        return None
    return Count(f"len({site.text(unparen(operand))})", operand=operand) if stable(site, operand) else None


def _of_integer(site: Site, loop: Loop) -> Count | None:
    operand = loop.operand
    assert operand is not None
    constant = site.const_int(operand)
    if constant is not None:
        return Count(str(max(constant, 0)), max(constant, 0))
    counted = unparen(operand)
    if has_comment(counted):
        return None
    if counted.type == "call_expression" and site.callee(counted) == "len":
        measured = site.type(arguments(counted)[0])
        if measured is None or measured.core_kind not in {"slice", "array", "string", "map", "pointer"}:
            return None  # a channel: another goroutine may take from it in between
        return Count(site.text(counted), operand=arguments(counted)[0]) if stable(site, arguments(counted)[0]) else None
    return Count(site.text(counted), exact=False, operand=operand) if stable(site, operand) else None


def _of_clause(site: Site, loop: Loop) -> Count | None:
    parts = three_clause(loop.node)
    if parts is None or _assigned_in_body(site, parts.variable, loop.body):
        return None
    start, bound = site.const_int(parts.start), site.const_int(parts.bound)
    if start is None or start < 0:
        return None
    less = start - parts.inclusive
    if bound is not None:
        trips = max(bound - less, 0)
        return Count(str(trips), trips)
    if has_comment(parts.bound) or parts.bound.type != "call_expression" or site.callee(parts.bound) != "len":
        return None
    counted = arguments(parts.bound)[0]
    if less != 0 or not stable(site, counted) or _changes_length(site, counted, loop.body):
        return None
    return Count(site.text(parts.bound), operand=counted)


def stable(site: Site, node: Node) -> bool:
    """A variable, or a chain of fields of one: reading it twice in a row gives one value and has no effect."""
    node = unparen(node)
    if has_comment(node):
        return False  # its text could not be repeated without the comment
    if node.type == "identifier":
        found = site.object(node)
        return found is not None and found.kind in {"var", "const"}
    if node.type != "selector_expression":
        return False
    operand, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
    if operand is None or field is None:
        return False
    member = site.object(field)
    if member is None or member.kind != "var":
        return False
    package = site.object(operand) if operand.type == "identifier" else None
    if package is not None and package.kind == "package":
        return True
    return stable(site, operand)


def _assigned_in_body(site: Site, variable: Node, body: Node) -> bool:
    var = site.variable(variable)
    return var is None or site.written_inside(var, body)


def _changes_length(site: Site, counted: Node, body: Node) -> bool:
    """Whether the body could make `len(counted)` another number: only a local that nobody writes is certain."""
    if unparen(counted).type != "identifier":
        return True
    ranged = site.type(counted)
    if ranged is None or ranged.kind not in {"slice", "array", "string"}:
        return True
    var = site.variable(unparen(counted))
    return var is None or var.declaration.kind == "package" or site.written_inside(var, body)


def _changes_map(site: Site, loop: Loop) -> bool:
    """Whether the body adds to or deletes from the map it ranges over, by the name that the loop gives it.

    A change through another name would cost capacity and nothing else: with an entry to start from, the first
    iteration always runs.
    """
    operand = site.text(loop.operand) if loop.operand is not None else ""
    for node in below(loop.body):
        if node.type == "call_expression" and site.callee(node) in {"delete", "clear"}:
            given = arguments(node)
            if given and site.text(given[0]) == operand:
                return True
        if node.type == "index_expression" and role_of(node)[0] in WRITES:
            written = node.child_by_field_name("operand")
            if written is not None and site.text(written) == operand:
                return True
    return False
