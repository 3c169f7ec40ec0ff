"""Writing and undoing: all or nothing, and never over something that is not what was read."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gorefit.engine.deliver import files, record
from gorefit.engine.deliver.journal import recover
from gorefit.engine.deliver.lock import lock
from gorefit.engine.deliver.state import DeliverError, state_directory
from gorefit.engine.deliver.targets import RefusedError
from gorefit.engine.deliver.undo import undo
from gorefit.engine.deliver.write import FileChange, write

OLD, NEW = b"package p\r\n// old", b"package p\r\n// new\n"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOREFIT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "work" / "ä b").mkdir(parents=True)
    for name in ("a.go", "b.go", "ä b/c.go"):
        (tmp_path / "work" / name).write_bytes(OLD)
    return tmp_path / "work"


def change(root: Path, *names: str) -> list[FileChange]:
    return [FileChange(root / name, OLD, NEW) for name in names]


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@contextlib.contextmanager
def untouched(root: Path) -> Iterator[None]:
    before = snapshot(root)
    yield
    assert snapshot(root) == before
    assert not record.is_pending(state_directory(root))


def test_write_then_undo(root: Path) -> None:
    before = snapshot(root)
    written = write(root, [*change(root, "a.go", "ä b/c.go"), FileChange(root / "ä b/new.go", None, NEW)])
    assert written.replaced == (root / "a.go", root / "ä b/c.go")
    assert written.created == (root / "ä b/new.go",)
    assert snapshot(root) == {"a.go": NEW, "b.go": OLD, "ä b/c.go": NEW, "ä b/new.go": NEW}

    undone = undo(root)
    assert undone.restored == written.replaced and undone.removed == written.created
    assert snapshot(root) == before
    with pytest.raises(DeliverError, match="nothing to undo"):
        undo(root)
    assert recover(root) is None


def test_nothing_to_undo_and_nothing_to_write(root: Path) -> None:
    with pytest.raises(DeliverError, match="nothing to undo"):
        undo(root)
    assert write(root, [FileChange(root / "a.go", OLD, OLD)]).replaced == ()
    with pytest.raises(DeliverError, match="nothing to undo"):
        undo(root)


def test_undo_takes_the_last_apply_only(root: Path) -> None:
    write(root, change(root, "a.go"))
    write(root, change(root, "b.go"))
    undo(root)
    assert snapshot(root) == {"a.go": NEW, "b.go": OLD, "ä b/c.go": OLD}
    with pytest.raises(DeliverError, match="nothing to undo"):
        undo(root)


def test_undo_refuses_what_was_edited_since(root: Path) -> None:
    write(root, [*change(root, "a.go", "b.go"), FileChange(root / "new.go", None, NEW)])
    (root / "b.go").write_bytes(b"edited")
    (root / "new.go").unlink()
    with untouched(root), pytest.raises(RefusedError) as caught:
        undo(root)
    assert {one.path.name for one in caught.value.refused} == {"b.go", "new.go"}
    assert "b.go" in caught.value.detail and "new.go is gone" in caught.value.detail
    (root / "b.go").write_bytes(NEW)
    (root / "new.go").write_bytes(NEW)
    undo(root)


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
class TestWhatAFileIs:
    def test_mode_owner_and_attributes_are_kept(self, root: Path) -> None:
        path = root / "a.go"
        path.chmod(0o751)
        if os.geteuid() == 0:
            os.chown(path, 1234, 2345)
        attributes = False
        with contextlib.suppress(OSError):
            os.setxattr(path, "user.note", b"kept")
            attributes = True
        mask = os.umask(0o077)
        try:
            write(root, [*change(root, "a.go"), FileChange(root / "new.go", None, NEW)])
        finally:
            os.umask(mask)
        status = path.stat()
        assert status.st_mode & 0o7777 == 0o751
        if os.geteuid() == 0:
            assert (status.st_uid, status.st_gid) == (1234, 2345)
        if attributes:
            assert os.getxattr(path, "user.note") == b"kept"
        assert (root / "new.go").stat().st_mode & 0o777 == 0o600

    def test_symlinks_stay_and_their_files_change(self, root: Path) -> None:
        (root / "link.go").symlink_to("ä b/c.go")
        (root / "dir").symlink_to("ä b")
        write(root, change(root, "link.go", "dir/c.go"))
        assert (root / "link.go").readlink() == Path("ä b/c.go")
        assert (root / "ä b/c.go").read_bytes() == NEW
        undo(root)
        assert (root / "ä b/c.go").read_bytes() == OLD

    def test_two_names_two_wishes(self, root: Path) -> None:
        (root / "link.go").symlink_to("a.go")
        with untouched(root), pytest.raises(RefusedError, match="two ways"):
            write(root, [*change(root, "a.go"), FileChange(root / "link.go", OLD, b"other")])

    def test_a_workspace_behind_a_symlink(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "alias").symlink_to(root)
        write(tmp_path / "alias", change(tmp_path / "alias", "a.go"))
        assert undo(root).restored == (root / "a.go",)

    def test_each_refusal_leaves_all_as_it_was(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "outside.go").write_bytes(OLD)
        (root / "out.go").symlink_to("../outside.go")
        (root / "void.go").symlink_to("nowhere.go")
        (root / "circle.go").symlink_to("circle.go")
        os.link(root / "b.go", root / "twin.go")
        (root / "read.go").write_bytes(OLD)
        (root / "read.go").chmod(0o444)
        (root / "shut").mkdir()
        (root / "shut/d.go").write_bytes(OLD)
        (root / "shut").chmod(0o555)
        os.mkfifo(root / "pipe.go")
        reasons = {
            "out.go": "lies outside",
            "../outside.go": "lies outside",
            "circle.go": "leads in a circle",
            "b.go": "2 hard links",
            "read.go": "is read-only",
            "shut/d.go": "directory that is read-only",
            "pipe.go": "not a regular file",
            "shut": "not a regular file",
            "gone.go": "is gone",
            "nodir/e.go": "directory that does not exist",
        }
        for name, reason in reasons.items():
            with untouched(root), pytest.raises(RefusedError, match=reason) as caught:
                write(root, change(root, "a.go", name))
            assert "nothing was changed" in caught.value.message and name.split("/")[-1] in caught.value.message
        for name, reason in {"a.go": "exists already", "void.go": "symlink to nothing"}.items():
            with untouched(root), pytest.raises(RefusedError, match=reason):
                write(root, [*change(root, "ä b/c.go"), FileChange(root / name, None, NEW)])
        with untouched(root), pytest.raises(RefusedError, match="changed since") as caught:
            write(root, [*change(root, "ä b/c.go"), FileChange(root / "a.go", b"else", NEW)])
        with untouched(root), pytest.raises(RefusedError, match="2 files cannot be written"):
            write(root, change(root, "a.go", "gone.go", "read.go"))
        (root / "shut").chmod(0o755)


def test_an_edit_while_the_texts_are_staged_is_not_overwritten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone saves b.go, and creates new.go, after all checks and before their turn to be renamed."""
    for victim in ("b.go", "new.go"):

        def stage(temporary: Path, content: bytes, *, target: Path, mode: int | None, victim: str = victim) -> None:
            files.stage(temporary, content, target=target, mode=mode)
            if target.name == victim:
                target.write_bytes(b"theirs")

        asked = [*change(root, "a.go", "b.go", "ä b/c.go"), FileChange(root / "new.go", None, NEW)]
        with monkeypatch.context() as patch, pytest.raises(DeliverError, match="in the meantime; nothing was changed"):
            patch.setattr("gorefit.engine.deliver.journal.stage", stage)
            write(root, asked)
        assert snapshot(root)[victim] == b"theirs"
        assert {text for name, text in snapshot(root).items() if name != victim} == {OLD}
        assert not (state_directory(root) / "conflicts").exists()
        (root / "b.go").write_bytes(OLD)


