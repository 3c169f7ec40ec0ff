"""One scene for all forges: an adapter, and a person who does by hand what people do to pull requests."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gorefit.engine.forge import barefile
from gorefit.engine.forge.bare import Bare
from gorefit.engine.forge.forge import Forge, Kind, NewPullRequest, PullRequest, State

from .fixtures import forge_of
from .server import Host
from .world import Repo, Review, World

BRANCH = "gorefit/prealloc/0123456789"


@dataclass
class Stage:
    """A forge under test with the repository acme/shop, whose branch BRANCH is pushed and holds work."""

    kind: Kind
    forge: Forge
    repo: Repo
    host: Host | None = None  # None for a plain remote
    directory: Path = Path()  # of a plain remote's pull requests

    def new(self, **how: object) -> NewPullRequest:
        """What to open for BRANCH."""
        plain = NewPullRequest(BRANCH, "main", "Allocate once", "What and why.\n", self.repo.ref(BRANCH))
        return dataclasses.replace(plain, **how)  # pyright: ignore[reportArgumentType]  # fields by name

    def opened(self, **how: object) -> PullRequest:
        return self.forge.create(self.new(**how))

    def settle(self, number: int, state: State) -> None:
        """A person closes or merges a request."""
        if self.host:
            pull = self.repo.pull(number)
            pull.last_sha = pull.sha
            pull.state = "merged" if state is State.MERGED else "closed"
        else:
            path = self.directory / f"{number:04}" / "pull-request.md"
            path.write_text(path.read_text().replace('state: "open"', f"state: {state.value}"))

    def say(self, number: int, login: str, body: str) -> None:
        """A person comments."""
        if self.host:
            self.host.world.say(self.repo.pull(number), self.host.world.people[login], body)
        else:
            said = len(list((self.directory / f"{number:04}").glob("comment-*")))
            barefile.replace(self.directory / f"{number:04}" / f"comment-{said + 1:04}.md", body)

    def review(self, number: int, login: str, state: str) -> None:
        assert self.host
        person = self.host.world.people[login]
        self.repo.pull(number).reviews.append(Review(person, "approved" if state == "approved" else "changes"))


def set_stage(kind: Kind, tmp_path: Path, new_host: Callable[..., Host], **how: object) -> Stage:
    """A fresh stage, with BRANCH pushed."""
    if kind is Kind.BARE:
        world = World(tmp_path / "plain", "")
        repo = world.repo("acme/shop")
        bare = Bare(tmp_path / "requests", "acme/shop", repo.path.as_uri(), "main")
        stage = Stage(kind, bare, repo, directory=bare.directory)
    else:
        host = new_host(kind, **how)
        stage = Stage(kind, forge_of(host, kind), host.world.find("acme/shop"), host)
    stage.repo.commit(BRANCH, {"a.go": "package shop\n"})
    return stage
