"""The algebra of edits: what is applied, merged and carried through several passes, and whose it is."""

from __future__ import annotations

import pytest
from gorefit.engine.edit.edits import EditError, apply, minimise
from gorefit.engine.edit.merge import collide, merge, union
from gorefit.engine.edit.pieces import Pieces
from gorefit.engine.model import Edit
from hypothesis import given, settings
from hypothesis import strategies as st

# Few letters, so that random edits often restore, repeat or touch what is there.
texts = st.text("ab\n", max_size=12).map(str.encode)


@st.composite
def disjoint(draw: st.DrawFn, size: int, most: int = 4) -> list[Edit]:
    """Edits of a text of `size` bytes that can be made together; insertions at one point occur."""
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=2 * most)))
    return [Edit(a, b, draw(texts)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]


@st.composite
def passes(draw: st.DrawFn) -> tuple[bytes, list[list[tuple[Edit, frozenset[int]]]]]:
    """A text and several passes of edits over it, every edit with an id of its own."""
    text = original = draw(texts)
    rounds: list[list[tuple[Edit, frozenset[int]]]] = []
    number = 0
    for _ in range(draw(st.integers(0, 4))):
        edits = draw(disjoint(len(text)))
        rounds.append([(edit, frozenset({number + i})) for i, edit in enumerate(edits)])
        number += len(edits)
        text = apply(text, edits)
    return original, rounds


def run(original: bytes, rounds: list[list[tuple[Edit, frozenset[int]]]]) -> Pieces:
    pieces = Pieces.of(original)
    for edits in rounds:
        pieces = pieces.apply(edits)
    return pieces


@given(texts, st.data())
def test_applying_edits_is_replacing_from_the_back(text: bytes, data: st.DataObject) -> None:
    edits = data.draw(disjoint(len(text)))
    expected = text
    for edit in sorted(edits, key=lambda e: (e.start, e.end))[::-1]:
        expected = expected[: edit.start] + edit.new + expected[edit.end :]
    assert apply(text, edits) == expected


@given(texts, st.data())
def test_bytes_outside_edits_are_never_lost(text: bytes, data: st.DataObject) -> None:
    edits = data.draw(disjoint(len(text)))
    marked = apply(text, [Edit(e.start, e.end, b"<" + e.new + b">") for e in edits])
    outside, depth = bytearray(), 0
    for byte in marked:
        depth += (byte == ord("<")) - (byte == ord(">"))
        if depth == 0 and byte != ord(">"):
            outside.append(byte)
    covered = {i for e in edits for i in range(e.start, e.end)}
    assert bytes(outside) == bytes(b for i, b in enumerate(text) if i not in covered)


@given(texts, st.data())
def test_minimised_edits_do_the_same_and_share_no_border(text: bytes, data: st.DataObject) -> None:
    for edit in data.draw(disjoint(len(text))):
        small = minimise(text, edit)
        assert apply(text, [small] if small else []) == apply(text, [edit])
        if small is None:
            continue
        old = text[small.start : small.end]
        assert not old or not small.new or (old[0] != small.new[0] and old[-1] != small.new[-1])


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([Edit(0, 2, b""), Edit(1, 3, b"")], id="overlap"),
        pytest.param([Edit(0, 3, b""), Edit(1, 1, b"x")], id="insertion inside"),
        pytest.param([Edit(2, 4, b"")], id="past the end"),
        pytest.param([Edit(2, 1, b"")], id="backwards"),
        pytest.param([Edit(-1, 1, b"")], id="negative"),
    ],
)
def test_contradicting_edits_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(EditError):
        apply(b"abc", edits)
    with pytest.raises(EditError):
        Pieces.of(b"abc").apply((e, frozenset({1})) for e in edits)


@given(texts, st.data())
def test_what_merges_can_be_applied_and_what_does_not_collides(text: bytes, data: st.DataObject) -> None:
    candidates = data.draw(st.lists(disjoint(len(text), 2), max_size=6))
    chosen = merge(candidates)
    taken = [edit for edits, yes in zip(candidates, chosen, strict=True) if yes for edit in edits]
    apply(text, taken)  # raises on overlap
    for number, (edits, yes) in enumerate(zip(candidates, chosen, strict=True)):
        before = [e for other, ok in zip(candidates[:number], chosen, strict=False) if ok for e in other]
        assert yes != any(collide(a, b) for a in edits for b in before)


@given(texts, st.data())
def test_the_order_of_chosen_fixes_does_not_change_the_text(text: bytes, data: st.DataObject) -> None:
    candidates = data.draw(st.lists(disjoint(len(text), 1), max_size=6))
    taken = [e for edits, yes in zip(candidates, merge(candidates), strict=True) if yes for e in edits]
    assert apply(text, taken) == apply(text, taken[::-1])


def test_equal_edits_coalesce_only_when_asked() -> None:
    same, insertion = Edit(1, 2, b"x"), Edit(3, 3, b"y")
    assert merge([[same, insertion], [same], [insertion]]) == [True, False, False]
    assert merge([[same, insertion], [same], [insertion]], coalesce=True) == [True, True, True]
    assert union([(same, frozenset({1})), (same, frozenset({2}))]) == [(same, frozenset({1, 2}))]
    assert Pieces.of(b"abc").apply([(same, frozenset({1})), (same, frozenset({2}))]).text == b"axc"


