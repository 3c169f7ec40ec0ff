"""A site: one query hit in a file, and the questions a codemod may ask about it.

Every answer about meaning comes from go/types; the tree only says where things stand.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tree_sitter import Node

from ..facts.facts import Expr, Object, PackageFacts, Type
from ..model import Decline, Edit, Fix, ImportRequest, NewFile, Note, Tier
from ..source.gofile import GoFile
from . import (
    aliases,
    beside,
    durations,
    errors,
    fieldwise,
    layout,
    literal,
    looping,
    memory,
    names,
    once,
    order,
    renames,
    reset,
    scratch,
    slices,
    stream,
    syntax,
    texts,
    whereabouts,
    written,
    zero,
)
from . import allocate as allocation
from . import count as counts
from . import function as functions
from . import growth as growths
from . import locals as local
from . import mentions as package
from . import pool as pools
from . import pure as purity
from . import rewrite as rewriting
from .context import Context
from .flow import runs_after
from .function import Function, function_of, is_generic
from .growth import Growth, joining_loop
from .mentions import (
    Mention,
    calls_with,
    field_writes,
    owner_of,
)
from .pool import fills_pool
from .rewrite import Part, declared_empty, recompose
from .roles import Role
from .syntax import (
    above,
    below,
    called_name,
    contains,
    is_name,
    mentions,
    unparen,
)
from .valuepool import Refusal, ValuePool, pool_of
from .variable import Use, Variable, variable
from .whereabouts import bound


class Site:
    """What a codemod sees. It answers; it never prints, opens or changes anything."""

    def __init__(
        self,
        codemod: str,
        tier: Tier,
        file: GoFile,
        captures: Mapping[str, Sequence[Node]],
        facts: PackageFacts,
        *,
        context: Context,
        options: Any,
        version: tuple[int, int],
        declines: Mapping[str, str],
        opted_in: bool = False,
    ) -> None:
        self.codemod, self.tier, self.file, self.facts = codemod, tier, file, facts
        self.context, self.options, self.go_version = context, options, version
        self.opted_in = opted_in
        self._captures, self._declines = captures, declines
        self._imports: set[ImportRequest] = set()
        self._comments: list[Node] | None = None

    # -- captures and source ---------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Node:
        """The node that the query captured under `name`. Raises KeyError where this pattern has no such capture."""
        return self._captures[name][0]

    def __contains__(self, name: str) -> bool:
        return bool(self._captures.get(name))

    @property
    def node(self) -> Node:
        """The node that names the site in reports: the capture `@site`."""
        return self["site"]

    @property
    def path(self) -> Path:
        return self.file.path

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.file.slice(node).decode("utf-8", "replace")

    def line(self, node: Node) -> int:
        """The 1-based line on which a node starts."""
        return self.file.lines.position(node.start_byte)[0]

    def indent(self, node: Node) -> str:
        """The white space that the line of `node` starts with."""
        start, _ = self.file.lines.span(self.line(node))
        before = self.file.text[start : node.start_byte]
        return before[: len(before) - len(before.lstrip())].decode()

    def starts_line(self, node: Node) -> bool:
        """Whether nothing but white space stands before `node` on its line."""
        start, _ = self.file.lines.span(self.line(node))
        return not self.file.text[start : node.start_byte].strip()

    # -- types ------------------------------------------------------------------------------------------------

    def expr(self, node: Node) -> Expr | None:
        """What go/types says of an expression: type, constant value, whether it is a type or a builtin."""
        known = self.facts.expr(self.path, node.start_byte, node.end_byte)
        if known is None and node.type == "parenthesized_expression":
            return self.expr(unparen(node))
        return known

    def type(self, node: Node) -> Type | None:
        """The type of an expression; None where go/types has none."""
        known = self.expr(node)
        if known is not None:
            return known.type
        found = self.object(node)
        return None if found is None else found.type

    def const(self, node: Node) -> str | None:
        """The exact constant value of an expression as go/constant prints it (strings quoted), or None."""
        known = self.expr(node)
        return None if known is None else known.value

    def const_int(self, node: Node) -> int | None:
        """The value of an integer constant expression, or None."""
        value = self.const(node)
        return int(value) if value is not None and value.lstrip("-").isdigit() else None

    def object(self, identifier: Node) -> Object | None:
        """The object that an identifier denotes."""
        return self.facts.object(self.path, identifier.start_byte) if is_name(identifier) else None

    def is_builtin(self, node: Node, *names: str) -> bool:
        """Whether `node` denotes one of these universe names (not something that shadows it)."""
        found = self.object(unparen(node))
        return found is not None and found.scope == "universe" and found.name in names

    def callee(self, call: Node) -> str:
        """The full name of the function a call calls: "net/http.ListenAndServe", "(*bytes.Buffer).Write", "len".

        Through aliases and dot imports. "" for calls of variables and literals, and for conversions.
        """
        name = called_name(call)
        found = None if name is None else self.object(name)
        if found is None or found.kind not in {"func", "builtin"}:
            return ""
        return found.full_name if found.kind == "func" else found.name

    def converts_to(self, call: Node) -> Type | None:
        """The target type of a conversion; None for anything else. The grammar cannot tell, go/types can."""
        written = call.child_by_field_name("function") or call.child_by_field_name("type")
        if written is None or call.type not in {"call_expression", "type_conversion_expression"}:
            return None
        known = self.expr(written)
        return known.type if known is not None and known.is_type else None

    # -- variables, loops, functions ---------------------------------------------------------------------------

    def variable(self, identifier: Node) -> Variable | None:
        """The variable behind an identifier, with its declaration and all uses."""
        return variable(self.file, self.facts, identifier) if is_name(identifier) else None

    def escapes(self, node: Node) -> bool | None:
        """Whether the user's own compiler puts an expression or variable on the heap; None where it was not asked
        (the package does not build, a test variant, a file that an earlier pass changed)."""
        return self.context.escapes(self.file.place(node.start_byte, node.end_byte))

    @cached_property
    def function(self) -> Function | None:
        """The innermost function around the site."""
        return function_of(self.node, self.path.name)

    def function_at(self, node: Node) -> Function | None:
        return function_of(node, self.path.name)

    def nil_notes(self, var: Variable, observer: Node | None) -> tuple[Note, ...]:
        """Why nothing can tell a nil slice from an empty one, or what could."""
        if observer is not None:
            return (self.note("this could tell nil from empty", observer),)
        return slices.proof(self, var) if self.slice_start(var).kind == "nil" else ()

    def only_looks(self, use: Use) -> bool:
        """Whether a use takes a value out of a slice, or ends the function with it, and does nothing else to it."""
        return use.builtin == "len" or use.role in {Role.RETURN, Role.RANGE, Role.INDEX, Role.COMPARE}

    def bare_return(self, statement: Node) -> bool:
        """Whether a statement is a `return` without values, which returns the named results as they are."""
        return statement.type == "return_statement" and not statement.named_children

    def joining_loop(self, var: Variable, writes: tuple[Growth, ...]) -> Loop | None:
        """The loop right behind the declaration that does nothing but append the elements of a []string, if no
        comment stands between the two or inside."""
        loop = joining_loop(self, var, writes)
        return None if loop is None or self.has_comment(var.declaration.statement, loop.node) else loop

    def in_list(self, statement: Node) -> bool:
        """Whether a statement may become several: alone on its lines in a list of statements, no comment inside."""
        parent = statement.parent
        listed = parent is not None and parent.type == "statement_list" and self.starts_line(statement)
        return listed and not self.has_comment(statement, statement)

    def has_comment(self, first: Node, last: Node) -> bool:
        """Whether a comment stands anywhere from the start of one node to the end of another."""
        around = [n for n in below(self.file.root) if n.type == "comment"] if self._comments is None else self._comments
        self._comments = around
        return any(first.start_byte <= n.start_byte < last.end_byte for n in around)

    def is_generic(self) -> bool:
        """Whether the declared function around the site, or its receiver's type, has type parameters: the compiler
        says nothing of it where nothing instantiates it."""
        declared = self.file.declaration_at(self.node.start_byte)
        return declared is not None and is_generic(declared)

    def names_around(self) -> tuple[str, ...]:
        """The name of the declared function around the site, and that of its receiver's type."""
        declared = self.file.declaration_at(self.node.start_byte)
        parts = [] if declared is None else [declared.child_by_field_name(field) for field in ("name", "receiver")]
        return tuple(self.text(part) for part in parts if part is not None)

    def deferred(self, node: Node) -> bool:
        """Whether a node stands in a defer statement of its function."""
        return above(node, {"defer_statement"}) is not None

    def same_object(self, left: Node, right: Node) -> bool:
        """Whether two identifiers denote one object."""
        a, b = self.object(left), self.object(right)
        return a is not None and b is not None and a.id == b.id

    # -- pools and pointers -----------------------------------------------------------------------------------

    def value_pool(self, *kinds: str) -> ValuePool | Refusal | None:
        """The sync.Pool at the site, as every use in the package shows it; (code, place) where one is not understood.

        Of the captures `@pool`, its name, and `@literal` one may be missing. None where it holds no values of these
        kinds, or nothing is got from it or put back.
        """
        name, literal = (next(iter(self._captures.get(each, ())), None) for each in ("pool", "literal"))
        return pool_of(self, name, literal, kinds)

    def runs_after(self, statement: Node, nodes: Iterable[Node], var: Variable) -> Node | None:
        """The first of `nodes` that may run after a statement while a variable lives; the statement if it may again."""
        scope = var.declaration.within
        return statement if scope is None else runs_after(statement, nodes, scope)

    # -- the package and the workspace -------------------------------------------------------------------------

    def calls_with(self, argument: Node, *names: str) -> list[Mention]:
        """The calls of these functions ("os.Create") in the package whose first argument is spelled like `argument`, or
        is the same constant. Needs `about` with the functions' own names."""
        return calls_with(self, argument, frozenset(names))

    def within(self, file: GoFile) -> Site:
        """The same questions about another file of the package."""
        other = copy.copy(self)
        other.file, other._comments, other._imports = file, None, set()
        return other

    def fills_pool(self) -> bool:
        """Whether the site stands in the New function of a sync.Pool literal."""
        return fills_pool(self, self.node)

    def size_text(self, size: int) -> str:
        """How Go code spells a number of bytes: 64<<10, 4095."""
        shift = next((each for each in (30, 20, 10) if size and size % (1 << each) == 0), 0)
        return f"{size >> shift}<<{shift}" if shift else str(size)

    def field_writes(self, owner: str, *fields: str) -> list[Mention]:
        """Where the workspace sets one of these fields of a struct type, or takes its address; see mentions.py."""
        return field_writes(self, owner, frozenset(fields))

    def owner_of(self, field: Node) -> str:
        """The defined type ("net/http.Server") whose own field the f of x.f is, through embedding; "" otherwise."""
        return owner_of(self.facts, self.file, field)

    # -- structs ----------------------------------------------------------------------------------------------

    def embeds(self, type_: Type, name: str) -> bool:
        """Whether a struct embeds the struct type of this full name, itself or in a struct that it embeds."""
        return any(one.name == name or self.embeds(one, name) for one in type_.embedded)

    def filling_of(self, value: Node) -> fieldwise.Filling | None:
        """The assignments that fill the local to which a statement of a block gives a value, or which it declares."""
        found = bound(self, value)
        return None if found is None else fieldwise.filling(self, self.text(found[0]), found[1])

    def looked_at(self, package: str) -> bool:
        """Whether this run looks at a package, so that `field_writes` knows what it does."""
        return package == self.facts.path or self.context.looked_at(package)

    def filled(self, operand: str, *fields: str) -> list[Node]:
        """The statements in the function around the site that assign one of these fields ("net/http.Addr") of
        `operand`."""
        return fieldwise.filled(self, operand, fields)

    def duration(self, text: str, at: Node) -> str | None:
        """How to write an option of type `Duration` at a place: "10 * time.Second". None where package time cannot be
        named there."""
        qualifier = self.use("time", at, *durations.members(text))
        return None if qualifier is None else durations.expression(text, qualifier)

    # -- names ------------------------------------------------------------------------------------------------

    def denotes(self, name: str, at: Node | int) -> Object | None:
        """What `name` would mean at a place."""
        return self.facts.lookup(self.path, at if isinstance(at, int) else at.start_byte, name)

    def builtin_visible(self, name: str, at: Node) -> bool:
        """Whether a universe name still means itself at a place."""
        found = self.denotes(name, at)
        return found is not None and found.scope == "universe"

    def use(self, path: str, at: Node, *members: str, alias: bool = True) -> str | None:
        """How to write a member of package `path` at a place: "strings.", an alias, or "" under a dot import.

        Without `alias` an import under another name than its own is not asked for. Under a dot import the `members`
        that will be written must denote the package's own.

        The import is requested from the engine. None where the package cannot be named there: the name is taken,
        importing it would be a cycle, or this Go version lacks it; `import_problem` says which.
        """
        if self.context.importable(path):
            return None
        name = names.package_name(self, path, at, members, alias=alias)
        if name is None:
            return None
        if name.request is not None:
            self._imports.add(name.request)
        return f"{name.name}." if name.name else ""

    def import_problem(self, path: str) -> str:
        """Why a package cannot be imported here, or "" where its name is what stands in the way."""
        return self.context.importable(path)

    # -- answers ----------------------------------------------------------------------------------------------

    def replace(self, node: Node, new: str) -> Edit:
        return Edit(node.start_byte, node.end_byte, new.encode())

    def insert(self, at: int, new: str) -> Edit:
        """Insert text at a byte offset."""
        return Edit(at, at, new.encode())

    def insert_before(self, statement: Node, *lines: str) -> Edit:
        """Insert statements before a statement: as lines indented like it, or on its line if it does not start one."""
        end = f"\n{self.indent(statement)}" if self.starts_line(statement) else "; "
        return self.insert(statement.start_byte, "".join(f"{line}{end}" for line in lines))

    def replace_statement(self, statement: Node, *lines: str) -> list[Edit]:
        """Replace a statement by several; a comment at the end of its line stays there, behind the first."""
        return [self.replace(statement, lines[0]), self.insert_after(statement, *lines[1:])]

    def delete(self, start: int, end: int) -> Edit:
        return Edit(start, end, b"")

    def recompose(self, start: int, end: int, *parts: Part) -> list[Edit]:
        """Replace a span by `parts`; a node or span among them keeps its own bytes, which others may change."""
        return recompose(self.file.text, start, end, parts)

    def can_redeclare(self, var: Variable) -> bool:
        """Whether `redeclare` can: the variable is the only name of its statement (or of its line in a var group), and
        a statement that gives it its initial value can follow."""
        declared = var.declaration
        if not var.local or not declared.sole or (declared.value is not None and mentions(declared.value, var.name)):
            return False
        return declared_empty(self, var) or (declared.alone and self.starts_line(declared.statement))

    def apart(self, operand: Node, var: Variable) -> bool:
        """Whether an operand may be evaluated behind a write to a variable: it is pure and does not mention it."""
        return self.pure(operand) and not mentions(operand, var.name)

    def with_parentheses(self, node: Node) -> Node:
        """A node with all the parentheses around it."""
        while node.parent is not None and node.parent.type == "parenthesized_expression":
            node = node.parent
        return node

    def bare(self, name: str) -> Node:
        """The node captured under `name`, without parentheses around it."""
        return unparen(self[name])

    def among(self, node: Node, statements: Iterable[Node]) -> bool:
        """Whether a node lies in one of these statements."""
        return any(contains(one, node) for one in statements)

    def root(self, node: Node) -> Node | None:
        """The identifier that a chain of selections starts with: the a of `a.b.c`."""
        while node.type == "selector_expression":
            node = node.named_children[0]
        return node if node.type == "identifier" else None

    def note(self, message: str, at: Node | Mention | None = None) -> Note:
        """A line of proof or a second place for a message."""
        if isinstance(at, Mention):
            return Note(message, at.node.start_byte, at.path)
        return Note(message, None if at is None else at.start_byte)

    def fix(
        self,
        message: str,
        *edits: Edit,
        files: Iterable[NewFile] = (),
        risks: Iterable[str] = (),
        notes: Iterable[Note] = (),
        binds: Iterable[Variable] = (),
        declares: Iterable[str] = (),
        tier: Tier | None = None,
    ) -> Fix:
        """The rewrite of this site: all of its edits or none. Imports come from `use`."""
        bound = frozenset(var.declaration.identifier.start_byte for var in binds)
        return Fix(
            codemod=self.codemod,
            message=message,
            tier=tier or self.tier,
            at=self.node.start_byte,
            edits=tuple(sorted(edits)),
            imports=tuple(sorted(self._imports)),
            files=tuple(files),
            risks=tuple(risks),
            notes=tuple(notes),
            binds=bound,
            declares=frozenset(declares),
        )

    def decline(self, code: str, message: str = "", *, at: Node | Mention | None = None, because: str = "") -> Decline:
        """Ours, but no. `at` is the place of the cause, `because` what stands there.

        Without a message the sentence that the codemod's `declines` has for this code is told.
        """
        message = message or self._declines[code]
        notes = () if at is None else (self.note(because or "here", at),)
        return Decline(self.codemod, code, message, self.node.start_byte, notes)

    # -- words with a file of their own: its functions, which take the site first ---------------------------------

    place_of = aliases.place_of
    pointer_of = aliases.pointer_of
    changes = aliases.changes
    outlives = aliases.outlives

    allocate = allocation.allocate
    sizable_at_declaration = allocation.sizable_at_declaration

    is_stable = counts.stable

    behind_checks = errors.behind_checks

    insert_after = fieldwise.insert_after
    filling = fieldwise.filling
    chain = fieldwise.chain

    parameter = functions.parameter

    growth = growths.growth
    steady_loop = growths.steady_loop
    is_own_operand = staticmethod(growths.is_own_operand)
    assigned_value = staticmethod(growths.assigned_value)

    replace_by_literal = layout.replace_by_literal

    keys = literal.keys
    body = staticmethod(literal.body_of)
    values = staticmethod(literal.values)
    add_keys = literal.add_keys

    slice_fates = memory.of_slice

    occurrences = package.occurrences
    declaration = package.declaration
    kept_inside = package.kept_inside
    declared_text = package.declared_text
    start_of = package.start_of

    names_visible = names.names_visible
    fresh = names.fresh

    runs_once = once.runs_once

    calls = order.calls
    exchangeable = order.exchangeable
    interfering_calls = order.interfering_calls
    concurrent = order.concurrent

    pool = pools.pool

    pure = purity.pure

    member = renames.member
    assigned = renames.assigned
    renamed = renames.renamed

    scratch_type = reset.scratch_type

    declared_empty = rewriting.declared_empty
    redeclare = rewriting.redeclare

    scratch_fates = scratch.of_scratch

    slice_start = slices.start
    appends = slices.appends
    nil_observer = slices.nil_observer
    capacity_observer = slices.capacity_observer

    buffer_fates = stream.of_buffer

    runner = staticmethod(syntax.runner)
    needs_parentheses = staticmethod(syntax.needs_parentheses)
    statement = staticmethod(syntax.statement_of)
    arguments = staticmethod(syntax.arguments)
    mentions = staticmethod(syntax.mentions)
    call_of = staticmethod(syntax.call_of)

    one_byte_literal = texts.one_byte_literal
    converted_rune = texts.converted_rune
    compared_with_empty = texts.compared_with_empty
    constant_text = texts.constant_text
    remark = texts.remark

    whole = whereabouts.whole
    sightings = whereabouts.sightings

    written_before = written.written_before

    named_beside = beside.named_beside
    in_package = beside.in_package
    free_in_package = beside.free_in_package
    fresh_files = beside.fresh_files

    is_zero_literal = staticmethod(zero.is_zero_literal)
    makes_zero = zero.makes_zero
    is_new = zero.is_new

    not_plain_local = staticmethod(local.not_plain_local)
    declared_without_value = staticmethod(local.declared_without_value)
    declared_alone = staticmethod(local.declared_alone)
    declared_by = local.declared_by
    discards = local.discards
    targets = staticmethod(local.targets)
    unchanged_between = local.unchanged_between
    written_inside = staticmethod(local.written_inside)
    sized_before = local.sized_before

    loops = looping.loops
    loop = looping.loop
    loop_kind = looping.loop_kind
    without_size = looping.without_size
    defines = staticmethod(looping.defines)
    counted = staticmethod(looping.counted)
    at_most = looping.at_most
