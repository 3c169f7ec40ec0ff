"""How a variable grows: every statement that assigns to it, told by what it does with the old value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from .loop import Loop, runs_once_per_iteration
from .quote import unquote
from .roles import Role
from .syntax import FUNCTIONS, above, body_statements, contains, mentions, single, unparen
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Growth:
    """One write to a variable that is concatenated to.

    `kind` is append (`s += a + b`, `s = s + a`), prepend (the old value stands elsewhere in the sum), regrouped
    (`s = (s + a) + b`: what is appended is no part of its own), reset (`s = ""`), assign (any other assignment, also
    as one of several), or address. `operands` are what an append adds.
    """

    use: Use
    kind: str
    operands: tuple[Node, ...] = ()
    added: tuple[int, int] = (0, 0)  # the span of what an append adds, parentheses included
    constant: bool = False  # what an append adds is a constant

    @property
    def concatenates(self) -> bool:
        return self.kind in {"append", "prepend", "regrouped"}


def growth(site: Site, var: Variable) -> tuple[Growth, ...]:
    """Every write to `var` in source order."""
    return tuple(_growth(site, use) for use in var.uses if use.writes)


def operands(node: Node) -> list[Node]:
    """The operands of a sum, parentheses looked through: [a, b, c] of `a + (b + c)`."""
    node = unparen(node)
    operator = node.child_by_field_name("operator") if node.type == "binary_expression" else None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if operator is None or operator.type != "+" or left is None or right is None:
        return [node]
    return [*operands(left), *operands(right)]


def assigned_value(use: Use) -> Node | None:
    """The right side of `x = …` or `x += …`; None where x is one of several, or no statement assigns it."""
    if use.construct.type != "assignment_statement":
        return None
    if single(use.construct.child_by_field_name("left")) is None:
        return None
    return single(use.construct.child_by_field_name("right"))


def _growth(site: Site, use: Use) -> Growth:
    if use.role not in {Role.ASSIGN, Role.OP_ASSIGN}:
        return Growth(use, "address")
    value = assigned_value(use)
    if value is None:
        return Growth(use, "assign")
    if use.role is Role.OP_ASSIGN:
        span = value.start_byte, value.end_byte
        return Growth(use, "append", tuple(operands(value)), span, site.const(value) is not None)
    added = operands(value)
    own = [site.same_object(operand, use.node) for operand in added]
    if len(added) > 1 and own[0] and not _opens_with_parenthesis(site, value):
        return Growth(use, "append", tuple(added[1:]), (_first_added(value), value.end_byte))
    if len(added) > 1 and any(own):
        return Growth(use, "regrouped" if own[0] else "prepend")
    return Growth(use, "reset" if site.const(value) == '""' else "assign")


def _first_added(value: Node) -> int:
    """Where the second operand of a sum starts: at `a` in `x + a + b`, at its parenthesis in `x + (a + b)`."""
    left, right = value.child_by_field_name("left"), value.child_by_field_name("right")
    assert left is not None and right is not None
    return _first_added(left) if left.type == "binary_expression" else right.start_byte


def _opens_with_parenthesis(site: Site, value: Node) -> bool:
    return site.text(value).startswith("(")


def is_own_operand(use: Use) -> bool:
    """Whether a read is the x on the right of `x = x + …`."""
    statement = above(use.node, {"assignment_statement"} | FUNCTIONS)
    operator = None if statement is None else statement.child_by_field_name("operator")
    if statement is None or operator is None or operator.type != "=":
        return False
    left, right = (single(statement.child_by_field_name(side)) for side in ("left", "right"))
    if left is None or right is None or left.text != use.node.text or not contains(right, use.node):
        return False
    added = operands(right)
    return len(added) > 1 and added[0] == use.node


@dataclass(frozen=True, slots=True)
class Steady:
    """A loop each of whose iterations appends the same number of bytes; `bytes` is a Go expression for them all."""

    loop: Loop
    bytes: str


def steady_loop(site: Site, writes: tuple[Growth, ...]) -> Steady | None:
    """The only loop that appends, if every iteration appends the same constants."""
    looped = [write for write in writes if write.use.loops]
    around = {write.use.loops[0].id for write in looped if len(write.use.loops) == 1}
    if not looped or len(around) != 1 or any(len(w.use.loops) != 1 or w.kind != "append" for w in looped):
        return None
    loop = site.loop(looped[0].use.loops[0])
    exact = loop.count is not None and loop.count.exact and not loop.exits
    if not exact or not all(runs_once_per_iteration(loop, write.use.construct) for write in looped):
        return None
    widths = [_bytes(site.const(operand)) for write in looped for operand in write.operands]
    known = [width for width in widths if width is not None]
    count, width = loop.count, sum(known)
    if count is None or len(known) != len(widths) or not width or not site.starts_line(loop.node):
        return None
    if count.constant is not None:
        total = count.constant * width
        return Steady(loop, str(total)) if total <= _MOST and count.operand is None else None
    if (
        count.operand is None
        or mentions(count.operand, site.text(looped[0].use.node))
        or not site.builtin_visible("len", loop.node)
    ):
        return None
    return Steady(loop, count.text if width == 1 else f"{count.text} * {width}")


#: No constant speaks of memory that is there: beyond this a loop that is left by os.Exit would reserve it in vain.
_MOST = 1 << 16


def _bytes(constant: str | None) -> int | None:
    """The length in bytes of a string constant as go/constant prints it."""
    text = None if constant is None else unquote(constant)
    return None if text is None else len(text)


def joining_loop(site: Site, var: Variable, writes: tuple[Growth, ...]) -> Loop | None:
    """The loop right behind the declaration that does nothing but append the elements of a []string, if no comment
    stands between the two or inside."""
    declared = var.declaration.statement
    if len(writes) != 1 or len(writes[0].operands) != 1 or not site.declared_empty(var) or not var.declaration.alone:
        return None
    use = writes[0].use
    if len(use.loops) != 1 or use.literals or declared.next_named_sibling != use.loops[0]:
        return None
    loop = site.loop(use.loops[0])
    elements = None if loop.operand is None else site.type(loop.operand)
    body = body_statements(loop.body)
    if loop.kind != "slice" or loop.value is None or loop.label or body != [use.statement]:
        return None
    if loop.operand is None or mentions(loop.operand, var.name):
        return None
    if elements is None or elements.elem is None or elements.elem.string != "string":
        return None
    if (loop.key is not None and site.text(loop.key) != "_") or not site.defines(loop):
        return None
    if site.has_comment(declared, loop.node):
        return None
    return loop if site.same_object(loop.value, writes[0].operands[0]) else None
