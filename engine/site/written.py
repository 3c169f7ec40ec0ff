"""Whether something surely was written to a bytes.Buffer: from then on its bytes are not nil, even if none are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .quote import unquote
from .roles import Role, role_of
from .syntax import above, arguments, body_statements, contains, single, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site


def written_before(site: Site, var: Variable, node: Node) -> bool:
    """Whether every way from the declaration of a buffer to `node` writes at least one byte to it."""
    return any(_comes_before(use.statement, node) and _writes(site, use) for use in var.uses if not use.literals)


def _comes_before(statement: Node, node: Node) -> bool:
    """Whether a statement stands before `node` in a list of statements that holds both: it runs first, and always."""
    listed = statement.parent
    return listed is not None and statement.end_byte <= node.start_byte and contains(listed, node)


def _writes(site: Site, use: Use) -> bool:
    """Whether a use is part of a call that writes something, as a statement or in the head of one."""
    operand = use.construct if use.role is Role.ADDRESS else use.node
    role, construct = role_of(operand)
    call = construct.parent
    if call is None or call.type != "call_expression" or role not in {Role.MEMBER, Role.ARGUMENT}:
        return False
    name, given = site.callee(call), [unparen(each) for each in arguments(call)]
    if role is Role.MEMBER:
        sure = name in {"(*bytes.Buffer).WriteByte", "(*bytes.Buffer).WriteRune"}
        sure = sure or (name == "(*bytes.Buffer).WriteString" and _text(site, given, 0) != b"")
    else:
        sure = name == "fmt.Fprintln" or (name == "fmt.Fprintf" and _text(site, given, 1)[:1] not in {b"", b"%"})
        sure = sure and given[0] == operand
    if name == "encoding/json.NewEncoder":
        selector = role_of(call)[1]
        call = selector.parent or call
        sure = site.callee(call) == "(*encoding/json.Encoder).Encode" and _returns_on_error(use.statement)
    return sure and _always_runs(call, use.statement)


def _always_runs(call: Node, statement: Node) -> bool:
    """Whether a statement evaluates a call first of all: not behind && or ||, nor in a block of its own."""
    init = statement.child_by_field_name("initializer")
    simple = statement.type in {"expression_statement", "short_var_declaration", "assignment_statement"}
    inside = simple or (init is not None and statement.type == "if_statement" and contains(init, call))
    return inside and above(call, {"binary_expression", "func_literal", statement.type}) == statement


def _text(site: Site, given: list[Node], index: int) -> bytes:
    """The constant string that an argument is; empty for any other."""
    constant = site.const(given[index]) if index < len(given) else None
    return b"" if constant is None else unquote(constant) or b""


def _returns_on_error(statement: Node) -> bool:
    """`if err := …; err != nil { return … }`."""
    init, condition, then = (statement.child_by_field_name(f) for f in ("initializer", "condition", "consequence"))
    if statement.type != "if_statement" or init is None or condition is None or then is None:
        return False
    name = single(init.child_by_field_name("left"))
    last = (body_statements(then) or [then])[-1]
    checked = name is not None and condition.text == (name.text or b"") + b" != nil"
    return checked and last.type == "return_statement"
