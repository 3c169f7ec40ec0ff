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
from typing import Any

import msgspec
import pytest
from forges import canary
from forges.server import Host
from forges.world import Pull
from gorefit.engine.forge import barefile
from gorefit.engine.forge.forge import Kind, State
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
class Clock:
    """Time that only waiting moves."""

    now: list[float] = dataclasses.field(default_factory=lambda: [1_800_000_000.0])

    def __call__(self) -> float:
        return self.now[0]

    def sleep(self, seconds: float) -> None:
        self.now[0] += seconds


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as the forge has it."""

    number: int
    head: str
    state: str
    title: str
    body: str
    draft: bool
    labels: frozenset[str]
    reviewers: frozenset[str]
    comments: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class World:
    """`remote`: a bare repository; `clone`: a person's checkout of it; `place`: where gorefit's commands stand."""

    remote: Path
    clone: Path
    place: Place
    host: Host | None = None  # of a forge; None for a plain remote
    settings: Settings = ROBOT

    @contextlib.contextmanager
    def desk(self, *, token: bool = False, **settings: Any) -> Generator[Desk]:
        chosen = msgspec.structs.replace(self.settings, **settings)
        with opened(self.place, chosen, token=token, tell=lambda _seconds, _why: None) as desk:
            yield desk

    def heads(self) -> dict[str, str]:
        """All branches of the remote."""
        lines = git(self.remote, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads").splitlines()
        return {name: sha for name, _, sha in (line.partition(" ") for line in lines)}

    def ours(self) -> dict[str, str]:
        return {name: sha for name, sha in self.heads().items() if name.startswith("gorefit/")}

    def requests(self) -> list[Request]:
        """All requests, the oldest first."""
        if self.host:
            return [_request(pull) for pull in self.host.world.find("acme/shop").pulls]
        return [self._bare(int(path.name)) for path in sorted((self.place.pr_dir or Path()).glob("[0-9]*"))]

    def _bare(self, number: int) -> Request:
        folder = self._folder(number)
        one = barefile.parse(number, folder, (folder / "pull-request.md").read_text())
        comments = tuple(path.read_text() for path in sorted(folder.glob("comment-*.md")))
        return Request(
            *(number, one.head, one.state.value, one.title, one.body, one.draft, one.labels, one.reviewers, comments)
        )

    def settle(self, number: int, state: str) -> None:
        """A person closes or merges a request; a merge brings the branch's commits to main."""
        head = next(one.head for one in self.requests() if one.number == number)
        if state == "merged":
            git(self.clone, "fetch", "-q", "origin")
            git(self.clone, "checkout", "-q", "-B", "main", "origin/main")
            git(self.clone, "merge", "-q", "--no-ff", "-m", "merge", f"origin/{head}")
            git(self.clone, "push", "-q", "origin", "main")
        self._edit(number, state=state)

    def label(self, number: int, label: str) -> None:
        """A person adds a label."""
        self._edit(number, label=label)

    def describe(self, number: int, *, title: str = "", body: str = "") -> None:
        """A person edits a request's title or text."""
        self._edit(number, title=title, body=body)

    def say(self, number: int, login: str, words: str) -> None:
        """A person comments."""
        if self.host:
            self.host.world.say(self.host.world.find("acme/shop").pull(number), self.host.world.people[login], words)
        else:
            (self._folder(number) / "comment-0000.md").write_text(words)

    def _edit(self, number: int, *, state: str = "", label: str = "", title: str = "", body: str = "") -> None:
        if self.host:
            pull = self.host.world.find("acme/shop").pull(number)
            pull.last_sha = pull.sha
            pull.state = state or pull.state  # pyright: ignore[reportAttributeAccessIssue]  # a word of a literal type
            if label:
                self.host.world.label(pull.repo, label)
                pull.labels.append(label)
            pull.title, pull.body = title or pull.title, body or pull.body
            return
        path = self._folder(number) / "pull-request.md"
        old = barefile.parse(number, path, path.read_text())
        new = dataclasses.replace(
            old,
            state=State(state) if state else old.state,
            labels=old.labels | ({label} if label else set()),
            title=title or old.title,
            body=body or old.body,
        )
        path.write_text(barefile.render(new))

    def _folder(self, number: int) -> Path:
        return (self.place.pr_dir or Path()) / f"{number:04}"

    def publish(self, changes: Mapping[str, Mapping[str, str]], **more: Any) -> list[Published]:
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
    write(clone, files)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "first")
    git(clone, "remote", "add", "origin", str(remote))
    git(clone, "push", "-q", "origin", "main")
    return remote, clone


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def bare_world(folder: Path, files: Mapping[str, str] = FILES) -> World:
    """A world whose remote is a plain repository, and whose requests are files in `folder`/requests."""
    remote, clone = make_remote(folder, files)
    return World(remote, clone, Place(clone, Kind.BARE, pr_dir=folder / "requests", limits=UNHURRIED))


def forge_world(kind: Kind, folder: Path, host: Host, files: Mapping[str, str] = FILES) -> World:
    """A world whose remote is acme/shop on a fake forge; what gorefit is to wait for takes no time."""
    repo = host.world.find("acme/shop")
    clone = folder / "clone"
    git(folder, "clone", "-q", str(repo.path), str(clone))
    write(clone, files)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "first")
    git(clone, "push", "-q", "origin", "HEAD:main")
    url = f"{host.world.base}/acme/shop.git"
    git(clone, "config", "remote.origin.url", url)
    git(clone, "config", "remote.origin.pushurl", str(repo.path))  # the person's own way in
    git(clone, "config", f"url.{repo.path}.insteadOf", url)
    clock = Clock()
    place = Place(clone, kind, host.world.base + host.face.PREFIX, limits=UNHURRIED, clock=clock, sleep=clock.sleep)
    return World(repo.path, clone, place, host)


def stand_alone(folder: Path, monkeypatch: pytest.MonkeyPatch, token: str = canary.TOKEN) -> Path:
    """Make this process that of a user without any git config, with a token, and with state and caches of their own."""
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("GOREFIT_STATE_DIR", str(folder / "state"))
    monkeypatch.setenv("GOREFIT_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GOREFIT_TOKEN", token)
    (folder / "home").mkdir()
    return folder / "home"


def any_world(kind: Kind, folder: Path, new_host: Callable[..., Host], **how: bool) -> World:
    return bare_world(folder) if kind is Kind.BARE else forge_world(kind, folder, new_host(kind, **how))


def _request(pull: Pull) -> Request:
    return Request(
        number=pull.number,
        head=pull.head,
        state=pull.state,
        title=pull.title,
        body=pull.body,
        draft=pull.draft,
        labels=frozenset(pull.labels),
        reviewers=frozenset(person.login for person in pull.reviewers),
        comments=tuple(said.body for said in pull.said if not said.system),
    )


def plan_of(
    desk: Desk,
    changes: Mapping[str, Mapping[str, str]],
    *,
    series: Series | None = None,
    body: str = "What and why.",
    gone: tuple[str, ...] = (),
    annotations: Annotations | None = None,
    template: str = "",
    **more: Any,
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
