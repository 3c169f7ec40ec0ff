"""Runs killed at every step they take: each file is wholly old or wholly new, and the next command settles the tree."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deliver_driver import Driver, changes, file, new_text, old_text, tree
from gorefit.engine.deliver import record
from gorefit.engine.deliver.journal import recover
from gorefit.engine.deliver.state import DeliverError, state_directory
from gorefit.engine.deliver.undo import undo
from gorefit.engine.deliver.write import FileChange, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL to survive")


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # In memory where there is such a place: a kill, unlike a power cut, is not about what the disk has seen.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="gorefit-", dir=memory) as directory:
        monkeypatch.setenv("GOREFIT_STATE_DIR", str(Path(directory) / "state"))
        yield Path(directory).resolve() / "work space"


@pytest.fixture
def driver(root: Path) -> Iterator[Driver]:
    with Driver() as started:
        yield started


def fresh(root: Path, *, applied: bool = False) -> None:
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(state_directory(root), ignore_errors=True)
    tree(root)
    if applied:
        write(root, changes(root))


def settled(root: Path) -> str:
    """ "old" or "new", having checked that all of the tree is, and that nothing else lies about."""
    kinds = {condition(root, number) for number in range(12)}
    assert kinds in ({"old"}, {"new"}), kinds
    kind = kinds.pop()
    expected = {file(root, number) for number in range(10 if kind == "old" else 12)} | {
        file(root, 7).parent / "real.go"
    }
    assert {path for path in root.rglob("*") if not path.is_dir()} == expected
    assert not record.is_pending(state_directory(root))
    assert not (state_directory(root) / "conflicts").exists()
    assert file(root, 7).is_symlink()
    assert all(file(root, number).stat().st_mode & 0o777 == 0o640 for number in range(10))
    return kind


def condition(root: Path, number: int) -> str:
    path = file(root, number)
    if not path.exists():
        assert number >= 10, f"{path} vanished"
        return "old"
    text = path.read_bytes()
    assert text in (old_text(number), new_text(number)), f"{path} is neither old nor new"
    return "old" if text == old_text(number) else "new"


def steps(driver: Driver, action: str, root: Path) -> list[str]:
    code, trace = driver.run(action, root)
    assert code == 0, trace
    return trace


def kills(driver: Driver, action: str, root: Path, prepare: Callable[[], None], every: int = 1) -> Iterator[int]:
    """Prepare, kill the action just before its first step, its second, … until it lives; yields after each kill."""
    for at in itertools.count(1, every):
        prepare()
        code, trace = driver.run(action, root, at)
        if code == 0:
            assert len(trace) < at
            return
        assert code == -signal.SIGKILL
        yield at


def test_write_killed_at_every_step(driver: Driver, root: Path) -> None:
    seen: set[tuple[str, int]] = set()
    at = 0
    for at in kills(driver, "write", root, lambda: fresh(root)):  # noqa: B007 (counted)
        new = sum(condition(root, number) == "new" for number in range(12))
        recover(root)
        seen.add((settled(root), new))
    assert at >= 100
    # Kills fell before the first rename, between any two of them, and after the last.
    assert {new for kind, new in seen if kind == "old"} >= set(range(12))
    assert ("new", 12) in seen


def test_undo_killed_at_every_second_step(driver: Driver, root: Path) -> None:
    for _ in kills(driver, "undo", root, lambda: fresh(root, applied=True), every=2):
        for number in range(12):
            condition(root, number)
        recover(root)
        if settled(root) == "new":  # rolled back, so still to be undone
            undo(root)
            assert settled(root) == "old"


def test_recovery_killed_at_every_step(driver: Driver, root: Path, tmp_path: Path) -> None:
    fresh(root)
    renames = [at for at, step in enumerate(steps(driver, "write", root), 1) if step.startswith("replace")]
    fresh(root)
    driver.run("write", root, renames[7])
    shutil.copytree(root, tmp_path / "half", symlinks=True)
    shutil.copytree(state_directory(root), tmp_path / "half state")

    def halfway() -> None:
        for directory, copy in ((root, "half"), (state_directory(root), "half state")):
            shutil.rmtree(directory)
            shutil.copytree(tmp_path / copy, directory, symlinks=True)

    for _ in kills(driver, "recover", root, halfway):
        recover(root)
        assert settled(root) == "old"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_polite_interrupt_leaves_nothing_to_recover(driver: Driver, root: Path, number: int) -> None:
    fresh(root)
    steps(driver, "write", root)
    fresh(root)
    count = len(steps(driver, "write", root))
    kinds: set[str] = set()
    for at in range(1, count + 1, 3):
        fresh(root)
        code, _ = driver.run("write", root, at, number)
        assert code == (130 if number == signal.SIGINT else -signal.SIGTERM)
        kinds.add(settled(root))
    assert kinds == {"old", "new"}


def test_killed_at_random_moments(root: Path) -> None:
    fresh(root)
    program = "import sys, pathlib, deliver_driver as d; input(); d.write(r := pathlib.Path(sys.argv[1]), d.changes(r))"
    dice = random.Random(20)
    for _ in range(25):
        fresh(root)
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(root)], stdin=subprocess.PIPE, cwd=Path(__file__).parent
        )
        assert child.stdin
        child.stdin.write(b"\n")
        child.stdin.flush()
        while not record.is_pending(state_directory(root)) and child.poll() is None:
            time.sleep(0.001)
        time.sleep(dice.random() * 0.06)
        child.kill()
        child.wait()
        child.stdin.close()
        for number in range(12):
            condition(root, number)
        recover(root)
        settled(root)


def test_an_edit_after_the_kill_is_kept_and_told(driver: Driver, root: Path) -> None:
    fresh(root)
    trace = steps(driver, "write", root)
    at = trace.index(f"replace {file(root, 6)}") + 1
    fresh(root)
    driver.run("write", root, at)
    written, waiting, created = file(root, 2), file(root, 8), file(root, 10)
    written.write_bytes(b"mine, on top of yours\n")
    waiting.unlink()
    created.write_bytes(b"mine too\n")

    recovery = recover(root)

    assert recovery is not None and not recovery.finished and recovery.action == "apply"
    assert written.read_bytes() == b"mine, on top of yours\n"
    assert created.read_bytes() == b"mine too\n"
    assert not waiting.exists()
    told = {conflict.path: conflict for conflict in recovery.conflicts}
    assert set(told) == {written, waiting, created}
    first = told[written]
    assert first.before and first.before.read_bytes() == old_text(2)
    assert first.found and first.found.read_bytes() == b"mine, on top of yours\n"
    assert told[created].before is None
    assert told[waiting].found is None
    assert {condition(root, number) for number in (0, 1, 3, 4, 5, 6, 7, 9, 11)} == {"old"}
    assert recover(root) is None
    assert not list(root.rglob(".gorefit-*"))


def test_undo_of_a_killed_write_leaves_the_apply_before_it(driver: Driver, root: Path) -> None:
    fresh(root)
    other = root / "other.go"
    other.write_bytes(b"one")
    write(root, [FileChange(other, b"one", b"two")])
    driver.run("write", root, 60)
    undone = undo(root)
    assert undone.recovery is not None and undone.restored == ()
    assert other.read_bytes() == b"two"
    assert undo(root).restored == (other,)


def test_write_refuses_until_recovered(driver: Driver, root: Path) -> None:
    fresh(root)
    driver.run("write", root, 60)
    with pytest.raises(DeliverError, match="must be recovered"):
        write(root, changes(root))
