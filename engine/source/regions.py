"""What in a file must be left alone: generated files, damaged declarations, compiler directives, suppressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from .gofile import GoFile, walk

#: https://go.dev/s/generatedcode: the whole line, before the package clause.
_GENERATED = re.compile(rb"^// Code generated .* DO NOT EDIT\.\r?$", re.M)
_LINE = re.compile(rb"^//line |/\*line ", re.M)
#: A function that carries one of these has a contract with the compiler or the linker.
_CONTRACT = (
    b"//go:linkname",
    b"//go:nosplit",
    b"//go:notinheap",
    b"//go:systemstack",
    b"//go:nowritebarrier",
    b"//export ",
)
_BUILD = re.compile(rb"^//(?:go:build|[ \t]*\+build)[ \t]", re.M)
#: The names of systems and processors that a file name may end in (internal/syslist of the Go tree).
_PLATFORMS = frozenset(
    {
        "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
        "openbsd", "plan9", "solaris", "wasip1", "windows", "zos",
        "386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64",
        "mips64le", "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc",
        "sparc64", "wasm",
    }
)  # fmt: skip
_IGNORE = re.compile(r"^//\s?gorefit:[ \t]*(\S*)[ \t]*(.*?)[ \t]*$")
_NOLINT = re.compile(r"^//\s?nolint(?::([\w\-, ]+))?(?:\s*//.*|\s.*)?$")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that keeps codemods from a span. `ids` is empty where it means every codemod."""

    comment: Node
    ids: frozenset[str]
    reason: str
    start: int
    end: int
    ours: bool  # //gorefit:… is reported when unused; another tool's comment is honoured in silence

    def covers(self, codemod: str, offset: int) -> bool:
        return (not self.ids or codemod in self.ids) and self.start <= offset < self.end


@dataclass(frozen=True, slots=True)
class BadSuppression:
    """A //gorefit: comment that suppresses nothing, and what is wrong with it."""

    comment: Node
    problem: str


def is_generated(file: GoFile) -> bool:
    """Whether the file says that it is generated, in the form that Go tools agree on."""
    clause = next((n.start_byte for n in file.declarations if n.type == "package_clause"), len(file.text))
    return _GENERATED.search(file.text, 0, clause) is not None


def has_line_directives(file: GoFile) -> bool:
    """Whether positions in this file are remapped by //line."""
    if _LINE.search(file.text) is None:
        return False
    return any(_LINE.match(file.slice(comment)) for comment in _comments(file))  # not what stands in a string


def imports_c(file: GoFile) -> bool:
    """Whether this is a cgo file."""
    if b'"C"' not in file.text:
        return False
    imports = (n for n in file.declarations if n.type == "import_declaration")
    return any(b'"C"' in file.slice(node) for node in imports)


def is_conditional(file: GoFile) -> bool:
    """Whether some builds leave the file out: by its name, by a constraint before its package clause, as a test, or as
    a cgo file. Another file may then stand in its place."""
    words = file.path.stem.split("_")[1:]
    if words and (words[-1] == "test" or words[-1] in _PLATFORMS):
        return True
    clause = next((n.start_byte for n in file.declarations if n.type == "package_clause"), len(file.text))
    return _BUILD.search(file.text, 0, clause) is not None or imports_c(file)


def is_tainted(file: GoFile, offset: int) -> bool:
    """Whether the grammar failed on the declaration around `offset`, or right beside it.

    tree-sitter-go splits what it cannot parse into sibling nodes, ERROR and the rest, so neighbours count.
    """
    for index, node in enumerate(file.declarations):
        if node.start_byte <= offset < node.end_byte:
            around = file.declarations[max(index - 1, 0) : index + 2]
            return node.has_error or node.type == "block" or any(n.type == "ERROR" or n.is_missing for n in around)
    return True


def contract_directive(file: GoFile, offset: int) -> str:
    """The compiler directive above the top-level declaration around `offset`, or ""."""
    for index, node in enumerate(file.declarations):
        if not node.start_byte <= offset < node.end_byte:
            continue
        for before in reversed(file.declarations[:index]):
            if before.type != "comment":
                break
            text = file.slice(before)
            if text.startswith(_CONTRACT):
                return text.split()[0].decode()
    return ""


def suppressions(file: GoFile) -> tuple[list[Suppression], list[BadSuppression]]:
    """The suppression comments of a file, with the spans they cover.

    A comment at the end of a line covers that line and the statement or declaration that starts on it; a comment on
    a line of its own covers the next one in the same way; the file form covers the file.
    """
    good: list[Suppression] = []
    bad: list[BadSuppression] = []
    if b"gorefit:" not in file.text and b"nolint" not in file.text:
        return good, bad
    for comment in _comments(file):
        text = file.slice(comment).decode("utf-8", "replace").rstrip()
        ours, nolint = _IGNORE.match(text), _NOLINT.match(text)
        if nolint:
            names = frozenset(filter(None, re.split(r"[,\s]+", nolint[1] or "")))
            good.append(Suppression(comment, names - {"all"}, "nolint", *_span(file, comment), ours=False))
        elif ours and (text.startswith("//gorefit:") or ours[1] in {"ignore", "ignore-file"}):  # else it is prose
            read = _read(file, comment, ours[1], ours[2])
            if isinstance(read, Suppression):
                good.append(read)
            else:
                bad.append(read)
    return good, bad


def _comments(file: GoFile) -> Iterator[Node]:
    return (node for node in walk(file.root) if node.type == "comment")


def _read(file: GoFile, comment: Node, form: str, rest: str) -> Suppression | BadSuppression:
    if form not in {"ignore", "ignore-file"}:
        return BadSuppression(comment, f"gorefit:{form} means nothing; write //gorefit:ignore ID -- reason")
    names, dashes, reason = rest.partition("--")
    ids = frozenset(filter(None, re.split(r"[,\s]+", names)))
    if not ids:
        return BadSuppression(comment, f"names no codemod; write //gorefit:{form} ID -- reason")
    if not dashes or not reason.strip():
        return BadSuppression(comment, f"gives no reason; write //gorefit:{form} {names.strip()} -- reason")
    span = (0, len(file.text) + 1) if form == "ignore-file" else _span(file, comment)
    return Suppression(comment, ids, reason.strip(), *span, ours=True)


def _span(file: GoFile, comment: Node) -> tuple[int, int]:
    line = file.lines.position(comment.start_byte)[0]
    start, end = file.lines.span(line)
    if not file.text[start : comment.start_byte].strip():
        line = _next_code_line(file, line)
        start, end = file.lines.span(line)
    code = start + len(file.text[start:end]) - len(file.text[start:end].lstrip())
    node = file.root.named_descendant_for_byte_range(code, code + 1)
    while node is not None and node.parent is not None and node.parent.type != "source_file":
        if node.parent.start_byte < code or node.parent.type == "statement_list":
            break
        node = node.parent
    return start, max(end, node.end_byte if node is not None and node.start_byte >= start else end)


def _next_code_line(file: GoFile, line: int) -> int:
    for later in range(line + 1, len(file.lines.starts) + 1):
        text = file.line_text(later).strip()
        if text and not text.startswith("//"):
            return later
    return line
