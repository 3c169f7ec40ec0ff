"""What becomes of a struct with a Reset method that takes it back to zero, but for memory that it keeps (reset.py).

1. The struct may be used by its fields, by methods of its own and by functions of the package; these are followed.
2. What Reset zeroes may go anywhere: the next call cannot reach it. A pointer into the struct may not.
3. What Reset keeps is filled again by the next call: it must not go anywhere, and nothing of others may get in. A slice
   is appended to itself and read by index and range, a map by keys; []byte and bytes.Buffer are followed as ever.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import KEYED, SORTS
from .closure import started
from .fate import Fate, Trail, bound, each_use, kept, lent, moved
from .locals import targets
from .memory import of_bytes, part_of_itself
from .reset import Scratch, receiver_of
from .roles import Role, role_of
from .slices import beyond_length
from .stream import BUFFER, of_stream
from .syntax import above, arguments, body_statements, of_kinds, single, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site


def of_scratch(site: Site, var: Variable, scratch: Scratch) -> list[Fate]:
    """What becomes of the struct that a variable is or points to. It is "assigned" where it gets another one."""
    trail = Trail(site, set())
    return each_use(trail, var, lambda use: _of_use(trail, use, scratch, pointer=var.type.kind == "pointer"))


def _of_use(trail: Trail, use: Use, scratch: Scratch, *, pointer: bool) -> list[Fate]:
    if use.role is Role.ASSIGN:
        return [Fate("assigned", use.node)]
    if use.role is Role.ADDRESS and not pointer:
        return _of_pointer(trail, use.construct, scratch)
    if pointer or use.role is Role.MEMBER:
        return _of_pointer(trail, use.node, scratch)
    return [Fate("copied", use.node)]


def _follow(scratch: Scratch, trail: Trail, var: Variable) -> list[Fate]:
    if var.type.kind != "pointer":
        return [Fate("copied" if var.type.kind == "struct" else "handed-on", var.declaration.identifier)]
    return each_use(
        trail, var, lambda u: [Fate("read", u.node)] if u.role is Role.ASSIGN else _of_pointer(trail, u.node, scratch)
    )


def _of_pointer(trail: Trail, node: Node, scratch: Scratch) -> list[Fate]:
    """A pointer to the struct."""
    site, (role, construct) = trail.site, role_of(node)
    follow = partial(_follow, scratch)
    if role is Role.MEMBER:
        return _of_member(trail, node, construct, scratch)
    if role is Role.COMPARE:
        return [Fate("read", node)]
    if role is Role.COPY:
        followed = bound(trail, node, construct, follow)
        return kept(site, node, role, construct) if followed is None else followed
    call = construct.parent
    if role is not Role.ARGUMENT or call is None or site.converts_to(call) is not None:
        return kept(site, node, role, construct)
    if started(call):
        return [Fate("goroutine", node)]
    followed = lent(trail, node, call, follow)
    return [Fate("handed-on", node)] if followed is None else followed


def _of_member(trail: Trail, node: Node, selector: Node, scratch: Scratch) -> list[Fate]:
    site, field = trail.site, selector.child_by_field_name("field")
    name = "" if field is None else site.text(field)
    if name in scratch.fields:
        return _of_kept(trail, selector, scratch) if name in scratch.kept else _of_zeroed(trail, selector)
    call = selector.parent
    if field is None or call is None or call.child_by_field_name("function") != selector:
        return [Fate("aliased", node)]  # a method value
    if started(call):
        return [Fate("goroutine", node)]
    return [Fate("read", node)] if name == "Reset" else _of_method(trail, node, field, scratch)


def _of_method(trail: Trail, node: Node, field: Node, scratch: Scratch) -> list[Fate]:
    """A method of the struct's own: what that does with its receiver."""
    called = trail.site.object(field)
    found = None if called is None else trail.site.declaration(called)
    declared = None if found is None else found.node.parent
    name = None if declared is None else receiver_of(declared)
    if found is None or declared is None or declared.child_by_field_name("body") is None:
        return [Fate("handed-on", node)]
    there = trail.site.within(found.file)
    receiver = None if name is None else there.variable(name)
    if receiver is None:
        return [Fate("read", node)]  # it has no name, and so no use
    if receiver.object.id in trail.seen:
        return [Fate("read", node)]
    return [moved(fate, node, there) for fate in _follow(scratch, Trail(there, trail.seen), receiver)]


def _of_zeroed(trail: Trail, node: Node) -> list[Fate]:
    """A field that Reset zeroes: only pointers into the struct are told; arrays and structs in it are part of it."""
    site, (role, construct) = trail.site, role_of(node)
    known = site.type(node)
    if known is not None and known.name == BUFFER:
        return _of_buffer(trail, node)
    if known is not None and known.name == "strings.Builder" and role in {Role.ADDRESS, Role.MEMBER}:
        return of_stream(trail, construct if role is Role.ADDRESS else node, buffer=False)
    if role is Role.ADDRESS:
        return [Fate("aliased", node)]
    method = construct.child_by_field_name("field") if role is Role.MEMBER else None
    called = None if method is None else site.facts.selection(site.path, method.start_byte)
    if called is not None and called.kind != "field" and called.implicit_address:
        return [Fate("aliased", node)]
    if known is None or known.kind not in {"array", "struct"}:
        return [Fate("read", node)]
    if role is Role.SLICE:
        octets = known.elem is not None and known.elem.string in {"byte", "uint8"}
        return of_bytes(trail, construct) if octets else [Fate("aliased", node)]
    if called is not None and called.kind != "field":
        return [Fate("read", node)]
    within = role is Role.INDEX or (called is not None and not called.indirect)
    return _of_zeroed(trail, construct) if within else [Fate("read", node)]


