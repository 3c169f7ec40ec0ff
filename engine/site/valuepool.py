"""A sync.Pool of values as its package sees it: what New makes, who gets from it, what is put back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from ..facts.facts import Type
from .mentions import Mention, occurrences
from .roles import Role, role_of
from .syntax import arguments, body_statements, contains, enclosing_function, of_kinds, runner, single, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site

#: Why a pool is not understood, as a decline code, and where.
Refusal: TypeAlias = tuple[str, "Node | Mention"]


@dataclass(frozen=True, slots=True)
class PoolMake:
    """One value that New returns. `form` is literal (`T{}`), local (a variable of New's own), or sole (any other
    expression, which is all there is in New)."""

    value: Node
    statement: Node
    form: str


@dataclass(frozen=True, slots=True)
class PoolGet:
    """`b := pool.Get().(T)`, or a slice of that: `b := pool.Get().(T)[:0]`. `value` is `pool.Get().(T)`."""

    value: Node
    type: Node
    variable: Variable

    @property
    def whole(self) -> bool:
        """Whether the variable starts as just what Get returned."""
        initial = self.variable.declaration.value
        return initial is not None and unparen(initial) == self.value


@dataclass(frozen=True, slots=True)
class PoolPut:
    """`pool.Put(b)`, `pool.Put(b[:0])`: what is put, the use of the variable in it, and the statement.

    `runner` is the `defer func() { … }()` or `go func() { … }()` around the statement, if there is one.
    """

    argument: Node
    use: Use
    statement: Node
    runner: Node | None

    @property
    def early(self) -> bool:
        """Whether what is put back is taken when Put is deferred, not when it runs: `defer pool.Put(b)`."""
        return self.statement.type == "defer_statement"


@dataclass(frozen=True, slots=True)
class ValuePool:
    """A variable that is a pool, whose every use is understood; all of its values are of type `type`."""

    name: str
    type: Type
    makes: tuple[PoolMake, ...]
    gets: tuple[PoolGet, ...]
    puts: tuple[PoolPut, ...]

    def puts_of(self, got: PoolGet) -> list[PoolPut]:
        """What is put back of the variable of one Get."""
        return [put for put in self.puts if put.use in got.variable.uses]


def pool_of(site: Site, name: Node | None, literal: Node | None, kinds: Collection[str]) -> ValuePool | Refusal | None:
    """The pool that a variable `name` holds and a literal makes, either of which may be missing.

    None where it is no sync.Pool, does not hold values of one of these kinds ("struct", "slice" …), or where nothing is
    got or nothing put back.
    """
    if name is None and literal is not None and _has_name(literal):
        return None  # the site with the name speaks for it
    known = site.type(name or literal or site.node)
    known = known.elem if known is not None and known.kind == "pointer" else known
    if known is None or known.name != "sync.Pool":
        return None
    new = None if literal is None else _new(site, literal)
    mentions = None if name is None else _mentions(site, name)
    held = _held(site, new, mentions or ())
    if held is None or held.kind not in kinds:
        return None
    if name is None or mentions is None:
        return "not-a-variable", site.node
    if enclosing_function(name) is None and site.text(name)[:1].isupper():
        return "exported", name
    if enclosing_function(name) is None and site.named_beside(site.text(name)):
        return "beside", name
    makes = _makes(site, new, held)
    return _used(site, name, held, makes, mentions) if makes else ("new-form", new or name)


def _has_name(literal: Node) -> bool:
    """Whether a literal is the value of `var name = …` or `name := …`, perhaps behind an &."""
    role, construct = role_of(literal)
    if role is Role.ADDRESS:
        role, construct = role_of(construct)
    if construct.type == "short_var_declaration":
        return role is Role.COPY and single(construct.child_by_field_name("left")) is not None
    names = construct.children_by_field_name("name")
    return role is Role.COPY and construct.type == "var_spec" and len(names) == 1


def _mentions(site: Site, name: Node) -> tuple[Mention, ...] | None:
    """Every use of the pool; None for one that is called _, and where a rule is not `about` its name."""
    found = site.object(name)
    mentions = None if found is None else occurrences(site, found)
    return None if mentions is None else tuple(one for one in mentions if one.node != name or one.path != site.path)


def _new(site: Site, literal: Node) -> Node | None:
    """The value of the key New in `sync.Pool{New: …}`."""
    body = literal.child_by_field_name("body")
    for element in [] if body is None else of_kinds(body, "keyed_element"):
        key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
        if element.parent == body and key is not None and value is not None and site.text(key) == "New":
            return unparen(value.named_children[0])
    return None


def _held(site: Site, new: Node | None, mentions: tuple[Mention, ...]) -> Type | None:
    """The type of what New returns; where that is not to be seen, of what the first Get in this file is asserted to."""
    returned = [] if new is None or new.type != "func_literal" else [site.type(value) for _, value in _returns(new)]
    concrete = [known for known in returned if known is not None and known.kind not in {"interface", "nil"}]
    if concrete:
        return concrete[0]
    for mention in mentions:
        call = _method_call(mention.node) if mention.path == site.path else None
        asserted = None if call is None else _asserted(call)
        if asserted is not None:
            return site.type(asserted)
    return None


def _returns(new: Node) -> list[tuple[Node, Node]]:
    """The return statements of a function literal itself, each with the one value that it returns."""
    found = [node for node in of_kinds(new, "return_statement") if enclosing_function(node) == new]
    listed = [(node, child) for node in found for child in node.named_children if child.type == "expression_list"]
    return [(node, unparen(value)) for node, child in listed if (value := single(child)) is not None]


def _makes(site: Site, new: Node | None, held: Type) -> tuple[PoolMake, ...]:
    """What New returns, if it is a function literal whose every return makes a value of the type; else ()."""
    if new is None or new.type != "func_literal":
        return ()
    result = new.child_by_field_name("result")
    if result is not None and result.type == "parameter_list" and of_kinds(result, "identifier"):
        return ()  # a named result may be written anywhere
    returned = _returns(new)
    body = new.child_by_field_name("body")
    only = body is not None and body_statements(body) == [statement for statement, _ in returned]
    makes = tuple(PoolMake(value, statement, _form(site, value, new, only)) for statement, value in returned)
    sound = all(make.form and site.type(make.value) == held for make in makes)
    return makes if sound else ()


def _form(site: Site, value: Node, new: Node, only: bool) -> str:
    if value.type == "composite_literal":
        return "literal"
    var = site.variable(value) if value.type == "identifier" else None
    if var is not None and var.local and contains(new, var.declaration.statement):
        plain = all(use.role in {Role.RETURN, Role.ASSIGN, Role.MEMBER, Role.INDEX} for use in var.uses)
        return (
            "local" if plain and not any(use.literals or use.loops or use.implicit_address for use in var.uses) else ""
        )
    return "sole" if only else ""


def _used(
    site: Site, name: Node, held: Type, makes: tuple[PoolMake, ...], mentions: tuple[Mention, ...]
) -> ValuePool | Refusal | None:
    gets: list[PoolGet] = []
    puts: list[PoolPut] = []
    for mention in mentions:
        call = _method_call(mention.node) if mention.path == site.path else None
        called = "" if call is None else site.callee(call)
        if mention.path != site.path:
            return "several-files", mention
        if call is not None and called == "(*sync.Pool).Get":
            got = _get(site, call, held)
            if got is None:
                return "get-form", call
            gets.append(got)
        elif call is not None and called == "(*sync.Pool).Put":
            put = _put(site, call)
            if not isinstance(put, PoolPut):
                return put
            puts.append(put)
        else:
            return "handed-on", mention
    strange = next((put for put in puts if not any(put.use in got.variable.uses for got in gets)), None)
    if strange is not None:
        return "put-form", strange.argument
    return ValuePool(site.text(name), held, makes, tuple(gets), tuple(puts)) if gets and puts else None


def _method_call(name: Node) -> Node | None:
    """The call `name.Method(…)`."""
    role, selector = role_of(name)
    called, call = role_of(selector)
    return call if role is Role.MEMBER and called is Role.CALLEE else None


def _asserted(call: Node) -> Node | None:
    """The T of `call.(T)`."""
    role, assertion = role_of(call)
    asserted = role is Role.CONVERSION and assertion.type == "type_assertion_expression"
    return assertion.child_by_field_name("type") if asserted else None


def _get(site: Site, call: Node, held: Type) -> PoolGet | None:
    asserted = _asserted(call)
    if asserted is None or site.type(asserted) != held:
        return None
    value = role_of(call)[1]
    role, construct = role_of(value)
    if role is Role.SLICE and all(site.pure(bound) for bound in construct.named_children[1:]):
        role, construct = role_of(construct)
    names = construct.child_by_field_name("left") or construct.child_by_field_name("name")
    name = single(names) if role is Role.COPY and names is not None else None
    var = None if name is None else site.variable(name)
    if var is None or not var.local or not var.declaration.alone or var.declaration.type is not None:
        return None
    initial = var.declaration.value
    return PoolGet(value, asserted, var) if initial is not None and contains(initial, value) else None


def _put(site: Site, call: Node) -> PoolPut | Refusal:
    argument = arguments(call)[0]
    root = unparen(argument)
    if root.type == "slice_expression":
        root = unparen(root.child_by_field_name("operand") or root)
    var, statement = site.variable(root), call.parent
    use = None if var is None else next((use for use in var.uses if use.node == root), None)
    if use is None or statement is None or statement.type not in {"expression_statement", "defer_statement"}:
        return "put-form", call
    if not use.literals:
        return PoolPut(argument, use, statement, None)
    runs = runner(use.literals[0])
    return (
        PoolPut(argument, use, statement, runs) if runs is not None and len(use.literals) == 1 else ("captured", call)
    )
