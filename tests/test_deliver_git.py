"""Which files git could not bring back, asked of real repositories, some of them hostile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gorefit.engine.deliver.git import dirty
from gorefit.engine.deliver.state import DeliverError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    allowed = ["-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"]
    done = subprocess.run(
        ["git", *identity, *allowed, *arguments], cwd=directory, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


@pytest.fixture(autouse=True)
def hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def repository(directory: Path, *names: str) -> Path:
    directory.mkdir(parents=True)
    git(directory, "init", "-q")
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("package p\n")
    if names:
        git(directory, "add", ".")
        git(directory, "commit", "-qm", "first")
    return directory


NAMES = ("clean.go", "changed.go", "staged.go", "sub dir/größe ü.go", "sub dir/*.go", ":(top)x.go", "-v.go")


def test_each_way_of_not_being_committed(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", *NAMES)
    (root / ".gitignore").write_text("ignored.go\n")
    for name in ("untracked.go", "ignored.go", "staged.go", "added.go"):
        (root / name).write_text("package q\n")
    git(root, "add", "staged.go", "added.go")
    (root / "changed.go").write_text("package changed\n")

    asked = [root / name for name in (*NAMES, "untracked.go", "ignored.go", "added.go", "not there.go")]
    assert {path.name for path in dirty(root, asked)} == {
        "changed.go",
        "staged.go",
        "untracked.go",
        "ignored.go",
        "added.go",
    }
    for name in NAMES:
        (root / name).write_text("package changed\n")
    assert dirty(root, asked)[: len(NAMES)] == tuple(asked[: len(NAMES)])


def test_only_the_paths_asked_for_and_as_they_were_given(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", "a.go", "b.go", "m/c.go")
    for name in ("a.go", "b.go", "m/c.go"):
        (root / name).write_text("package q\n")
    assert dirty(root / "m", [Path("c.go")]) == (Path("c.go"),)
    assert dirty(root, [root / "b.go"]) == (root / "b.go",)
    assert dirty(root, []) == ()


def test_touched_but_equal_is_clean_and_the_index_is_left_alone(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", "a.go")
    index = (root / ".git/index").read_bytes()
    os.utime(root / "a.go", (1, 1))
    assert dirty(root, [root / "a.go"]) == ()
    assert (root / ".git/index").read_bytes() == index


def test_outside_any_work_tree_and_before_the_first_commit(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_text("package p\n")
    assert dirty(tmp_path, [tmp_path / "a.go"]) == ()
    (tmp_path / "sub" / ".git").mkdir(parents=True)  # empty: not a repository
    (tmp_path / "sub" / "a.go").write_text("package p\n")
    assert dirty(tmp_path, [tmp_path / "sub/a.go"]) == ()
    root = repository(tmp_path / "work")
    (root / "a.go").write_text("package p\n")
    assert dirty(root, [root / "a.go"]) == (root / "a.go",)


def test_linked_worktree_submodule_and_symlink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = repository(tmp_path / "inner", "a.go", "b.go")
    root = repository(tmp_path / "work", "main.go")
    git(root, "submodule", "add", "-q", str(inner), "sub")
    git(root, "commit", "-qm", "sub")
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    (root / "link.go").symlink_to("sub/a.go")
    linked = tmp_path / "linked/main.go"
    paths = [root / "sub/a.go", root / "sub/b.go", linked, root / "main.go", root / "link.go"]
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "of another repository"))

    assert dirty(root, paths) == ()
    (root / "sub/a.go").write_text("package q\n")
    linked.write_text("package q\n")
    assert dirty(root, paths) == (root / "sub/a.go", linked, root / "link.go")


def test_thousands_of_paths(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", *(f"{'d' * 60}/{number}.go" for number in range(1500)))
    paths = sorted(root.rglob("*.go"))
    for number in (0, 700, 1499):
        paths[number].write_text("package q\n")
    assert dirty(root, paths) == (paths[0], paths[700], paths[1499])


def hostile(root: Path, trap: Path, *, passes_on: bool = True) -> Path:
    """A program that leaves a mark when it is run, and then passes on what it is given, or fails."""
    mark = trap.with_suffix(".ran")
    rest = "sys.stdout.write(sys.stdin.read())" if passes_on else "sys.exit(1)"
    trap.write_text(f"#!{sys.executable}\nimport sys, pathlib\npathlib.Path({str(mark)!r}).touch()\n{rest}\n")
    trap.chmod(0o755)
    os.utime(root / "a.go", (1, 1))  # so that git reads the file anew
    return mark


@pytest.mark.skipif(os.name == "nt", reason="the traps are scripts")
@pytest.mark.parametrize(
    ("setting", "attribute"),
    [
        ("core.fsmonitor", ""),
        ("filter.x.clean", "filter=x"),
        ("filter.x.process", "filter=x"),
        ("filter.Ö X.y.clean", ""),
        ("diff.x.textconv", "diff=x"),
        ("diff.x.command", "diff=x"),
        ("diff.external", ""),
        ("core.pager", ""),
        ("core.alternateRefsCommand", ""),
    ],
)
def test_no_program_of_the_repository_is_run(tmp_path: Path, setting: str, attribute: str) -> None:
    root = repository(tmp_path / "work", "a.go", "b.go")
    if attribute:
        (root / ".gitattributes").write_text(f"*.go {attribute}\n")
    mark = hostile(root, tmp_path / "trap")
    git(root, "config", setting, str(tmp_path / "trap"))
    (root / "b.go").write_text("package q\n")
    assert dirty(root, [root / "a.go", root / "b.go"]) == (root / "b.go",)
    assert not mark.exists()


@pytest.mark.skipif(os.name == "nt", reason="the traps are scripts")
@pytest.mark.parametrize("setting", ["core.fsmonitor", "filter.x.clean", "hook"])
def test_the_traps_do_snap_for_plain_git(tmp_path: Path, setting: str) -> None:
    root = repository(tmp_path / "work", "a.go")
    (root / ".gitattributes").write_text("*.go filter=x\n")
    mark = hostile(root, tmp_path / "trap")
    if setting == "hook":
        shutil.copy(tmp_path / "trap", root / ".git/hooks/post-index-change")
    else:
        git(root, "config", setting, str(tmp_path / "trap"))
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, symlinks=True)
    assert dirty(copy, [copy / "a.go"]) == ()
    assert not mark.exists()
    git(root, "status")
    assert mark.exists()


@pytest.mark.skipif(os.name == "nt", reason="the traps are scripts")
def test_missing_objects_are_not_fetched(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", "a.go", "m/b.go")
    mark = hostile(root, tmp_path / "trap", passes_on=False)
    tree = git(root, "rev-parse", "HEAD:m").strip()
    (root / ".git/objects" / tree[:2] / tree[2:]).unlink()
    for setting in (
        "core.repositoryFormatVersion=1",
        "extensions.partialClone=evil",
        "remote.evil.promisor=true",
        f"remote.evil.url=ext::{tmp_path / 'trap'}",
        f"remote.evil.uploadpack={tmp_path / 'trap'}",
        "protocol.allow=always",
        "protocol.ext.allow=always",
    ):
        git(root, "config", *setting.split("=", 1))
    git(root, "update-index", "--force-remove", "m/b.go")  # drops the cached tree, so that HEAD's must be read
    mark.unlink(missing_ok=True)
    with pytest.raises(DeliverError, match="cannot be told"):
        dirty(root, [root / "a.go", root / "m/b.go"])
    assert not mark.exists()
    subprocess.run(["git", "status"], cwd=root, capture_output=True, timeout=60)
    assert mark.exists()


def test_a_filter_that_cannot_be_switched_off_is_an_error(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", "a.go")
    git(root, "config", "filter.a=b.clean", "false")
    with pytest.raises(DeliverError, match="cannot be switched off"):
        dirty(root, [root / "a.go"])


def test_a_work_tree_elsewhere_and_a_foreign_owner_are_no_matter(tmp_path: Path) -> None:
    root = repository(tmp_path / "work", "a.go")
    (tmp_path / "elsewhere").mkdir()
    git(root, "config", "core.worktree", str(tmp_path / "elsewhere"))
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        for path in (root, root / ".git", root / ".git/config"):
            os.chown(path, 12345, 12345)
    assert dirty(root, [root / "a.go"]) == ()
    (root / "a.go").write_text("package q\n")
    assert dirty(root, [root / "a.go"]) == (root / "a.go",)


def test_no_git_and_a_broken_repository_are_clear_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "work", "a.go")
    (root / ".git/index").write_bytes(b"garbage")
    with pytest.raises(DeliverError, match="git ls-files failed") as caught:
        dirty(root, [root / "a.go"])
    assert "index" in caught.value.detail
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeliverError, match="git is not installed"):
        dirty(root, [root / "a.go"])
