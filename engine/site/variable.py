"""A variable: how it is declared, and every use of it with its role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tree_sitter import Node

from ..facts.facts import Object, PackageFacts, Type
from ..source.gofile import GoFile
from ..source.words import name_at
from .roles import WRITES, Role, role_of
from .syntax import FUNCTIONS, above, arguments, contains, loops_around, parents, single, statement_of, unparen


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where and how a variable comes to be.

    `kind` is one of: var, :=, parameter, result, receiver, range, for, if, switch, select, field, package, other.
    `statement` is the statement that declares it, `within` the node whose block it belongs to. `alone` says that the
    statement declares nothing else, `sole` that no other name shares its type and value (as in a var group of single
    lines). `type` and `value` are the nodes of its declared type and its initial value.
    """

    kind: str
    identifier: Node
    statement: Node
    within: Node | None
    type: Node | None = None
    value: Node | None = None
    alone: bool = False
    sole: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a variable. Loops and function literals are innermost first, and only those inside its scope."""

    node: Node
    role: Role
    construct: Node  # what gives the use its role: the assignment, the call, the selector …
    statement: Node
    loops: tuple[Node, ...]
    literals: tuple[Node, ...]
    under_go: bool  # runs on another goroutine: inside a literal that a go statement starts
    deferred: bool  # inside a literal that a defer statement runs
    builtin: str  # the builtin that takes it as an argument: "len", "append" …
    conversion: bool  # the call that takes it is a conversion
    implicit_address: bool  # a method call takes its address

    @property
    def writes(self) -> bool:
        return self.role in WRITES or self.implicit_address

    @property
    def start(self) -> int:
        return self.node.start_byte


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that go/types knows, with all of its uses in source order (its declaration is not among them)."""

    name: str
    object: Object
    type: Type
    declaration: Declaration
    uses: tuple[Use, ...]

    @property
    def local(self) -> bool:
        """Declared by a plain statement of a block: `var x …` or `x := …`."""
        return self.declaration.kind in {"var", ":="}

    def within(self, node: Node) -> tuple[Use, ...]:
        """The uses inside `node`."""
        return tuple(use for use in self.uses if contains(node, use.node))

    def between(self, after: Node, before: Node) -> tuple[Use, ...]:
        """The uses that stand after the end of one node and before the start of another."""
        return tuple(u for u in self.uses if after.end_byte <= u.start and u.node.end_byte <= before.start_byte)

    def after(self, node: Node) -> tuple[Use, ...]:
        """The uses that stand after `node`."""
        return tuple(use for use in self.uses if use.start >= node.end_byte)

    def written(self, uses: Iterable[Use] | None = None) -> Use | None:
        """The first of the uses that assigns to it or takes its address."""
        return next((use for use in (self.uses if uses is None else uses) if use.writes), None)


def variable(file: GoFile, facts: PackageFacts, identifier: Node) -> Variable | None:
    """The variable that `identifier` denotes; None where go/types knows no variable there."""
    obj = facts.object(file.path, identifier.start_byte)
    if obj is None or obj.kind != "var" or obj.type is None:
        return None
    if obj.path != file.path or obj.offset is None:
        return None
    size = len(obj.name.encode())
    declared = name_at(file, obj.offset, obj.offset + size)
    if declared is None:
        return None
    declaration = _declaration(declared, obj)
    spots = (at for path, at in facts.occurrences(obj) if path == file.path and at != obj.offset)
    nodes = (name_at(file, at, at + size) for at in spots)
    uses = tuple(_use(file, facts, node, declaration.within) for node in nodes if node is not None)
    return Variable(obj.name, obj, obj.type, declaration, uses)


def _declaration(identifier: Node, obj: Object) -> Declaration:
    statement = statement_of(identifier)
    if obj.scope == "package":
        return Declaration("package", identifier, statement, None)
    if obj.field:
        return Declaration("field", identifier, statement, None)
    introducer = above(identifier, _INTRODUCERS | FUNCTIONS)
    if introducer is not None and introducer.type in FUNCTIONS:
        introducer = None
    if introducer is None:
        return Declaration("other", identifier, statement, None)
    if introducer.type in {"var_spec", "short_var_declaration"}:
        return _plain(identifier, introducer, statement)
    kind = {"range_clause": "range", "receive_statement": "select", "type_switch_statement": "switch"}.get(
        introducer.type
    )
    if kind is not None:
        return Declaration(kind, identifier, statement, introducer.parent)
    function = above(introducer, FUNCTIONS)
    written = introducer.child_by_field_name("type")
    return Declaration(_parameter_kind(introducer), identifier, statement, function, written)


_INTRODUCERS = {
    "var_spec",
    "short_var_declaration",
    "range_clause",
    "receive_statement",
    "parameter_declaration",
    "variadic_parameter_declaration",
    "type_switch_statement",
}
_CLAUSES = {"range_clause": "range", "receive_statement": "select", "type_switch_statement": "switch"}
_HEADERS = {
    "for_clause": "for",
    "if_statement": "if",
    "expression_switch_statement": "switch",
    "type_switch_statement": "switch",
    "communication_case": "select",
}


