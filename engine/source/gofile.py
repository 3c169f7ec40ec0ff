"""A Go source file: its bytes, its tree-sitter tree and its lines. Nothing here knows types."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import tree_sitter_go
from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

from ..model import Place

GO = Language(tree_sitter_go.language())

#: The newest Go whose whole grammar tree-sitter-go parses; later syntax taints the declaration that uses it.
GRAMMAR_GO_VERSION = (1, 25)


_local = threading.local()  # a Parser keeps state while it works: one a thread


def parse(text: bytes) -> Tree:
    """The tree of `text`; never fails, damage shows as ERROR or MISSING nodes."""
    parser: Parser | None = getattr(_local, "parser", None)
    if parser is None:
        parser = _local.parser = Parser(GO)
    return parser.parse(text)


@lru_cache(maxsize=64)
def query(source: str) -> Query:
    """The compiled form of a tree-sitter query. Raises tree_sitter.QueryError with the place of the mistake."""
    return Query(GO, source)


def matches(q: Query, node: Node) -> list[tuple[int, dict[str, list[Node]]]]:
    """All matches of `q` below `node`: pattern index and captures by name."""
    return QueryCursor(q).matches(node)


@dataclass(frozen=True)
class Lines:
    """Offsets of line starts, for going from byte offsets to 1-based (line, byte column) and back."""

    starts: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, text: bytes) -> Lines:
        starts, at = [0], text.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = text.find(b"\n", at + 1)
        return cls(tuple(starts), len(text))

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and byte column of `offset`."""
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def offset(self, line: int, column: int = 1) -> int:
        """The byte offset of a 1-based line and column; lines past the end give the end of the file."""
        if line > len(self.starts):
            return self.size
        return min(self.starts[line - 1] + column - 1, self.size)

    def span(self, line: int) -> tuple[int, int]:
        """The half-open byte span of a 1-based line, its newline included."""
        end = self.starts[line] if line < len(self.starts) else self.size
        return self.starts[line - 1], end


@dataclass(eq=False)
class GoFile:
    """One file as it was read (or as a pass of edits left it); treat it as frozen."""

    path: Path
    text: bytes
    _tree: Tree | None = field(default=None, repr=False)

    @cached_property
    def tree(self) -> Tree:
        return self._tree or parse(self.text)

    @property
    def root(self) -> Node:
        return self.tree.root_node

    @cached_property
    def lines(self) -> Lines:
        return Lines.of(self.text)

    @cached_property
    def declarations(self) -> tuple[Node, ...]:
        """The children of the file: package clause, imports, declarations, comments, damage."""
        return tuple(self.root.children)

    @cached_property
    def package_name(self) -> str:
        """The name in the package clause, "" where there is none."""
        clause = next((node for node in self.declarations if node.type == "package_clause"), None)
        name = None if clause is None else next(iter(clause.named_children), None)
        return "" if name is None else self.slice(name).decode("utf-8", "replace")

    def slice(self, node: Node) -> bytes:
        return self.text[node.start_byte : node.end_byte]

    def place(self, start: int, end: int | None = None) -> Place:
        """The place of a span of this file."""
        end = start if end is None else end
        line, column = self.lines.position(start)
        end_line, end_column = self.lines.position(end)
        return Place(self.path, start, end, line, column, end_line, end_column)

    def line_text(self, line: int) -> str:
        """The source line (1-based) without its line ending, for reports; bad UTF-8 is shown as U+FFFD."""
        start, end = self.lines.span(line)
        return self.text[start:end].rstrip(b"\r\n").decode("utf-8", "replace")

    def declaration_at(self, offset: int) -> Node | None:
        """The child of the file that covers `offset`."""
        index = bisect.bisect_right([node.start_byte for node in self.declarations], offset) - 1
        if index < 0:
            return None
        node = self.declarations[index]
        return node if offset < node.end_byte else None


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, in source order, without recursion."""
    cursor = node.walk()
    while True:
        current = cursor.node
        assert current is not None
        yield current
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
