"""What becomes of a bytes.Buffer: it is written and read, or somebody may keep it.

It is followed into what wraps it (`json.NewEncoder(buf)`), into the local variables that hold it or the wrapper, and
into the functions of the package that take it as a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import CONTRACTS, STREAMS, TEMPLATES, WRAPS, is_piping
from .closure import started
from .fate import Fate, Trail, bound, each_use, kept, lent
from .memory import of_bytes
from .roles import Role, role_of
from .syntax import arguments, unparen
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
#: Methods that give its memory away.
_LENDING = frozenset({"AvailableBuffer", "Bytes", "Next"})
_ROOM = frozenset({"Available", "Cap"})
_PLAIN = frozenset(
    {
        "bool", "string", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
        "uintptr", "float32", "float64",
    }
)  # fmt: skip


def of_buffer(site: Site, var: Variable) -> list[Fate]:
    """What becomes of the buffer that a variable is or points to. It is "assigned" where it gets another one."""
    trail = Trail(site, set())
    if var.type.name == BUFFER:
        return each_use(trail, var, lambda use: _of_value(trail, use))
    return each_use(trail, var, lambda use: _of_pointer(trail, use))


def _of_value(trail: Trail, use: Use) -> list[Fate]:
    """A buffer that is no pointer: its methods, and its address, are what a pointer would be; all else copies it."""
    if use.role in {Role.ADDRESS, Role.MEMBER}:
        return of_stream(trail, use.construct if use.role is Role.ADDRESS else use.node, buffer=True)
    return [Fate("assigned" if use.writes else "copied", use.node)]


def _of_pointer(trail: Trail, use: Use) -> list[Fate]:
    return [Fate("assigned", use.node)] if use.role is Role.ASSIGN else of_stream(trail, use.node, buffer=True)


def _follow(trail: Trail, var: Variable) -> list[Fate]:
    """A second name for the buffer, or something that holds it; what it may be given later is judged no better."""
    pointer = var.type.elem is not None and var.type.elem.name == BUFFER

    def judge(use: Use) -> list[Fate]:
        return [Fate("read", use.node)] if use.role is Role.ASSIGN else of_stream(trail, use.node, buffer=pointer)

    return each_use(trail, var, judge)


def of_stream(trail: Trail, node: Node, *, buffer: bool) -> list[Fate]:
    """A pointer to a buffer, or (`buffer` False) something that holds one."""
    site, (role, construct) = trail.site, role_of(node)
    if role is Role.MEMBER:
        return _method(trail, node, construct, buffer=buffer)
    if role is Role.COMPARE:
        return [Fate("read", node)]
    if role is Role.COPY:
        followed = bound(trail, node, construct, _follow)
        return kept(site, node, role, construct) if followed is None else followed
    call = construct.parent
    if role is not Role.ARGUMENT or call is None:
        return kept(site, node, role, construct)
    target = site.converts_to(call)
    if target is not None:
        plain = target.kind == "interface"
        return of_stream(trail, call, buffer=False) if plain else kept(site, node, role, construct)
    return [Fate("goroutine", node)] if started(call) else _passed(trail, node, call)


def _passed(trail: Trail, node: Node, call: Node) -> list[Fate]:
    name = trail.site.callee(call)
    if name in STREAMS or (name in TEMPLATES and unparen(arguments(call)[0]) == node):
        return [Fate("read", node, CONTRACTS.get(name, ""))]
    if name in WRAPS:
        return of_stream(trail, call, buffer=False)
    followed = lent(trail, node, call, _follow)
    if followed is not None:
        return followed
    function = call.child_by_field_name("function")
    known = None if function is None or ")." not in name else trail.site.type(function)
    shape = () if known is None else ([p.string for p in known.params], [r.string for r in known.results])
    contract = is_piping(name.rpartition(".")[2], *shape) if shape else ""
    return [Fate("read" if contract else "handed-on", node, contract)]


def _method(trail: Trail, node: Node, selector: Node, *, buffer: bool) -> list[Fate]:
    site, call, field = trail.site, selector.parent, selector.child_by_field_name("field")
    if call is None or field is None or call.child_by_field_name("function") != selector:
        return [Fate("aliased", node)]  # a method value, a field
    if started(call):
        return [Fate("goroutine", node)]
    name = site.text(field)
    if not buffer:
        known = site.type(selector)
        plain = known is not None and all(r.kind in _PLAIN or r.string == "error" for r in known.results)
        return [Fate("read" if plain else "handed-on", node)]
    if name in _LENDING:
        return of_bytes(trail, call)
    if name in _COPYING:
        return [Fate("read", node, {"ReadFrom": "io.Reader", "WriteTo": "io.Writer"}.get(name, ""))]
    return [Fate("capacity" if name in _ROOM else "aliased", node)]
