"""Structs that are filled field by field: `s.A = …` after `s.B = …`, before anything else happens to s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..model import Edit
from .syntax import mentions

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Filling:
    """The statements that fill a struct, up to the first other one that mentions it.

    `fields` has the targets by the fields' full names ("net/http.Addr"), `values` what they are given (None where one
    call gives several). `last` is the last of the statements, or the one that they follow.
    """

    operand: str
    fields: dict[str, Node]
    values: dict[str, Node | None]
    statements: tuple[Node, ...]
    last: Node


def filling(site: Site, operand: str, statement: Node) -> Filling:
    """The assignments `operand.F = …` that run whenever what follows `statement` in its block runs to its end."""
    found, name = list[tuple[str, Node, Node | None]](), operand.partition(".")[0]
    statements: list[Node] = []
    sibling = statement.next_named_sibling
    while sibling is not None and sibling.type != "labeled_statement":
        assigned = _assigned(site, operand, sibling)
        if assigned:
            found, statements = found + assigned, [*statements, sibling]
        elif sibling.type != "comment" and mentions(sibling, name):
            break
        sibling = sibling.next_named_sibling
    fields, values = {name: target for name, target, _ in found}, {name: value for name, _, value in found}
    return Filling(operand, fields, values, tuple(statements), statements[-1] if statements else statement)


def _assigned(site: Site, operand: str, statement: Node) -> list[tuple[str, Node, Node | None]]:
    """The fields of `operand` that a statement assigns, if all of its targets are such fields: name, target, value."""
    left, right = (statement.child_by_field_name(side) for side in ("left", "right"))
    operator = statement.child_by_field_name("operator")
    if left is None or right is None or operator is None or operator.type != "=":
        return []
    targets, values = ([n for n in side.named_children if n.type != "comment"] for side in (left, right))
    found: list[tuple[str, Node, Node | None]] = []
    for number, target in enumerate(targets):
        base, field = target.child_by_field_name("operand"), target.child_by_field_name("field")
        member = None if field is None else site.object(field)
        if base is None or member is None or site.text(base) != operand:
            return []
        found.append((member.full_name, target, values[number] if len(values) == len(targets) else None))
    return found


def insert_after(site: Site, statement: Node, *lines: str) -> Edit:
    """Statement lines behind a statement and the comment at the end of its line, indented like it."""
    at, behind = statement.end_byte, statement.next_sibling
    while behind is not None and behind.type in {"comment", ";"} and behind.start_point[0] == statement.end_point[0]:
        at = behind.end_byte if behind.type == "comment" else at
        behind = behind.next_sibling
    if behind is not None and behind.start_point[0] == statement.end_point[0]:
        at = statement.end_byte  # something else stands on the line
    indent = site.indent(statement)
    return site.insert(at, "".join(f"\n{indent}{line}" for line in lines))
