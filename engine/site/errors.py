"""Error checks: the statements right behind a call that leave only when it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from .syntax import arguments, mentions, unparen

if TYPE_CHECKING:
    from .site import Site

_ASKS = frozenset({"errors.Is", "errors.As", "os.IsExist", "os.IsNotExist", "os.IsPermission", "os.IsTimeout"})


def behind_checks(site: Site, statement: Node, error: str, value: str) -> Node:
    """The last of the statements behind `statement` that only look at `error` after a failure and do not mention
    `value`: `if err != nil { … }`, `if errors.Is(err, …) { … }`. `statement` itself where none does."""
    last, following = statement, statement.next_named_sibling
    while following is not None:
        if following.type != "comment":
            if not _checks(site, following, error) or mentions(following, value):
                break
            last = following
        following = following.next_named_sibling
    return last


def _checks(site: Site, statement: Node, error: str) -> bool:
    condition = statement.child_by_field_name("condition") if statement.type == "if_statement" else None
    if condition is None or statement.child_by_field_name("initializer") is not None:
        return False
    return statement.child_by_field_name("alternative") is None and _failed(site, condition, error)


def _failed(site: Site, condition: Node, error: str) -> bool:
    """Whether a condition holds only if the error is not nil."""
    condition = unparen(condition)
    if condition.type == "call_expression":
        asked = arguments(condition)
        return site.callee(condition) in _ASKS and bool(asked) and site.text(asked[0]) == error
    left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
    operator = condition.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return False
    if operator.type in {"&&", "||"}:
        sides = (_failed(site, left, error), _failed(site, right, error))
        return any(sides) if operator.type == "&&" else all(sides)
    if error not in (site.text(left), site.text(right)):
        return False
    other = right if site.text(left) == error else left
    return operator.type == ("!=" if site.is_builtin(other, "nil") else "==")
