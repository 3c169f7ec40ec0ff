"""Diffs are judged by those who read them: `git apply` and `patch` must turn the old file into the new one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from gorefit.engine.edit.hunks import NULL, hunks, quoted, unified
from gorefit.engine.edit.pieces import Pieces
from gorefit.engine.model import Edit
from hypothesis import given, settings
from hypothesis import strategies as st

TOOLS = [
    pytest.param(["git", "apply", "--whitespace=nowarn", "-"], id="git"),
    pytest.param(
        ["patch", "-p1", "--binary", "-s"],
        id="patch",
        marks=pytest.mark.skipif(not shutil.which("patch"), reason="no patch(1) on this machine"),
    ),
]


def changed(old: bytes, new: bytes) -> Pieces:
    """The file after one edit that rewrites it whole."""
    return Pieces.of(old).apply([(Edit(0, len(old), new), frozenset({1}))])


def patched(tool: list[str], name: str, old: bytes | None, diff: bytes) -> bytes | None:
    """The file after `tool` has read the diff, in a directory of its own; None where it is not there."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if old is not None:
            path.write_bytes(old)
        # A directory above must not be taken for the repository that the diff is about.
        env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(Path(directory).resolve().parent)}
        done = subprocess.run(tool, input=diff, cwd=directory, env=env, capture_output=True, check=False)
        assert done.returncode == 0, (done.stderr + done.stdout).decode() + diff.decode("utf-8", "replace")
        return path.read_bytes() if path.exists() else None


CASES = {
    "middle": (b"a\nb\nc\nd\ne\nf\ng\nh\n", b"a\nb\nc\nd\nE\nf\ng\nh\n"),
    "first line": (b"a\nb\n", b"A\nb\n"),
    "crlf": (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nx\r\nc\r\n"),
    "crlf to lf": (b"a\r\nb\r\n", b"a\nb\r\n"),
    "bom": (b"\xef\xbb\xbfpackage p\n", b"\xef\xbb\xbfpackage q\n"),
    "no final newline on either side": (b"a\nb", b"a\nc"),
    "final newline lost": (b"a\nb\n", b"a\nb"),
    "final newline gained": (b"a\nb", b"a\nb\n"),
    "text after the last line": (b"a\nb", b"a\nb c\nd"),
    "line after a last line without newline": (b"a", b"a\nb\n"),
    "empty old": (b"", b"a\nb\n"),
    "empty old, no newline": (b"", b"a"),
    "empty new": (b"a\nb\n", b""),
    "invalid utf-8": (b"\xff\xfe\nb\n", b"\xff\xfe\n\xc3\n"),
    "lone carriage returns and form feeds": (b"a\rb\x0cc\n\x85x\n", b"a\rB\x0cc\n\x85x\n"),
    "joined lines": (b"a\nb\nc\n", b"ab\nc\n"),
    "last line joined": (b"a\nb", b"ab"),
    "line added above and below": (b"a\nb\nc\n", b"a\nx\nb\nb\nc\ny\n"),
    "dashes and pluses": (b"-- a\n++ b\n", b"-- x\n++ y\n"),
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("old, new", CASES.values(), ids=CASES.keys())
def test_other_tools_turn_old_into_new(tool: list[str], old: bytes, new: bytes) -> None:
    diff = unified("a/x.go", "b/x.go", changed(old, new))
    if new == b"" and tool[0] == "patch":
        assert patched(tool, "x.go", old, diff) in (b"", None)  # patch may delete what becomes empty
    else:
        assert patched(tool, "x.go", old, diff) == new


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "name", ["with space.go", "ünï/cödé.go", 'quo"te\\back.go', "tab\there.go", "a b/é c.go", "new\nline.go"]
)
def test_odd_paths_are_quoted_as_git_does(tool: list[str], name: str) -> None:
    if tool[0] == "patch" and "\n" in name:
        pytest.skip("patch refuses names with a newline")
    diff = unified("a/" + name, "b/" + name, changed(b"a\n", b"b\n"))
    assert patched(tool, name, b"a\n", diff) == b"b\n"


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", ["fresh.go", "dir/with space é.go"])
@pytest.mark.parametrize("text", [b"package p\n", b"package p"])
def test_a_new_file_appears(tool: list[str], name: str, text: bytes) -> None:
    assert patched(tool, name, None, unified(NULL, "b/" + name, changed(b"", text))) == text


def test_an_empty_new_file_appears() -> None:
    assert patched(["git", "apply", "-"], "x.go", None, unified(NULL, "b/x.go", Pieces.of(b""))) == b""


def test_a_deleted_file_disappears() -> None:
    diff = unified("a/x.go", NULL, changed(b"a\n", b""))
    assert patched(["git", "apply", "-"], "x.go", b"a\n", diff) is None


def test_git_itself_writes_the_same_diff(tmp_path: Path) -> None:
    old = b"".join(b"line %d\n" % i for i in range(40))
    new = old.replace(b"line 7\n", b"line seven\n").replace(b"line 20\n", b"").replace(b"line 39\n", b"line 39")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "é x").write_bytes(old)
    (tmp_path / "b" / "é x").write_bytes(new)
    command = ["git", "diff", "--no-index", "--no-prefix", "--no-color", "a/é x", "b/é x"]
    theirs = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout
    theirs = re.sub(rb"(?m)^(@@ .* @@).*$", rb"\1", theirs)  # git adds the line that looks like a heading
    lines = [line for line in theirs.splitlines(keepends=True) if not line.startswith(b"index ")]
    edits = [
        (Edit(old.index(b"7\n"), old.index(b"7\n") + 1, b"seven"), frozenset({1})),
        (Edit(old.index(b"line 20"), old.index(b"line 21"), b""), frozenset({2})),
        (Edit(len(old) - 1, len(old), b""), frozenset({3})),
    ]
    assert unified("a/é x", "b/é x", Pieces.of(old).apply(edits)) == b"".join(lines)


