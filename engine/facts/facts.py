"""What go/types knows about one package, decoded only as far as it is asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from .gotypes import Type, TypeTable
from .objects import USE_COUNT, USES, Object, ObjectTable
from .scopes import ScopeTable
from .wire import SCOPE_WIDTH, SELECTION_WIDTH, FactsReply, integers

__all__ = ["Expr", "Object", "PackageFacts", "Selection", "Type", "TypeProblem"]

_TYPE, _BUILTIN, _VALUE, _VOID, _ADDRESSABLE, _COMMA_OK, _NIL, _CONSTANT = (1 << bit for bit in range(8))
_SELECTION_KINDS = ("field", "method", "method-expr")


@dataclass(frozen=True, slots=True)
class TypeProblem:
    """One error of the parser or type checker. `path` is None where it belongs to no file (a bad go version)."""

    path: Path | None
    offset: int
    line: int
    column: int
    message: str
    soft: bool  # the program would still make sense: an unused import or variable


@dataclass(frozen=True, slots=True)
class Expr:
    """What go/types recorded for an expression; `value` is its constant value, exactly: None beyond
    4096 bytes, and for the leading part of a constant string sum (of "a" + "b" + "c" only the whole is told)."""

    type: Type
    is_type: bool
    is_builtin: bool
    is_value: bool
    is_void: bool
    is_nil: bool
    is_constant: bool
    addressable: bool
    comma_ok: bool
    value: str | None


@dataclass(frozen=True, slots=True)
class Selection:
    """x.f where f is a field or method. `through` are the embedded fields passed on the way from x to f."""

    kind: str  # field, method, method-expr
    receiver: Type  # type of x
    indirect: bool  # a pointer lies on the way
    pointer_receiver: bool  # the method is declared on a pointer
    implicit_address: bool  # x.f() takes the address of x, or of a part of x
    through: tuple[Object, ...]


class PackageFacts:
    """The facts of one package; offsets are bytes from the start of a file. Paths are those of the request."""

    def __init__(self, reply: FactsReply, files: tuple[Path, ...]) -> None:
        self.files = files
        self._reply = reply
        self._replies = tuple(reply.files or ())
        self._index = {path: index for index, path in enumerate(files)}
        self._types = TypeTable(reply.strings, integers(reply.types, "q"), integers(reply.lists))
        self._objects = ObjectTable(integers(reply.objects), self._types, files)
        self._scopes = ScopeTable(integers(reply.scopes), integers(reply.names), reply.strings)
        self._ident_at, self._ident_object = integers(reply.ident_at), integers(reply.ident_object)
        self._uses = integers(reply.uses)
        self._expr_start, self._expr_end = integers(reply.expr_start), integers(reply.expr_end)
        self._expr_type, self._expr_flags = integers(reply.expr_type), integers(reply.expr_flags)
        self._expr_value = integers(reply.expr_value)
        self._selections, self._instances = integers(reply.selections), integers(reply.instances)
        self._selection_at, self._instance_at = self._selections[::SELECTION_WIDTH], self._instances[::2]

    @cached_property
    def errors(self) -> tuple[TypeProblem, ...]:
        """At most 200, in the order of the checker: syntax errors first."""
        return tuple(
            TypeProblem(self.files[p.file] if p.file >= 0 else None, p.offset, p.line, p.column, p.message, p.soft)
            for p in self._reply.problems or ()
        )

    @property
    def path(self) -> str:
        """The package's path as types in it are named: without a test variant's suffix."""
        return self._reply.path

    @cached_property
    def names(self) -> frozenset[str]:
        """The names declared at package scope (empty if no spans were asked)."""
        return frozenset(self._scopes.members(1)) if self._scopes.rows else frozenset()

    @cached_property
    def imports(self) -> Mapping[Path, Mapping[str, str]]:
        """Per file, the package names its imports bind and what they stand for; "." and "_" are not among them."""
        return {path: {n: p for n, p in specs if n not in (".", "_")} for path, specs in self._specs()}

    @cached_property
    def dot_imports(self) -> Mapping[Path, tuple[str, ...]]:
        return {path: tuple(p for n, p in specs if n == ".") for path, specs in self._specs()}

    @cached_property
    def blank_imports(self) -> Mapping[Path, tuple[str, ...]]:
        return {path: tuple(p for n, p in specs if n == "_") for path, specs in self._specs()}

    @cached_property
    def go_versions(self) -> Mapping[Path, str]:
        """Per file, the language version it is compiled with ("1.21"); "" = the toolchain's own."""
        return {path: file.go_version.removeprefix("go") for path, file in zip(self.files, self._replies, strict=False)}

    def object(self, path: Path, start: int) -> Object | None:
        """What the identifier at `start` denotes or declares. None for the symbol that a type switch declares (see
        `declared_at`), for `_` and for the package clause, and outside the spans asked."""
        row = self._row(self._ident_at, self._range(path, "idents"), start)
        return Object(self._objects, self._ident_object[row]) if row is not None else None

    def declared_at(self, path: Path, offset: int) -> tuple[Object, ...]:
        """The objects whose declaring identifier lies at `offset`: for a type switch one per clause."""
        index = self._index.get(path)
        return () if index is None else self._objects.declared_at(index, offset)

    def occurrences(self, obj: Object) -> tuple[tuple[Path, int], ...]:
        """The identifiers in the asked spans that denote or declare `obj`, by file and offset."""
        first = self._objects.column(obj.id, USES)
        rows = self._uses[first : first + self._objects.column(obj.id, USE_COUNT)]
        return tuple((self._file_of(row), self._ident_at[row]) for row in rows)

    def expr(self, path: Path, start: int, end: int) -> Expr | None:
        """The expression with exactly these bytes, parentheses included; None if go/parser sees none there, and for
        declaring identifiers, selectors' names and blank identifiers, which have no type of their own."""
        rows = self._range(path, "exprs")
        row = bisect_left(self._expr_start, start, rows.start, rows.stop)
        while row < rows.stop and self._expr_start[row] == start:
            if self._expr_end[row] == end:
                return self._expr(row)
            row += 1
        return None

    def selection(self, path: Path, start: int) -> Selection | None:
        """The selection x.f whose `f` lies at `start`; None for members of packages."""
        width, rows = SELECTION_WIDTH, self._range(path, "selections")
        at = self._row(self._selection_at, rows, start)
        if at is None:
            return None
        _, kind, flags, receiver, passed = self._selections[at * width : (at + 1) * width]
        return Selection(
            _SELECTION_KINDS[kind],
            Type(self._types, receiver),
            bool(flags & 1),
            bool(flags & 2),
            bool(flags & 4),
            tuple(Object(self._objects, id) for id in self._types.list(passed)),
        )

    def type_arguments(self, path: Path, start: int) -> tuple[Type, ...]:
        """The type arguments, written or inferred, with which the identifier at `start` is instantiated."""
        at = self._row(self._instance_at, self._range(path, "instances"), start)
        if at is None:
            return ()
        return tuple(Type(self._types, id) for id in self._types.list(self._instances[at * 2 + 1]))

    def lookup(self, path: Path, offset: int, name: str) -> Object | None:
        """What `name` would denote if it stood at `offset`; exact inside the asked spans, and elsewhere in a file with
        asked spans for what lies outside functions. Labels have names of their own and are not found."""
        scopes = self._range(path, "scopes")
        id = self._scopes.lookup(scopes, offset, name) if scopes else None
        return Object(self._objects, id) if id is not None else None

    def scope_names(self, path: Path, start: int, end: int) -> frozenset[str]:
        """All names declared, visible or not, in function scopes that overlap the span: what a fresh name must avoid
        (besides those of the package, the file and the universe that the span uses)."""
        return self._scopes.names_near(self._range(path, "scopes"), start, end)

    def _specs(self) -> list[tuple[Path, list[tuple[str, str]]]]:
        return [
            (path, [(spec.name, spec.path) for spec in file.imports or ()])
            for path, file in zip(self.files, self._replies, strict=False)
        ]

    def _range(self, path: Path, table: str) -> range:
        """The rows of `path` in a table that is sorted by file."""
        index = self._index.get(path)
        return self._ranges[table][index] if index is not None else range(0)

    @cached_property
    def _ranges(self) -> dict[str, tuple[range, ...]]:
        sizes = {
            "idents": len(self._ident_at),
            "exprs": len(self._expr_start),
            "selections": len(self._selections) // SELECTION_WIDTH,
            "instances": len(self._instances) // 2,
            "scopes": len(self._scopes.rows) // SCOPE_WIDTH,
        }
        ranges: dict[str, tuple[range, ...]] = {}
        for table, size in sizes.items():
            starts: list[int] = [*(getattr(file, table) for file in self._replies), size]
            ranges[table] = tuple(range(a, b) for a, b in pairwise(starts))
        return ranges

    @staticmethod
    def _row(keys: array[int], rows: range, key: int) -> int | None:
        row = bisect_left(keys, key, rows.start, rows.stop)
        return row if row < rows.stop and keys[row] == key else None

    def _file_of(self, row: int) -> Path:
        ranges = self._ranges["idents"]
        low = bisect_left(ranges, row + 1, key=lambda each: each.stop)
        return self.files[low]

    def _expr(self, row: int) -> Expr:
        flags, value = self._expr_flags[row], self._expr_value[row]
        return Expr(
            type=Type(self._types, self._expr_type[row]),
            is_type=bool(flags & _TYPE),
            is_builtin=bool(flags & _BUILTIN),
            is_value=bool(flags & _VALUE),
            is_void=bool(flags & _VOID),
            is_nil=bool(flags & _NIL),
            is_constant=bool(flags & _CONSTANT),
            addressable=bool(flags & _ADDRESSABLE),
            comma_ok=bool(flags & _COMMA_OK),
            value=self._reply.strings[value] if value >= 0 else None,
        )
