"""What the engine knows of a slice variable: how it starts, where it is appended to, who could tell nil from empty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..model import Note
from .growth import assigned_value
from .loop import Loop
from .roles import Role, role_of
from .syntax import arguments, below, contains, unparen
from .variable import Use, Variable, first_argument

if TYPE_CHECKING:
    from .site import Site

#: Functions that neither look whether a slice is nil nor keep it.
BLIND = frozenset(
    {"strings.Join", "bytes.Join", "path.Join", "path/filepath.Join"}
    | {f"sort.{name}" for name in ("Strings", "Ints", "Float64s", "Slice", "SliceStable", "SearchInts")}
    | {
        f"slices.{name}"
        for name in (
            "BinarySearch", "BinarySearchFunc", "Contains", "ContainsFunc", "Equal", "EqualFunc", "Index", "IndexFunc",
            "IsSorted", "IsSortedFunc", "Max", "MaxFunc", "Min", "MinFunc", "Reverse", "Sort", "SortFunc",
            "SortStableFunc",
        )
    }
)  # fmt: skip
_SEEING_NOTHING = frozenset({Role.ASSIGN, Role.RANGE, Role.INDEX, Role.DEFINE})


@dataclass(frozen=True, slots=True)
class Start:
    """The value that a slice variable starts with.

    `kind` is nil, empty (not nil, no elements, no room), sized (made with room or elements), or other. `type` is the
    node that spells the slice type, where one does.
    """

    kind: str
    type: Node | None


@dataclass(frozen=True, slots=True)
class Append:
    """One statement `x = append(x, …)`."""

    use: Use  # the x on the left
    statement: Node
    values: tuple[Node, ...]
    spread: bool  # the last value is `y...`


def start(site: Site, var: Variable) -> Start:
    """How a slice variable starts."""
    declared = var.declaration
    value = None if declared.value is None else unparen(declared.value)
    if declared.kind == "result" or (declared.kind == "var" and value is None and declared.sole):
        return Start("nil", declared.type)
    if declared.kind == "var" and value is None and site.declared_without_value(var):
        return Start("nil", declared.type)
    if value is None:
        return Start("other", None)
    if value.type == "composite_literal":
        body = value.child_by_field_name("body")
        filled = body is None or any(child.type != "comment" for child in body.named_children)
        return Start("other" if filled else "empty", value.child_by_field_name("type"))
    if value.type == "call_expression" and site.callee(value) == "make":
        return _made(site, arguments(value))
    given = arguments(value) if value.type in {"call_expression", "type_conversion_expression"} else []
    if len(given) == 1 and site.converts_to(value) is not None and site.is_builtin(given[0], "nil"):
        written = value.child_by_field_name("type") or value.child_by_field_name("function")
        return Start("nil", None if written is None else unparen(written))
    return Start("nil", declared.type) if site.is_builtin(value, "nil") else Start("other", None)


def _made(site: Site, given: list[Node]) -> Start:
    sizes = [site.const_int(node) for node in given[1:]]
    empty = bool(sizes) and all(size == 0 for size in sizes)
    filled = bool(sizes) and sizes[0] != 0
    return Start("empty" if empty else "other" if filled else "sized", given[0] if given else None)


def appends(site: Site, var: Variable) -> tuple[Append, ...]:
    """Every statement `x = append(x, …)` for the variable x, in source order."""
    return tuple(found for use in var.uses if (found := append_of(site, use)) is not None)


def each_time(inside: Iterable[Append]) -> int:
    """How many elements an iteration appends, if it runs every one of these."""
    return sum(len(append.values) for append in inside)


def append_of(site: Site, use: Use) -> Append | None:
    """The append statement whose left side a use is."""
    value = assigned_value(use) if use.role is Role.ASSIGN else None
    if value is None or value.type != "call_expression" or site.callee(value) != "append":
        return None
    given = arguments(value)
    if len(given) < 2 or not site.same_object(unparen(given[0]), use.node):
        return None
    spread = given[-1].type == "variadic_argument"
    return Append(use, use.construct, tuple(given[1:]), spread)


def is_appended(use: Use) -> bool:
    """Whether a use is the x inside `x = append(x, …)`."""
    if use.builtin != "append" or not first_argument(use):
        return False
    statement = use.construct.parent.parent if use.construct.parent is not None else None
    if statement is None or statement.type != "assignment_statement":
        return False
    left = statement.child_by_field_name("left")
    return left is not None and left.text == use.node.text


def nil_observer(site: Site, var: Variable) -> Node | None:
    """The first place that could tell a nil slice from an empty one, or let others tell; None is a proof.

    A named result is told by its caller, wherever the function returns.
    """
    if var.declaration.kind == "result":
        return var.declaration.identifier
    return next((use.node for use in var.uses if not blind(site, use)), None)


def blind(site: Site, use: Use) -> bool:
    """Whether a use does the same with a nil slice and an empty one, and gives it to nobody who might not."""
    if use.role in _SEEING_NOTHING:
        return True
    if use.role is not Role.ARGUMENT:
        return False
    if use.builtin:
        return use.builtin in {"len", "copy", "clear"} or (use.builtin == "append" and _appends_elements(use))
    return site.callee(use.construct) in BLIND


def _appends_elements(use: Use) -> bool:
    """`append(x, …)` back to x, or `append(y, x...)`: but not x itself as an element of another slice."""
    return is_appended(use) or _spread(use)


def proof(site: Site, var: Variable) -> tuple[Note, ...]:
    """Why nobody can tell whether the slice is nil: what each use does with it."""
    notes = [Note(f"nothing can tell whether {var.name} is nil or empty: these are all its uses")]
    for use in var.uses:
        if use.role is not Role.ASSIGN and not is_appended(use):
            notes.append(Note(_deed(site, use), use.start))
    return tuple(notes)


def _deed(site: Site, use: Use) -> str:
    if use.role is Role.ARGUMENT:
        return f"an argument of {use.builtin or site.callee(use.construct)}, which does not look"
    return {"range": "ranged over", "index": "indexed"}.get(use.role, use.role)


def capacity_observer(site: Site, var: Variable, loop: Loop) -> tuple[str, Node] | None:
    """The first use that could notice that the slice had room before the loop, by a word for what it does.

    A pointer to an element, a copy or a sub-slice taken inside the loop used to point into an array that a later
    append left behind; with room it points into the final one. Appending to another variable writes into spare room.
    """
    last = max((append.statement.start_byte for append in appends(site, var)), default=-1)
    return next(((deed, use.node) for use in var.uses if (deed := _notices(site, var, use, loop, last))), None)


def _notices(site: Site, var: Variable, use: Use, loop: Loop, last_append: int) -> str:
    inside = contains(loop.node, use.node)
    later = last_append > use.start
    if use.role is Role.ADDRESS or use.implicit_address:
        return "address-taken"
    if use.under_go or (use.literals and use.start < loop.node.end_byte):
        return "captured"
    if use.builtin == "cap" or _reaches_spare_room(site, use) or _appended_elsewhere(var, use):
        return "capacity"
    if not inside and _makes_alias(use) and (later or _grows_another(site, var, loop)):
        return "capacity"
    if use.role is Role.INDEX and (inside or later) and _points_into(site, use):
        return "element-pointer"
    if not inside or use.builtin == "len" or is_appended(use) or append_of(site, use) is not None:
        return ""
    return "" if use.role is Role.INDEX else "used-in-loop"


_ALIASING = frozenset({Role.COPY, Role.SLICE, Role.CONVERSION, Role.ELEMENT, Role.SEND})


def _makes_alias(use: Use) -> bool:
    """Whether a use gives the slice a second name in this function: a copy, a sub-slice, a field, an element.

    What leaves the function is another matter: the room that append leaves in a slice is not specified.
    """
    element = use.builtin == "append" and not first_argument(use) and not _spread(use)
    return use.role in _ALIASING or element


def _spread(use: Use) -> bool:
    return use.node.parent is not None and use.node.parent.type == "variadic_argument"


def _grows_another(site: Site, var: Variable, loop: Loop) -> bool:
    """Whether the function appends to, or looks for room in, some other slice of the same elements: it might be the
    same array under its second name."""
    function = site.function_at(loop.node)
    if function is None:
        return False
    for node in below(function.node):
        operand = node.child_by_field_name("operand") if node.type == "slice_expression" else None
        if node.type == "call_expression" and site.callee(node) in {"append", "cap"}:
            operand = next(iter(arguments(node)), None)
        if operand is None or site.text(unparen(operand)) == var.name:
            continue
        known = site.type(operand)
        if known is None or known.elem is None or known.elem == var.type.elem:
            return True
    return False


def _reaches_spare_room(site: Site, use: Use) -> bool:
    """x[i:j:k], x[len(x):…], x[:n]: slices that may show what lies between length and capacity."""
    if use.role is not Role.SLICE:
        return False
    first, third = (use.construct.child_by_field_name(name) for name in ("start", "capacity"))
    if third is not None or (first is not None and _is_length(site, first, use.node)):
        return True
    return beyond_length(site, use.construct)


def beyond_length(site: Site, sliced: Node) -> bool:
    """Whether a slice expression may show what lies between the length and the capacity of its operand.

    An end is checked against the capacity, not the length (Go spec, "Simple slice expressions"): only 0, `len(x)`,
    `len(x) - 1` and the like surely stay below.
    """
    operand, end = sliced.child_by_field_name("operand"), sliced.child_by_field_name("end")
    if end is None or operand is None or site.const(end) == "0":
        return False
    left, operator, right = (end.child_by_field_name(name) for name in ("left", "operator", "right"))
    if end.type == "binary_expression" and left is not None and operator is not None and right is not None:
        amount, least = site.const_int(right), {"-": 0, "/": 1}.get(operator.type)
        if amount is None or least is None or amount < least:
            return True
        end = left
    return not _is_length(site, unparen(end), unparen(operand))


def _is_length(site: Site, node: Node, operand: Node) -> bool:
    """Whether `node` is `len(operand)` or, for the operand `buf.Bytes()`, `buf.Len()`."""
    if node.type != "call_expression":
        return False
    if site.callee(node) == "len":
        measured = next(iter(arguments(node)), None)
        return measured is not None and site.text(unparen(measured)) == site.text(operand)
    if site.callee(node) != "(*bytes.Buffer).Len" or site.callee(operand) != "(*bytes.Buffer).Bytes":
        return False
    return site.text(node).removesuffix(".Len()") == site.text(operand).removesuffix(".Bytes()")


def _appended_elsewhere(var: Variable, use: Use) -> bool:
    """`y := append(x, …)`: the new elements go into the spare room of x. One `return append(x, …)` ends it."""
    if use.builtin != "append" or not first_argument(use) or is_appended(use):
        return False
    others = [u for u in var.uses if u.builtin == "append" and first_argument(u) and not is_appended(u)]
    returned = role_of(use.construct)[0] is Role.RETURN and not use.literals and not use.loops
    return not returned or len({u.statement.id for u in others}) < len(others)


def _points_into(site: Site, use: Use) -> bool:
    """&x[i], &x[i].f, x[i].method() on a pointer, x[i][:] of an array element: a pointer into the backing array."""
    node, construct = use.node, use.construct
    while True:
        role, construct = role_of(node)
        if role is Role.ADDRESS or (role is Role.SLICE and node != use.node and _is_array(site, node)):
            return True
        if role is Role.MEMBER:
            field = construct.child_by_field_name("field")
            selection = None if field is None else site.facts.selection(site.path, field.start_byte)
            if selection is not None and selection.implicit_address:
                return True
        if role not in {Role.INDEX, Role.MEMBER}:
            return role is Role.RANGE and _is_array(site, node)
        node = construct


def _is_array(site: Site, node: Node) -> bool:
    known = site.type(node)
    return known is None or known.kind == "array"


def nil_notes(site: Site, var: Variable, observer: Node | None) -> tuple[Note, ...]:
    """Why nothing can tell a nil slice from an empty one, or what could."""
    if observer is not None:
        return (site.note("this could tell nil from empty", observer),)
    return proof(site, var) if site.slice_start(var).kind == "nil" else ()


def only_looks(use: Use) -> bool:
    """Whether a use takes a value out of a slice, or ends the function with it, and does nothing else to it."""
    return use.builtin == "len" or use.role in {Role.RETURN, Role.RANGE, Role.INDEX, Role.COMPARE}
