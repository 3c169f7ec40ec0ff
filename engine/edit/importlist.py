"""The import declarations of a file as they stand: specs, groups, and the comments around them."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node

from ..source.gofile import matches, parse, query
from .edits import EditError

#: First elements of the standard library's import paths, to tell `"strings"` from a module whose name has no dot.
STANDARD_ROOTS = frozenset(
    re.findall(
        r"\w+",
        """archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag
        fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime
        simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe uuid weak""",
    )
)


@dataclass(frozen=True, slots=True)
class Spec:
    """One imported package. `name` is what stands before the path: "", an alias, "." or "_".

    `start` and `end` span what would have to go with it: the spec in a block, the declaration without parentheses.
    """

    name: str
    path: str
    start: int
    end: int
    path_start: int  # where the spec itself starts, after any `import`


@dataclass(frozen=True, slots=True)
class Declaration:
    """One import declaration; `open` and `close` are the offsets of its parentheses, -1 without."""

    start: int
    end: int
    open: int
    close: int
    specs: tuple[Spec, ...]
    sound: bool  # parsed without damage

    @property
    def block(self) -> bool:
        return self.open >= 0

    @property
    def cgo(self) -> bool:
        return any(spec.path == "C" for spec in self.specs)


@dataclass(frozen=True)
class ImportList:
    """What the head of a file, everything before its first declaration that is no import, says of imports."""

    text: bytes  # the whole file
    head: int  # how long the head is
    package_end: int
    declarations: tuple[Declaration, ...]
    comments: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, text: bytes, root: Node) -> ImportList:
        """Reads the tree of `text`. Raises EditError for a file without package clause."""
        children = root.children
        package = next((node for node in children if node.type == "package_clause"), None)
        if package is None:
            raise EditError("the file has no package clause", hint="its imports cannot be edited")
        imports = [node for node in children if node.type == "import_declaration"]
        last = imports[-1] if imports else package
        behind = (n for n in children if n.start_byte >= last.end_byte and n.type not in ("comment", ";", "\n"))
        head = next((n.start_byte for n in behind), len(text))
        top = parse(text[:head]).root_node  # comments are looked for in the head only
        found = (node for _, captures in matches(query("(comment) @c"), top) for node in captures["c"])
        comments = tuple(sorted((n.start_byte, _without_cr(text, n)) for n in found))
        return cls(text, head, package.end_byte, tuple(_declaration(text, n) for n in imports), comments)

    def after(self, text: bytes) -> ImportList:
        """The list once edits of the head have made `text` of the file."""
        head = self.head + len(text) - len(self.text)
        read = ImportList.of(text[:head], parse(text[:head]).root_node)
        return ImportList(text, head, read.package_end, read.declarations, read.comments)

    @property
    def specs(self) -> list[Spec]:
        return [spec for declaration in self.declarations for spec in declaration.specs]

    @cached_property
    def newline(self) -> bytes:
        """The line ending of the file, that of its first line."""
        at = self.text.find(b"\n")
        return b"\r\n" if at > 0 and self.text[at - 1] == 0x0D else b"\n"

    def groups(self, declarations: Sequence[Declaration]) -> list[list[Spec]]:
        """The specs as a reader sees them: rows without a blank line between, each within one block or without any."""
        groups: list[list[Spec]] = []
        block = True
        for declaration in declarations:
            fresh = block or declaration.block
            block = declaration.block
            for spec in declaration.specs:
                top = self.above(spec)
                blank = self.leads(spec.start) and self.blank_before(spec.start if top is None else top)
                if fresh or not groups or blank:
                    groups.append([])
                groups[-1].append(spec)
                fresh = False
        return groups

    def line_start(self, offset: int) -> int:
        return self.text.rfind(b"\n", 0, offset) + 1

    def indent(self, offset: int) -> bytes:
        """What stands before `offset` on its line."""
        return self.text[self.line_start(offset) : offset]

    def leads(self, offset: int) -> bool:
        """Whether nothing but white space stands before `offset` on its line."""
        return not self.indent(offset).strip()

    def tail(self, offset: int) -> int:
        """The end of the line of `offset`, if only comments come before it; otherwise -1."""
        while True:
            blank = re.compile(rb"[ \t]*").match(self.text, offset)
            offset = blank.end() if blank else offset
            if self.text[offset : offset + 1] in (b"", b"\n") or self.text.startswith(b"\r\n", offset):
                return offset
            comment = self.comment_at(offset)
            if comment is None:
                return -1
            offset = comment[1]

    def comment_at(self, start: int) -> tuple[int, int] | None:
        index = bisect.bisect_left(self.comments, (start, 0))
        found = self.comments[index : index + 1]
        return found[0] if found and found[0][0] == start else None

    def above(self, spec: Spec) -> int | None:
        """Where the comment lines directly above a spec start, if there are any."""
        top: int | None = None
        line = self.line_start(spec.start)
        if not self.leads(spec.start):
            return None
        for start, end in reversed(self.comments):
            if end > line:
                continue
            if self.text[end:line] not in (b"\n", b"\r\n") or not self.leads(start):
                break
            top, line = start, self.line_start(start)
        return top

    def blank_before(self, offset: int) -> bool:
        """Whether the line before that of `offset` is blank."""
        line = self.line_start(offset)
        return line > 0 and not self.text[self.line_start(line - 1) : line].strip()

    def blank_after(self, end: int) -> bool:
        """Whether the line after a line's end (an offset as `tail` gives it) is blank; the end of the file is not."""
        start = self.text.find(b"\n", end) + 1
        following = self.text.find(b"\n", start)
        return start > 0 and following >= 0 and not self.text[start:following].strip()


def kind(path: str) -> int:
    """0 for the standard library, 1 for other paths whose first element has no dot, 2 for the rest."""
    root = path.split("/", 1)[0]
    return 2 if "." in root else int(root not in STANDARD_ROOTS)


def _declaration(text: bytes, node: Node) -> Declaration:
    listed = next((child for child in node.children if child.type == "import_spec_list"), None)
    nodes = [child for child in (listed or node).children if child.type == "import_spec"]
    whole = None if listed else node
    specs = tuple(_spec(text, spec, whole or spec) for spec in nodes)
    if listed is None:
        return Declaration(node.start_byte, node.end_byte, -1, -1, specs, not node.has_error)
    return Declaration(
        node.start_byte, node.end_byte, listed.start_byte, listed.end_byte - 1, specs, not node.has_error
    )


def _spec(text: bytes, node: Node, whole: Node) -> Spec:
    name, path = node.child_by_field_name("name"), node.child_by_field_name("path")

    def spelled(part: Node | None) -> str:
        return text[part.start_byte : part.end_byte].decode("utf-8", "replace") if part else ""

    return Spec(spelled(name), spelled(path)[1:-1], whole.start_byte, whole.end_byte, node.start_byte)


def _without_cr(text: bytes, comment: Node) -> int:
    end = comment.end_byte
    return end - 1 if text[end - 1 : end] == b"\r" and text.startswith(b"//", comment.start_byte) else end
