"""Expressions that make something new: zero values, and structs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from ..facts.facts import PackageFacts
from ..source.gofile import GoFile
from .syntax import unparen

if TYPE_CHECKING:
    from .site import Site


def is_zero_literal(node: Node) -> bool:
    """Whether an expression is a composite literal without elements: `T{}`."""
    body = node.child_by_field_name("body") if node.type == "composite_literal" else None
    return body is not None and not any(child.type != "comment" for child in body.named_children)


def makes_zero(site: Site, node: Node) -> bool:
    """Whether an expression is a pointer to a new zero value: `new(T)`, `&T{}`."""
    if node.type == "call_expression" and site.callee(node) == "new":
        known = site.expr(site.arguments(node)[0])
        return known is not None and known.is_type  # Go 1.26 has new(value) as well
    operand = node.child_by_field_name("operand") if node.type == "unary_expression" else None
    return operand is not None and site.text(node).startswith("&") and is_zero_literal(unparen(operand))


def makes_struct(facts: PackageFacts, file: GoFile, value: Node) -> bool:
    """Whether an expression makes a struct: a literal, its address, or `new(T)`."""
    value = unparen(value)
    if value.type == "unary_expression" and file.slice(value).startswith(b"&"):
        value = unparen(value.named_children[0])
    function = value.child_by_field_name("function") if value.type == "call_expression" else None
    called = None if function is None else facts.object(file.path, function.start_byte)
    return value.type == "composite_literal" or (called is not None and called.full_name == "new")


def is_new(site: Site, value: Node | None) -> bool:
    """Whether there is an expression, and it makes a struct: a literal, its address, or `new(T)`."""
    return value is not None and makes_struct(site.facts, site.file, value)
