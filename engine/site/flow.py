"""What may run after a statement, as far as the blocks around it tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from tree_sitter import Node

from .syntax import contains, enclosing_function, of_kinds, parents

_JUMPS = ("break_statement", "continue_statement")
_LOOPS = frozenset({"for_statement"})
_SWITCHES = frozenset({"expression_switch_statement", "type_switch_statement", "select_statement"})


def runs_after(statement: Node, nodes: Iterable[Node], scope: Node) -> Node | None:
    """The first of `nodes` that may run after a statement within one run of `scope`, the block of a variable.

    The statement itself where it may run a second time: in a loop inside the scope, or in a function with a goto. A
    function literal is looked at by itself. Calls that do not return (panic, os.Exit) count as if they did.
    """
    function = enclosing_function(statement)
    if function is not None and of_kinds(function, "goto_statement"):
        return statement
    current = statement
    for parent in parents(statement):
        if parent.type == "for_statement":
            return statement
        if parent.type == "statement_list":
            found = next((node for node in nodes if _behind(current, node, parent)), None)
            if found is not None:
                return found
            end = _last(parent)
            jumps = [node for node in of_kinds(parent, *_JUMPS) if _behind(current, node, parent) and node != end]
            if not jumps and (end.type == "return_statement" or _leaves(end, scope)):
                return None
            if end.type in {"fallthrough_statement", "continue_statement"}:
                return statement
        if parent == scope or parent.type == "func_literal":
            return None
        current = parent
    return None


def _behind(current: Node, node: Node, listed: Node) -> bool:
    return node.start_byte >= current.end_byte and contains(listed, node)


def _leaves(end: Node, scope: Node) -> bool:
    """Whether a continue or break goes to a loop that holds the scope."""
    targets = {"continue_statement": _LOOPS, "break_statement": _LOOPS | _SWITCHES}.get(end.type)
    if targets is None:
        return False
    inside = list(itertools.takewhile(lambda node: node != scope, parents(end)))
    label = next((child.text for child in end.named_children if child.type == "label_name"), None)
    if label is not None:
        labels = [node.child_by_field_name("label") for node in inside if node.type == "labeled_statement"]
        return all(found is None or found.text != label for found in labels)
    return not any(node.type in targets for node in inside)


def _last(listed: Node) -> Node:
    return [child for child in listed.named_children if child.type != "comment"][-1]
