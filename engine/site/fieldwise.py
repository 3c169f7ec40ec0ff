"""Structs that are filled field by field: `s.A = …` after `s.B = …`, before anything else happens to s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..model import Edit
from .syntax import enclosing_function, mentions, of_kinds
from .whereabouts import bound

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Filling:
    """The statements that fill a struct, up to the first other one that mentions it.

    `values` has what each field is given by its full name ("net/http.Addr"): the field itself where one call gives
    several. `last` is the last of the statements, or the one that they follow.
    """

    operand: str
    values: dict[str, Node]
    statements: tuple[Node, ...]
    last: Node


def filling(site: Site, operand: str, statement: Node) -> Filling:
    """The assignments `operand.F = …` that run whenever what follows `statement` in its block runs to its end.

    A statement that is itself such an assignment is the first of them.
    """
    values, name = _assigned(site, operand, statement), operand.partition(".")[0]
    statements = [statement] if values else []
    sibling = statement.next_named_sibling
    while sibling is not None and sibling.type != "labeled_statement":
        assigned = _assigned(site, operand, sibling)
        if assigned:
            values, statements = values | assigned, [*statements, sibling]
        elif sibling.type != "comment" and mentions(sibling, name) and not _unrelated(site, operand, sibling):
            break
        sibling = sibling.next_named_sibling
    return Filling(operand, values, tuple(statements), statements[-1] if statements else statement)


def _unrelated(site: Site, operand: str, statement: Node) -> bool:
    """Whether a statement only assigns other parts of the struct that `operand` is a part of."""
    left, right = (statement.child_by_field_name(side) for side in ("left", "right"))
    if statement.type != "assignment_statement" or left is None or right is None:
        return False
    targets = [f"{chain(site, target)}." for target in left.named_children if target.type != "comment"]
    root, whole = operand.partition(".")[0], f"{operand}."
    apart = all(t.startswith(f"{root}.") and not t.startswith(whole) and not whole.startswith(t) for t in targets)
    return apart and not mentions(right, root)


def chain(site: Site, node: Node) -> str:
    """A chain of selections as it is written without blanks and comments: "a.b.c"; "" for anything else."""
    if node.type == "identifier":
        return site.text(node)
    operand, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
    start = "" if operand is None or field is None else chain(site, operand)
    return f"{start}.{site.text(field)}" if start and field is not None and node.type == "selector_expression" else ""


def filled(site: Site, operand: str, *fields: str) -> list[Node]:
    """The statements in the function around the site that assign one of these fields of `operand`, in source order."""
    function = enclosing_function(site.node)
    found = [] if function is None else of_kinds(function, "assignment_statement")
    return [one for one in found if not _assigned(site, operand, one).keys().isdisjoint(fields)]


def _assigned(site: Site, operand: str, statement: Node) -> dict[str, Node]:
    """The fields of `operand` that a statement assigns, if all of its targets are such fields."""
    left, right = (statement.child_by_field_name(side) for side in ("left", "right"))
    operator = statement.child_by_field_name("operator")
    if left is None or right is None or operator is None or operator.type != "=":
        return {}
    targets, values = ([n for n in side.named_children if n.type != "comment"] for side in (left, right))
    found: dict[str, Node] = {}
    for number, target in enumerate(targets):
        base, field = target.child_by_field_name("operand"), target.child_by_field_name("field")
        member = None if field is None else site.object(field)
        if base is None or member is None or chain(site, base) != operand:
            return {}
        found[member.full_name] = values[number] if len(values) == len(targets) else target
    return found


def insert_after(site: Site, statement: Node, *lines: str) -> Edit:
    """Statements behind a statement and the comment at the end of its line, each on a line of its own and indented like
    it; on the same line where another statement or the brace of the block stands there."""
    at, behind = statement.end_byte, statement.next_sibling
    while behind is not None and behind.type in {"comment", "\n"} and behind.start_point[0] == statement.end_point[0]:
        at = behind.end_byte if behind.type == "comment" else at
        behind = behind.next_sibling
    line = site.file.lines.span(statement.end_point[0] + 1)[1]
    if site.file.text[at:line].strip():
        return site.insert(statement.end_byte, "".join(f"; {text}" for text in lines))
    return site.insert(at, "".join(f"\n{site.indent(statement)}{text}" for text in lines))


def filling_of(site: Site, value: Node) -> Filling | None:
    """The assignments that fill the local to which a statement of a block gives a value, or which it declares."""
    found = bound(site, value)
    return None if found is None else filling(site, site.text(found[0]), found[1])
