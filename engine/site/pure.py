"""Expressions whose evaluation nobody can notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .syntax import arguments, mentions, unparen
from .variable import Variable

if TYPE_CHECKING:
    from .site import Site

_LITERALS = {
    "interpreted_string_literal",
    "raw_string_literal",
    "int_literal",
    "float_literal",
    "imaginary_literal",
    "rune_literal",
    "true",
    "false",
    "nil",
    "iota",
}


def pure(site: Site, node: Node) -> bool:
    """No call, no channel operation, nothing that can panic (index, division, pointer, interface comparison)."""
    node = unparen(node)
    if node.type in _LITERALS or site.const(node) is not None:
        return True
    if node.type == "identifier":
        found = site.object(node)
        return found is not None and found.kind in {"var", "const", "nil"}
    if node.type == "selector_expression":
        return _field_of_value(site, node)
    if node.type == "binary_expression":
        return _harmless_operator(site, node)
    if node.type in {"call_expression", "type_conversion_expression"}:
        return _harmless_call(site, node)
    return False


def _field_of_value(site: Site, node: Node) -> bool:
    operand, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
    if operand is None or field is None:
        return False
    if operand.type == "identifier":
        package = site.object(operand)
        if package is not None and package.kind == "package":
            member = site.object(field)
            return member is not None and member.kind in {"var", "const"}
    selection = site.facts.selection(site.path, field.start_byte)
    if selection is None or selection.kind != "field" or selection.indirect:
        return False
    return pure(site, operand)


def _harmless_operator(site: Site, node: Node) -> bool:
    left, right, operator = (node.child_by_field_name(name) for name in ("left", "right", "operator"))
    if left is None or right is None or operator is None or operator.type not in {"+", "-", "*", "&&", "||"}:
        return False
    return pure(site, left) and pure(site, right)


def _harmless_call(site: Site, node: Node) -> bool:
    given = arguments(node)
    if len(given) != 1 or not pure(site, given[0]):
        return False
    target = site.converts_to(node)
    if target is not None:
        source = site.type(given[0])
        return source is not None and "pointer" not in {target.kind, source.kind} and target.kind in _BASIC
    return site.callee(node) == "len" and site.is_builtin(node.child_by_field_name("function") or node, "len")


_BASIC = {
    "string", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
    "uintptr", "float32", "float64",
}  # fmt: skip


def apart(site: Site, operand: Node, var: Variable) -> bool:
    """Whether an operand may be evaluated behind a write to a variable: it is pure and does not mention it."""
    return site.pure(operand) and not mentions(operand, var.name)
