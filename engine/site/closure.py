"""Whether a function literal surely has run for the last time before the function around it puts things back.

A literal may be called on the spot, deferred on the spot, handed to a function that only calls it (borrow.py), or bound
to a local variable of which every use is a call in the same function. Any other one may run later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import CALLS
from .roles import Role, role_of
from .targets import target_of
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site


def outlives(site: Site, var: Variable, use: Use) -> str:
    """How a use in a function literal may come too late: "goroutine", "captured"; "" where it cannot."""
    found = (_outlives(site, var.declaration.identifier.start_byte, each, frozenset()) for each in use.literals)
    return next(filter(None, found), "")


def started(call: Node) -> bool:
    """Whether a call is what a go statement starts."""
    return call.parent is not None and call.parent.type == "go_statement"


def _outlives(site: Site, since: int, literal: Node, way: frozenset[int]) -> str:
    """`since`: where the variable is declared; what was there before may be called by a defer that runs after it is
    put back. `way`: the literals on the way here, one of which may call itself."""
    role, construct = role_of(literal)
    if role is Role.CALLEE:
        return "goroutine" if started(construct) else ""
    call = construct.parent
    if role is Role.ARGUMENT and call is not None:
        if started(call):
            return "goroutine"
        return "" if site.callee(call) in CALLS else "captured"
    target = target_of(literal, construct) if role is Role.COPY else None
    bound = None if target is None else site.variable(target)
    if bound is None or not bound.local or bound.declaration.identifier.start_byte < since:
        return "captured"
    calls = (_called(site, since, use, way | {literal.id}) for use in bound.uses)
    return next(filter(None, calls), "")


def _called(site: Site, since: int, use: Use, way: frozenset[int]) -> str:
    """What speaks against one use of a variable that holds a function literal."""
    if use.role is not Role.CALLEE:
        return "" if use.role in {Role.ASSIGN, Role.COMPARE} else "captured"
    if started(use.construct):
        return "goroutine"
    around = [literal for literal in use.literals if literal.id not in way]
    return next(filter(None, (_outlives(site, since, each, way) for each in around)), "")
