"""What becomes of a []byte: it is followed through slicing, appending and conversions to what uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .borrow import APPENDS, CONTRACTS, FILLS, KEYED, NIL_KEEPING, READS, SORTS, SUBSLICES, is_transfer
from .closure import started
from .fate import Fate, Trail, bound, each_use, kept, lent
from .roles import Role, role_of
from .slices import beyond_length
from .syntax import above, arguments, is_name, single, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site


def of_slice(site: Site, var: Variable) -> list[Fate]:
    """What becomes of the []byte that a variable holds. It is "assigned" where it gets another one, "resliced" where it
    gets a part of its own that may start or end elsewhere."""
    trail = Trail(site, set())

    def judge(use: Use) -> list[Fate]:
        if use.role is Role.ASSIGN:
            return [Fate(_assigned(site, use), use.node)]
        return of_bytes(trail, use.node)

    return each_use(trail, var, judge)


def _follow(trail: Trail, var: Variable) -> list[Fate]:
    """A second name for the memory; what it may be given later is judged no better."""
    return each_use(trail, var, lambda u: [Fate("read", u.node)] if u.role is Role.ASSIGN else of_bytes(trail, u.node))


def of_bytes(trail: Trail, node: Node) -> list[Fate]:
    """What becomes of a []byte expression."""
    site, (role, construct) = trail.site, role_of(node)
    if role is Role.SLICE:
        found = of_bytes(trail, construct)
        seen = any(fate.word != "filled" for fate in found) and beyond_length(site, construct)
        return [*found, Fate("beyond-length", node)] if seen else found
    if role is Role.INDEX:
        inner = role_of(construct)[0]
        written = {Role.ASSIGN: "filled", Role.OP_ASSIGN: "filled", Role.ADDRESS: "aliased"}
        return [Fate(written.get(inner, "read"), node)]
    if role in {Role.RANGE, Role.COMPARE}:
        return [Fate("read" if role is Role.RANGE else "nil-observed", node)]
    if role is Role.COPY:
        followed = bound(trail, node, construct, _follow)
        return kept(site, node, role, construct) if followed is None else followed
    call = construct if construct.type == "type_conversion_expression" else construct.parent
    if call is None or role not in {Role.ARGUMENT, Role.CONVERSION}:
        return kept(site, node, role, construct)
    target = site.converts_to(call)
    if target is not None:
        return [Fate("read", node)] if target.kind == "string" else of_bytes(trail, call)
    return [Fate("goroutine", node)] if started(call) else _passed(trail, node, call)


def _passed(trail: Trail, node: Node, call: Node) -> list[Fate]:
    """A []byte as an argument."""
    site, name = trail.site, trail.site.callee(call)
    given = [unparen(each) for each in arguments(call)]
    first = bool(given) and given[0] == node
    if first and (name == "append" or name in APPENDS or name in SUBSLICES):
        return [Fate("read" if name in SUBSLICES else "grown", node), *of_bytes(trail, call)]
    contract = CONTRACTS.get(name, "")
    ordered = name in SORTS or (name in KEYED and first)
    if name in {"copy", "clear"} or name in FILLS or ordered:
        return [Fate("filled" if first or name in FILLS else "read", node, contract)]
    if name == "append" and not (node.parent is not None and node.parent.type == "variadic_argument"):
        return [Fate("stored", node)]
    known = site.type(node)
    reads = name in READS and (known is None or not known.name)  # fmt calls the methods of a type that has some
    if name in {"append", "len"} or reads or name in APPENDS:
        return [Fate("nil-observed" if name in NIL_KEEPING else "read", node, contract)]
    if name == "cap":
        return [Fate("capacity", node)]
    followed = lent(trail, node, call, _follow)
    return _by_contract(site, node, call, name) if followed is None else followed


def _by_contract(site: Site, node: Node, call: Node, callee: str) -> list[Fate]:
    """A method of another package, or of an interface, may stand under the contract of io.Writer or io.Reader."""
    method = callee.rpartition(".")[2]
    if not has_contract(site, call, method):
        return [Fate("handed-on", node)]
    reads = method.startswith("Read")
    return [Fate("filled" if reads else "read", node, "io.Reader" if reads else "io.Writer")]


def has_contract(site: Site, call: Node, method: str) -> bool:
    """Whether a call is one of a method ("Write") whose name and signature are those of io.Writer and its kin."""
    function = call.child_by_field_name("function")
    known = None if function is None else site.type(function)
    if known is None or function is None or unparen(function).type != "selector_expression":
        return False
    return is_transfer(method, (each.string for each in known.params), (each.string for each in known.results))


def _assigned(site: Site, use: Use) -> str:
    """What an assignment makes of a variable: it has its own memory again, from its start, or what append makes of it
    (`b = append(b, …)`, `b = strconv.AppendInt(b[:0], …)`, `b = b[:len(b)-1]`), another part of it, or another one."""
    statement = above(use.node, {"assignment_statement"})
    left, right = (None if statement is None else single(statement.child_by_field_name(f)) for f in ("left", "right"))
    if left is None or right is None or unparen(left) != use.node:
        return "assigned"
    if part_of_itself(site, left, right) is not None:
        return "read"
    value = unparen(right)
    while value.type == "slice_expression":
        value = unparen(value.child_by_field_name("operand") or value)
    return "resliced" if value != unparen(right) and is_name(value) and site.same_object(value, left) else "assigned"


def part_of_itself(site: Site, left: Node, right: Node) -> Node | None:
    """The x on the right of an assignment that gives x its own memory again, or what append makes of it; None for
    others, and where it would not start where it did, or could show what lies beyond its length."""
    value = unparen(right)
    while value.type in {"call_expression", "slice_expression"}:
        if value.type == "call_expression":
            appends = site.callee(value) == "append" or site.callee(value) in APPENDS
            inner = next(iter(arguments(value)), None) if appends else None
        else:
            moved = value.child_by_field_name("start") is not None or beyond_length(site, value)
            inner = None if moved else value.child_by_field_name("operand")
        if inner is None:
            return None
        value = unparen(inner)
    same = site.text(value) == site.text(unparen(left)) and value.type in {"identifier", "selector_expression"}
    return value if same and value != unparen(right) else None
