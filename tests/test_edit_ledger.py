"""The comment ledger: no comment is lost, no directive moves, and nothing else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from gorefit.engine.edit.directives import is_directive
from gorefit.engine.edit.edits import apply
from gorefit.engine.edit.ledger import Lost, lost, scan
from gorefit.engine.model import Edit
from gorefit.engine.source.gofile import GoFile, walk
from hypothesis import given, settings
from hypothesis import strategies as st


def judge(text: str, *replacements: tuple[str, str]) -> Lost | None:
    """The verdict on edits given as (old, new); "|" in the old text marks an insertion point and is not in the file."""
    file = GoFile(Path("x.go"), text.encode())
    edits: list[Edit] = []
    for old, new in replacements:
        spelled = old.replace("|", "")
        assert text.count(spelled) == 1, spelled
        at = len(text[: text.index(spelled)].encode())
        if "|" in old:
            at += len(old[: old.index("|")].encode())
            edits.append(Edit(at, at, new.encode()))
        else:
            edits.append(Edit(at, at + len(spelled.encode()), new.encode()))
    return lost(file, edits)


BODY = 'package p\n\nfunc f() {\n\ta := 1 // one\n\t// two\n\tb := "// not" /* three */\n\tc := `\n// raw\n`\n}\n'


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([("a := 1", "a := 2")], id="beside a comment"),
        pytest.param([("a := 1 // one", "x() // one")], id="around a comment that reappears"),
        pytest.param([("// one\n\t// two\n\tb", "// one\n\t// two\n\tc")], id="trimmed"),
        pytest.param([('a := 1 // one\n\t// two\n\tb := "// not"', 'a := 2 // one\n\t// two\n\tb := ""')], id="span"),
        pytest.param([("a := 1 // one\n", ""), ("c := `|", "`; d() // one\n + `")], id="travelled in the same fix"),
        pytest.param([('"// not"', '""')], id="a string is no comment"),
        pytest.param([("// raw\n", "")], id="a raw string is no comment"),
        pytest.param([("// one|", "\n\tx()")], id="a line after a comment"),
        pytest.param([("|// one", "+ 1 ")], id="code before a comment"),
    ],
)
def test_comments_survive(edits: list[tuple[str, str]]) -> None:
    assert judge(BODY, *edits) is None


@pytest.mark.parametrize(
    "edits, comment",
    [
        pytest.param([("a := 1 // one\n", "")], "// one", id="deleted"),
        pytest.param([("a := 1 // one", "a := 1 // uno")], "// one", id="changed"),
        pytest.param([("// one", "// onerous")], "// one", id="lengthened"),
        pytest.param([("// one|", " more")], "// one", id="code swallowed by the comment"),
        pytest.param([("// one\n", "// one ")], "// one", id="next line swallowed"),
        pytest.param([("a := 1 // one", 'a := "// one"')], "// one", id="only in a string"),
        pytest.param([("/* three */", "")], "/* three */", id="general comment"),
        pytest.param([("th|ree", "x")], "/* three */", id="inserted into"),
        pytest.param([("|/* three */", '+ "')], "/* three */", id="drawn into a string"),
        pytest.param([("a := 1 // one\n\t// two", "// two")], "// one", id="one of two"),
    ],
)
def test_lost_comments_are_named(edits: list[tuple[str, str]], comment: str) -> None:
    found = judge(BODY, *edits)
    assert found is not None and found.comment == comment
    assert BODY.encode()[found.at :].startswith(comment.encode())
    assert not found.directive


def test_equal_comments_are_counted() -> None:
    text = "package p\n\nfunc f() {\n\ta() // x\n\tb() // x\n}\n"
    assert judge(text, ("a() // x\n\tb() // x", "c() // x\n\td()")) is not None
    assert judge(text, ("a() // x\n\tb() // x", "c() // x\n\td() // x")) is None


def test_crlf_comments() -> None:
    text = "package p\r\n\r\nfunc f() {\r\n\ta() // x\r\n\tb()\r\n}\r\n"
    assert judge(text, ("a() // x\r\n\tb()", "c() // x\r\n\td()")) is None
    assert judge(text, ("a() // x\r\n", "")) is not None


FUNC = "package p\n\n// f is.\n//\n//go:noinline\nfunc f() {\n\ta() //nolint:x\n\t//nolint:y // why\n\tfor i := range 3 {\n\t\tb()\n\t}\n\tc()\n}\n"  # noqa: E501


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([("|func f", "var x = 1\n\n")], id="a declaration below go:noinline"),
        pytest.param([("//go:noinline|", "\nvar x = 1\n")], id="a line right after it"),
        pytest.param([("|for i", "x()\n\t")], id="a statement below nolint"),
        pytest.param([("|\tfor i", "\tx()\n")], id="a line below nolint"),
        pytest.param([("a()", "x()\n\ta()\n\ty()")], id="a line that splits"),
        pytest.param([("a()|", "\n\ty()")], id="a new line before it"),
        pytest.param([("a() //nolint:x", "//nolint:x")], id="its code gone"),
        pytest.param([("for i := range 3 {\n\t\tb()\n\t}\n", "")], id="the code below gone"),
        pytest.param([("//go:noinline\n", "")], id="deleted"),
        pytest.param([("a() //nolint:x\n\t//nolint:y // why\n",
                       "x() //nolint:y // why\n\ty() //nolint:x\n")], id="swap"),
    ],
)  # fmt: skip
def test_directives_neither_move_nor_vanish(edits: list[tuple[str, str]]) -> None:
    found = judge(FUNC, *edits)
    assert found is not None and found.directive


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([("a()", "b()")], id="code beside nolint"),
        pytest.param([("|a()", "x()\n\t")], id="a line above it"),
        pytest.param([("range 3", "range 4")], id="inside the code below"),
        pytest.param([("b()", "b()\n\t\tbb()")], id="deep inside the code below"),
        pytest.param([("f() {\n\ta()", "f() {\n\tx()\n\ta()")], id="a statement in a noinline function"),
        pytest.param([("|// f is.", "var x = 1\n\n")], id="a declaration above the comment"),
        pytest.param([("c()", "d()\n\te()")], id="elsewhere"),
    ],
)
def test_what_leaves_directives_alone_is_allowed(edits: list[tuple[str, str]]) -> None:
    assert judge(FUNC, *edits) is None


def test_a_c_preamble_counts_as_a_directive() -> None:
    text = 'package p\n\n/*\n#cgo LDFLAGS: -lm\n*/\nimport "C"\n'
    found = judge(text, ("#cgo LDFLAGS: -lm\n", ""))
    assert found is not None and found.directive


@pytest.mark.parametrize(
    "comment, yes",
    [("//go:build x", True), ("//nolint", True), ("// nolint:a", True), ("//line x.go:1", True), ("//export F", True),
     ("/*line x:1*/", True), ("// +build x", True), ("//gorefit:ignore a -- b", True), ("//lint:ignore S1 x", True),
     ("// #nosec G1", True), ("// go:build", False), ("//http://x", False), ("// nolinting", False), ("//", False)],
)  # fmt: skip
def test_directives_are_told_from_prose(comment: str, yes: bool) -> None:
    assert is_directive(comment.encode()) is yes


PIECES = ["a", " ", "\n", "// c\n", "/* d */", '"//s"', "`/*r*/`", "'\\''", "+", "x(", ")"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.data())
def test_where_the_ledger_is_content_no_comment_is_missing(parts: list[str], data: st.DataObject) -> None:
    """Against the tree of the whole new file; only texts that parse can tell."""
    body = "package p\n\nfunc f() {\n" + "".join(parts) + "\n}\n"
    file = GoFile(Path("x.go"), body.encode())
    cuts = sorted(data.draw(st.lists(st.integers(22, len(body) - 3), min_size=2, max_size=4)))
    new = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
    edits = [Edit(a, b, data.draw(new).encode()) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    result = GoFile(Path("x.go"), apply(file.text, edits))
    if file.root.has_error or result.root.has_error or lost(file, edits) is not None:
        return
    remaining = [result.slice(node) for node in walk(result.root) if node.type == "comment"]
    for node in walk(file.root):
        if node.type == "comment":
            assert file.slice(node) in remaining
            remaining.remove(file.slice(node))


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_scanner_agrees_with_the_tree(parts: list[str]) -> None:
    file = GoFile(Path("x.go"), ("package p\n\nfunc f() {\n" + "".join(parts) + "\n}\n").encode())
    if not file.root.has_error:
        assert list(scan(file.text)) == [file.slice(n) for n in walk(file.root) if n.type == "comment"]