def test_a_line_between_two_new_ones_stays() -> None:
    """The import between two that are added is not taken out and put back."""
    above, below = Edit(3, 3, b"x\n\t"), Edit(4, 4, b"\n\ty")
    pieces = Pieces.of(b"a\n\tb\nc\n").apply([(above, frozenset({1})), (below, frozenset({2}))])
    (hunk,) = hunks(pieces.original, pieces.changes())
    assert hunk.lines == (b" a\n", b"+\tx\n", b" \tb\n", b"+\ty\n", b" c\n")
    assert hunk.owners == {1, 2}


def test_nothing_changed_is_no_diff() -> None:
    assert unified("a/x", "b/x", Pieces.of(b"a\n")) == b""


def test_hunks_know_their_fixes() -> None:
    old = b"".join(b"line %d\n" % i for i in range(40))
    edits = [(Edit(old.index(b"%d\n" % i), old.index(b"%d\n" % i), b"x"), frozenset({i})) for i in (11, 13, 35)]
    first, second = hunks(old, Pieces.of(old).apply(edits).changes())
    assert (first.owners, second.owners) == (frozenset({11, 13}), frozenset({35}))
    assert (first.old_start, first.old_count) == (9, 9)
    assert first.header == b"@@ -9,9 +9,9 @@"


def test_quoting() -> None:
    assert quoted("plain name.go") == b"plain name.go"
    assert quoted("é\t") == b'"\\303\\251\\t"'


@st.composite
def edited(draw: st.DrawFn) -> tuple[Pieces, int]:
    old = draw(st.lists(st.sampled_from([b"a", b"b\n", b"c\n", b"\n", b"d\r\n"]), max_size=30).map(b"".join))
    cuts = sorted(draw(st.lists(st.integers(0, len(old)), max_size=8)))
    new = st.sampled_from([b"", b"x", b"x\n", b"\n", b"x\ny\n", b"\nx"])
    edits = [(Edit(a, b, draw(new)), frozenset({1})) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return Pieces.of(old).apply(edits), draw(st.integers(0, 4))


def by_hand(old: bytes, diff: bytes) -> bytes:
    """A reader of unified diffs that believes nothing: every context line and every count must be right."""
    lines, at, result = old.split(b"\n"), 0, list[bytes]()
    rows = diff.split(b"\n")
    assert rows.pop() == b""
    old_lines = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    index = 0
    while index < len(rows):
        if not rows[index].startswith(b"@@"):
            index += 1
            continue
        old_range, new_range = (part.decode()[1:].split(",") for part in rows[index].split(b" ")[1:3])
        counts = [int(r[1]) if len(r) > 1 else 1 for r in (old_range, new_range)]
        start = int(old_range[0]) - (1 if counts[0] else 0)
        result += old_lines[at:start]
        at = start
        assert int(new_range[0]) - (1 if counts[1] else 0) == len(result)
        index += 1
        while counts[0] or counts[1]:
            mark, line = rows[index][:1], rows[index][1:] + b"\n"
            index += 1
            if index < len(rows) and rows[index].startswith(b"\\"):
                line, index = line[:-1], index + 1
            if mark in b" -":
                assert old_lines[at] == line
                at, counts[0] = at + 1, counts[0] - 1
            if mark in b" +":
                result.append(line)
                counts[1] -= 1
    return b"".join(result + old_lines[at:])


@settings(max_examples=500)
@given(edited())
def test_any_diff_reads_back_to_the_new_text(case: tuple[Pieces, int]) -> None:
    pieces, context = case
    diff = unified("a/x", "b/x", pieces, context=context)
    assert by_hand(pieces.original, diff) == pieces.text


@settings(max_examples=25, deadline=None)
@given(edited())
def test_git_applies_any_diff(case: tuple[Pieces, int]) -> None:
    pieces, _ = case
    diff = unified("a/x", "b/x", pieces)
    if diff:
        assert patched(["git", "apply", "--whitespace=nowarn", "-"], "x", pieces.original, diff) == pieces.text


def test_a_hundred_thousand_lines_with_five_thousand_changes_take_about_a_second() -> None:
    old = b"".join(b"\tline number %d of a long file\n" % i for i in range(100_000))
    width = len(old) // 5_000
    edits = [(Edit(i * width, i * width + 3, b"changed\n"), frozenset({i})) for i in range(5_000)]
    started = time.process_time()
    pieces = Pieces.of(old).apply(edits)
    diff = unified("a/x", "b/x", pieces)
    spent = time.process_time() - started
    assert diff.count(b"@@ -") > 4_000
    assert spent < 3, f"{spent:.2f} s of processor time"
