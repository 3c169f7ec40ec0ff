"""Unified diffs that come straight from the changes, in linear time; `git apply` and `patch` accept them.

1. Each change is widened to whole lines; changes that meet on a line become one block; lines that a block's old and
   new text share at its ends are cut off again, and lines that only get company above and below stay.
2. Blocks nearer to each other than twice the context become one hunk.
3. Bytes are never decoded: CRLF, a BOM, invalid UTF-8 and a missing final newline stay what they are.
"""

from __future__ import annotations

import bisect
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .pieces import Change, Pieces

NULL = "/dev/null"
_NO_NEWLINE = b"\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of a file before and after. Starts are 1-based (0 or the line before, where the count is 0, as in diff).

    `lines` carry their mark (space, -, +) and their line ending; `owners` are the ids of the fixes with a part in it.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[bytes, ...]
    owners: frozenset[int]

    @property
    def header(self) -> bytes:
        """The `@@` line, without its newline."""
        old, new = _range(self.old_start, self.old_count), _range(self.new_start, self.new_count)
        return b"@@ -%s +%s @@" % (old, new)

    @property
    def text(self) -> bytes:
        """The hunk as it stands in a diff."""
        body = (line if line.endswith(b"\n") else line + _NO_NEWLINE for line in self.lines)
        return self.header + b"\n" + b"".join(body)


@dataclass(frozen=True, slots=True)
class _Block:
    """Old lines [first, last) (0-based) give way to `new`."""

    first: int
    last: int
    new: tuple[bytes, ...]
    owners: frozenset[int]


def hunks(original: bytes, changes: Sequence[Change], *, context: int = 3) -> tuple[Hunk, ...]:
    """The hunks that turn `original` into what the changes make of it. Changes as `Pieces.changes` gives them."""
    lines = split_lines(original)
    found: list[Hunk] = []
    shift = 0  # how many lines longer the new text is, so far
    for group in _near(_joined(_blocks(original, lines, changes)), context):
        found.append(_hunk(lines, group, shift, context))
        shift += found[-1].new_count - found[-1].old_count
    return tuple(found)


def unified(old_label: str, new_label: str, pieces: Pieces, *, context: int = 3) -> bytes:
    """The unified diff of one file; empty where nothing changed and the file is not new.

    Labels are paths as git prints them ("a/x.go", "b/x.go", "/dev/null" for a file that is not there); with these
    prefixes the diff has git's own header too, without which an empty file could not be told from none.
    """
    found = hunks(pieces.original, pieces.changes(), context=context)
    if not found and NULL not in (old_label, new_label):
        return b""
    parts = [_git_header(old_label, new_label)]
    if found:
        parts += (b"--- ", _label(old_label), b"\n+++ ", _label(new_label), b"\n")
    return b"".join(parts) + b"".join(hunk.text for hunk in found)


def split_lines(text: bytes) -> list[bytes]:
    r"""The lines of `text` with their endings; only \n ends a line, as in git."""
    lines = text.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def quoted(path: str) -> bytes:
    """A path as git writes it in a diff: in C quotes where it holds a control character, ", \\ or a non-ASCII byte."""
    raw = os.fsencode(path)
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return raw
    return b'"' + b"".join(_escaped(byte) for byte in raw) + b'"'


def _escaped(byte: int) -> bytes:
    named = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r", 34: b'"', 92: b"\\"}
    if byte in named:
        return b"\\" + named[byte]
    return bytes([byte]) if 0x20 <= byte < 0x7F else b"\\%03o" % byte


def _label(path: str) -> bytes:
    name = quoted(path)
    # A tab tells `patch` that a name with a space in it ends there and not at the space.
    return name + b"\t" if b" " in name else name


def _git_header(old_label: str, new_label: str) -> bytes:
    new = new_label if new_label != NULL else "b/" + old_label.removeprefix("a/")
    old = old_label if old_label != NULL else "a/" + new_label.removeprefix("b/")
    if not (old.startswith("a/") and new.startswith("b/")):
        return b""
    mode = b""
    if old_label == NULL:
        mode = b"new file mode 100644\n"
    elif new_label == NULL:
        mode = b"deleted file mode 100644\n"
    return b"diff --git %s %s\n%s" % (quoted(old), quoted(new), mode)


