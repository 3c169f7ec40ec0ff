"""Second names for a slice that grows.

Once append has taken a larger array, they still show the old one; as long as there is room, they show what is written.
Which of the two happens depends on the room that the slice starts with, and that is another one when it comes from a
pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import APPENDS
from .roles import Role, role_of
from .syntax import above, among, arguments, statement_of, unparen
from .targets import target_of
from .variable import Variable

if TYPE_CHECKING:
    from .site import Site


def outgrown(site: Site, var: Variable) -> Node | None:
    """The first place where a part of a slice, or all of it, gets another name or is ranged over, and the slice is
    assigned to behind it or in the loop."""
    grows = [use.node for use in var.uses if use.role is Role.ASSIGN]
    return next((use.node for use in var.uses if _lasts(site, var, use.node, grows)), None)


def _lasts(site: Site, var: Variable, node: Node, grows: list[Node]) -> bool:
    role, construct = role_of(node)
    if role is Role.SLICE:
        return _lasts(site, var, construct, grows)
    call = construct.parent if role is Role.ARGUMENT else None
    if call is not None and site.callee(call) in {"append", *APPENDS} and unparen(arguments(call)[0]) == node:
        return _lasts(site, var, call, grows)
    if role is Role.RANGE:
        loop = above(node, {"for_statement"})
        return loop is not None and any(among(one, [loop]) for one in grows)
    target = target_of(node, construct) if role is Role.COPY else None
    if target is None or site.variable(target) == var or target.text == var.name.encode():
        return False
    return site.runs_after(statement_of(node), grows, var) is not None
