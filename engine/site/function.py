"""The function around a site: its results, its defers, what kind of function it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tree_sitter import Node

from .syntax import FUNCTIONS, enclosing_function, of_kinds

if TYPE_CHECKING:
    from .site import Site
    from .variable import Variable


@dataclass(frozen=True, slots=True)
class Function:
    """The innermost function (or function literal) that holds a site."""

    node: Node
    name: str  # "" for a literal
    named_results: tuple[str, ...]
    defers: bool
    recovers: bool
    labels: bool  # has labels that a goto jumps to
    test: bool
    literal: bool


def function_of(node: Node, file_name: str) -> Function | None:
    """The function around `node`; None at package level."""
    found = enclosing_function(node)
    return None if found is None else _described(found, file_name)


@lru_cache(maxsize=32)  # the sites of one function follow each other; a few threads work on a file each
def _described(found: Node, file_name: str) -> Function:
    name = found.child_by_field_name("name")
    text = "" if name is None or name.text is None else name.text.decode()
    inside = [child for child in of_kinds(found, "defer_statement", "goto_statement") if _owned(child, found)]
    return Function(
        node=found,
        name=text,
        named_results=_named_results(found),
        defers=any(child.type == "defer_statement" for child in inside),
        recovers=any(child.text == b"recover" for child in of_kinds(found, "identifier")),
        labels=any(child.type == "goto_statement" for child in inside),
        test=file_name.endswith("_test.go"),
        literal=found.type == "func_literal",
    )


def parameter(site: Site, name: Node, index: int) -> Variable | None:
    """The parameter of the function called `name` that takes the argument at `index`, if it is that argument alone."""
    function = name.parent
    if function is None or function.child_by_field_name("type_parameters") is not None:
        return None
    listed, body = function.child_by_field_name("parameters"), function.child_by_field_name("body")
    if listed is None or body is None:
        return None
    names: list[Node | None] = []
    for declared in listed.named_children:
        if declared.type == "parameter_declaration":
            names += declared.children_by_field_name("name") or [None]
    found = names[index] if index < len(names) else None
    return None if found is None else site.variable(found)


def has_type_parameters(declared: Node) -> bool:
    """Whether a declared function or its receiver's type has type parameters."""
    receiver = declared.child_by_field_name("receiver")
    named = receiver is not None and bool(of_kinds(receiver, "generic_type"))
    return named or declared.child_by_field_name("type_parameters") is not None


def _owned(node: Node, function: Node) -> bool:
    current = node.parent
    while current is not None and current.type not in FUNCTIONS:
        current = current.parent
    return current == function


def _named_results(function: Node) -> tuple[str, ...]:
    result = function.child_by_field_name("result")
    if result is None or result.type != "parameter_list":
        return ()
    names = [
        name.text.decode()
        for parameter in result.named_children
        for name in parameter.children_by_field_name("name")
        if name.text is not None
    ]
    return tuple(names)


def is_generic(site: Site) -> bool:
    """Whether the declared function around the site, or its receiver's type, has type parameters: the compiler
    says nothing of it where nothing instantiates it."""
    declared = site.file.declaration_at(site.node.start_byte)
    return declared is not None and has_type_parameters(declared)


def names_around(site: Site) -> tuple[str, ...]:
    """The name of the declared function around the site, and that of its receiver's type."""
    declared = site.file.declaration_at(site.node.start_byte)
    parts = [] if declared is None else [declared.child_by_field_name(field) for field in ("name", "receiver")]
    return tuple(site.text(part) for part in parts if part is not None)