def _range(start: int, count: int) -> bytes:
    return b"%d" % start if count == 1 else b"%d,%d" % (start, count)


def _joined(blocks: Iterable[_Block]) -> Iterator[_Block]:
    """Blocks without a line between them as one: what goes stands together, then what comes, as git prints it."""
    waiting: _Block | None = None
    for block in blocks:
        if waiting is not None and waiting.last == block.first:
            waiting = _Block(waiting.first, block.last, waiting.new + block.new, waiting.owners | block.owners)
            continue
        if waiting is not None:
            yield waiting
        waiting = block
    if waiting is not None:
        yield waiting


def _blocks(original: bytes, lines: list[bytes], changes: Sequence[Change]) -> Iterator[_Block]:
    starts = [0]  # one more than there are lines: the end of the text, where a new line could start
    for line in lines:
        starts.append(starts[-1] + len(line))
    if lines and not lines[-1].endswith(b"\n"):
        starts[-1] += 1  # no line can start here: text added at the end belongs to the last line
    index = 0
    while index < len(changes):
        first, last = _lines_of(starts, changes[index])
        parts, reached, owners = list[bytes](), starts[first], frozenset[int]()
        while index < len(changes) and (not parts or _lines_of(starts, changes[index])[0] < last):
            change = changes[index]
            last = max(last, _lines_of(starts, change)[1])
            parts += (original[reached : change.start], change.new)
            reached, owners = change.end, owners | change.owners
            index += 1
        parts.append(original[reached : starts[last]])
        yield from _tight(lines, _Block(first, last, tuple(split_lines(b"".join(parts))), owners))


def _lines_of(starts: list[int], change: Change) -> tuple[int, int]:
    """The lines a change has a part in, [first, last): all of them must be written anew."""
    total = len(starts) - 1
    first = bisect.bisect_right(starts, change.start) - 1
    last = bisect.bisect_left(starts, change.end)
    clean = change.new.endswith(b"\n") if change.new else change.start == starts[first]
    if starts[last] == change.end and not clean:  # what stands before `end` now grows into the line after it
        last = min(last + 1, total)
    return min(first, last), last


def _tight(lines: list[bytes], block: _Block) -> Iterator[_Block]:
    """The block without the lines that its old and its new text share at the ends."""
    old, new = lines[block.first : block.last], block.new
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    rest = shortest - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    if head + tail < max(len(old), len(new)):
        tight = _Block(block.first + head, block.last - tail, new[head : len(new) - tail], block.owners)
        yield from _around(lines, tight) or [tight]


def _around(lines: list[bytes], block: _Block) -> list[_Block]:
    """The block as insertions, where all of its old lines stay: a line added above an import and one below it."""
    added: list[_Block] = []
    at, waiting = block.first, list[bytes]()
    for line in block.new:
        if at == block.last or line != lines[at]:
            waiting.append(line)
            continue
        added += [_Block(at, at, tuple(waiting), block.owners)] if waiting else []
        at, waiting = at + 1, []
    added += [_Block(at, at, tuple(waiting), block.owners)] if waiting else []
    return added if at == block.last else []


def _near(blocks: Iterable[_Block], context: int) -> Iterator[list[_Block]]:
    group: list[_Block] = []
    for block in blocks:
        if group and block.first - group[-1].last > 2 * context:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _hunk(lines: list[bytes], group: list[_Block], shift: int, context: int) -> Hunk:
    first, last = max(group[0].first - context, 0), min(group[-1].last + context, len(lines))
    body: list[bytes] = []
    at = first
    for block in group:
        body += (b" " + line for line in lines[at : block.first])
        body += (b"-" + line for line in lines[block.first : block.last])
        body += (b"+" + line for line in block.new)
        at = block.last
    body += (b" " + line for line in lines[at:last])
    old_count = last - first
    new_count = sum(1 for line in body if not line.startswith(b"-"))
    owners = frozenset[int]().union(*(block.owners for block in group))
    old_start = first + 1 if old_count else first
    new_start = first + shift + 1 if new_count else first + shift
    return Hunk(old_start, old_count, new_start, new_count, tuple(body), owners)
