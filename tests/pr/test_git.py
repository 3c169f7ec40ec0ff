"""Git on real repositories: commits that are the same each time, whose they are, leases, trees where nothing runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from gorefit.engine.forge.detect import RemoteError
from gorefit.engine.pr import gitcommits, gitmirror
from gorefit.engine.pr.errors import PrError, PushDenied, StalePush, Unreachable
from gorefit.engine.pr.git import Git
from gorefit.engine.pr.gitcommits import Stamp
from gorefit.engine.pr.gitmirror import Mirror
from gorefit.engine.pr.gitpush import Gate
from gorefit.engine.pr.remote import target
from gorefit.engine.pr.usersgit import checkout

from .world import FILES, World, bare_world, git, make_remote

BRANCH = "gorefit/x-0123456789"
pytestmark = pytest.mark.usefixtures("home")
STAMP = Stamp("Gorefit Robot", "robot@example.com", "1700000000 +0130")


@pytest.fixture
def world(tmp_path: Path, home: Path) -> World:
    return bare_world(tmp_path)


@pytest.fixture
def mirror(world: World, tmp_path: Path) -> Mirror:
    found = gitmirror.opened(tmp_path / "mirror.git", target(checkout(world.clone)), {})
    found.fetch([world.heads()["main"]])
    return found


def make(mirror: Mirror, base: str, *texts: str, path: str = "a.txt") -> str:
    """Commits of ours on top of `base`, one for each text."""
    parent = known = base
    for text in texts:
        tree = gitcommits.tree_with(mirror.git, parent, {path: text.encode()})
        message = f"Change\n\nWords.\n\nGorefit-Base: {base}\nGorefit-Series: 0123456789\n"
        message = gitcommits.sealed(message, tree, known, STAMP)
        parent = gitcommits.commit(mirror.git, tree, parent, message, STAMP)
        known = gitcommits.read(mirror.git, parent).trailer("Digest")
    return parent


def gate(mirror: Mirror) -> Gate:
    return Gate(mirror, mirror.target.url, "gorefit/", frozenset({"main"}))


# -- commits ----------------------------------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_commit(world: World, mirror: Mirror, tmp_path: Path) -> None:
    base = world.heads()["main"]
    other = gitmirror.opened(tmp_path / "other.git", mirror.target, {})
    other.fetch([base])
    assert make(mirror, base, "x\n", "y\n") == make(other, base, "x\n", "y\n")
    assert make(mirror, base, "x\n") != make(mirror, base, "z\n")
    about = git(
        mirror.git.directory,
        "show",
        "-s",
        "--format=%an <%ae> %ad|%cn <%ce> %cd",
        "--date=raw",
        make(mirror, base, "x\n"),
    )
    assert about == "|".join(["Gorefit Robot <robot@example.com> 1700000000 +0130"] * 2)


def test_a_patch_leads_back_to_its_tree(world: World, mirror: Mirror) -> None:
    base = world.heads()["main"]
    files = {
        "a.txt": b"one\r\ntwo",
        "sub dir/c.txt": b"",
        "new dir/\xc3\xa4 \"quoted\" #1.go": b"package x\n",
        "tab\there.txt": b"\xef\xbb\xbfbom\n",
        "binary.bin": bytes(range(256)),
    }  # fmt: skip
    named = {os.fsdecode(path) if isinstance(path, bytes) else path: text for path, text in files.items()}
    tree = gitcommits.tree_with(mirror.git, base, named)
    patch = gitcommits.patch(mirror.git, base, tree)
    assert gitcommits.tree_patched(mirror.git, base, patch) == tree
    with pytest.raises(PrError):
        gitcommits.tree_patched(mirror.git, base, patch.replace("one", "two"))
    with pytest.raises(PrError):
        gitcommits.tree_patched(mirror.git, base, "--- a/x\n+++ b/../../evil\n@@ -0,0 +1 @@\n+x\n")


def test_modes_are_kept_and_links_are_not_written_through(tmp_path: Path) -> None:
    remote, clone = make_remote(tmp_path / "w")
    (clone / "run.go").write_text("x")
    (clone / "run.go").chmod(0o755)
    (clone / "link.go").symlink_to("/etc/hostname")
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "modes")
    git(clone, "push", "-q", "origin", "HEAD:main")
    mirror = gitmirror.opened(tmp_path / "m.git", target(checkout(clone)), {})
    base = git(remote, "rev-parse", "main")
    mirror.fetch([base])
    tree = gitcommits.tree_with(mirror.git, base, {"run.go": b"y"})
    assert "100755 blob" in git(mirror.git.directory, "ls-tree", tree, "run.go")
    with pytest.raises(PrError, match="not a regular file"):
        gitcommits.tree_with(mirror.git, base, {"link.go": b"y"})
    assert gitcommits.file(mirror.git, base, "none", "link.go", "run.go") == ("run.go", "x")
    assert gitcommits.file(mirror.git, base, "run.go", most=0) is None


@pytest.mark.parametrize("name", ["Dot Ends.", "A <b> C", "Ünï Cödé", "  spaces  ", 'quote"d', "x" * 300])
def test_names_are_spelt_as_git_spells_them(world: World, mirror: Mirror, name: str) -> None:
    base = world.heads()["main"]
    stamp = gitcommits.stamp_of(mirror.git, base, name, "a@example.com")
    tree = gitcommits.tree_with(mirror.git, base, {"a.txt": b"x"})
    message = gitcommits.sealed(f"S\n\nGorefit-Base: {base}\n", tree, base, stamp)
    assert gitcommits.own(mirror.git, gitcommits.commit(mirror.git, tree, base, message, stamp)) is not None


def test_nobody_is_no_author(mirror: Mirror, world: World) -> None:
    with pytest.raises(PrError, match="nobody is named"):
        gitcommits.stamp_of(mirror.git, world.heads()["main"], "", "")


# -- whose commits ----------------------------------------------------------------------------------------------------


def amend(world: World, *words: str, env: dict[str, str] | None = None) -> None:
    git(world.clone, "commit", "-q", "--amend", *words, env=env)


def keep_author(world: World, text: str) -> None:
    """As a person who fixes a typo and keeps everything else, dates included."""
    (world.clone / "a.txt").write_text(text)
    date = git(world.clone, "log", "-1", "--format=%cd", "--date=raw")
    robot = ["-c", "user.name=Gorefit Robot", "-c", "user.email=robot@example.com"]
    git(world.clone, *robot, "commit", "-aq", "--amend", "--no-edit", env={"GIT_COMMITTER_DATE": f"@{date}"})


CHANGES: dict[str, Callable[[World], object]] = {
    "a commit on top": lambda w: git(w.clone, "commit", "-q", "--allow-empty", "-m", "mine"),
    "an empty commit with our trailers": lambda w: git(
        w.clone, "commit", "-q", "--allow-empty", "-m", git(w.clone, "log", "-1", "--format=%B")
    ),
    "an amended text": lambda w: ((w.clone / "a.txt").write_text("mine\n"), amend(w, "-a", "--no-edit")),
    "an amended text with all names and dates kept": lambda w: keep_author(w, "mine\n"),
    "an amended message": lambda w: amend(w, "-m", "mine"),
    "an amended message with our trailers": lambda w: amend(
        w, "-m", "Mine\n\n" + git(w.clone, "log", "-1", "--format=%B")
    ),
    "an amended author": lambda w: amend(w, "--no-edit", "--author", "Me <me@example.com>"),
    "a merge of the base": lambda w: (
        git(w.clone, "checkout", "-q", "main"),
        (w.clone / "b.txt").write_text("moved\n"),
        git(w.clone, "commit", "-qam", "moved"),
        git(w.clone, "checkout", "-q", "work"),
        git(w.clone, "merge", "-q", "--no-ff", "-m", "merge", "main"),
    ),
    "a rebase": lambda w: (
        git(w.clone, "checkout", "-q", "main"),
        (w.clone / "b.txt").write_text("moved\n"),
        git(w.clone, "commit", "-qam", "moved"),
        git(w.clone, "rebase", "-q", "main", "work"),
    ),
    "a squash": lambda w: (git(w.clone, "reset", "-q", "--soft", "main"), git(w.clone, "commit", "-qm", "squashed")),
    "the last commit dropped": lambda w: git(w.clone, "reset", "-q", "--hard", "HEAD~1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_person_is_recognised(world: World, mirror: Mirror, change: str) -> None:
    base = world.heads()["main"]
    head = make(mirror, base, "x\n", "y\n")
    gate(mirror).push(BRANCH, head, "")
    git(world.clone, "fetch", "-q", "origin", BRANCH)
    git(world.clone, "checkout", "-q", "-B", "work", "FETCH_HEAD")
    CHANGES[change](world)
    git(world.clone, "push", "-qf", "origin", f"work:{BRANCH}")
    now = world.heads()[BRANCH]
    assert now != head
    mirror.fetch([now], depth=gitmirror.DEPTH)
    found = gitcommits.own(mirror.git, now)
    if change == "the last commit dropped":  # what is left is wholly ours; only less than we wanted
        assert found is not None and found.digest != gitcommits.read(mirror.git, head).trailer("Digest")
    else:
        assert found is None


def test_our_own_branch_is_recognised_without_any_ledger(world: World, mirror: Mirror, tmp_path: Path) -> None:
    base = world.heads()["main"]
    head = make(mirror, base, "x\n", "y\n", "z\n")
    gate(mirror).push(BRANCH, head, "")
    stranger = gitmirror.opened(tmp_path / "stranger.git", mirror.target, {})
    stranger.fetch([head], depth=gitmirror.DEPTH)
    found = gitcommits.own(stranger.git, head)
    assert found is not None
    assert (found.base, found.series) == (base, "0123456789")
    assert found.digest == gitcommits.read(mirror.git, head).trailer("Digest")


# -- pushes -----------------------------------------------------------------------------------------------------------


def test_a_lease_keeps_what_somebody_pushed(world: World, mirror: Mirror) -> None:
    base, way = world.heads()["main"], gate(mirror)
    first, second = make(mirror, base, "x\n"), make(mirror, base, "y\n")
    way.push(BRANCH, first, "")
    person = world.commit(BRANCH, "b.txt", "mine\n")
    mirror.fetch([person], depth=10)  # having seen the commit is no leave to overwrite it
    for lease in ("", first):
        with pytest.raises(StalePush):
            way.push(BRANCH, second, lease)
        with pytest.raises(StalePush):
            way.delete(BRANCH, lease or first)
    assert world.heads()[BRANCH] == person
    way.push(BRANCH, second, person)
    assert world.heads()[BRANCH] == second
    way.delete(BRANCH, second)
    assert BRANCH not in world.heads()


@pytest.mark.parametrize(
    "name", ["main", "other", "gorefit/mine", "gorefit/x-0123456789/y", "gorefit/x-0123456789:main"]
)
def test_no_branch_but_ours_is_ever_written(world: World, mirror: Mirror, name: str) -> None:
    git(world.clone, "push", "-q", "origin", "main:other", "main:gorefit/mine")
    before, base = world.heads(), world.heads()["main"]
    for act in (
        lambda: gate(mirror).push(name, make(mirror, base, "x\n"), base),
        lambda: gate(mirror).delete(name, base),
    ):
        with pytest.raises(PrError, match="refused to touch"):
            act()
    assert world.heads() == before


def test_the_base_is_not_written_even_if_it_is_named_as_ours(world: World, mirror: Mirror) -> None:
    base = world.heads()["main"]
    way = Gate(mirror, mirror.target.url, "gorefit/", frozenset({BRANCH}))
    with pytest.raises(PrError, match="refused to touch"):
        way.push(BRANCH, make(mirror, base, "x\n"), "")


def test_backups_are_made_once_and_never_changed(world: World, mirror: Mirror) -> None:
    head, way = make(mirror, world.heads()["main"], "x\n"), gate(mirror)
    assert not way.backed_up(head)
    way.back_up(head)
    assert way.backed_up(head)
    assert git(world.remote, "rev-parse", f"refs/gorefit/backup/{head}") == head
    with pytest.raises(PrError):
        way.back_up("main")


def test_a_push_that_is_denied_says_so(world: World, mirror: Mirror) -> None:
    hook = world.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'protected branch' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushDenied) as denied:
        gate(mirror).push(BRANCH, make(mirror, world.heads()["main"], "x\n"), "")
    assert "protected branch" in denied.value.detail
    assert BRANCH not in world.heads()


def test_a_remote_that_is_gone_is_told(world: World, mirror: Mirror) -> None:
    shutil.move(world.remote, world.remote.with_name("elsewhere"))
    with pytest.raises(PrError):
        gate(mirror).refs()
    deaf = Gate(mirror, "http://127.0.0.1:1/x.git", "gorefit/", frozenset())
    with pytest.raises(Unreachable):
        deaf.refs()


# -- what the target says ---------------------------------------------------------------------------------------------

EVIL = "touch {mark}; cat"


def test_nothing_of_the_target_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that tries every way to have a program started: by its config, its attributes, its hooks."""
    mark = tmp_path / "PWNED"
    evil = EVIL.format(mark=mark)
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\n{evil}\n")
    script.chmod(0o755)
    attributes = "*.txt filter=evil diff=evil merge=evil text eol=crlf ident\n*.big filter=lfs\n"
    remote, clone = make_remote(tmp_path / "w", {**FILES, ".gitattributes": attributes, "x.big": "pointer\n"})
    for key, value in {
        "core.fsmonitor": str(script), "core.hooksPath": str(tmp_path / "hooks"), "core.sshCommand": str(script),
        "core.editor": str(script), "core.pager": str(script), "core.askPass": str(script),
        "core.gitProxy": str(script), "core.alternateRefsCommand": str(script), "credential.helper": f"!{evil}",
        "diff.evil.textconv": str(script), "diff.evil.command": str(script), "diff.external": str(script),
        "filter.evil.clean": evil, "filter.evil.smudge": evil, "filter.evil.required": "true",
        "gpg.program": str(script), "commit.gpgsign": "false", "uploadpack.packObjectsHook": str(script),
        "remote.origin.uploadpack": str(script), "remote.origin.receivepack": str(script),
        "remote.origin.vcs": "ext", "alias.fetch": f"!{evil}", "trailer.x.command": str(script),
        f"url.ext::{script} .insteadOf": str(remote), "include.path": str(tmp_path / "more"),
    }.items():  # fmt: skip
        git(clone, "config", key, value)
    (tmp_path / "more").write_text(f"[core]\n\tsshCommand = {script}\n")
    (tmp_path / "hooks").mkdir()
    for folder in (tmp_path / "hooks", clone / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("pre-commit", "post-checkout", "pre-push", "reference-transaction", "post-index-change"):
            shutil.copy(script, folder / name)
    mark.unlink(missing_ok=True)
    monkeypatch.setenv("GIT_DIR", str(clone / ".git"))  # as a hook would have it
    monkeypatch.setenv("GIT_INDEX_FILE", str(clone / ".git" / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(clone / ".git" / "objects"))
    mirror = gitmirror.opened(tmp_path / "m.git", target(checkout(clone)), {})
    monkeypatch.delenv("GIT_DIR")
    base = git(remote, "rev-parse", "main")
    mirror.fetch([base])
    with mirror.checked_out(base) as tree:
        assert (tree / "a.txt").read_bytes() == b"one\n", "no line ends are converted"
        assert (tree / "x.big").read_bytes() == b"pointer\n", "LFS pointers stay pointers"
    assert not tree.exists()
    head = make(mirror, base, "$Id$\r\nx\n")
    assert mirror.git("cat-file", "blob", f"{head}:a.txt").out == b"$Id$\r\nx\n"
    gate(mirror).push(BRANCH, head, "")
    mirror.fetch([head], depth=10)
    assert gitcommits.own(mirror.git, head)
    assert not mark.exists()


def test_submodules_are_left_out(tmp_path: Path) -> None:
    remote, clone = make_remote(tmp_path / "w")
    other, _ = make_remote(tmp_path / "o")
    git(clone, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    git(clone, "commit", "-qm", "sub")
    git(clone, "push", "-q", "origin", "HEAD:main")
    mirror = gitmirror.opened(tmp_path / "m.git", target(checkout(clone)), {})
    base = git(remote, "rev-parse", "main")
    mirror.fetch([base])
    with mirror.checked_out(base) as tree:
        assert list((tree / "sub").iterdir()) == []
    assert "160000 commit" in git(mirror.git.directory, "ls-tree", make(mirror, base, "x\n"), "sub")


@pytest.mark.parametrize("kind", ["full", "shallow", "partial", "worktree", "detached", "subdirectory"])
def test_the_kind_of_clone_makes_no_difference(tmp_path: Path, kind: str) -> None:
    remote, clone = make_remote(tmp_path / "w")
    for number in range(3):
        (clone / "a.txt").write_text(f"{number}\n")
        git(clone, "commit", "-qam", f"{number}")
    git(clone, "push", "-q", "origin", "main")
    made, stand = tmp_path / "made", tmp_path / "made"
    flags = {"shallow": ["--depth=1"], "partial": ["--filter=blob:none"]}.get(kind, [])
    git(tmp_path, "clone", "-q", *flags, remote.as_uri(), str(made))
    if kind == "worktree":
        stand = tmp_path / "linked"
        git(made, "worktree", "add", "-q", "--detach", str(stand))
    elif kind == "detached":
        git(made, "checkout", "-q", "--detach", "HEAD~1")
    elif kind == "subdirectory":
        stand = made / "sub dir"
    before = git(made, "status", "--porcelain=v2", "--branch"), (made / ".git" / "config").read_bytes()
    mirror = gitmirror.opened(tmp_path / "m.git", target(checkout(stand)), {})
    base = git(remote, "rev-parse", "main")
    mirror.fetch([base])
    with mirror.checked_out(base) as tree:
        assert (tree / "a.txt").read_text() == "2\n"
    head = make(mirror, base, "x\n")
    gate(mirror).push(BRANCH, head, "")
    assert git(remote, "rev-parse", BRANCH) == head
    assert (git(made, "status", "--porcelain=v2", "--branch"), (made / ".git" / "config").read_bytes()) == before


def test_a_damaged_clone_of_ours_is_made_anew(world: World, mirror: Mirror) -> None:
    folder = mirror.git.directory
    (folder / "HEAD").write_text("nonsense")
    again = gitmirror.opened(folder, mirror.target, {})
    again.fetch([world.heads()["main"]])
    with again.checked_out(world.heads()["main"]) as tree:
        assert (tree / "a.txt").exists()


def test_leftovers_of_a_killed_run_are_in_nobodys_way(world: World, mirror: Mirror) -> None:
    base, folder = world.heads()["main"], mirror.git.directory
    for name in ("tree.index.lock", "shallow.lock", "config.lock", "index.lock"):
        (folder / name).write_text("")
    mirror.tree.mkdir()
    (mirror.tree / "old.go").write_text("x")
    again = gitmirror.opened(folder, mirror.target, {})
    again.fetch([base])
    with again.checked_out(base) as tree:
        assert not (tree / "old.go").exists() and (tree / "a.txt").exists()


# -- the checkout -----------------------------------------------------------------------------------------------------


def set_remote(clone: Path, url: str, name: str = "origin") -> None:
    git(clone, "config", f"remote.{name}.url", url)


def test_the_remote_is_origin_or_the_only_one(world: World) -> None:
    assert target(checkout(world.clone)).name == "origin"
    set_remote(world.clone, str(world.remote), "upstream")
    assert target(checkout(world.clone)).name == "origin"
    assert target(checkout(world.clone), "upstream").name == "upstream"
    with pytest.raises(PrError, match="no remote called 'nope'"):
        target(checkout(world.clone), "nope")
    git(world.clone, "remote", "remove", "origin")
    assert target(checkout(world.clone)).name == "upstream"
    set_remote(world.clone, str(world.remote), "fork")
    with pytest.raises(PrError, match="none of the remotes is called origin"):
        target(checkout(world.clone))
    for name in ("upstream", "fork"):
        git(world.clone, "config", "--remove-section", f"remote.{name}")
    with pytest.raises(PrError, match="no git remote"):
        target(checkout(world.clone))


def test_outside_of_any_repository(tmp_path: Path) -> None:
    with pytest.raises(PrError, match="not inside a git work tree"):
        checkout(tmp_path)


def test_credentials_in_a_url_are_dropped(world: World) -> None:
    set_remote(world.clone, "https://user:hunter2-token@github.com/acme/shop.git")
    found = target(checkout(world.clone))
    assert found.stripped and found.key == "github.com/acme/shop"
    assert "hunter2" not in repr(found)
    set_remote(world.clone, "git@github.com:acme/shop.git")
    assert target(checkout(world.clone)).key == "github.com/acme/shop" and not target(checkout(world.clone)).stripped


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c 'touch PWNED'", "ext::touch", "http://git.example.com/a/b", "git://github.com/a/b", "--upload-pack=x",
     "https://github.com/a/b\nc", "fd::17", "https://nowhere.example/a/b", ""],
)  # fmt: skip
def test_urls_that_nobody_should_follow(world: World, url: str) -> None:
    (world.clone / ".git" / "config").write_text("")
    set_remote(world.clone, url)
    with pytest.raises((RemoteError, PrError)):
        target(checkout(world.clone))


def test_only_the_users_own_config_names_programs_and_places(world: World, home: Path) -> None:
    for key, value in {
        "core.sshCommand": "evil", "http.proxy": "http://evil", "http.https://github.com/.sslVerify": "false",
        "gpg.program": "evil", "gpg.ssh.program": "evil", "user.name": "Local", "commit.gpgsign": "true",
        "http.extraHeader": "X: evil", "credential.helper": "evil", "url.http://evil/.insteadOf": "https://",
    }.items():  # fmt: skip
        git(world.clone, "config", key, value)
    found = checkout(world.clone)
    assert found.carried() == {"user.name": "Local", "commit.gpgsign": "true"}
    (home / ".gitconfig").write_text(
        '[user]\n\tname = Global\n\temail = g@example.com\n[gpg]\n\tprogram = gpg2\n[http]\n\tproxy = http://p\n'
        '[url "https://github.com/acme/"]\n\tinsteadOf = acme:\n[alias]\n\tx = !evil\n[core]\n\tfsmonitor = evil\n'
    )  # fmt: skip
    found = checkout(world.clone)
    assert found.value("user.name") == "Local" and found.value("user.email") == "g@example.com"
    assert found.carried() == {
        "user.name": "Local", "user.email": "g@example.com", "gpg.program": "gpg2", "http.proxy": "http://p",
        "commit.gpgsign": "true",
    }  # fmt: skip
    set_remote(world.clone, "acme:shop.git")
    assert target(checkout(world.clone)).url == "https://github.com/acme/shop.git"


# -- signatures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ssh_key(home: Path) -> Path:
    key = home / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (home / "allowed").write_text(f"robot@example.com {key.with_suffix('.pub').read_text()}")
    (home / ".gitconfig").write_text(
        f"[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tallowedSignersFile = {home}/allowed\n"
        f"[user]\n\tsigningkey = {key}.pub\n[commit]\n\tgpgsign = true\n"
    )  # fmt: skip
    return key


def test_ssh_signatures(world: World, ssh_key: Path) -> None:
    with world.desk() as desk:
        assert desk.signs("auto") and not desk.signs("never")
        assert check_signed(desk.mirror, desk.base_sha) == check_signed(desk.mirror, desk.base_sha), (
            "still deterministic"
        )


def test_gpg_signatures(world: World, home: Path) -> None:
    keys = home / "gnupg"
    keys.mkdir(mode=0o700)
    script = home / "gpg.sh"  # the user's program, with the keyring of this test
    script.write_text(f'#!/bin/sh\nexec gpg --homedir {keys} --batch --pinentry-mode loopback --passphrase "" "$@"\n')
    script.chmod(0o755)
    words = ["--quick-generate-key", "Gorefit Robot <robot@example.com>", "default", "default", "never"]
    subprocess.run([str(script), *words], check=True, capture_output=True)
    (home / ".gitconfig").write_text(
        f"[gpg]\n\tprogram = {script}\n[user]\n\tsigningkey = robot@example.com\n[commit]\n\tgpgsign = true\n"
    )
    try:
        with world.desk() as desk:
            check_signed(desk.mirror, desk.base_sha)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(keys), "--kill", "all"], check=False)


