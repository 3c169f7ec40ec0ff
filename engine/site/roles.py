"""What an identifier does where it stands: the role of a use, read off the syntax around it."""

from __future__ import annotations

import enum

from tree_sitter import Node

from .syntax import unparen


class Role(enum.StrEnum):
    """The role of one use of a variable, named after the construct that uses its value or its storage."""

    DEFINE = "define"  # its declaration
    READ = "read"  # an operand whose value goes into another value (arithmetic, a condition)
    COPY = "copy"  # bound as it is to another variable: y := x, var y = x, y = x
    ASSIGN = "assign"  # x = …, also as one of several, in range and in a receive
    OP_ASSIGN = "op-assign"  # x += …, x++
    ADDRESS = "address"  # &x
    ARGUMENT = "argument"  # f(x), also of a builtin
    CALLEE = "callee"  # x(…)
    CONVERSION = "conversion"  # T(x), x.(T)
    MEMBER = "member"  # x.f: a field or a method
    INDEX = "index"  # x[i]
    SLICE = "slice"  # x[i:j]
    RANGE = "range"  # range x
    RETURN = "return"  # return x
    SEND = "send"  # ch <- x
    CHANNEL = "channel"  # x <- v, <-x
    ELEMENT = "element"  # T{x}
    COMPARE = "compare"  # x == y, switch x { case y: }
    DEREFERENCE = "dereference"  # *x


WRITES = frozenset({Role.ASSIGN, Role.OP_ASSIGN, Role.ADDRESS})


def role_of(node: Node) -> tuple[Role, Node]:
    """The role of an expression and the construct that gives it this role.

    Parentheses are looked through. A conversion written like a call, `T(x)`, is told as ARGUMENT: only types tell.
    """
    child, parent = node, node.parent
    while parent is not None and parent.type in {"parenthesized_expression", "variadic_argument"}:
        child, parent = parent, parent.parent
    if parent is None:
        return Role.READ, node
    if parent.type in {"expression_list", "literal_element"}:
        child, parent = parent, parent.parent or parent
    return _role(child, parent), parent


def _is(parent: Node, field: str, child: Node) -> bool:
    return parent.child_by_field_name(field) == child


def _role(child: Node, parent: Node) -> Role:
    kind = parent.type
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple
    if kind == "assignment_statement":
        return _assigned(child, parent)
    if kind in {"short_var_declaration", "var_spec", "const_spec"}:
        copied = _is(parent, "right", child) or _is(parent, "value", child)
        return Role.COPY if copied else Role.DEFINE
    if kind in {"range_clause", "receive_statement"}:
        return _bound(child, parent)
    if kind == "call_expression":
        return Role.CALLEE
    if kind == "selector_expression":
        return Role.MEMBER
    if kind in {"index_expression", "slice_expression"}:
        return _element(child, parent)
    if kind == "unary_expression":
        return _UNARY.get(_operator(parent), Role.READ)
    if kind == "binary_expression":
        return Role.COMPARE if _operator(parent) in {"==", "!="} else Role.READ
    if kind == "send_statement":
        return Role.SEND if _is(parent, "value", child) else Role.CHANNEL
    if kind in {"expression_switch_statement", "expression_case"}:
        return Role.COMPARE
    if kind == "keyed_element":
        return Role.ELEMENT
    return Role.READ


_SIMPLE = {
    "argument_list": Role.ARGUMENT,
    "inc_statement": Role.OP_ASSIGN,
    "dec_statement": Role.OP_ASSIGN,
    "return_statement": Role.RETURN,
    "literal_value": Role.ELEMENT,
    "type_conversion_expression": Role.CONVERSION,
    "type_assertion_expression": Role.CONVERSION,
    "parameter_declaration": Role.DEFINE,
    "variadic_parameter_declaration": Role.DEFINE,
}
_UNARY = {"&": Role.ADDRESS, "*": Role.DEREFERENCE, "<-": Role.CHANNEL}


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return "" if operator is None else operator.type


def _assigned(child: Node, parent: Node) -> Role:
    plain = _operator(parent) == "="
    if _is(parent, "left", child):
        return Role.ASSIGN if plain else Role.OP_ASSIGN
    return Role.COPY if plain else Role.READ


def _bound(child: Node, parent: Node) -> Role:
    if not _is(parent, "left", child):
        return Role.RANGE if parent.type == "range_clause" else Role.READ
    return Role.DEFINE if any(token.type == ":=" for token in parent.children) else Role.ASSIGN


def _element(child: Node, parent: Node) -> Role:
    if not _is(parent, "operand", child):
        return Role.READ
    return Role.INDEX if parent.type == "index_expression" else Role.SLICE


def outermost(node: Node) -> Node:
    """The whole element, field or sub-slice expression that starts with `node`: all of `x[i].f[1:2]` for `x`."""
    current = node
    while True:
        role, construct = role_of(current)
        if role not in {Role.INDEX, Role.SLICE, Role.MEMBER}:
            return current
        current = construct


def same(left: Node, right: Node) -> bool:
    """Whether two expressions are the same node, parentheses aside."""
    return unparen(left) == unparen(right)
