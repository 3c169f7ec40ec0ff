"""A small world for the tests of pull requests: a remote, a person's clone of it, and gorefit's own desk.

Plans are made of plain text changes here: what is published does not have to be Go, and no Go has to run for it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import msgspec
from gorefit.engine.forge.forge import Kind
from gorefit.engine.forge.pacing import Limits
from gorefit.engine.pr import gitcommits
from gorefit.engine.pr.decide import Action
from gorefit.engine.pr.desk import Desk, Place, opened
from gorefit.engine.pr.gitcommits import Stamp
from gorefit.engine.pr.naming import Series, branch
from gorefit.engine.pr.plan import Annotations, Call, Commit, Identity, Plan, Shard
from gorefit.engine.pr.publishing import carry_out
from gorefit.engine.pr.request import Published
from gorefit.engine.pr.settings import Settings

PERSON = ("-c", "user.name=Person", "-c", "user.email=person@example.com", "-c", "commit.gpgsign=false")
ROBOT = Settings(author="Gorefit Robot <robot@example.com>", reviewers=())
UNHURRIED = Limits(gap=0, opens_per_hour=0, points_per_minute=0)
FILES = {"a.txt": "one\n", "b.txt": "two\n", "sub dir/c.txt": "three\n"}


def git(where: Path, *words: str, env: Mapping[str, str] | None = None) -> str:
    """A person's git."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(where), *PERSON, *words],
        check=True,
        capture_output=True,
        text=True,
        env={**clean, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, **(env or {})},
    )
    return done.stdout.strip()


@dataclasses.dataclass(frozen=True)
class World:
    """`remote`: a bare repository; `clone`: a person's checkout of it; `place`: where gorefit's commands stand."""

    remote: Path
    clone: Path
    place: Place
    settings: Settings = ROBOT

    @contextlib.contextmanager
    def desk(self, *, token: bool = False, **settings: object) -> Generator[Desk]:
        chosen = msgspec.structs.replace(self.settings, **settings)
        with opened(self.place, chosen, token=token, tell=lambda _seconds, _why: None) as desk:
            yield desk

    def heads(self) -> dict[str, str]:
        """All branches of the remote."""
        lines = git(self.remote, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads").splitlines()
        return {name: sha for name, _, sha in (line.partition(" ") for line in lines)}

    def ours(self) -> dict[str, str]:
        return {name: sha for name, sha in self.heads().items() if name.startswith("gorefit/")}

    def publish(self, changes: Mapping[str, Mapping[str, str]], **more: object) -> list[Published]:
        """Plan these changes (shard key: path: text) and publish them."""
        with self.desk(token=True) as desk:
            return carry(desk, plan_of(desk, changes, **more))

    def commit(self, branch_name: str, path: str, text: str, *, amend: bool = False) -> str:
        """A person's commit on a branch of the remote, pushed with force, as people do."""
        git(self.clone, "fetch", "-q", "origin")
        git(self.clone, "checkout", "-q", "-B", "work", f"origin/{branch_name}")
        (self.clone / path).write_text(text)
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-q", *(["--amend", "--no-edit"] if amend else ["-m", "mine"]))
        git(self.clone, "push", "-qf", "origin", f"HEAD:{branch_name}")
        return git(self.clone, "rev-parse", "HEAD")


def carry(desk: Desk, plan: Plan) -> list[Published]:
    done: list[Published] = []
    carry_out(desk, plan, done, lambda _: None)
    return done


def make_remote(folder: Path, files: Mapping[str, str] = FILES) -> tuple[Path, Path]:
    """A bare repository with one commit on main, and a clone of it."""
    remote, clone = folder / "remote.git", folder / "clone"
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "--bare", "-b", "main", str(remote))
    git(remote, "config", "uploadpack.allowFilter", "true")
    git(remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(folder, "init", "-q", "-b", "main", str(clone))
    for name, text in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "first")
    git(clone, "remote", "add", "origin", str(remote))
    git(clone, "push", "-q", "origin", "main")
    return remote, clone


def bare_world(folder: Path, files: Mapping[str, str] = FILES) -> World:
    """A world whose remote is a plain repository, and whose requests are files in `folder`/requests."""
    remote, clone = make_remote(folder, files)
    return World(remote, clone, Place(clone, Kind.BARE, pr_dir=folder / "requests", limits=UNHURRIED))


def plan_of(
    desk: Desk,
    changes: Mapping[str, Mapping[str, str]],
    *,
    series: Series | None = None,
    body: str = "What and why.",
    gone: tuple[str, ...] = (),
    annotations: Annotations | None = None,
    template: str = "",
    **more: object,
) -> Plan:
    """A plan that makes these changes (shard key: path: text), each as one commit; `gone` are branches to close."""
    series = series or Series(desk.base, "", ("./...",), ("tier:safe",))
    desk.mirror.fetch([desk.base_sha])
    stamp = desk.stamp("Gorefit Robot <robot@example.com>")
    shards = [shard_of(desk, series, stamp, key, files, body, annotations, template) for key, files in changes.items()]
    shards += [Shard("", name, Action.CLOSE, "") for name in gone]
    plan = Plan(
        version=1,
        gorefit="0",
        remote=desk.target.key,
        base=desk.base,
        base_sha=desk.base_sha,
        prefix="gorefit/",
        call=Call(series.directory, series.patterns, series.codemods),
        stamp=Identity(stamp.name, stamp.email, stamp.date),
        shards=tuple(shards),
    )
    return msgspec.structs.replace(plan, **more)


def shard_of(
    desk: Desk,
    series: Series,
    stamp: Stamp,
    key: str,
    files: Mapping[str, str],
    body: str,
    annotations: Annotations | None,
    template: str,
) -> Shard:
    mirror, base = desk.mirror.git, desk.base_sha
    tree = gitcommits.tree_with(mirror, base, {path: text.encode() for path, text in files.items()})
    trailers = f"Gorefit-Codemod: x\nGorefit-Base: {base}\nGorefit-Series: {series.id}\n"
    message = gitcommits.sealed(f"Change {key or 'all'}\n\n{trailers}", tree, base, stamp)
    head = gitcommits.commit(mirror, tree, base, message, stamp)
    return Shard(
        key=key,
        branch=branch("gorefit/", series, key),
        action=Action.CREATE,
        why="",
        title=f"Change {key or 'all'}",
        body=body,
        template=template,
        digest=gitcommits.read(mirror, head).trailer("Digest"),
        files=tuple(files),
        commits=(Commit("x", message, gitcommits.patch(mirror, base, head), tree),),
        annotations=annotations or Annotations(),
    )


def outcomes(done: list[Published]) -> list[str]:
    return [one.outcome for one in done]


Maker = Callable[[Path], World]
