"""A loop: what it runs over, how often, and how it may end early."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from .syntax import FUNCTIONS, contains, of_kinds, single, unparen

_BREAKABLE = frozenset({"for_statement", "expression_switch_statement", "type_switch_statement", "select_statement"})


@dataclass(frozen=True, slots=True)
class Count:
    """How often a loop body starts, if nothing ends the loop early.

    `text` is a Go expression that equals it just before the loop; `constant` is its value where that is known.
    `exact` is False where the number is only known not to be exceeded or may be negative (`range n`).
    `operand` is the variable that it speaks of.
    """

    text: str
    constant: int | None = None
    exact: bool = True
    operand: Node | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """A statement that leaves the loop, or goes on with an outer one, before its operand is used up."""

    kind: str  # break | return | goto | continue
    node: Node
    outer: bool = False  # a break or continue of a loop around this one


@dataclass(frozen=True, slots=True)
class Loop:
    """A for statement.

    `kind` is slice, array, map, string, channel, integer or function (a range), three-clause, condition or bare.
    """

    node: Node
    kind: str
    operand: Node | None
    key: Node | None
    value: Node | None
    body: Node
    count: Count | None
    exits: tuple[Exit, ...]
    label: str

    def exits_before(self, node: Node) -> tuple[Exit, ...]:
        """The early exits (continue included) that may keep an iteration from reaching `node`."""
        return tuple(exit_ for exit_ in self.exits if exit_.node.start_byte < node.start_byte)


def header(loop: Node) -> Node | None:
    """The range clause, for clause or condition of a for statement; None for `for { … }`."""
    return next((child for child in loop.named_children if child.type not in {"block", "comment"}), None)


def range_operand(loop: Node) -> Node | None:
    """What a for statement ranges over, or None where it is no range."""
    clause = header(loop)
    if clause is None or clause.type != "range_clause":
        return None
    return clause.child_by_field_name("right")


def range_variables(loop: Node) -> tuple[Node | None, Node | None]:
    """The key and value expressions of a range clause."""
    clause = header(loop)
    left = None if clause is None else clause.child_by_field_name("left")
    items = [] if left is None else [child for child in left.named_children if child.type != "comment"]
    return (items[0] if items else None), (items[1] if len(items) > 1 else None)


def label_of(loop: Node) -> str:
    parent = loop.parent
    if parent is None or parent.type != "labeled_statement":
        return ""
    label = parent.child_by_field_name("label")
    return "" if label is None or label.text is None else label.text.decode()


def exits(loop: Node) -> tuple[Exit, ...]:
    """Every statement in the body, function literals left out, that cuts an iteration or the loop short."""
    body = loop.child_by_field_name("body")
    label = label_of(loop)
    found: list[Exit] = []
    if body is None:
        return ()
    for node in of_kinds(body, "break_statement", "continue_statement", "return_statement", "goto_statement"):
        if _in_literal(node, loop):
            continue
        kind = node.type.removesuffix("_statement")
        if kind in {"return", "goto"} or _targets(node, kind, loop, label):
            found.append(Exit(kind, node, _label(node) not in {"", label}))
    return tuple(found)


def _label(node: Node) -> str:
    named = next((child for child in node.named_children if child.type == "label_name"), None)
    return named.text.decode() if named is not None and named.text is not None else ""


def _in_literal(node: Node, loop: Node) -> bool:
    current = node.parent
    while current is not None and current != loop:
        if current.type in FUNCTIONS:
            return True
        current = current.parent
    return False


def _targets(node: Node, kind: str, loop: Node, label: str) -> bool:
    """Whether a break or continue belongs to this loop or to one around it, not to a statement inside it."""
    text = _label(node)
    if text:
        return text == label or not _labelled_inside(node, loop, text)
    inner = {"for_statement"} if kind == "continue" else _BREAKABLE
    current = node.parent
    while current is not None and current != loop:
        if current.type in inner:
            return False
        current = current.parent
    return True


def _labelled_inside(node: Node, loop: Node, label: str) -> bool:
    current = node.parent
    while current is not None and current != loop:
        if label_of(current) == label:
            return True
        current = current.parent
    return False


@dataclass(frozen=True, slots=True)
class ThreeClause:
    """The parts of `for i := start; i < bound; i++` (or <=), where the loop has exactly this shape."""

    variable: Node
    start: Node
    bound: Node
    inclusive: bool


def three_clause(loop: Node) -> ThreeClause | None:
    """`for i := c; i < N; i++` taken apart; None for any other shape."""
    clause = header(loop)
    if clause is None or clause.type != "for_clause":
        return None
    init, condition, update = (clause.child_by_field_name(n) for n in ("initializer", "condition", "update"))
    if init is None or condition is None or update is None:
        return None
    if init.type != "short_var_declaration" or update.type != "inc_statement" or condition.type != "binary_expression":
        return None
    variable = single(init.child_by_field_name("left"))
    start = single(init.child_by_field_name("right"))
    left, right, operator = (condition.child_by_field_name(n) for n in ("left", "right", "operator"))
    if variable is None or start is None or left is None or right is None or operator is None:
        return None
    stepped = next(iter(update.named_children), None)
    if operator.type not in {"<", "<="} or stepped is None:
        return None
    if not variable.text == left.text == stepped.text:
        return None
    return ThreeClause(variable, start, unparen(right), operator.type == "<=")


def literal_length(node: Node) -> int | None:
    """The number of elements of a slice or array literal without keys: 3 for `[]int{a, b, c}`."""
    node = unparen(node)
    if node.type != "composite_literal":
        return None
    written, body = node.child_by_field_name("type"), node.child_by_field_name("body")
    if written is None or body is None:
        return None
    if written.type not in {"slice_type", "array_type", "implicit_length_array_type"}:
        return None
    items = [child for child in body.named_children if child.type != "comment"]
    return len(items) if all(item.type == "literal_element" for item in items) else None


def runs_once_per_iteration(loop: Loop, statement: Node) -> bool:
    """Whether every iteration that is not cut short by a return runs `statement` exactly once.

    True for a direct statement of the body that no break, continue or goto comes before.
    """
    parent = statement.parent
    direct = parent is not None and parent.type == "statement_list" and parent.parent == loop.body
    return direct and all(e.kind == "return" for e in loop.exits_before(statement)) and contains(loop.body, statement)
