"""kill -9 at every moment of a publication: afterwards a second run makes it whole, and nothing of a person's is lost.

The moments: before and after every line in the ledger, every push, every request that changes something.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gorefit.engine.forge.forge import Kind
from gorefit.engine.pr.naming import branch

from .driver import Changes, Driver, publish, series
from .world import World, git

Record = Callable[[str, object], None]
every = pytest.mark.parametrize("kind", list(Kind))

NEW, OTHER = {"x": {"a.txt": "new\n"}}, {"x": {"a.txt": "newer\n"}}
#: Every so many moments in the routine suite; GOREFIT_TEST_EVERY_MOMENT makes it all of them, which takes minutes.
STEP = 1 if os.environ.get("GOREFIT_TEST_EVERY_MOMENT") else 7


@pytest.fixture
def driver(world: World) -> Iterator[Driver]:
    with Driver(world) as started:
        yield started


def named(name: str) -> tuple[str, ...]:
    return (branch("gorefit/", series(name), "x"),)


def whole(world: World, name: str, words: str) -> None:
    """One branch and one request, which say what was wanted and have what hangs on them."""
    (x,) = named(name)
    assert git(world.remote, "show", f"{x}:a.txt") == words
    found = [request for request in world.requests() if request.head == x]
    assert [request.state for request in found] == ["open"], found
    assert words in found[0].body and "perf" in found[0].labels and "alice" in found[0].reviewers
    assert git(world.remote, "rev-list", "--count", f"main..{x}") == "1"


def sound(folder: Path) -> None:
    """The ledger is whole, and every step that it has begun is told."""
    (path,) = (folder / "state").rglob("ledger.db")
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@dataclasses.dataclass
class Range:
    """Publishes and kills at one moment after the other until a publication lives; each in a series of its own."""

    driver: Driver
    changes: Changes = dataclasses.field(default_factory=lambda: NEW)
    before: Callable[[str], object] = lambda _name: None
    gone: Callable[[str], tuple[str, ...]] = lambda _name: ()
    recreate: bool = False
    moments: int = 0  # of a publication that lived
    killed: int = 0

    def __iter__(self) -> Iterator[str]:
        for at in itertools.count(1, STEP):
            name = f"s{at}"
            self.before(name)
            gone = self.gone(name)
            code, trace = self.driver.publish(name, self.changes, gone, recreate=self.recreate, at=at)
            if code == 0:
                assert "failed" not in trace[-1], trace[-1]
                self.moments = len(trace) - 1
                return
            assert code == -signal.SIGKILL, trace
            self.killed += 1
            yield name


@every
def test_new(world: World, driver: Driver, tmp_path: Path, record_property: Record) -> None:
    shots = Range(driver)
    for name in shots:
        sound(tmp_path)
        assert set(publish(world, name, NEW)) <= {"created", "updated", "kept"}
        whole(world, name, "new")
    assert shots.moments >= 30
    record_property("killed", shots.killed)


@every
def test_update(world: World, driver: Driver, tmp_path: Path, record_property: Record) -> None:
    shots = Range(driver, OTHER, before=lambda name: publish(world, name, NEW))
    for name in shots:
        sound(tmp_path)
        assert set(publish(world, name, OTHER)) <= {"updated", "kept"}
        whole(world, name, "newer")
    assert shots.moments >= 14
    record_property("killed", shots.killed)


@every
def test_close(world: World, driver: Driver, tmp_path: Path, record_property: Record) -> None:
    shots = Range(driver, {}, before=lambda name: publish(world, name, NEW), gone=named)
    for name in shots:
        sound(tmp_path)
        assert set(publish(world, name, {}, named(name))) <= {"closed", "kept"}
        assert not world.ours().keys() & set(named(name))
        (request,) = (request for request in world.requests() if request.head in named(name))
        assert request.state == "closed" and sum("nothing is left" in said for said in request.comments) == 1
    assert shots.moments >= 20
    record_property("killed", shots.killed)


@every
def test_recreate(world: World, driver: Driver, tmp_path: Path, record_property: Record) -> None:
    """A person's commit is either still on the branch or in the backup, at every moment."""
    people: dict[str, str] = {}

    def interfere(name: str) -> None:
        publish(world, name, NEW)
        people[name] = world.commit(named(name)[0], "b.txt", f"mine {name}\n")

    shots = Range(driver, OTHER, before=interfere, recreate=True)
    for name in shots:
        sound(tmp_path)
        kept = git(world.remote, "for-each-ref", "--format=%(refname)", "--contains", people[name])
        assert kept, "the person's commit is on no branch and in no backup"
        assert set(publish(world, name, OTHER, recreate=True)) <= {"updated", "kept"}
        whole(world, name, "newer")
        assert git(world.remote, "rev-parse", f"refs/gorefit/backup/{people[name]}") == people[name]
    assert shots.moments >= 20
    record_property("killed", shots.killed)


@every
def test_a_person_pushes_after_the_kill(world: World, driver: Driver, record_property: Record) -> None:
    """Whatever the ledger says was intended: the commit that is there now decides."""
    left, shots = 0, Range(driver)
    for name in shots:
        (x,) = named(name)
        if x not in world.heads():
            continue
        person = world.commit(x, "a.txt", f"mine {name}\n")
        assert publish(world, name, OTHER) == publish(world, name, OTHER) == ["left"]
        assert world.heads()[x] == person
        left += 1
    assert left >= (4 if STEP == 1 else 2)
    record_property("killed", shots.killed)
    record_property("people", left)


@pytest.mark.parametrize("kind", [Kind.BARE, Kind.GITHUB])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_interrupt_finishes_the_effect_at_hand(
    world: World, driver: Driver, tmp_path: Path, number: int
) -> None:
    """No step is left between its intent and its result."""
    lived = 0
    for at in itertools.count(1, STEP):
        name = f"i{at}"
        code, trace = driver.publish(name, NEW, at=at, number=number)
        (path,) = (tmp_path / "state").rglob("ledger.db")
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT branch, name FROM step WHERE state = 'intended'").fetchall() == []
        if code == 0:
            lived = at
            break
        assert code == (130 if number == signal.SIGINT else -signal.SIGTERM), trace
        publish(world, name, NEW)
        whole(world, name, "new")
    assert lived > 20
