"""Shards: what cannot be parted stays together, and what does not hold alone is joined with as little as it takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gorefit.engine.edit.pieces import Pieces
from gorefit.engine.model import Edit, Fix, NewFile, Outcome, Place, Status, Tier
from gorefit.engine.plan.plan import Plan, PlannedFile, PlannedFix
from gorefit.engine.pr.shard import Atom, Shard, atoms, files_of, joined, settled, split
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path("/r")


def plan(fixes: Mapping[int, tuple[str, ...]], added: Mapping[int, str] = {}) -> Plan:
    """A plan in which each fix inserts a byte into each of its files; the first is where it was found."""
    owned: dict[Path, list[tuple[Edit, frozenset[int]]]] = {}
    planned: dict[int, PlannedFix] = {}
    for number, names in fixes.items():
        for name in names:
            owned.setdefault(ROOT / name, []).append((Edit(number, number, b"!"), frozenset({number})))
        path = ROOT / names[0]
        new = (NewFile(added[number], b"new"),) if number in added else ()
        fix = Fix("c", "m", Tier.SAFE, 0, (), files=new)
        outcome = Outcome("c", Status.APPLIED, Tier.SAFE, Place(path, 0, 0, 1, 1, 1, 1), "", "m", "p")
        planned[number] = PlannedFix(number, fix, path, "p", outcome)
    files: dict[Path, PlannedFile] = {}
    for path, edits in owned.items():
        pieces = Pieces.of(b"x" * 100).apply(edits)
        files[path] = PlannedFile(path, pieces.original, pieces, pieces.text)
    for number, name in added.items():
        path = planned[number].path.parent / name
        pieces = Pieces.of(b"").apply([(Edit(0, 0, b"new"), frozenset({number}))])
        files[path] = PlannedFile(path, None, pieces, b"new")
    return Plan(files, planned, ())


def names(atom: Atom | Shard) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in atom.files]


def test_fixes_of_one_file_are_one_atom() -> None:
    made = atoms(plan({1: ("a.go",), 2: ("a.go",), 3: ("b.go",)}))
    assert [(names(one), sorted(one.fixes)) for one in made] == [(["a.go"], [1, 2]), (["b.go"], [3])]


def test_a_fix_over_several_files_ties_them_and_all_they_are_tied_to() -> None:
    made = atoms(plan({1: ("a.go", "b.go"), 2: ("b.go", "c.go"), 3: ("d.go",), 4: ("c.go",)}))
    assert [(names(one), sorted(one.fixes)) for one in made] == [(["a.go", "b.go", "c.go"], [1, 2, 4]), (["d.go"], [3])]


def test_fixes_that_add_the_same_file_stay_together() -> None:
    made = atoms(
        plan({1: ("p/a.go",), 2: ("p/b.go",), 3: ("q/a.go",)}, {1: "shared.go", 2: "shared.go", 3: "shared.go"})
    )
    assert [names(one) for one in made] == [["p/a.go", "p/b.go", "p/shared.go"], ["q/a.go", "q/shared.go"]]


PLANS = st.dictionaries(st.integers(0, 30), st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=12)


@given(PLANS, st.integers(0, 4), st.integers(1, 3))
def test_shards_share_no_file_and_lose_nothing(fixes: dict[int, list[str]], most: int, keys: int) -> None:
    made = plan({number: tuple(files) for number, files in fixes.items()})
    shards = split(atoms(made), lambda atom: str(len(atom.files) % keys), most)
    files = [path for shard in shards for path in shard.files]
    assert sorted(files) == sorted(made.files), "each file is in one shard"
    assert sorted(number for shard in shards for number in shard.fixes) == sorted(made.fixes)
    where = {path: shard.key for shard in shards for path in shard.files}
    for touched in files_of(made).values():
        assert len({where[path] for path in touched}) == 1, "a fix is in one shard"
    assert len({shard.key for shard in shards}) == len(shards)


def test_a_limit_deals_out_whole_atoms() -> None:
    made = plan({1: ("a", "b"), 2: ("c",), 3: ("d", "e", "f"), 4: ("g",)})
    shards = split(atoms(made), lambda _: "k", 2)
    assert [(shard.key, names(shard)) for shard in shards] == [
        ("k part 1", ["a", "b"]),
        ("k part 2", ["c"]),
        ("k part 3", ["d", "e", "f"]),
        ("k part 4", ["g"]),
    ]


def one(key: str, *files: str) -> Shard:
    return Shard(key, frozenset(map(ord, key)), tuple(ROOT / file for file in files))


def test_shards_that_hold_are_left_alone_and_asked_once() -> None:
    shards = [one("a", "x/a"), one("b", "x/b"), one("c", "y/c")]
    asked: list[str] = []

    def holds(shard: Shard) -> bool:
        asked.append(shard.key)
        return True

    assert settled(shards, holds) == tuple(shards)
    assert sorted(asked) == ["a", "b", "c"]


def test_a_shard_that_needs_its_neighbour_is_joined_with_it_alone() -> None:
    shards = [one("a", "x/a"), one("b", "y/b"), one("c", "x/c"), one("d", "z/d")]
    need = {"a": ROOT / "x/c"}
    done = settled(
        shards, lambda shard: all(path in shard.files for key, path in need.items() if ROOT / f"x/{key}" in shard.files)
    )
    assert [(shard.key, names(shard)) for shard in done] == [("a", ["x/a", "x/c"]), ("b", ["y/b"]), ("d", ["z/d"])]


def test_what_holds_only_together_ends_as_one() -> None:
    shards = [one(key, f"{key}/f") for key in "abcdefg"]
    done = settled(shards, lambda shard: len(shard.files) == 7)
    assert done == (joined(shards),)


@given(st.lists(st.sets(st.integers(0, 7), max_size=2), min_size=8, max_size=8))
def test_settled_shards_hold_and_keep_every_file(needs: list[set[int]]) -> None:
    shards = [one(chr(97 + n), f"{chr(97 + n // 2)}/{n}") for n in range(8)]
    index = {shard.files[0]: n for n, shard in enumerate(shards)}

    def holds(shard: Shard) -> bool:
        inside = {index[path] for path in shard.files}
        return all(needs[n] <= inside for n in inside)

    done = settled(shards, holds)
    assert all(holds(shard) for shard in done)
    assert sorted(path for shard in done for path in shard.files) == sorted(index)