@settings(max_examples=400)
@given(passes())
def test_pieces_say_the_same_as_passes_applied_one_by_one(case: tuple[bytes, list]) -> None:
    original, rounds = case
    text = original
    for edits in rounds:
        text = apply(text, [edit for edit, _ in edits])
    pieces = run(original, rounds)
    assert pieces.text == text
    assert apply(original, [change.edit for change in pieces.changes()]) == text


@settings(max_examples=400)
@given(passes())
def test_changes_are_sorted_disjoint_minimal_and_owned(case: tuple[bytes, list]) -> None:
    original, rounds = case
    reached = -1
    for change in run(original, rounds).changes():
        assert change.start > reached  # a kept byte lies between two changes
        reached = change.end
        assert minimise(original, change.edit) == change.edit
        assert change.owners


@settings(max_examples=400)
@given(passes())
def test_the_owners_of_changes_are_those_of_the_lines(case: tuple[bytes, list]) -> None:
    original, rounds = case
    pieces = run(original, rounds)
    lines = frozenset[int]().union(*(pieces.line_owners(n + 1) for n in range(pieces.text.count(b"\n") + 1)))
    changed = frozenset[int]().union(*(change.owners for change in pieces.changes()))
    assert lines == changed == pieces.owners(0, len(pieces.text))
    if rounds and pieces.text != original:
        assert changed


@settings(max_examples=400)
@given(passes())
def test_no_owner_of_an_effect_is_lost(case: tuple[bytes, list]) -> None:
    """Letters that occur once each: a fix whose letter is in the text owns it."""
    original, rounds = case
    alphabet = iter(range(0x4E00, 0x9000))
    pieces, text, mine = Pieces.of(original), original, dict[bytes, frozenset[int]]()
    for edits in rounds:
        unique: list[tuple[Edit, frozenset[int]]] = []
        for edit, owners in edits:
            if edit.end <= len(text):
                letter = chr(next(alphabet)).encode()
                mine[letter] = owners
                unique.append((Edit(edit.start, edit.end, letter), owners))
        pieces, text = pieces.apply(unique), apply(text, [edit for edit, _ in unique])
    for letter, owners in mine.items():
        at = text.find(letter)
        if at >= 0 and len(letter) == 3:
            assert owners <= pieces.owners(at, at + 3)


@settings(max_examples=400)
@given(passes())
def test_offsets_carry_monotonely_and_exactly_where_bytes_were_kept(case: tuple[bytes, list]) -> None:
    original, rounds = case
    pieces = run(original, rounds)
    there = [pieces.to_original(i) for i in range(len(pieces.text) + 1)]
    back = [pieces.from_original(i) for i in range(len(original) + 1)]
    assert there == sorted(there) and back == sorted(back)
    assert all(0 <= o <= len(original) for o in there) and all(0 <= o <= len(pieces.text) for o in back)
    at = 0
    for piece in pieces.pieces:
        if piece.kept:
            for i in range(piece.width):
                assert there[at + i] == piece.start + i
                assert back[piece.start + i] == at + i
        at += piece.width


def test_untouched_bytes_of_a_wide_replacement_belong_to_nobody() -> None:
    pieces = Pieces.of(b"one two three").apply([(Edit(0, 13, b"one 2 three"), frozenset({7}))])
    assert [(c.start, c.end, c.new) for c in pieces.changes()] == [(4, 7, b"2")]
    assert pieces.owners(0, 3) == frozenset()
    assert pieces.owners(4, 5) == frozenset({7})


def test_a_later_fix_stands_on_the_earlier_one_whose_text_it_changes() -> None:
    pieces = Pieces.of(b"a;b;c").apply([(Edit(2, 3, b"xyz"), frozenset({1}))])
    pieces = pieces.apply([(Edit(3, 4, b"Y"), frozenset({2}))])
    assert pieces.text == b"a;xYz;c"
    assert pieces.owners(3, 4) == frozenset({1, 2})
    assert pieces.owners(2, 3) == frozenset({1})


def test_a_deletion_inside_fresh_text_is_remembered() -> None:
    pieces = Pieces.of(b"a;b;c").apply([(Edit(2, 3, b"xyz"), frozenset({1}))])
    pieces = pieces.apply([(Edit(3, 4, b""), frozenset({2}))])
    assert pieces.text == b"a;xz;c"
    assert pieces.changes()[0].owners == frozenset({1, 2})


def test_a_change_taken_back_is_no_change() -> None:
    pieces = Pieces.of(b"abc").apply([(Edit(1, 2, b"xx"), frozenset({1}))])
    pieces = pieces.apply([(Edit(1, 3, b"b"), frozenset({2}))])
    assert pieces.changes() == () and pieces.owners(0, 3) == frozenset()


def test_a_deleted_line_belongs_to_the_line_that_takes_its_place() -> None:
    pieces = Pieces.of(b"one\ntwo\nthree\n").apply([(Edit(4, 8, b""), frozenset({5}))])
    assert [pieces.line_owners(n) for n in (1, 2, 3)] == [frozenset(), frozenset({5}), frozenset()]
    assert pieces.line_owners(0) == pieces.line_owners(99) == frozenset()
