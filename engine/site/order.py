"""What may run between two reads of a variable: calls, receives, other goroutines.

Go fixes the order of calls and receives in an expression, but leaves open whether a variable is read before or after
them (spec, "Order of evaluation").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .growth import Growth
from .roles import Role
from .syntax import above, below, contains, simple_statement, single
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site

_CALLS = frozenset({"call_expression", "type_conversion_expression"})  # `f[T](x)` may be either to the grammar
_BINDING = frozenset({"short_var_declaration", "assignment_statement"})


def calls(site: Site, node: Node) -> list[Node]:
    """The calls in an expression that may run code of the program: no conversions, no builtins."""
    found = (child for child in [node, *below(node)] if child.type in _CALLS)
    return [call for call in found if site.converts_to(call) is None and not _is_builtin(site, call)]


def exchangeable(site: Site, first: Node, second: Node) -> bool:
    """Whether two expressions may be evaluated in either order: at most one of them calls or receives, and what the
    other reads is a constant, or a local that no function literal writes and whose address nobody has.

    Which of two panics comes first is not looked at.
    """
    acts = [one for one in (first, second) if _acts(site, one)]
    other = second if acts and acts[0] == first else first
    return not acts or (len(acts) == 1 and all(_settled(site, name) for name in _evaluated(other, *_READS)))


_READS = ("identifier", "selector_expression", "index_expression", "slice_expression", "unary_expression")


def _acts(site: Site, node: Node) -> bool:
    """Whether evaluating an expression calls something or receives; what function literals in it do comes later."""
    found = [call for call in calls(site, node) if call in _evaluated(node, *_CALLS)]
    return bool(found) or any(site.text(one).startswith("<-") for one in _evaluated(node, "unary_expression"))


def _evaluated(node: Node, *kinds: str) -> list[Node]:
    """The nodes of these kinds in an expression, those in the bodies of function literals left out."""
    found = [node] if node.type in kinds else []
    inner = [] if node.type == "func_literal" else node.named_children
    return found + [one for child in inner for one in _evaluated(child, *kinds)]


def _settled(site: Site, read: Node) -> bool:
    """Whether a read gives the same value whatever a call beside it does."""
    if read.type != "identifier":
        return read.type == "unary_expression" and not site.text(read).startswith(("*", "<-"))
    found, var = site.object(read), site.variable(read)
    if found is None or found.kind != "var":
        return found is not None
    if var is None or var.declaration.kind in {"package", "field"}:
        return False
    return not any(use.role is Role.ADDRESS or (use.writes and use.literals) for use in var.uses)


def calls_beside(site: Site, use: Use) -> list[Node]:
    """The calls and receives that are evaluated in one statement with a use and do not take it as an argument."""
    statement = simple_statement(use.node)
    operators = (node for node in [statement, *below(statement)] if node.type == "unary_expression")
    received = [node for node in operators if site.text(node).startswith("<-")]
    return [call for call in [*calls(site, statement), *received] if not contains(call, use.node)]


def interfering_calls(site: Site, var: Variable, writes: tuple[Growth, ...]) -> list[Node]:
    """The calls that may run a closure which writes the variable while an expression reads or appends to it.

    The body of a range over a function is such a closure, for the uses inside the literal that may be ranged over.
    """
    if any(write.use.literals for write in writes):
        operands = [call for write in writes for operand in write.operands for call in calls(site, operand)]
        return operands + [call for use in var.uses for call in calls_beside(site, use)]
    ranged = any(site.loop_kind(loop) == "function" for write in writes for loop in write.use.loops)
    return [call for use in var.uses if ranged and use.literals for call in calls_beside(site, use)]


def concurrent(site: Site, use: Use) -> bool:
    """Whether a use may run on another goroutine: in a literal that a go statement starts, at once or by name."""
    return use.under_go or any(_started(site, literal) for literal in use.literals)


def _started(site: Site, literal: Node) -> bool:
    statement = simple_statement(literal)
    left = statement.child_by_field_name("left") if statement.type in _BINDING else None
    name = None if left is None else single(left)
    bound = None if name is None else site.variable(name)
    return bound is not None and any(above(use.node, {"go_statement"}) is not None for use in bound.uses)


def _is_builtin(site: Site, call: Node) -> bool:
    function = call.child_by_field_name("function")
    known = None if function is None else site.expr(function)
    return known is not None and known.is_builtin
