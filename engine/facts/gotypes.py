"""Go types as go/types knows them: handles into a package's type table, which read a column when asked."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from .wire import TYPE_WIDTH

_STRING, _KIND, _NAME, _ELEM, _KEY, _LENGTH, _SIZE, _FLAGS, _LISTS, _CORE = range(10)
_POINTER_FREE, _UNTYPED, _COMPARABLE, _VARIADIC, _HIDDEN, _LOCAL, _GENERIC = (1 << bit for bit in range(7))
_PARAMS, _RESULTS, _TERMS, _PACKAGES, _EMBEDDED, _SHADOWED = range(6)


@dataclass(frozen=True, slots=True, eq=False)
class TypeTable:
    """All types of one package's reply."""

    strings: list[str]
    rows: array[int]
    lists: array[int]

    def type(self, id: int) -> Type | None:
        return Type(self, id) if id >= 0 else None

    def column(self, id: int, column: int) -> int:
        return self.rows[id * TYPE_WIDTH + column]

    def list(self, start: int) -> array[int]:
        return self.lists[start + 1 : start + 1 + self.lists[start]]


@dataclass(frozen=True, slots=True, repr=False)
class Type:
    """A type. Within one package's facts two are equal exactly when Go calls them identical, whatever their aliases."""

    table: TypeTable
    id: int

    def __repr__(self) -> str:
        return f"<Type {self.string}>"

    @property
    def string(self) -> str:
        """With full import paths: "[]net/http.Header". uint8 reads byte and interface{} any, however it is spelled."""
        return self.table.strings[self._get(_STRING)]

    @property
    def kind(self) -> str:
        """Kind of the underlying type: bool, int … string, unsafe.Pointer, slice, array, map, chan, struct, pointer,
        func, interface, tuple, typeparam, nil, invalid. Untyped constants have the kind of their default type."""
        return self.table.strings[self._get(_KIND)]

    @property
    def name(self) -> str:
        """Of a defined type, without type arguments: "net/http.Header"; of a type parameter, its name; else ""."""
        return self.table.strings[self._get(_NAME)]

    @property
    def elem(self) -> Type | None:
        """Element of a slice, array, map, channel or pointer (or of a type parameter's core type)."""
        return self.table.type(self._get(_ELEM))

    @property
    def key(self) -> Type | None:
        return self.table.type(self._get(_KEY))

    @property
    def length(self) -> int | None:
        return self._number(_LENGTH)

    @property
    def size(self) -> int | None:
        """unsafe.Sizeof on the architecture asked for; None where it depends on a type parameter or is not known."""
        return self._number(_SIZE)

    @property
    def pointer_free(self) -> bool:
        """Whether its values surely hold no pointer (False for type parameters)."""
        return self._flag(_POINTER_FREE)

    @property
    def untyped(self) -> bool:
        return self._flag(_UNTYPED)

    @property
    def comparable(self) -> bool:
        return self._flag(_COMPARABLE)

    @property
    def variadic(self) -> bool:
        return self._flag(_VARIADIC)

    @property
    def hidden(self) -> bool:
        """Whether its text needs an unexported name of another package, so that it cannot be written here."""
        return self._flag(_HIDDEN)

    @property
    def local(self) -> bool:
        """Whether it mentions a type declared inside a function, so that it cannot be written everywhere."""
        return self._flag(_LOCAL)

    @property
    def generic(self) -> bool:
        """Whether it mentions a type parameter."""
        return self._flag(_GENERIC)

    @property
    def params(self) -> tuple[Type, ...]:
        """Parameter types of a function type; a variadic last one is its slice."""
        return self._types(_PARAMS)

    @property
    def results(self) -> tuple[Type, ...]:
        return self._types(_RESULTS)

    @property
    def terms(self) -> tuple[Type, ...]:
        """Of a type parameter: the underlying types its constraint admits; () if it admits any type."""
        return self._types(_TERMS)

    @property
    def embedded(self) -> tuple[Type, ...]:
        """Types of a struct's embedded fields, in order; *T where a pointer is embedded."""
        return self._types(_EMBEDDED)

    @property
    def shadowed(self) -> frozenset[str]:
        """Names of exported fields of embedded structs, at any depth, that x.f does not reach: another field or method
        of that name is nearer, or as near."""
        return frozenset(self.table.strings[index] for index in self._list(_SHADOWED))

    @property
    def core(self) -> Type | None:
        """Of a type parameter: the one underlying type of all its terms, if they agree."""
        return self.table.type(self._get(_CORE))

    @property
    def core_kind(self) -> str:
        """The kind, for a type parameter that of its core type, or "" if it has none."""
        if self.kind != "typeparam":
            return self.kind
        core = self.core
        return core.kind if core else ""

    @property
    def packages(self) -> tuple[str, ...]:
        """Import paths of the packages whose types its text names, sorted; its own package included."""
        return tuple(self.table.strings[index] for index in self._list(_PACKAGES))

    def _get(self, column: int) -> int:
        return self.table.column(self.id, column)

    def _number(self, column: int) -> int | None:
        value = self._get(column)
        return None if value < 0 else value

    def _flag(self, bit: int) -> bool:
        return bool(self._get(_FLAGS) & bit)

    def _types(self, part: int) -> tuple[Type, ...]:
        return tuple(Type(self.table, id) for id in self._list(part))

    def _list(self, part: int) -> array[int]:
        at = self._get(_LISTS)
        if at < 0:
            return array("i")
        for _ in range(part):
            at += 1 + self.table.lists[at]
        return self.table.list(at)
