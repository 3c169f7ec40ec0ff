"""What becomes of a bytes.Buffer: it is written and read, or somebody may keep it.

It is followed into what wraps it (`json.NewEncoder(buf)`), into the local variable that holds the wrapper, and into the
functions of the package that take it as a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import STREAMS, WRAPS
from .fate import Fate, each_use, kept, of_bytes, started
from .roles import Role, role_of
from .syntax import arguments, called_name, single, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site

BUFFER = "bytes.Buffer"
#: Methods of bytes.Buffer that take or give copies.
_COPYING = frozenset(
    {
        "Grow", "Len", "Read", "ReadByte", "ReadBytes", "ReadFrom", "ReadRune", "ReadString", "Reset", "String",
        "Truncate", "UnreadByte", "UnreadRune", "Write", "WriteByte", "WriteRune", "WriteString", "WriteTo",
    }
)  # fmt: skip
_ALIASING = frozenset({"AvailableBuffer", "Next"})
_PLAIN = frozenset(
    {
        "bool", "string", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
        "uintptr", "float32", "float64",
    }
)  # fmt: skip

_Way = tuple[int, ...]  # the functions, by object, through which the search came


def of_buffer(site: Site, var: Variable, way: _Way = ()) -> list[Fate]:
    """What becomes of the buffer, or the stream, that a variable is or points to: one fate for each use."""
    if var.type.name == BUFFER:
        return each_use(var, lambda use: _of_value(site, use, way))
    pointer = var.type.elem is not None and var.type.elem.name == BUFFER
    return each_use(var, lambda use: _of_stream(site, use.node, way, buffer=pointer))


def _of_value(site: Site, use: Use, way: _Way) -> Fate:
    """A buffer that is no pointer: its methods, and its address, are what a pointer would be; all else copies it."""
    if use.role is Role.ADDRESS:
        return _of_stream(site, use.construct, way, buffer=True)
    if use.role is Role.MEMBER:
        return _of_stream(site, use.node, way, buffer=True)
    return Fate("assigned" if use.writes else "copied", use.node)


def _of_stream(site: Site, node: Node, way: _Way, *, buffer: bool) -> Fate:
    """A pointer to a buffer, or (`buffer` False) something that holds one."""
    role, construct = role_of(node)
    if role is Role.MEMBER:
        return _method(site, node, construct, buffer=buffer)
    if role is Role.COMPARE:
        return Fate("read", node)
    if role is Role.COPY and not buffer:
        return _held(site, node, construct, way)
    call = construct.parent
    if role is not Role.ARGUMENT or call is None or site.converts_to(call) is not None:
        return kept(site, node, role, construct)
    if started(call):
        return Fate("goroutine", node)
    name = site.callee(call)
    if name in STREAMS or name.endswith((").WriteTo", ").ReadFrom")):
        return Fate("read", node)
    return _of_stream(site, call, way, buffer=False) if name in WRAPS else _lent(site, node, call, way)


def _method(site: Site, node: Node, selector: Node, *, buffer: bool) -> Fate:
    call, field = selector.parent, selector.child_by_field_name("field")
    if call is None or field is None or call.child_by_field_name("function") != selector:
        return Fate("aliased", node)  # a method value, a field
    if started(call):
        return Fate("goroutine", node)
    name = site.text(field)
    if not buffer:
        known = site.type(selector)
        plain = known is not None and all(r.kind in _PLAIN or r.string == "error" for r in known.results)
        return Fate("read" if plain else "handed-on", node)
    if name == "Bytes":
        return of_bytes(site, call)
    return Fate("read" if name in _COPYING else "aliased" if name in _ALIASING else "capacity", node)


def _held(site: Site, node: Node, construct: Node, way: _Way) -> Fate:
    """`enc := json.NewEncoder(buf)`: what becomes of the local that is declared there; of several, of the first."""
    names = construct.child_by_field_name("left") if construct.type == "short_var_declaration" else None
    value = None if names is None else single(construct.child_by_field_name("right"))
    var = site.variable(names.named_children[0]) if names is not None and value is not None else None
    if var is None or not var.local:
        return kept(site, node, Role.COPY, construct)
    return _worst(of_buffer(site, var, way), node)


def _lent(site: Site, node: Node, call: Node, way: _Way) -> Fate:
    """Passed to a function of the package: what that does with its parameter."""
    name, given = called_name(call), [unparen(each) for each in arguments(call)]
    called = None if name is None else site.object(name)
    declared = None if called is None else site.declaration(called)
    if called is None or declared is None or called.kind != "func" or node not in given:
        return Fate("handed-on", node)
    if called.id in way:
        return Fate("read", node)  # the recursion keeps it only if something else on the way does
    there = site.within(declared.file)
    var = there.parameter(declared.node, given.index(node))
    if var is None:
        return Fate("handed-on", node)
    return _worst([Fate(fate.word, node, fate.contract) for fate in of_buffer(there, var, (*way, called.id))], node)


def _worst(fates: list[Fate], node: Node) -> Fate:
    """The first fate that is not just reading; the place told is in this function."""
    other = next((fate for fate in fates if fate.word != "read"), None)
    return Fate("read", node, any(fate.contract for fate in fates)) if other is None else other
