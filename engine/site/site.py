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
    outgrown,
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
from .function import Function, function_of
from .mentions import (
    Mention,
    owner_of,
)
from .rewrite import Part, recompose
from .syntax import (
    below,
    called_name,
    is_name,
    unparen,
)
from .valuepool import Refusal, ValuePool, pool_of
from .variable import Variable, variable


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

    def within(self, file: GoFile) -> Site:
        """The same questions about another file of the package."""
        other = copy.copy(self)
        other.file, other._comments, other._imports = file, None, set()
        return other

    def owner_of(self, field: Node) -> str:
        """The defined type ("net/http.Server") whose own field the f of x.f is, through embedding; "" otherwise."""
        return owner_of(self.facts, self.file, field)

    # -- structs ----------------------------------------------------------------------------------------------

    def embeds(self, type_: Type, name: str) -> bool:
        """Whether a struct embeds the struct type of this full name, itself or in a struct that it embeds."""
        return any(one.name == name or self.embeds(one, name) for one in type_.embedded)

    def looked_at(self, package: str) -> bool:
        """Whether this run looks at a package, so that `field_writes` knows what it does."""
        return package == self.facts.path or self.context.looked_at(package)

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

    def bare(self, name: str) -> Node:
        """The node captured under `name`, without parentheses around it."""
        return unparen(self[name])

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

    named_beside = beside.named_beside
    in_package = beside.in_package
    free_in_package = beside.free_in_package
    fresh_files = beside.fresh_files

    is_stable = counts.stable

    duration = durations.duration

    behind_checks = errors.behind_checks

    insert_after = fieldwise.insert_after
    filled = fieldwise.filled
    filling = fieldwise.filling
    chain = fieldwise.chain
    filling_of = fieldwise.filling_of

    parameter = functions.parameter
    is_generic = functions.is_generic
    names_around = functions.names_around

    growth = growths.growth
    joining_loop = growths.joining_loop
    steady_loop = growths.steady_loop
    is_own_operand = staticmethod(growths.is_own_operand)
    assigned_value = staticmethod(growths.assigned_value)

    replace_by_literal = layout.replace_by_literal

    keys = literal.keys
    body = staticmethod(literal.body_of)
    values = staticmethod(literal.values)
    add_keys = literal.add_keys

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

    slice_fates = memory.of_slice

    names_visible = names.names_visible
    fresh = names.fresh

    runs_once = once.runs_once

    calls = order.calls
    exchangeable = order.exchangeable
    interfering_calls = order.interfering_calls
    concurrent = order.concurrent

    outgrown = outgrown.outgrown

    calls_with = package.calls_with
    field_writes = package.field_writes
    occurrences = package.occurrences
    called = package.called
    declaration = package.declaration
    kept_inside = package.kept_inside
    declared_text = package.declared_text
    start_of = package.start_of

    fills_pool = pools.fills_pool
    pool = pools.pool

    pure = purity.pure
    apart = purity.apart

    member = renames.member
    assigned = renames.assigned
    renamed = renames.renamed

    scratch_type = reset.scratch_type

    declared_empty = rewriting.declared_empty
    redeclare = rewriting.redeclare
    can_redeclare = rewriting.can_redeclare

    scratch_fates = scratch.of_scratch

    slice_start = slices.start
    appends = slices.appends
    nil_observer = slices.nil_observer
    capacity_observer = slices.capacity_observer
    only_looks = staticmethod(slices.only_looks)
    nil_notes = slices.nil_notes

    buffer_fates = stream.of_buffer

    runner = staticmethod(syntax.runner)
    needs_parentheses = staticmethod(syntax.needs_parentheses)
    statement = staticmethod(syntax.statement_of)
    arguments = staticmethod(syntax.arguments)
    mentions = staticmethod(syntax.mentions)
    call_of = staticmethod(syntax.call_of)
    with_parentheses = staticmethod(syntax.with_parentheses)
    deferred = staticmethod(syntax.deferred)
    bare_return = staticmethod(syntax.bare_return)
    among = staticmethod(syntax.among)
    root = staticmethod(syntax.root)

    one_byte_literal = texts.one_byte_literal
    converted_rune = texts.converted_rune
    compared_with_empty = texts.compared_with_empty
    constant_text = texts.constant_text
    remark = texts.remark
    size_text = staticmethod(texts.size_text)

    whole = whereabouts.whole
    sightings = whereabouts.sightings

    written_before = written.written_before

    is_zero_literal = staticmethod(zero.is_zero_literal)
    makes_zero = zero.makes_zero
    is_new = zero.is_new
