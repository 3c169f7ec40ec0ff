"""Ways to write an edit that keeps the bytes it does not mean to change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from ..model import Edit
from .syntax import mentions
from .variable import Variable

if TYPE_CHECKING:
    from .site import Site

#: A part of a new text: text of its own, or a node or span of the file that stays as it is.
Part: TypeAlias = str | Node | tuple[int, int]


def recompose(text: bytes, start: int, end: int, parts: Iterable[Part]) -> list[Edit]:
    """Replace the bytes [start, end) by `parts` in order; a node or span stands for its own bytes, which stay.

    So other edits may still change what lies inside a kept node. Nodes must come in source order.
    """
    edits: list[Edit] = []
    at, new = start, ""
    for part in parts:
        if isinstance(part, str):
            new += part
            continue
        first, last = part if isinstance(part, tuple) else (part.start_byte, part.end_byte)
        edits.append(Edit(at, first, new.encode()))
        at, new = last, ""
    edits.append(Edit(at, end, new.encode()))
    return [edit for edit in edits if text[edit.start : edit.end] != edit.new]


def declared_empty(site: Site, var: Variable) -> bool:
    """Whether a variable starts as its type's zero value (or the empty string)."""
    value = var.declaration.value
    return value is None or site.const(value) == '""' or site.is_builtin(value, "nil")


def redeclare(site: Site, var: Variable, type_: str, first: Iterable[Part]) -> list[Edit]:
    """Declare `var` as `var name type_`; `first` is the statement that gives it its initial value, if it has one."""
    declared, statement = var.declaration, var.declaration.statement
    new = [f"var {var.name} {type_}"]
    if declared.kind == "var":
        # var s string = ""
        # var s strings.Builder
        new = [f"{var.name} {type_}"]
        start = declared.identifier.start_byte
    else:
        start = statement.start_byte
    end = statement.end_byte if declared.alone else _spec_end(declared.identifier)
    if declared_empty(site, var):
        return recompose(site.file.text, start, end, new)
    # s := x
    # var s strings.Builder
    # s.WriteString(x)
    indent = site.indent(statement)
    return recompose(site.file.text, start, end, [*new, f"\n{indent}", *first])


def _spec_end(identifier: Node) -> int:
    parent = identifier.parent
    return identifier.end_byte if parent is None else parent.end_byte


def can_redeclare(site: Site, var: Variable) -> bool:
    """Whether `redeclare` can: the variable is the only name of its statement (or of its line in a var group), and
    a statement that gives it its initial value can follow."""
    declared = var.declaration
    if not var.local or not declared.sole or (declared.value is not None and mentions(declared.value, var.name)):
        return False
    return declared_empty(site, var) or (declared.alone and site.starts_line(declared.statement))
