"""Give a slice its room before a loop: the plain make, slices.Grow, or a make that keeps nil."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from ..model import Edit
from .loop import Loop
from .roles import Role
from .slices import Start, is_appended
from .syntax import has_comment, statement_of, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site

_LEAVING = frozenset({Role.RETURN, Role.COPY, Role.ELEMENT, Role.SEND, Role.CONVERSION, Role.SLICE, Role.MEMBER})


def allocate(
    site: Site, var: Variable, start: Start, loop: Loop, size: str, observer: Node | None
) -> list[Edit] | None:
    """The edits that give `var` room for `size` elements before `loop`; None where its type cannot be written there.

    `observer` is the use that could tell nil from empty; without one the plain form serves. A size that may be
    negative is tested first, because make panics on it.
    """
    count = loop.count
    assert count is not None
    signed = loop.kind == "integer" and not count.exact
    if signed or (observer is not None and count.constant is None):
        slices = None if signed or not _leaves(var) else site.use("slices", loop.node, alias=False)
        if slices is not None:
            # for _, x := range xs {
            # out = slices.Grow(out, len(xs)); for _, x := range xs {
            return _before(site, loop, f"{var.name} = {slices}Grow({var.name}, {size})")
        return _guarded(site, var, start, loop, size)
    type_ = start.type
    if type_ is None or not _repeatable(site, type_):
        return None
    made = f"make({site.text(type_)}, 0, {size})"
    unseen = observer is None or not var.between(var.declaration.identifier, loop.node)
    if (
        unseen
        and (var.declaration.alone or var.declaration.value is not None)
        and sizable_at_declaration(site, var, loop)
    ):
        return [_declared(site, var, made)]
    if not site.names_visible(type_, loop.node):
        return None
    return [*_before(site, loop, f"{var.name} = {made}"), *_without_value(site, var, start, loop)]


def _without_value(site: Site, var: Variable, start: Start, loop: Loop) -> list[Edit]:
    """Declare without a value what the make before the loop gives one, if the loop always comes first."""
    declared = var.declaration
    unread = not var.between(declared.identifier, loop.node)
    if declared.statement.parent != statement_of(loop.node).parent:
        return []  # the loop may not run, and the empty slice be seen
    if start.kind != "empty" or start.type is None or not (declared.alone and unread):
        return []
    # out := []T{}
    # var out []T
    return [site.replace(declared.statement, f"var {var.name} {site.text(start.type)}")]


def _declared(site: Site, var: Variable, made: str) -> Edit:
    declared = var.declaration
    if declared.value is not None:
        # out := []T{}
        # out := make([]T, 0, len(xs))
        return site.replace(declared.value, made)
    # var out []T
    # out := make([]T, 0, len(xs))
    return site.replace(declared.statement, f"{var.name} := {made}")


def _guarded(site: Site, var: Variable, start: Start, loop: Loop, size: str) -> list[Edit] | None:
    if start.type is None or not _repeatable(site, start.type) or not site.names_visible(start.type, loop.node):
        return None
    name, first = size, ""
    if not size.isidentifier():
        name = site.fresh("n")
        first = f"{name} := {size}; "
    # for _, x := range xs {
    # if n := len(xs); n > 0 { out = make([]T, 0, n) }; for _, x := range xs {
    made = f"\t{var.name} = make({site.text(start.type)}, 0, {name})"
    return _before(site, loop, f"if {first}{name} > 0 {{", made, "}")


def _repeatable(site: Site, type_: Node) -> bool:
    """Whether a type may be written a second time: no struct over several lines, no comment inside."""
    return "\n" not in site.text(type_) and not has_comment(type_)


def _before(site: Site, loop: Loop, *lines: str) -> list[Edit]:
    return [site.insert_before(statement_of(loop.node), *lines)]


def sizable_at_declaration(site: Site, var: Variable, loop: Loop) -> bool:
    """Whether the loop's length is already known where the variable is declared, in the same block.

    Unless the loop follows at once the operand must be a local with the same value at both places, and no map, which
    may grow under the same name.
    """
    statement, repeated = var.declaration.statement, statement_of(loop.node)
    if not var.local or statement.parent != repeated.parent or loop.count is None:
        return False
    if not all(site.builtin_visible(name, statement) for name in ("make", "len")):
        return False
    operand = loop.count.operand
    if operand is None:
        return True
    if statement.next_named_sibling == repeated:
        return site.names_visible(operand, statement)
    measured = site.type(operand)
    if measured is None or measured.core_kind in {"map", "chan"}:
        return False
    return unparen(operand).type == "identifier" and _same_value(site, operand, statement, loop.node)


def _same_value(site: Site, operand: Node, first: Node, last: Node) -> bool:
    return site.names_visible(operand, first) and site.unchanged_between(operand, first, last)


def _leaves(var: Variable) -> bool:
    """Whether the slice is given to anyone: returned, stored, passed or captured. If not it may live on the stack."""
    if var.declaration.kind == "result":
        return True
    return any(use.role in _LEAVING or use.literals or _given(use) for use in var.uses)


def _given(use: Use) -> bool:
    """Passed to a function, appended to another slice as an element, or returned by `return append(x, …)`."""
    if use.role is not Role.ARGUMENT or use.builtin not in {"", "append"}:
        return False
    spread = use.node.parent is not None and use.node.parent.type == "variadic_argument"
    return not use.builtin or not (is_appended(use) or spread)
