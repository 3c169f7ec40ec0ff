"""What becomes of memory that must not outlive its function: it is read, filled, or somebody may keep it.

A []byte is followed through slicing and conversions to the one place that uses it, and into the functions of the
package that take it as a parameter. Any other name for it, and any function that is not known only to borrow it
(borrow.py), ends the search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from .borrow import APPENDS, FILLS, READS, is_transfer
from .roles import Role, role_of
from .syntax import above, arguments, called_name, is_name, single, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Fate:
    """`word`: read, filled (written through), grown (appended to), capacity (its room is looked at), or what would keep
    it: returned, sent, stored, aliased, copied, assigned, captured, goroutine, handed-on. `contract`: only the contract
    of io.Writer and its kin says that it is not kept."""

    word: str
    at: Node
    contract: bool = False


def each_use(var: Variable, fate: Callable[[Use], Fate]) -> list[Fate]:
    """The fate of every use of a variable, in source order; those in function literals may come too late."""
    return [Fate(word, use.node) if (word := _late(use)) else fate(use) for use in var.uses]


#: The functions, by object, through whose parameters the search came.
Way: TypeAlias = tuple[int, ...]


def of_slice(site: Site, var: Variable, way: Way = ()) -> list[Fate]:
    """What becomes of a []byte that a variable holds: one fate for each use."""
    return each_use(var, lambda use: Fate("read", use.node) if _reslices(site, use) else of_bytes(site, use.node, way))


def of_bytes(site: Site, node: Node, way: Way = ()) -> Fate:
    """What becomes of a []byte expression."""
    role, construct = role_of(node)
    if role is Role.SLICE:
        return of_bytes(site, construct, way)
    if role is Role.INDEX:
        inner = role_of(construct)[0]
        return Fate({Role.ASSIGN: "filled", Role.OP_ASSIGN: "filled", Role.ADDRESS: "aliased"}.get(inner, "read"), node)
    if role in {Role.RANGE, Role.COMPARE}:
        return Fate("read", node)
    call = construct if construct.type == "type_conversion_expression" else construct.parent
    if call is None or role not in {Role.ARGUMENT, Role.CONVERSION}:
        return kept(site, node, role, construct)
    target = site.converts_to(call)
    if target is not None:
        return Fate("read", node) if target.kind == "string" else of_bytes(site, call, way)
    return Fate("goroutine", node) if started(call) else _passed(site, node, call, way)


def _passed(site: Site, node: Node, call: Node, way: Way) -> Fate:
    """A []byte as an argument."""
    name, given = site.callee(call), [unparen(each) for each in arguments(call)]
    spread = node.parent is not None and node.parent.type == "variadic_argument"
    first = bool(given) and given[0] == node
    if name in {"copy", "clear"}:
        return Fate("filled" if first else "read", node)
    if name == "append" or name in APPENDS:
        return Fate("grown" if first else "read" if spread or name in APPENDS else "stored", node)
    known = {"len": "read", "cap": "capacity"}.get(name) or ("filled" if name in FILLS else "read" * (name in READS))
    if known:
        return Fate(known, node)
    method = name.rpartition(".")[2]
    if has_contract(site, call, method):
        return Fate("read" if method.startswith("Write") else "filled", node, contract=True)
    return lent(site, node, call, way, of_slice)


def lent(
    site: Site, node: Node, call: Node, way: Way, of_variable: Callable[[Site, Variable, Way], list[Fate]]
) -> Fate:
    """What a function of the package does with its parameter, for an argument that nothing else is known of."""
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
    return worst([Fate(f.word, node, f.contract) for f in of_variable(there, var, (*way, called.id))], node)


def worst(fates: list[Fate], node: Node) -> Fate:
    """The first fate that is not just reading."""
    other = next((fate for fate in fates if fate.word != "read"), None)
    return Fate("read", node, any(fate.contract for fate in fates)) if other is None else other


def has_contract(site: Site, call: Node, method: str) -> bool:
    """Whether a call is one of a method ("Write") whose name and signature are those of io.Writer and its kin."""
    function = call.child_by_field_name("function")
    known = None if function is None else site.type(function)
    if known is None or function is None or unparen(function).type != "selector_expression":
        return False
    return is_transfer(method, (each.string for each in known.params), (each.string for each in known.results))


def _sides(site: Site, use: Use) -> tuple[Node, Node] | None:
    """The two sides of the assignment `x = …` to the used variable x alone, in which the use stands."""
    statement = above(use.node, {"assignment_statement"})
    left, right = (None if statement is None else single(statement.child_by_field_name(f)) for f in ("left", "right"))
    if left is None or right is None or not is_name(left) or not site.same_object(left, use.node):
        return None
    return left, unparen(right)


def _reslices(site: Site, use: Use) -> bool:
    """Whether a use is one of the two b of `b = b[i:j]`."""
    sides = _sides(site, use)
    operand = None if sides is None or sides[1].type != "slice_expression" else sides[1].child_by_field_name("operand")
    if sides is None or operand is None or use.node not in (sides[0], operand):
        return False
    return is_name(operand) and site.same_object(sides[0], operand)


def grows_in_place(site: Site, use: Use) -> bool:
    """Whether a use is one of the two b of `b = append(b, …)`, `b = strconv.AppendInt(b[:0], …)` or `b = b[:0]`."""
    sides = _sides(site, use)
    if sides is None:
        return False
    left, value = sides
    if value.type == "call_expression" and (site.callee(value) == "append" or site.callee(value) in APPENDS):
        value = unparen(next(iter(arguments(value)), value))
    if value.type == "slice_expression":
        first, end = value.child_by_field_name("start"), value.child_by_field_name("end")
        value = value.child_by_field_name("operand") or value
        if first is not None or end is None or site.const(end) != "0":
            return False
    return use.node in (left, unparen(value)) and is_name(unparen(value)) and site.same_object(left, unparen(value))


def kept(site: Site, node: Node, role: Role, construct: Node) -> Fate:
    """What keeps memory that is used in a way that nothing is known to borrow."""
    if role is not Role.COPY:
        return Fate(_KEEPING.get(role, "aliased"), node)
    left = construct.child_by_field_name("left")
    targets = [] if left is None or construct.type != "assignment_statement" else left.named_children
    lasting = any(unparen(target).type != "identifier" or _is_global(site, target) for target in targets)
    return Fate("stored" if lasting else "aliased", node)


_KEEPING = {
    Role.RETURN: "returned",
    Role.SEND: "sent",
    Role.ELEMENT: "stored",
    Role.DEREFERENCE: "copied",
    Role.ASSIGN: "assigned",
    Role.OP_ASSIGN: "assigned",
}


def started(call: Node) -> bool:
    """Whether a call is what a go statement starts."""
    return call.parent is not None and call.parent.type == "go_statement"


def _is_global(site: Site, target: Node) -> bool:
    found = site.object(unparen(target))
    return found is not None and found.scope == "package"


def _late(use: Use) -> str:
    """Why a use in a function literal may come too late; "" outside of one, and in one that is deferred on the spot."""
    if use.under_go:
        return "goroutine"
    return "captured" if use.literals and not (use.deferred and len(use.literals) == 1) else ""