def check_signed(mirror: Mirror, base: str) -> str:
    """Make a signed commit, check it, and that it still counts as ours."""
    mirror.fetch([base])
    tree = gitcommits.tree_with(mirror.git, base, {"a.txt": b"x"})
    message = gitcommits.sealed(f"S\n\nGorefit-Base: {base}\n", tree, base, STAMP)
    head = gitcommits.commit(mirror.git, tree, base, message, STAMP, sign=True)
    allowed = f"gpg.ssh.allowedSignersFile={Path.home()}/allowed"
    answer = mirror.git("verify-commit", head, settings=[allowed])
    assert "good" in answer.err.lower(), answer.err
    plain = gitcommits.commit(mirror.git, tree, base, message, STAMP)
    own, unsigned = gitcommits.own(mirror.git, head), gitcommits.own(mirror.git, plain)
    assert head != plain and own == unsigned and own is not None
    return head


def test_a_key_that_is_not_there_stops_before_anything_is_pushed(world: World, home: Path) -> None:
    (home / ".gitconfig").write_text(
        "[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = /nowhere/key\n[commit]\n\tgpgsign = true\n"
    )
    with world.desk() as desk, pytest.raises(PrError, match="cannot be signed"):
        check_signed(desk.mirror, desk.base_sha)
    assert world.ours() == {}