def _of_kept(trail: Trail, node: Node, scratch: Scratch) -> list[Fate]:
    """A field whose memory Reset keeps."""
    site = trail.site
    known = site.type(node)
    if known is not None and known.name == BUFFER:
        return _of_buffer(trail, node)
    statement = above(node, {"assignment_statement"})
    left, right = (None if statement is None else single(statement.child_by_field_name(f)) for f in ("left", "right"))
    if left is not None and right is not None and unparen(left) == node:
        return [Fate("read" if _is_own(site, node, unparen(right)) else "foreign", node)]
    if left is not None and right is not None and part_of_itself(site, left, right) == node:
        return [Fate("read", node)]
    role, construct = role_of(node)
    if role is Role.ASSIGN:
        return [Fate("foreign", node)]
    if role is Role.COMPARE:
        return [Fate("read" if _makes_if_nil(site, node, construct) else "nil-observed", node)]
    if known is None or known.kind == "map":
        return _of_map(site, node)
    octets = known.elem is not None and known.elem.string in {"byte", "uint8"}
    found = of_bytes(trail, node) if octets and known.kind == "slice" else _of_slice(site, node)
    second = role is Role.COPY or (role is Role.RANGE and _grows_in(site, node))
    # Whether a second name shows what is written later depends on the field's room.
    return [Fate("aliased", node)] if second and all(fate.word == "read" for fate in found) else found


def _grows_in(site: Site, node: Node) -> bool:
    """Whether the loop over a field assigns to it."""
    loop = above(node, {"for_statement"})
    assigned = [] if loop is None else of_kinds(loop, "assignment_statement")
    return any(site.text(left) == site.text(node) for one in assigned for left in targets(one))


def _is_own(site: Site, node: Node, value: Node) -> bool:
    """Whether a kept field gets memory that nobody else has: new memory, nil, or its own as append returns it."""
    if site.is_builtin(value, "nil") or (value.type == "call_expression" and site.callee(value) == "make"):
        return True
    return site.is_zero_literal(value) or part_of_itself(site, node, value) is not None


def _of_buffer(trail: Trail, node: Node) -> list[Fate]:
    role, construct = role_of(node)
    if role in {Role.ADDRESS, Role.MEMBER}:
        return of_stream(trail, construct if role is Role.ADDRESS else node, buffer=True)
    return [Fate("foreign" if role is Role.ASSIGN else "copied", node)]


def _of_map(site: Site, node: Node) -> list[Fate]:
    role, construct = role_of(node)
    if role is Role.INDEX or role is Role.RANGE:
        return [Fate("read", node)]
    call = construct.parent if role is Role.ARGUMENT else None
    if call is None:
        return kept(site, node, role, construct)
    return [Fate("read" if site.callee(call) in {"len", "delete", "clear"} else "handed-on", node)]


def _makes_if_nil(site: Site, node: Node, condition: Node) -> bool:
    """`if s.m == nil { s.m = make(…) }`: memory that is there already does as well."""
    branch = condition.parent
    then = None if branch is None or branch.type != "if_statement" else branch.child_by_field_name("consequence")
    statements = [] if then is None else body_statements(then)
    operator = condition.child_by_field_name("operator")
    if branch is None or branch.child_by_field_name("alternative") is not None or operator is None:
        return False
    left = single(statements[0].child_by_field_name("left")) if len(statements) == 1 else None
    return operator.type == "==" and left is not None and site.text(left) == site.text(node)


def _of_slice(site: Site, node: Node) -> list[Fate]:
    """A kept slice of other elements than bytes: elements are read and written, the slice itself goes nowhere."""
    role, construct = role_of(node)
    if role is Role.INDEX:
        return [Fate("aliased" if _points_into(site, construct) else "read", node)]
    if role is Role.RANGE:
        return [Fate("read", node)]
    if role is Role.SLICE:
        return [Fate("beyond-length", node)] if beyond_length(site, construct) else _of_slice(site, construct)
    call = construct.parent if role is Role.ARGUMENT else None
    if call is None:
        return kept(site, node, role, construct)
    name, first = site.callee(call), unparen(arguments(call)[0]) == node
    spread = node.parent is not None and node.parent.type == "variadic_argument"
    if name in {"len", "copy", "clear"} | SORTS or (name in KEYED and first) or (name == "append" and spread):
        return [Fate("goroutine" if started(call) else "read", node)]
    return [Fate({"cap": "capacity", "append": "aliased"}.get(name, "handed-on"), node)]


def _points_into(site: Site, node: Node) -> bool:
    """Whether an element, or a part of it that lies in the slice itself, has its address taken."""
    role, construct = role_of(node)
    known = site.type(node)
    if role is Role.ADDRESS or (role is Role.SLICE and (known is None or known.kind == "array")):
        return True
    field = construct.child_by_field_name("field") if role is Role.MEMBER else None
    selection = None if field is None else site.facts.selection(site.path, field.start_byte)
    if selection is not None and (selection.kind != "field" or selection.indirect):
        return selection.implicit_address
    inside = selection is not None or (role is Role.INDEX and known is not None and known.kind == "array")
    return inside and _points_into(site, construct)
