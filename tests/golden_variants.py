"""What every golden case is also tried as: CRLF, a byte order mark, and a comment in each of a sample of gaps.

Variants are packages of their own, below `variants/` in the same module, so that one run of the engine answers for all.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from golden_case import Case
from gorefit.engine.source.gofile import matches, parse, query

if TYPE_CHECKING:
    from tree_sitter import Node

BOM = b"\xef\xbb\xbf"
GAPS_PER_CASE = 8
T = TypeVar("T")
_ATOMS = frozenset({"comment", "interpreted_string_literal", "raw_string_literal", "rune_literal"})


@dataclass(frozen=True, slots=True)
class Variant:
    """A derived package. `kind` is "crlf", "bom", "gap" or "suppressed"; `comment` is what a gap was filled with."""

    case: Case
    kind: str
    name: str
    files: Mapping[str, bytes]
    comment: bytes = b""

    @property
    def folder(self) -> str:
        return f"variants/{self.case.folder}/{self.name}"

    def problem(self, result: Mapping[str, bytes], declined: bool) -> str:
        """What is wrong with the result of running on this variant, or nothing."""
        if self.kind in ("crlf", "bom"):
            return self._marked(result)
        changed = {name for name, text in result.items() if text != self.files.get(name)}
        if self.kind == "suppressed":
            return "" if not changed else f"changed in spite of the suppression: {', '.join(sorted(changed))}"
        if not changed:
            return "" if declined else f"nothing changed and nothing was declined with {self._where()}"
        lost = [
            name for name, text in self.files.items() if text.count(self.comment) != result[name].count(self.comment)
        ]
        return f"the comment is lost: {self._where()}" if lost else ""

    def _marked(self, result: Mapping[str, bytes]) -> str:
        """Line ends or mark must be kept; blanks may differ, for gofmt is not asked where it would change either."""
        want = {name: mark(self.kind, text.encode()) for name, text in self._relevant().items()}
        got = {name: text for name, text in result.items() if name in self.files}  # added files have our own line ends
        if {name: _squeezed(text) for name, text in want.items()} == {n: _squeezed(t) for n, t in got.items()}:
            return ""
        return f"as {self.kind} the result differs:\n{difference(want, got)}"

    def _relevant(self) -> Mapping[str, str]:
        return {name: text for name, text in self.case.result.items() if name in self.files}

    def _where(self) -> str:
        lines = b"".join(self.files.values()).splitlines()
        return next((line.decode().strip() for line in lines if self.comment in line), "?")


def derive(case: Case) -> Iterator[Variant]:
    """The variants of a case that can be made before it is run. Cases that change nothing have none."""
    if not case.has_variants or not case.want:
        return
    files = {name: text.encode() for name, text in case.files.items() if _wanted(case, name)}
    for kind in ("crlf", "bom"):
        yield Variant(case, kind, kind, {name: mark(kind, text) for name, text in files.items()})
    edited = sorted(case.want.keys() & files.keys())
    gaps = [(name, *gap) for name in edited for gap in _gaps(files[name], case.want[name].encode())]
    for number, (name, at, filling) in enumerate(_sample(gaps, GAPS_PER_CASE)):
        text = files[name][:at] + filling + files[name][at:]
        comment = filling.strip()
        yield Variant(case, "gap", f"gap{number}", {**files, name: text}, comment)


def mark(kind: str, text: bytes) -> bytes:
    """The text with CRLF line ends ("crlf") or a byte order mark ("bom")."""
    return text.replace(b"\n", b"\r\n") if kind == "crlf" else BOM + text


def suppress(case: Case, lines: Mapping[str, set[int]]) -> Variant:
    """The case with a suppression above each of these 1-based lines of its files."""
    files: dict[str, bytes] = {}
    comment = f"//gorefit:ignore {case.codemod} -- golden\n".encode()
    for name in (name for name in case.files if _wanted(case, name)):
        text = case.files[name].encode().splitlines(keepends=True)
        files[name] = b"".join(
            (comment if number in lines.get(name, ()) else b"") + line for number, line in enumerate(text, 1)
        )
    return Variant(case, "suppressed", "suppressed", files)


def _wanted(case: Case, name: str) -> bool:
    """Tests stay with the base case, unless they are what is edited."""
    return not name.endswith("_test.go") or name in case.want


def _gaps(old: bytes, new: bytes) -> list[tuple[int, bytes]]:
    """Places on the lines that change where a comment can stand, with the comment that fits there."""
    before, after = old.splitlines(), new.splitlines()
    changed = {
        line
        for tag, start, end, _, _ in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        for line in range(start, max(end, start + 1))
        if tag != "equal"
    }
    found: list[tuple[int, bytes]] = []
    tokens = list(_tokens(parse(old).root_node))
    gone = _rows_of_lost_imports(old, new)
    for left, right in itertools.pairwise(tokens):
        row = left.end_point[0]
        if row not in changed or {row, right.start_point[0]} & gone:
            continue
        if row == right.start_point[0]:
            if right.type != "comment":
                found.append((left.end_byte, b" /* gap */ "))
        elif left.type != "comment":
            found += [(left.end_byte, b" // gap"), (old.index(b"\n", left.end_byte) + 1, b"// gap\n")]
    return found


def _rows_of_lost_imports(old: bytes, new: bytes) -> set[int]:
    """The rows of imports that go: what is said of an import beside it goes with it."""
    (before, after) = (matches(query("(import_spec) @spec"), parse(text).root_node) for text in (old, new))
    left = {found["spec"][0].text for _, found in after}
    return {found["spec"][0].start_point[0] for _, found in before if found["spec"][0].text not in left}


def _tokens(node: Node) -> Iterator[Node]:
    if node.type in _ATOMS or not node.children:
        if node.end_byte > node.start_byte and node.type not in ("\n", "\0"):
            yield node
        return
    for child in node.children:
        yield from _tokens(child)


def _sample(items: list[T], most: int) -> list[T]:
    """At most `most` of them, evenly spread, the same ones each time."""
    if len(items) <= most:
        return items
    return [items[index * len(items) // most] for index in range(most)]


def _squeezed(text: bytes) -> bytes:
    return text.replace(b" ", b"").replace(b"\t", b"")


def difference(want: Mapping[str, bytes], got: Mapping[str, bytes]) -> str:
    lines: list[str] = []
    for name in sorted({*want, *got}):
        texts = [repr(line) for line in want.get(name, b"").splitlines(True)]
        others = [repr(line) for line in got.get(name, b"").splitlines(True)]
        lines += difflib.unified_diff(texts, others, f"want/{name}", f"got/{name}", lineterm="", n=1)
    return "\n".join(lines)