def test_two_runs_at_once(root: Path) -> None:
    program = (
        "import sys, pathlib; from gorefit.engine.deliver.lock import lock\n"
        "with lock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdout.readline()
        for act in (lambda: write(root, change(root, "a.go")), lambda: undo(root)):
            with untouched(root), pytest.raises(DeliverError, match=rf"process {other.pid}\) is at work"):
                act()
        other.kill()
    write(root, change(root, "a.go"))  # the dead hold no locks


def test_the_lock_is_reentrant_here_and_shut_to_other_threads(root: Path) -> None:
    caught: list[BaseException] = []

    def intrude() -> None:
        try:
            write(root, change(root, "a.go"))
        except DeliverError as error:
            caught.append(error)

    with lock(root):
        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()
        assert caught and snapshot(root)["a.go"] == OLD
        write(root, change(root, "a.go"))
    undo(root)


def test_a_damaged_journal_is_told_and_kept(root: Path) -> None:
    write(root, change(root, "a.go"))
    done = state_directory(root) / "done"
    done.rename(done.with_name("pending"))
    pending = done.with_name("pending")
    pending.write_bytes(pending.read_bytes()[:-1])
    with pytest.raises(DeliverError, match="cannot read the journal"):
        recover(root)
    assert pending.exists() and snapshot(root)["a.go"] == NEW


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_state_directory_that_cannot_be(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOREFIT_STATE_DIR", str(root / "a.go" / "state"))
    before = snapshot(root)
    with pytest.raises(DeliverError, match="cannot make the state directory") as caught:
        write(root, change(root, "a.go"))
    assert "GOREFIT_STATE_DIR" in caught.value.hint
    assert recover(root) is None and snapshot(root) == before


def write_within(size: int, root: Path, changes: list[FileChange]) -> None:
    """Real failures of write(2), part-way through: EFBIG (Python ignores SIGXFSZ)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        write(root, changes)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_no_room_for_the_journal_or_for_a_text(root: Path) -> None:
    big = [FileChange(root / "ä b/c.go", OLD, b"x" * 100_000)]
    for limit, where in ((100, "the journal"), (20_000, "c.go")):
        with untouched(root), pytest.raises(DeliverError, match=f"{where}.*nothing was changed") as caught:
            write_within(limit, root, [*change(root, "a.go", "b.go"), *big])
        assert "make room" in caught.value.hint
    write(root, [*change(root, "a.go", "b.go"), *big])


@contextlib.contextmanager
def mounted(*arguments: str) -> Iterator[None]:
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0 or subprocess.run([mount, *arguments], capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", arguments[-1]], check=True)


def fill(directory: Path, spare: int) -> None:
    """Take all room but `spare` bytes."""
    ballast = directory / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    os.truncate(ballast, max(0, ballast.stat().st_size - spare))


def test_disk_full_at_every_fill_level(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tree and state on one small disk, which fills up anywhere: in the journal, or at any of the texts."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=512k", "none", str(disk)):
        monkeypatch.setenv("GOREFIT_STATE_DIR", str(disk / "state"))
        results: list[str] = []
        for spare in range(40):
            work = disk / "work"
            shutil.rmtree(work, ignore_errors=True)
            (disk / "ballast").unlink(missing_ok=True)
            work.mkdir()
            for number in range(6):
                (work / f"{number}.go").write_bytes(OLD * 300)
            with lock(work):  # its directory and files exist before
                pass
            fill(disk, spare * 4096)
            before = snapshot(work)
            try:
                write(work, [FileChange(path, OLD * 300, NEW * 500) for path in sorted(work.iterdir())])
                results.append("written")
                assert set(snapshot(work).values()) == {NEW * 500}
                shutil.rmtree(state_directory(work))
            except DeliverError as error:
                assert "No space left" in error.message and "nothing was changed" in error.message
                results.append("journal" if "journal" in error.message else "text")
                assert snapshot(work) == before
                assert not record.is_pending(state_directory(work))
        assert set(results) == {"journal", "text", "written"}


def test_a_rename_that_fails_puts_the_others_back(root: Path, tmp_path: Path) -> None:
    """A mount point cannot be renamed over: the failure comes when two files have been replaced."""
    (root / "z.go").write_bytes(OLD)
    name = str(root / "z.go")
    with (
        mounted("--bind", name, name),
        untouched(root),
        pytest.raises(DeliverError, match=r"z\.go.*nothing was changed"),
    ):
        write(root, [FileChange(root / "new.go", None, NEW), *change(root, "a.go", "b.go", "z.go")])


@pytest.mark.parametrize("failing", range(1, 5))
def test_each_rename_failing(root: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """As above where nothing may be mounted: the disk is full at the first rename, the second, …"""
    real, calls = os.replace, [0]

    def replace(source: Path, target: Path) -> None:
        if str(target).startswith(str(root)) or str(target).endswith("done"):
            calls[0] += 1
            if calls[0] == failing:
                raise OSError(errno.ENOSPC, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with untouched(root), pytest.raises(DeliverError, match=r"No space left.*nothing was changed"):
        write(root, change(root, "a.go", "b.go", "ä b/c.go"))


def test_a_rollback_that_fails_is_done_by_the_next_command(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.replace, [0]

    def replace(source: Path, target: Path) -> None:
        calls[0] += str(target).startswith(str(root))
        if calls[0] >= 3:
            raise OSError(errno.EIO, "Input/output error")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(DeliverError, match="cannot be rolled back yet"):
        write(root, change(root, "a.go", "b.go", "ä b/c.go"))
    monkeypatch.setattr(os, "replace", real)
    recovery = recover(root)
    assert recovery and not recovery.finished
    assert set(snapshot(root)) == {"a.go", "b.go", "ä b/c.go"} and set(snapshot(root).values()) == {OLD}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems want names in Unicode")
def test_a_name_that_is_no_text(root: Path) -> None:
    path = root / os.fsdecode(b"\xff\n.go")
    path.write_bytes(OLD)
    assert write(root, [FileChange(path, OLD, NEW)]).replaced == (path,)
    assert undo(root).restored == (path,)
    assert path.read_bytes() == OLD


@pytest.mark.skipif(os.name == "nt", reason="hard links")
def test_a_file_that_appears_at_the_last_instant_is_not_overwritten(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def link(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"theirs")
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(DeliverError, match="appeared in the meantime; nothing was changed"):
        write(root, [*change(root, "a.go"), FileChange(root / "new.go", None, NEW)])
    assert snapshot(root) == {"a.go": OLD, "b.go": OLD, "ä b/c.go": OLD, "new.go": b"theirs"}
