"""What identifiers denote: handles into a package's object table."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

from .gotypes import Type, TypeTable
from .wire import OBJECT_WIDTH

_NAME, _KIND, _TYPE, _FILE, _OFFSET, _PACKAGE, _FULL_NAME, _FLAGS, _VALUE, USES, USE_COUNT = range(OBJECT_WIDTH)
_KINDS = ("var", "const", "type", "func", "package", "builtin", "nil", "label")
_FIELD, _EMBEDDED, _PARAM, _RESULT, _RECEIVER, _IMPLICIT, _SHALLOW = (1 << bit for bit in range(7))
_SCOPES, _SCOPE_SHIFT = ("universe", "file", "package", "local", "member"), 8


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTable:
    """All objects that the facts of one package mention."""

    rows: array[int]
    types: TypeTable
    files: tuple[Path, ...]

    def column(self, id: int, column: int) -> int:
        return self.rows[id * OBJECT_WIDTH + column]

    def text(self, id: int, column: int) -> str:
        return self.types.strings[self.column(id, column)]

    def declared_at(self, file: int, offset: int) -> tuple[Object, ...]:
        """Objects whose declaring identifier lies at this offset: several for the variable of a type switch."""
        rows = self.rows
        return tuple(
            Object(self, at // OBJECT_WIDTH)
            for at in range(0, len(rows), OBJECT_WIDTH)
            if rows[at + _OFFSET] == offset and rows[at + _FILE] == file
        )


@dataclass(frozen=True, slots=True, repr=False)
class Object:
    """A variable, constant, type, function, imported package, builtin, nil or label; equal = the same object."""

    table: ObjectTable
    id: int

    def __repr__(self) -> str:
        return f"<Object {self.kind} {self.full_name}>"

    @property
    def name(self) -> str:
        return self.table.text(self.id, _NAME)

    @property
    def kind(self) -> str:
        """var, const, type, func, package, builtin, nil or label; fields are var, methods func."""
        return _KINDS[self._get(_KIND)]

    @property
    def type(self) -> Type | None:
        """None also for an object that no identifier in the asked spans mentions (found by `lookup` alone)."""
        return self.table.types.type(self._get(_TYPE))

    @property
    def path(self) -> Path | None:
        """The file that declares it, when that belongs to this package."""
        file = self._get(_FILE)
        return self.table.files[file] if file >= 0 else None

    @property
    def offset(self) -> int | None:
        """Of its declaring identifier in `path` (the import's string, for an import without a name)."""
        offset = self._get(_OFFSET)
        return offset if offset >= 0 else None

    @property
    def package(self) -> str:
        """Import path of the package that declares it, "" for the universe."""
        return self.table.text(self.id, _PACKAGE)

    @property
    def full_name(self) -> str:
        """ "net/http.ListenAndServe", "(*bytes.Buffer).WriteString", "(io.Writer).Write"; "append" in the universe."""
        return self.table.text(self.id, _FULL_NAME)

    @property
    def scope(self) -> str:
        """universe, file (imports), package, local, or member (fields and methods)."""
        return _SCOPES[self._get(_FLAGS) >> _SCOPE_SHIFT]

    @property
    def value(self) -> str | None:
        """Of a constant, exactly: strings quoted as in Go, fractions as "1/3"; None beyond 4096 bytes."""
        return self._text_or_none() if self.kind == "const" else None

    @property
    def imported(self) -> str:
        """Of a package name: the import path it stands for ("C" for cgo); else ""."""
        return (self._text_or_none() or "") if self.kind == "package" else ""

    @property
    def field(self) -> bool:
        return self._flag(_FIELD)

    @property
    def embedded(self) -> bool:
        return self._flag(_EMBEDDED)

    @property
    def is_param(self) -> bool:
        """A parameter or receiver of a function in the asked spans."""
        return self._flag(_PARAM)

    @property
    def is_result(self) -> bool:
        return self._flag(_RESULT)

    @property
    def is_receiver(self) -> bool:
        return self._flag(_RECEIVER)

    @property
    def implicit(self) -> bool:
        """The variable that one clause of a type switch declares; all of them share one declaring identifier."""
        return self._flag(_IMPLICIT)

    def _get(self, column: int) -> int:
        return self.table.column(self.id, column)

    def _flag(self, bit: int) -> bool:
        return bool(self._get(_FLAGS) & bit)

    def _text_or_none(self) -> str | None:
        index = self._get(_VALUE)
        return self.table.types.strings[index] if index >= 0 else None
