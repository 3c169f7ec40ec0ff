"""Which name a statement binds a value to."""

from __future__ import annotations

from tree_sitter import Node

from .syntax import unparen


def target_of(value: Node, statement: Node) -> Node | None:
    """The left side that receives `value` in `x := value`, `x, y = value, other`, `var x T = value`; the first one
    where a call gives several. None where `value` is only a part of what is assigned."""
    if statement.type == "var_spec":
        left, right = statement.children_by_field_name("name"), _listed(statement.child_by_field_name("value"))
    else:
        left, right = (_listed(statement.child_by_field_name(side)) for side in ("left", "right"))
    values = [unparen(each) for each in right]
    if value not in values or not left:
        return None
    return unparen(left[values.index(value) if len(values) == len(left) else 0])


def _listed(node: Node | None) -> list[Node]:
    if node is None:
        return []
    nodes = node.named_children if node.type == "expression_list" else [node]
    return [each for each in nodes if each.type != "comment"]
