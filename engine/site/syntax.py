"""Small questions to the tree that need no types: parents, statements, operands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tree_sitter import Node

from ..source.gofile import matches, query

FUNCTIONS = frozenset({"function_declaration", "method_declaration", "func_literal"})


def parents(node: Node) -> Iterator[Node]:
    """The nodes above `node`, innermost first."""
    current = node.parent
    while current is not None:
        yield current
        current = current.parent


def above(node: Node, kinds: frozenset[str] | set[str]) -> Node | None:
    """The nearest node above that is of one of `kinds`."""
    return next((parent for parent in parents(node) if parent.type in kinds), None)


def enclosing_function(node: Node) -> Node | None:
    """The innermost function or function literal that contains `node`."""
    return above(node, FUNCTIONS)


def loops_around(node: Node, until: Node | None = None) -> tuple[Node, ...]:
    """The for statements whose *repeated* part holds `node`, innermost first, up to `until` or the function's edge.

    The operand of a range clause and the initialiser of a three-clause loop run once: they do not lie in that loop.
    """
    found: list[Node] = []
    child = node
    for parent in parents(node):
        if parent.type in FUNCTIONS or (until is not None and parent == until):
            break
        if parent.type == "for_statement" and _repeats(parent, child, node):
            found.append(parent)
        child = parent
    return tuple(found)


def _repeats(loop: Node, child: Node, node: Node) -> bool:
    if child.type == "range_clause":
        left = child.child_by_field_name("left")
        return left is not None and contains(left, node)
    if child.type == "for_clause":
        initializer = child.child_by_field_name("initializer")
        return initializer is None or not contains(initializer, node)
    return True


def contains(outer: Node, inner: Node) -> bool:
    """Whether the span of `outer` covers that of `inner`."""
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def statement_of(node: Node) -> Node:
    """The statement that stands in a statement list and holds `node` (or the outermost node below the file)."""
    current = node
    for parent in parents(node):
        if parent.type in {"statement_list", "source_file"}:
            return current
        current = parent
    return current


def body_statements(block: Node) -> list[Node]:
    """The direct statements of a block or case, comments left out."""
    lists = [child for child in block.children if child.type == "statement_list"]
    return [node for one in lists for node in one.named_children if node.type != "comment"]


def single(node: Node | None) -> Node | None:
    """The only expression of an expression list, or None where there are several."""
    if node is None:
        return None
    if node.type != "expression_list":
        return node
    items = [child for child in node.named_children if child.type != "comment"]
    return items[0] if len(items) == 1 else None


def unparen(node: Node) -> Node:
    """`node` without the parentheses around it."""
    while node.type == "parenthesized_expression":
        inner = next((child for child in node.named_children if child.type != "comment"), None)
        if inner is None:
            return node
        node = inner
    return node


def arguments(call: Node) -> list[Node]:
    """The argument nodes of a call or conversion."""
    if call.type == "type_conversion_expression":
        operand = call.child_by_field_name("operand")
        return [] if operand is None else [operand]
    listed = call.child_by_field_name("arguments")
    return [] if listed is None else [node for node in listed.named_children if node.type != "comment"]


def below(node: Node) -> Iterator[Node]:
    """Everything below `node` in source order."""
    stack = list(reversed(node.children))
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


def of_kinds(node: Node, *kinds: str) -> list[Node]:
    """The nodes of these kinds below `node`, in source order; far cheaper than looking at all of them."""
    wanted = query("[" + " ".join(f"({kind})" for kind in kinds) + "] @found")
    return [found for _, captures in matches(wanted, node) for found in captures["found"] if found != node]


_HEADS = frozenset(
    {
        "statement_list", "block", "if_statement", "for_statement", "for_clause", "expression_switch_statement",
        "type_switch_statement", "expression_case", "communication_case", "labeled_statement", "source_file",
    }
)  # fmt: skip


def simple_statement(node: Node) -> Node:
    """What is evaluated together with `node`: its simple statement, or the condition or clause of a header."""
    current = node
    for parent in parents(node):
        if parent.type in _HEADS:
            return current
        current = parent
    return current


def runner(literal: Node) -> Node | None:
    """The statement `defer func() { … }()` or `go func() { … }()` of a function literal that one runs, once."""
    call = literal.parent
    direct = call is not None and call.type == "call_expression" and call.child_by_field_name("function") == literal
    statement = call.parent if direct and call is not None else None
    return statement if statement is not None and statement.type in {"defer_statement", "go_statement"} else None


def is_name(node: Node) -> bool:
    return node.type in {"identifier", "field_identifier", "type_identifier", "package_identifier", "nil", "iota"}


def identifiers(node: Node) -> list[Node]:
    """The names in an expression or type that scopes decide; not those behind a dot."""
    found = [
        child for child in [node, *below(node)] if child.type in {"identifier", "type_identifier", "package_identifier"}
    ]
    return [
        child
        for child in found
        if child.parent is None
        or child.parent.child_by_field_name("name") != child
        or (child.parent.type != "qualified_type")
    ]


def mentions(node: Node, name: str) -> bool:
    """Whether an identifier of this name stands in an expression."""
    return any(one.text == name.encode() for one in identifiers(node))


def has_comment(node: Node) -> bool:
    """Whether a comment stands inside a node: its text could not be repeated elsewhere."""
    return any(child.type == "comment" for child in below(node))


def call_of(function: Node) -> Node | None:
    """The call that calls an expression; None where it is used as a value."""
    child, parent = function, function.parent
    while parent is not None and parent.type == "parenthesized_expression":
        child, parent = parent, parent.parent
    called = parent is not None and parent.child_by_field_name("function") == child
    return parent if called and parent is not None and parent.type == "call_expression" else None


_BRACKETS = {"parenthesized_expression", "argument_list", "literal_value", "index_expression", "block", "func_literal"}
_HEADERS = {"if_statement", "for_statement", "expression_switch_statement", "type_switch_statement"}


def needs_parentheses(node: Node) -> bool:
    """Whether `&T{…}` in the place of an expression must stand in parentheses: as the x of x.f, and where its brace
    would open the block of an if, for or switch."""
    if node.parent is not None and node.parent.type == "selector_expression":
        return True
    found = next((parent for parent in parents(node) if parent.type in _BRACKETS | _HEADERS), None)
    return found is not None and found.type in _HEADERS


def called_name(call: Node) -> Node | None:
    """The name of what a call calls: `Max` in `slices.Max[[]int](xs)`, which the grammar takes for a conversion."""
    function = call.child_by_field_name("function") or call.child_by_field_name("type")
    function = None if function is None else unparen(function)
    if function is not None and function.type in {"index_expression", "type_instantiation_expression"}:
        function = function.child_by_field_name("operand") or function
    if function is not None and function.type == "generic_type":
        function = function.child_by_field_name("type") or function
    if function is None or function.type not in {"selector_expression", "qualified_type"}:
        return function
    return function.child_by_field_name("field") or function.child_by_field_name("name")


def with_parentheses(node: Node) -> Node:
    """A node with all the parentheses around it."""
    while node.parent is not None and node.parent.type == "parenthesized_expression":
        node = node.parent
    return node


def deferred(node: Node) -> bool:
    """Whether a node stands in a defer statement of its function."""
    return above(node, {"defer_statement"}) is not None


def bare_return(statement: Node) -> bool:
    """Whether a statement is a `return` without values, which returns the named results as they are."""
    return statement.type == "return_statement" and not statement.named_children


def among(node: Node, statements: Iterable[Node]) -> bool:
    """Whether a node lies in one of these statements."""
    return any(contains(one, node) for one in statements)


def root(node: Node) -> Node | None:
    """The identifier that a chain of selections starts with: the a of `a.b.c`."""
    while node.type == "selector_expression":
        node = node.named_children[0]
    return node if node.type == "identifier" else None
