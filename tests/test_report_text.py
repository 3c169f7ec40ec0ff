"""Text reports: the place is marked where it is, and nothing in the source drives the terminal."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from gorefit.engine.model import RelatedPlace, Status, Tier
from gorefit.engine.report import text
from gorefit.engine.report.snippet import snippet
from gorefit.engine.report.style import Style, View, cells, printable
from gorefit.engine.report.summary import Row, render, summarise
from gorefit.engine.source.gofile import GoFile
from report_samples import SOURCE, outcome

ROOT = Path("/home/m")
FILE = GoFile(ROOT / "a.go", SOURCE)
VIEW = View(ROOT)


def marked(source: bytes, needle: bytes) -> str:
    """What stands above the carets, by terminal column."""
    _, line, carets = snippet(outcome(GoFile(ROOT / "x.go", source), needle), Style())
    columns = "".join(char + "\0" * (cells(char) - 1) for char in line if cells(char))
    at = carets.index("^")
    return columns[at : at + carets.count("^")].replace("\0", "")


@pytest.mark.parametrize(
    ("source", "needle", "shown"),
    [
        (b"x := 1\n", b"x", "x"),
        (b"\t\tout = append(out, x)\n", b"append(out, x)", "append(out, x)"),
        (b"a\tb\tc = d\n", b"c = d", "c = d"),
        ('s := "日本" + x\n'.encode(), b"+ x", "+ x"),
        ('s := "日本" + x\n'.encode(), '"日本"'.encode(), '"日本"'),
        ("s := e\u0301 + x\n".encode(), b"x", "x"),
        (b"x := y\r\n", b"y", "y"),
        (b"for {\n\tx\n}\n", b"for {\n\tx\n}", "for {"),
    ],
)
def test_carets_stand_under_the_place(source: bytes, needle: bytes, shown: str):
    assert marked(source, needle) == shown


def test_a_place_without_width_marks_its_word():
    file = GoFile(ROOT / "x.go", b"out = append(x)\n")
    place = file.place(6)
    empty = outcome(file, b"out")
    lines = snippet(dataclasses.replace(empty, place=place), Style())
    assert lines[2].endswith("      ^^^^^^") and lines[2].count("^") == 6


def test_a_very_long_line_is_shown_around_the_place():
    source = b"x := []int{" + b"1, " * 5000 + b"here, " + b"2, " * 5000 + b"}\n"
    line = snippet(outcome(GoFile(ROOT / "x.go", source), b"here"), Style())[1]
    assert "here" in line and len(line) < 200 and line.endswith("…")
    assert marked(source, b"here") == "here"


def test_source_cannot_drive_the_terminal():
    source = b'x := "\x1b[2J\x07\xe2\x80\xae"\n'
    shown = "\n".join(text.diagnostic(outcome(GoFile(ROOT / "x.go", source), b"x", message="m\x1b]0;t\x07"), VIEW))
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown
    assert "␛[2J" in shown


def test_printable_keeps_ordinary_text():
    assert printable("a\tb é 日本 →") == "a\tb é 日本 →"


def test_a_diagnostic_has_place_codemod_tier_message_notes_and_risks():
    notes = (RelatedPlace("declared here", FILE.place(SOURCE.index(b"out"))), RelatedPlace("never nil-checked"))
    found = outcome(FILE, b"append(out, x)", tier=Tier.REVIEW, related=notes, risks=("keeps memory longer",))
    assert text.diagnostic(found, VIEW) == [
        "a.go:9:9  prealloc  [review]  allocate `out` once",
        "  |",
        "9 |         out = append(out, x)",
        "  |               ^^^^^^^^^^^^^^",
        "  = note: a.go:6:6: declared here",
        "  = note: never nil-checked",
        "  = risk: keeps memory longer",
    ]


def test_a_dropped_fix_shows_the_tools_own_words_on_every_verbosity():
    dropped = outcome(FILE, b"append", Status.DROPPED, code="vet", message="vet refused it:\n./a.go:9:3: self-assign")
    for verbosity in (0, 1):
        shown = text.check([dropped], View(ROOT, verbosity=verbosity))
        assert "dropped(vet)  vet refused it:" in shown and "\n    ./a.go:9:3: self-assign\n" in shown


def test_check_shows_changes_in_full_and_declines_in_short_until_asked():
    declined = [
        outcome(FILE, needle, Status.DECLINED, code="conditional", message="under a condition")
        for needle in (b"var out", b"for _", b"fmt.P", b"return out", b"range xs")
    ]
    outcomes = [*declined, outcome(FILE, b"append(out, x)")]
    normal = text.check(outcomes, VIEW)
    assert normal.startswith("a.go:9:9  prealloc  [safe]")
    assert "prealloc  declined(conditional)  5×" in normal and "… and 2 more" in normal
    assert "6 sites in 1 file: 1 would change, 5 declined" in normal
    everything = text.check(outcomes, View(ROOT, verbosity=1))
    assert everything.count("declined(conditional)") == 5 and "more" not in everything
    assert text.check(outcomes, View(ROOT, verbosity=-1)) == "a.go:9:9  prealloc  [safe]  allocate `out` once\n"


def test_nothing_found_says_so():
    assert text.check([], VIEW) == "No codemod has a site here.\n"


def test_outcomes_come_in_the_order_of_the_source_whatever_order_they_had():
    outcomes = [outcome(FILE, needle) for needle in (b"append(out", b"var out", b"fmt.Println()")]
    assert text.order(outcomes) == text.order(reversed(outcomes))
    assert [o.place.line for o in text.order(outcomes)] == [6, 9, 16]


def test_paths_outside_of_the_folder_are_absolute():
    assert text.head(outcome(FILE, b"append"), View(Path("/elsewhere"))).startswith("/home/m/a.go:9:9  ")


def test_the_summary_counts_by_codemod_reason_and_check():
    outcomes = [
        outcome(FILE, b"append"),
        outcome(FILE, b"append", Status.DECLINED, code="b"),
        outcome(FILE, b"append", Status.DECLINED, code="a"),
        outcome(FILE, b"append", Status.DECLINED, code="b"),
        outcome(FILE, b"append", Status.SUPPRESSED),
        outcome(FILE, b"append", Status.DROPPED, code="vet"),
        outcome(FILE, b"append", codemod="strings-builder"),
    ]
    rows = summarise(outcomes)
    assert rows[0] == Row("prealloc", 6, 1, {"b": 2, "a": 1}, 1, {"vet": 1})
    assert rows[1] == Row("strings-builder", 1, 1, {}, 0, {})
    lines = render(rows, Style(), applied="verified")
    assert lines[0].split() == ["codemod", "sites", "verified", "declined", "suppressed", "dropped"]
    assert lines[1].split() == ["prealloc", "6", "1", "3", "1", "1"]
    assert lines[2].strip() == "declined by reason: b 2, a 1" and lines[3].strip() == "dropped by reason: vet 1"
    assert len({len(lines[0]), len(lines[1]), len(lines[4])}) == 1


def test_colours_only_where_asked():
    plain = text.check([outcome(FILE, b"append")], VIEW)
    coloured = text.check([outcome(FILE, b"append")], View(ROOT, Style(True)))
    assert "\x1b" not in plain and "\x1b[" in coloured