def _parameter_kind(introducer: Node) -> str:
    listed = introducer.parent
    function = None if listed is None else listed.parent
    if listed is None or function is None:
        return "other"
    for field in ("receiver", "result"):
        if function.child_by_field_name(field) == listed:
            return field
    return "parameter"


def _plain(identifier: Node, introducer: Node, statement: Node) -> Declaration:
    parent = introducer.parent
    assert parent is not None
    if introducer.type == "short_var_declaration":
        names = introducer.child_by_field_name("left")
        value = _matching(identifier, names, introducer.child_by_field_name("right"))
        one = names is not None and single(names) is not None
        header = _HEADERS.get(parent.type)
        kind = header or ":="
        return Declaration(kind, identifier, introducer, _block(introducer), None, value, one, one)
    names_of_spec = introducer.children_by_field_name("name")
    one = len(names_of_spec) == 1
    listed = parent if parent.type == "var_spec_list" else None
    specs = 1 if listed is None else sum(child.type == "var_spec" for child in listed.children)
    values = introducer.child_by_field_name("value")
    value = _matching_spec(identifier, names_of_spec, values)
    written = introducer.child_by_field_name("type")
    alone = one and specs == 1 and listed is None
    return Declaration(
        "var",
        identifier,
        listed.parent or parent if listed is not None else parent,
        _block(introducer),
        written,
        value,
        alone,
        one,
    )


def _matching(identifier: Node, names: Node | None, values: Node | None) -> Node | None:
    """The value that `a, b := x, y` gives to one of its names; None where one call gives several."""
    if names is None:
        return None
    return _matching_spec(identifier, names.named_children, values)


def _matching_spec(identifier: Node, names: list[Node], values: Node | None) -> Node | None:
    left = [node for node in names if node.type != "comment"]
    right = [] if values is None else [node for node in values.named_children if node.type != "comment"]
    return right[left.index(identifier)] if len(left) == len(right) and identifier in left else None


def _block(node: Node) -> Node | None:
    """The node that ends the scope of a declaration: its block, case, or the statement whose header it is in."""
    return above(node, {"block", "expression_case", "type_case", "default_case", "communication_case", *_HEADERS})


def _use(file: GoFile, facts: PackageFacts, node: Node, scope: Node | None) -> Use:
    role, construct = role_of(node)
    literals = tuple(p for p in _until(node, scope) if p.type == "func_literal")
    starters = [above(literal, {"go_statement", "defer_statement"} | set(FUNCTIONS)) for literal in literals]
    started = [
        starter.type
        for literal, starter in zip(literals, starters, strict=True)
        if starter is not None and starter.type not in FUNCTIONS and contains(starter, literal)
    ]
    builtin, conversion = "", False
    if role is Role.ARGUMENT and construct.parent is not None:
        construct = construct.parent
        builtin, conversion = _callee(file, facts, construct)
    if role is Role.DEFINE:
        role = Role.ASSIGN  # `x, err := f()` where x is there already
    selection = facts.selection(file.path, _member_start(node)) if role is Role.MEMBER else None
    return Use(
        node=node,
        role=Role.CONVERSION if conversion else role,
        construct=construct,
        statement=statement_of(node),
        loops=loops_around(node, scope) + _outer_loops(literals, scope),
        literals=literals,
        under_go="go_statement" in started,
        deferred="defer_statement" in started,
        builtin=builtin,
        conversion=conversion,
        implicit_address=selection is not None and selection.implicit_address,
    )


def _until(node: Node, scope: Node | None) -> Iterable[Node]:
    for parent in parents(node):
        if scope is not None and parent == scope:
            return
        yield parent


def _outer_loops(literals: tuple[Node, ...], scope: Node | None) -> tuple[Node, ...]:
    """The loops around the literals that hold a use: what runs in them may run once per iteration."""
    return tuple(loop for literal in literals for loop in loops_around(literal, scope))


def _callee(file: GoFile, facts: PackageFacts, call: Node) -> tuple[str, bool]:
    function = call.child_by_field_name("function")
    if function is None:
        return "", False
    known = facts.expr(file.path, function.start_byte, function.end_byte)
    inner = unparen(function)
    if known is None:
        known = facts.expr(file.path, inner.start_byte, inner.end_byte)
    if known is None:
        return "", False
    name = file.slice(inner).decode("utf-8", "replace") if known.is_builtin else ""
    return name, known.is_type


def _member_start(node: Node) -> int:
    child, parent = node, node.parent
    while parent is not None and parent.type == "parenthesized_expression":
        child, parent = parent, parent.parent
    field = None if parent is None else parent.child_by_field_name("field")
    return child.start_byte if field is None else field.start_byte


def first_argument(use: Use) -> bool:
    """Whether a call takes the use as its first argument: the slice that `append(x, …)` appends to."""
    listed = arguments(use.construct)
    return bool(listed) and unparen(listed[0]) == use.node