def test_no_secret_stands_in_an_argument(tmp_path: Path) -> None:
    """Settings with secrets go by the environment: git is a script here that notes its arguments."""
    log = tmp_path / "log"
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$@" >> {log}\nenv | grep ^GIT_CONFIG_VALUE >> {log}.env\n')
    fake.chmod(0o755)
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"], before = str(fake), os.environ.get("GIT_PYTHON_GIT_EXECUTABLE")
    try:
        env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "http://u:hunter2@p"}
        git_ = Git(tmp_path, env)
        git_("fetch", "origin")
        assert "hunter2" not in repr(git_)
    finally:
        if before is None:
            del os.environ["GIT_PYTHON_GIT_EXECUTABLE"]
        else:
            os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = before
    assert "hunter2" not in log.read_text() and "hunter2" in Path(f"{log}.env").read_text()


def test_published_commits_are_signed_once(world: World, ssh_key: Path) -> None:
    """A run that has nothing to push asks no key: here it has gone."""
    (done,) = world.publish({"": {"a.txt": "new\n"}})
    assert done.outcome == "created"
    (branch,) = world.ours()
    allowed = f"gpg.ssh.allowedSignersFile={Path.home()}/allowed"
    assert git(world.remote, "-c", allowed, "log", "-1", "--format=%G?", branch) == "G"
    ssh_key.unlink()
    assert [one.outcome for one in world.publish({"": {"a.txt": "new\n"}})] == ["kept"]
    (failed,) = world.publish({"": {"a.txt": "newer\n"}})
    assert failed.outcome == "failed" and "signed" in failed.problems[0]
    assert [one.outcome for one in world.publish({"": {"a.txt": "newer\n"}}, sign="never")] == ["updated"]
