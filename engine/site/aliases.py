"""Pointers into a variable's own memory: where they are made, and whether one outlives the statement that makes it.

A struct's or array's own memory is what a copy of it copies. What its pointers, slices and maps refer to is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import FILLS, READS, STREAMS, TEMPLATES, WRAPS
from .memory import has_contract
from .roles import WRITES, Role, role_of
from .syntax import arguments
from .variable import Use

if TYPE_CHECKING:
    from .site import Site

#: Functions that do not keep what they are given a pointer to; contracts of interfaces come on top (has_contract).
_BORROWERS = READS | FILLS | STREAMS | {"len", "cap", "copy", "clear", "print", "println"}
#: Types whose methods give out nothing of their own memory.
_CLOSED = ("(*bytes.Buffer).",)


def place_of(site: Site, use: Use) -> tuple[Node, Role, Node]:
    """The longest expression that starts with a use and still is the variable's own memory, as `b.pos.x`; its role."""
    node = use.node
    while True:
        role, construct = role_of(node)
        if role is Role.MEMBER:
            field = construct.child_by_field_name("field")
            found = None if field is None else site.facts.selection(site.path, field.start_byte)
            if found is None or found.kind != "field" or found.indirect:
                return node, role, construct
        elif role is not Role.INDEX or _kind(site, node) != "array":
            return node, role, construct
        node = construct


def pointer_of(site: Site, use: Use) -> Node | None:
    """The expression by which a use makes a pointer into the variable: `&b.pos`, `b.data[:]`, `b.Reset` if that is a
    method on the pointer; None where it makes none."""
    node, role, construct = place_of(site, use)
    if role is Role.ADDRESS or (role is Role.SLICE and _kind(site, node) == "array"):
        return construct
    field = construct.child_by_field_name("field") if role is Role.MEMBER else None
    found = None if field is None else site.facts.selection(site.path, field.start_byte)
    return construct if found is not None and found.implicit_address else None


def changes(site: Site, use: Use) -> bool:
    """Whether a use may change the variable's own memory, or let others change it."""
    return place_of(site, use)[1] in WRITES or pointer_of(site, use) is not None


def outlives(site: Site, pointer: Node, escapes: bool) -> Node | None:
    """The place at which a pointer into a variable may begin to outlive its statement; None where it does not.

    A call may keep what it is given only if the variable `escapes`, and then all do that are not known to borrow it.
    What a call returns may hold the pointer, unless it is a number, a text or an error.
    """
    role, construct = role_of(pointer)
    if role is Role.SLICE:
        return outlives(site, construct, escapes)
    if role is Role.RANGE or construct.type == "expression_statement":
        return None
    if role is Role.MEMBER:
        return _of_result(site, pointer, construct, escapes)
    if role is Role.CALLEE:
        return _given(site, construct, escapes)
    listed = construct if role is Role.ARGUMENT else None
    call = None if listed is None else listed.parent
    return pointer if call is None else _given(site, call, escapes, pointer)


def _given(site: Site, call: Node, escapes: bool, pointer: Node | None = None) -> Node | None:
    """Where a pointer may outlive its statement that a call gets, as its receiver or an argument."""
    if call.parent is not None and call.parent.type in {"go_statement", "defer_statement"}:
        return call
    target, name = site.converts_to(call), site.callee(call)
    if target is not None:
        return None if target.kind == "string" else outlives(site, call, escapes)
    if name == "append" and pointer is not None:
        return _appended(site, call, pointer, escapes)
    if name.startswith(_CLOSED) or _borrows(site, call, name, pointer):
        return None
    trusted = pointer is not None and _without_methods(site, pointer)
    if escapes and not (name in WRAPS and trusted):
        return call
    return None if _returns_values(site, call) else outlives(site, call, escapes)


def _borrows(site: Site, call: Node, name: str, pointer: Node | None) -> bool:
    """Whether a function is known not to keep an argument: a receiver is not meant by any contract."""
    if pointer is None or not _without_methods(site, pointer):
        return False
    written = name in TEMPLATES and arguments(call)[0] == pointer
    return written or name in _BORROWERS or has_contract(site, call, name.rpartition(".")[2])


def _of_result(site: Site, pointer: Node, selector: Node, escapes: bool) -> Node | None:
    """The same for a method of what holds the pointer: `json.NewEncoder(&b).Encode(v)`."""
    role, call = role_of(selector)
    if role is not Role.CALLEE:
        return selector
    wraps = pointer.type == "call_expression" and site.callee(pointer) in WRAPS
    return None if wraps and _returns_values(site, call) else _given(site, call, escapes)


def _without_methods(site: Site, pointer: Node) -> bool:
    """Whether who gets a pointer can do nothing with it but read and write what it points to: a method of one's own
    type might keep it."""
    known = site.type(pointer)
    if known is None or known.elem is None:
        return False
    return known.elem.name in {"", "bytes.Buffer"} if known.kind == "pointer" else not known.name


def _appended(site: Site, call: Node, pointer: Node, escapes: bool) -> Node | None:
    if pointer.parent is not None and pointer.parent.type == "variadic_argument":
        return None  # its elements are copied
    return outlives(site, call, escapes) if arguments(call)[0] == pointer else pointer


def _returns_values(site: Site, call: Node) -> bool:
    function = call.child_by_field_name("function")
    called = None if function is None else site.type(function)
    if called is None or called.kind != "func":
        return False
    return all(result.pointer_free or result.kind == "string" or result.name == "error" for result in called.results)


def _kind(site: Site, node: Node) -> str:
    known = site.type(node)
    return "" if known is None else known.kind
