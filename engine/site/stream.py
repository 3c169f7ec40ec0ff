"""What becomes of a bytes.Buffer: it is written and read, or somebody may keep it.

It is followed into what wraps it (`json.NewEncoder(buf)`), into the local variable that holds the wrapper, and into the
functions of the package that take it as a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import STREAMS, WRAPS
from .fate import Fate, Way, each_use, kept, lent, of_bytes, started, worst
from .roles import Role, role_of
from .syntax import single
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


def of_buffer(site: Site, var: Variable, way: Way = ()) -> list[Fate]:
    """What becomes of the buffer, or the stream, that a variable is or points to: one fate for each use."""
    if var.type.name == BUFFER:
        return each_use(var, lambda use: _of_value(site, use, way))
    pointer = var.type.elem is not None and var.type.elem.name == BUFFER
    return each_use(var, lambda use: _of_stream(site, use.node, way, buffer=pointer))


def _of_value(site: Site, use: Use, way: Way) -> Fate:
    """A buffer that is no pointer: its methods, and its address, are what a pointer would be; all else copies it."""
    if use.role is Role.ADDRESS:
        return _of_stream(site, use.construct, way, buffer=True)
    if use.role is Role.MEMBER:
        return _of_stream(site, use.node, way, buffer=True)
    return Fate("assigned" if use.writes else "copied", use.node)


def _of_stream(site: Site, node: Node, way: Way, *, buffer: bool) -> Fate:
    """A pointer to a buffer, or (`buffer` False) something that holds one."""
    role, construct = role_of(node)
    if role is Role.MEMBER:
        return _method(site, node, construct, way, buffer=buffer)
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
    return _of_stream(site, call, way, buffer=False) if name in WRAPS else lent(site, node, call, way, of_buffer)


def _method(site: Site, node: Node, selector: Node, way: Way, *, buffer: bool) -> Fate:
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
        return of_bytes(site, call, way)
    return Fate("read" if name in _COPYING else "aliased" if name in _ALIASING else "capacity", node)


def _held(site: Site, node: Node, construct: Node, way: Way) -> Fate:
    """`enc := json.NewEncoder(buf)`: what becomes of the local that is declared there; of several, of the first."""
    names = construct.child_by_field_name("left") if construct.type == "short_var_declaration" else None
    value = None if names is None else single(construct.child_by_field_name("right"))
    var = site.variable(names.named_children[0]) if names is not None and value is not None else None
    if var is None or not var.local:
        return kept(site, node, Role.COPY, construct)
    return worst(of_buffer(site, var, way), node)
