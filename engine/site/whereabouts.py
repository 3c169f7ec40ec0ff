"""Where a value goes after it came to be, and what happens to its fields there.

1. The value is followed through parentheses, `&`, conversions and type assertions to what takes it.
2. A variable that takes it is followed to all of its uses, in closures too, and to the variables it is copied to.
3. What cannot be followed is told: a field or package variable that keeps it, a call that gets it, a function that
   returns it. Whatever happens to it there is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..facts.facts import Object, Type
from .roles import Role, role_of
from .syntax import arguments, called_name, contains, enclosing_function, parents, statement_of

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that happens to a value.

    `kind` is one of: set (a field is assigned, or its address taken), replaced (`*p = …`), passed (an argument of the
    call `node`), stored (in a field, package variable or element), left (returned, sent, put into an interface).
    """

    kind: str
    node: Node
    field: str = ""  # of a set: the full name of the field, "net/http.ReadTimeout"
    taker: Object | None = None  # of a stored: the field or variable; of a passed: the function; None where not known
    taken_as: Type | None = None  # of a passed: the type of the parameter


def sightings(site: Site, value: Node, subject: str) -> tuple[Sighting, ...]:
    """All that happens to the value of an expression, in source order.

    Its type is the struct type that `subject` names ("net/http.Server"), embeds it, or is a pointer to such a one.
    """
    trail = _Trail(site, subject, [], set())
    if value.type == "identifier" and role_of(value)[0] is Role.DEFINE:
        trail.variable(value)
    else:
        trail.expression(value)
    return tuple(sorted(trail.found, key=lambda one: one.node.start_byte))


@dataclass(frozen=True, slots=True)
class _Trail:
    """One walk; `seen` holds the variables that were followed."""

    site: Site
    subject: str
    found: list[Sighting]
    seen: set[int]

    def expression(self, node: Node) -> None:
        """Follow the value of `node` to what takes it."""
        node = whole(self.site, node)
        role, construct = role_of(node)
        if role is Role.MEMBER:
            self._member(construct)
        elif role is Role.COPY:
            self._copied(node, construct)
        elif role is Role.ELEMENT:
            self._tell("stored", construct, taker=self._key(construct))
        elif role is Role.ARGUMENT and construct.parent is not None:
            self._passed(construct.parent, node)
        elif role is Role.DEREFERENCE:
            if role_of(construct)[0] is Role.ASSIGN:
                self._tell("replaced", construct)
        elif role in {Role.RETURN, Role.SEND}:
            self._tell("left", construct)

    def variable(self, identifier: Node) -> None:
        """Follow a variable to all of its uses; one that others see too is told as a holder."""
        var = self.site.variable(identifier)
        found = self.site.object(identifier)
        if var is None or var.declaration.kind in {"package", "field"}:
            self._tell("stored", identifier, taker=found)
        elif var.object.id not in self.seen:
            self.seen.add(var.object.id)
            if var.declaration.kind == "result" or var.type.kind == "interface":
                self._tell("left", var.declaration.identifier)
            for use in var.uses:
                self.expression(use.node)

    def _passed(self, call: Node, value: Node) -> None:
        """An argument: of append it is stored, of any other builtin nothing happens to it."""
        name = called_name(call)
        taker = None if name is None else self.site.object(name)
        if name is not None and name.type == "func_literal":
            self._tell("left", call)
        elif taker is not None and taker.scope == "universe":
            if taker.name == "append":
                self._tell("stored", call)
        else:
            self._tell("passed", call, taker=taker, taken_as=_parameter(taker, call, value))

    def _member(self, selector: Node) -> None:
        """A field or method of the value, or of a struct that embeds it."""
        name = selector.child_by_field_name("field")
        member = None if name is None else self.site.object(name)
        if member is None or not member.field:
            if member is None or member.package != self.subject.rpartition(".")[0]:
                self._tell("left", selector)  # a method of the struct around it may do anything
            return
        role, construct = role_of(selector)
        if member.type is not None and self.subject == member.type.string.removeprefix("*"):
            self.expression(selector)
        elif role in {Role.ASSIGN, Role.OP_ASSIGN, Role.ADDRESS}:
            self._tell("set", construct if role is Role.ADDRESS else selector, member.full_name)

    def _copied(self, node: Node, construct: Node) -> None:
        """The variable, field or element that an assignment or declaration gives the value to."""
        target = _target(node, construct)
        if target is None or self.site.text(target) == "_":
            return
        if target.type == "identifier":
            self.variable(target)
            return
        name = target.child_by_field_name("field")
        self._tell("stored", target, taker=None if name is None else self.site.object(name))

    def _key(self, element: Node) -> Object | None:
        """The field that an element of a literal fills, where a key names it."""
        key = element.child_by_field_name("key")
        inner = None if key is None or not key.named_children else key.named_children[0]
        found = None if inner is None else self.site.object(inner)
        return found if found is not None and found.field else None

    def _tell(
        self, kind: str, node: Node, field: str = "", taker: Object | None = None, taken_as: Type | None = None
    ) -> None:
        self.found.append(Sighting(kind, node, field, taker, taken_as))


def whole(site: Site, node: Node) -> Node:
    """The expression that has the same value, or its address, with all that is wrapped around it."""
    for parent in parents(node):
        if parent.type == "argument_list":
            continue
        address = parent.type == "unary_expression" and site.text(parent).startswith("&")
        wrapped = parent.type in {"parenthesized_expression", "type_assertion_expression"}
        if not (address or wrapped or (site.converts_to(parent) and arguments(parent) == [node])):
            break
        node = parent
    return node


def bound(site: Site, value: Node) -> tuple[Node, Node] | None:
    """The local that a statement of a block gives a value to, or that it declares, and the statement."""
    node = whole(site, value)
    role, construct = role_of(node)
    target = node if role is Role.DEFINE else _target(node, construct) if role is Role.COPY else None
    var = None if target is None else site.variable(target)
    statement = statement_of(node)
    listed = statement.parent is not None and statement.parent.type == "statement_list"
    if target is None or var is None or not listed or var.declaration.kind in {"package", "field"}:
        return None
    within = enclosing_function(node)
    return (target, statement) if within is None or contains(within, statement) else None


def _target(node: Node, construct: Node) -> Node | None:
    """What `a, b = x, y` gives the value of one expression on its right side to."""
    values = construct.child_by_field_name("right") or construct.child_by_field_name("value")
    names = construct.child_by_field_name("left")
    left = construct.children_by_field_name("name") if names is None else names.named_children
    right = [] if values is None else values.named_children
    left, right = ([one for one in side if one.type != "comment"] for side in (left, right))
    at = next((number for number, one in enumerate(right) if one == node), None)
    return left[at] if at is not None and len(left) == len(right) else None


def _parameter(function: Object | None, call: Node, value: Node) -> Type | None:
    """The type of the parameter that an argument of a call is passed as."""
    params = () if function is None or function.type is None else function.type.params
    at = next((number for number, one in enumerate(arguments(call)) if contains(one, value)), 0)
    if function is None or function.type is None or not params:
        return None
    if function.type.variadic and at >= len(params) - 1:
        return params[-1].elem
    return params[at] if at < len(params) else None
