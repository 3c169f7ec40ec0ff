"""Which names are visible where, by Go's scoping rules."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from .wire import NAME_WIDTH, SCOPE_WIDTH

_START, _END, _PARENT, _FIRST, _COUNT = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class ScopeTable:
    """Scopes by file and start, outermost first; 0 is the universe, 1 the package. Files follow."""

    rows: array[int]
    names: array[int]
    strings: list[str]
    _members: dict[int, dict[str, tuple[int, int]]] = field(
        default_factory=lambda: dict[int, dict[str, tuple[int, int]]]()
    )

    def lookup(self, files_scopes: range, offset: int, name: str) -> int | None:
        """The object that `name` denotes at `offset` of the file with these scopes."""
        for scope in self._chain(files_scopes, offset):
            found = self.members(scope).get(name)
            if found and found[1] <= offset:
                return found[0]
        return None

    def names_near(self, files_scopes: range, start: int, end: int) -> frozenset[str]:
        """All names of function scopes that overlap the span, or lie in or around it."""
        names: set[str] = set()
        for scope in files_scopes[1:]:
            if self._get(scope, _START) < max(end, start + 1) and start < self._get(scope, _END):
                names.update(self.members(scope))
        return frozenset(names)

    def members(self, scope: int) -> dict[str, tuple[int, int]]:
        """The names a scope declares: each one's object, and the offset from which it is visible."""
        members = self._members.get(scope)
        if members is None:
            first = self._get(scope, _FIRST) * NAME_WIDTH
            triples = self.names[first : first + self._get(scope, _COUNT) * NAME_WIDTH]
            members = {
                self.strings[triples[at]]: (triples[at + 1], triples[at + 2])
                for at in range(0, len(triples), NAME_WIDTH)
            }
            self._members[scope] = members
        return members

    def _chain(self, files_scopes: range, offset: int) -> Iterator[int]:
        """The scopes around `offset`, innermost first, up to the universe."""
        scope = bisect_right(files_scopes, offset, key=lambda at: self._get(at, _START)) - 1
        current = files_scopes[scope]
        while current >= 0:
            if current <= 1 or current == files_scopes[0] or offset < self._get(current, _END):
                yield current
            current = self._get(current, _PARENT)

    def _get(self, scope: int, column: int) -> int:
        return self.rows[scope * SCOPE_WIDTH + column]
