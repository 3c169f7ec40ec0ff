"""One change into requests that can be reviewed, and merged, one by one.

1. Fixes that touch the same file, or add the same new file, are one atom: they land together or not at all. So shards
   never share a file, and each is a part of the verified bytes as they are.
2. Atoms with the same key (codemods, module, package, owners) make a shard; one that grows beyond `max_files` is dealt
   out, atom by atom in path order, into numbered shards.
3. Each shard must hold alone. One that does not is joined with as few neighbours as it takes (`settled`), at worst with
   all of them: that is what was verified.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..plan.plan import Plan


class Split(enum.StrEnum):
    """What makes a request of its own."""

    NONE = "none"
    CODEMOD = "codemod"
    MODULE = "module"
    PACKAGE = "package"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Atom:
    """Fixes that cannot be parted, and the files that they change, in path order."""

    fixes: frozenset[int]
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a plan under a key that stays the same from run to run; "" is the whole."""

    key: str
    fixes: frozenset[int]
    files: tuple[Path, ...]


def atoms(plan: Plan) -> tuple[Atom, ...]:
    """The plan in its smallest parts, in path order."""
    groups: dict[Path, set[Path]] = {path: {path} for path in plan.files}
    for files in files_of(plan).values():
        joined = set[Path]().union(*(groups[path] for path in files))
        groups.update(dict.fromkeys(joined, joined))
    distinct = {id(group): group for group in groups.values()}.values()
    owners = {number: min(files) for number, files in files_of(plan).items() if files}
    return tuple(
        Atom(frozenset(number for number, path in owners.items() if path in group), tuple(sorted(group)))
        for group in sorted(distinct, key=min)
    )


def files_of(plan: Plan) -> Mapping[int, frozenset[Path]]:
    """The files that each fix has a part in."""
    found: dict[int, set[Path]] = {number: set() for number in plan.fixes}
    for path, planned in plan.files.items():
        for change in planned.pieces.changes():
            for number in change.owners & found.keys():
                found[number].add(path)
    for number, fix in plan.fixes.items():
        added = (fix.path.parent / new.name for new in fix.fix.files)
        found[number].update(path for path in (fix.path, *added) if path in plan.files)
    return {number: frozenset(files) for number, files in found.items()}


def split(parts: Iterable[Atom], key: Callable[[Atom], str], max_files: int = 0) -> tuple[Shard, ...]:
    """The atoms as shards, by key; `max_files` 0 sets no limit, and an atom beyond it stands alone."""
    groups: dict[str, list[Atom]] = defaultdict(list)
    for atom in parts:
        groups[key(atom)].append(atom)
    return tuple(shard for name, members in sorted(groups.items()) for shard in _dealt(name, members, max_files))


def settled(shards: Sequence[Shard], holds: Callable[[Shard], bool]) -> tuple[Shard, ...]:
    """The shards, those that do not hold alone joined with as few others as it takes, the nearest first.

    The whole is taken to hold. A joined shard has the key of its first part; `holds` is asked of what is new only.
    """
    done: list[Shard] = []
    waiting = list(shards)
    while waiting:
        shard = waiting.pop(0)
        if not (done or waiting) or holds(shard):
            done.append(shard)
            continue
        taken = _needed(shard, [*done, *waiting], holds)
        done = [one for one in done if one not in taken]
        waiting = [one for one in waiting if one not in taken]
        done.append(joined([shard, *taken]))
    return tuple(sorted(done, key=lambda one: one.key))


def _needed(shard: Shard, others: Sequence[Shard], holds: Callable[[Shard], bool]) -> Sequence[Shard]:
    """The others that make a shard hold: one of the nearest few, else the nearest 2, 4, 8, …, else all."""
    nearest = sorted(others, key=lambda other: _distance(shard, other))
    tried = [[one] for one in nearest[:_TRIED]]
    size = 2
    while size < len(nearest):
        tried.append(nearest[:size])
        size *= 2
    return next((taken for taken in tried if holds(joined([shard, *taken]))), nearest)


#: So many neighbours are tried one by one.
_TRIED = 4


def joined(shards: Sequence[Shard]) -> Shard:
    """Several shards as one, under the first key in order."""
    fixes = frozenset[int]().union(*(one.fixes for one in shards))
    return Shard(min(one.key for one in shards), fixes, tuple(sorted({path for one in shards for path in one.files})))


def _dealt(name: str, members: list[Atom], most: int) -> Iterable[Shard]:
    piles: list[list[Atom]] = [[]]
    for atom in members:
        full = most and piles[-1] and sum(len(a.files) for a in piles[-1]) + len(atom.files) > most
        if full:
            piles.append([])
        piles[-1].append(atom)
    for number, pile in enumerate(piles, 1):
        key = name if len(piles) == 1 else f"{name} part {number}".strip()
        fixes = frozenset[int]().union(*(atom.fixes for atom in pile))
        yield Shard(key, fixes, tuple(path for atom in pile for path in atom.files))


def _distance(shard: Shard, other: Shard) -> tuple[int, str]:
    """The nearer, the more leading folders two shards share."""
    shared = max((len(_common(a, b)) for a in shard.files for b in other.files), default=0)
    return -shared, other.key


def _common(a: Path, b: Path) -> tuple[str, ...]:
    same = next((n for n, (x, y) in enumerate(zip(a.parts, b.parts, strict=False)) if x != y), 0)
    return a.parts[:same]
