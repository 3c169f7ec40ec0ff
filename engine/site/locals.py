"""Local variables: how they are declared, and whether they are a function's own to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .growth import assigned_value
from .loop import Loop
from .roles import Role, role_of
from .syntax import contains, single, unparen
from .variable import Variable

if TYPE_CHECKING:
    from .site import Site

#: Decline codes for variables that are not a function's own plain locals.
NOT_LOCAL = {
    "field": "a field or an element belongs to its container, not to this function",
    "for-init": "each iteration has its own copy of a loop variable",
    "if-init": "it is declared in the header of an if or switch",
    "named-result": "a named result is the caller's variable as well",
    "package-variable": "a package variable is not this function's to change",
    "parameter": "a parameter is the caller's as well",
}
_FOREIGN = {
    "field": "field",
    "for": "for-init",
    "if": "if-init",
    "switch": "if-init",
    "package": "package-variable",
    "parameter": "parameter",
    "receiver": "parameter",
    "result": "named-result",
}


def not_plain_local(var: Variable) -> str:
    """What keeps a variable from being this function's own to change, as a decline code; "" for a plain local."""
    return _FOREIGN.get(var.declaration.kind, "")


def declared_without_value(var: Variable) -> bool:
    """Whether a `var` names the variable, perhaps among others, and gives it no value."""
    spec = var.declaration.identifier.parent
    return spec is not None and spec.type == "var_spec" and spec.child_by_field_name("value") is None


def declared_alone(name: Node) -> bool:
    """Whether a name is the only one of its `var` line."""
    return name.parent is not None and len(name.parent.children_by_field_name("name")) == 1


def declared_by(site: Site, call: Node) -> Variable | None:
    """The new variable that `x, … := call` gives the first result to; None where there is no such one."""
    role, statement = role_of(call)
    if role is not Role.COPY or statement.type != "short_var_declaration":
        return None
    first = site.targets(statement)[0]
    var = site.variable(first) if single(statement.child_by_field_name("right")) is not None else None
    return None if var is None or var.declaration.identifier != first else var


def discards(site: Site, call: Node) -> bool:
    """Whether the first result of a call is given to the blank identifier."""
    targets = site.targets(role_of(call)[1])
    return bool(targets) and site.text(targets[0]) == "_"


def targets(statement: Node) -> list[Node]:
    """What stands on the left side of a short declaration or an assignment."""
    left = statement.child_by_field_name("left")
    return [] if left is None else [child for child in left.named_children if child.type != "comment"]


def unchanged_between(site: Site, node: Node, first: Node, last: Node) -> bool:
    """Whether a local has the same value at `last` as behind `first`: it is declared before, and in between nobody
    writes it, has its address, or holds it in a function literal."""
    var = site.variable(unparen(node))
    if var is None or var.declaration.kind in {"package", "field", "other"}:
        return False
    if var.declaration.identifier.start_byte > first.start_byte or var.object.type is None:
        return False
    free = not any(use.role is Role.ADDRESS or use.literals or use.implicit_address for use in var.uses)
    return free and not any(use.writes for use in var.between(first, last))


def written_inside(var: Variable, node: Node) -> bool:
    """Whether `node`, or any function literal anywhere, assigns to a variable or takes its address."""
    if any(use.writes and (contains(node, use.node) or use.literals) for use in var.uses):
        return True
    return any(use.writes and use.role == "address" for use in var.uses)


def sized_before(site: Site, var: Variable, loop: Loop) -> bool:
    """Whether a statement between declaration and loop already gives the slice its room."""
    between = var.between(var.declaration.identifier, loop.node)
    values = [assigned_value(use) for use in between if use.role is Role.ASSIGN]
    return any(v is not None and site.callee(v) in {"make", "slices.Grow"} for v in values)
