"""The txtar reader, the keys of golden cases, the variants made of them, and whose fault a go message is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import golden_case
import golden_go
import golden_variants
import pytest
import txtar
from golden_case import Case, CaseError
from hypothesis import given
from hypothesis import strategies as st

CASE = """Strings become longer.

codemod: strings-builder
decline: parameter
-- a.go --
package a

func F(xs []string) string {
\ts := "a // b"
\tfor _, x := range xs {
\t\ts += x // keep
\t}
\treturn s
}
-- want/a.go --
package a

func F(xs []string) string {
\ts := "a // b"
\tfor _, x := range xs {
\t\ts += x + x // keep
\t}
\treturn s
}
-- a_test.go --
package a
"""


def case(folder: Path, text: str = CASE) -> Case:
    path = folder / "some-codemod" / "grows.txtar"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return golden_case.read(path)


@given(
    st.text("ab-\n", max_size=20),
    st.dictionaries(st.text("a/.", min_size=1, max_size=5), st.text("ab\n", max_size=20), max_size=4),
)
def test_what_is_written_is_read_again(comment: str, files: dict[str, str]) -> None:
    ended = {name: text + "\n" if text and not text.endswith("\n") else text for name, text in files.items()}
    archive = txtar.parse(txtar.form(txtar.Archive(comment, files)))
    assert dict(archive.files) == ended
    assert archive.comment.rstrip("\n") == comment.rstrip("\n")


def test_a_marker_is_a_whole_line() -> None:
    archive = txtar.parse("text -- a --\n-- a.go --\nx -- b --\n-- c\n")
    assert archive == txtar.Archive("text -- a --\n", {"a.go": "x -- b --\n-- c\n"})


def test_a_case_is_read(tmp_path: Path) -> None:
    found = case(tmp_path)
    assert (found.id, found.folder) == ("some-codemod/grows", "some_codemod/grows")
    assert (found.codemod, found.go, found.declines) == ("strings-builder", "1.21", ("parameter",))
    assert set(found.files) == {"a.go", "a_test.go"}
    assert set(found.want) == {"a.go"}
    assert found.result["a_test.go"] == "package a\n"


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("decline:", "declines:", "declines"),
        ("codemod: strings-builder\n", "", "codemod"),
        ("-- want/a.go --", "-- want/b.go --", "want/b.go"),
        ("s += x + x", "s += x", "same as its input"),
        ("decline: parameter", "variants: off", "reason"),
        ("decline: parameter", "codemod: x", "twice"),
    ],
)
def test_a_bad_case_says_what_is_wrong(tmp_path: Path, old: str, new: str, word: str) -> None:
    with pytest.raises(CaseError, match=word):
        case(tmp_path, CASE.replace(old, new))


def test_an_update_changes_expectations_only(tmp_path: Path) -> None:
    found = case(tmp_path)
    assert golden_case.updated(found, found.result, found.declines) == CASE
    unchanged = golden_case.updated(found, found.files, ())
    assert "want/" not in unchanged
    assert "decline" not in unchanged
    again = case(tmp_path, unchanged)
    assert golden_case.updated(again, found.result, ("a", "b")) == CASE.replace("parameter", "a b")


def test_variants_keep_the_code_and_add_one_comment(tmp_path: Path) -> None:
    variants = list(golden_variants.derive(case(tmp_path)))
    assert [v.kind for v in variants[:2]] == ["crlf", "bom"]
    gaps = [v.files["a.go"].decode() for v in variants[2:]]
    assert "\t\ts += /* gap */  x // keep\n" in "".join(gaps)
    assert "\t\ts += x // keep\n// gap\n" not in "".join(gaps[:1])
    for text in gaps:
        assert text.count("gap") == 1
        assert 'a // b"' in text
        assert text.replace(" /* gap */ ", "").replace("// gap\n", "").replace(" // gap", "") in CASE
    assert all("a_test.go" not in v.files for v in variants)


@pytest.mark.parametrize("kind", ["crlf", "bom", "gap"])
def test_a_variant_that_is_damaged_is_told(tmp_path: Path, kind: str) -> None:
    found = case(tmp_path)
    variant = next(v for v in golden_variants.derive(found) if v.kind == kind)
    text = variant.files["a.go"]
    assert variant.problem({"a.go": b"package a\n"}, declined=True)
    good = text.replace(b"+= x ", b"+= x + x ") if kind != "gap" else text + b"\n"
    assert not variant.problem({"a.go": good}, declined=False)
    assert variant.problem({"a.go": good.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")}, False) or kind == "gap"
    if kind == "gap":
        assert variant.problem({"a.go": text}, declined=False)
        assert not variant.problem({"a.go": text}, declined=True)


def test_a_suppression_stands_above_the_site(tmp_path: Path) -> None:
    found = dataclasses.replace(case(tmp_path))
    text = golden_variants.suppress(found, {"a.go": {6}}).files["a.go"].decode()
    assert "//gorefit:ignore strings-builder -- golden\n\t\ts += x // keep\n" in text


def test_messages_of_go_are_told_apart() -> None:
    said = """--- FAIL: TestB (0.00s)
    a_test.go:9: wrong
FAIL
FAIL\tgolden.test/some_codemod/b\t0.002s
ok  \tgolden.test/some_codemod/bc\t0.002s
# golden.test/some_codemod/c
vet: some_codemod/c/a.go:3:1: bad
"""
    blamed = golden_go.blame(said, ["some_codemod/b", "some_codemod/bc", "some_codemod/c"])
    assert set(blamed) == {"some_codemod/b", "some_codemod/c"}
    assert "wrong" in blamed["some_codemod/b"]
    assert "bad" in blamed["some_codemod/c"]
