"""Fixtures of the fake forges, for every test of this suite; `tests/conftest.py` makes them known."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gorefit.engine.forge.connect import connect
from gorefit.engine.forge.detect import Remote, detect
from gorefit.engine.forge.forge import Forge, Kind
from gorefit.engine.forge.pacing import Limits, Pacer
from gorefit.engine.forge.secrets import Secret

from . import canary, gitea_face, github_face, gitlab_face, prism
from .server import Host, Server, front_door
from .world import World

FACES: dict[Kind, ModuleType] = {Kind.GITHUB: github_face, Kind.GITLAB: gitlab_face, Kind.GITEA: gitea_face}
#: No waiting of our own accord, and as good as none where a forge asks for it: see `quick_pacer`.
UNLIMITED = Limits(gap=0, opens_per_hour=0, points_per_minute=0)

NewHost = Callable[..., Host]


class Yard:
    """The servers of one test process; what they answer is the host of the test at hand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._host: Host | None = None
        self._prisms: dict[str, prism.Prism] = {}
        self.front = Server(front_door(lambda: self.host))
        self.inner = Server(lambda call: self.host.answer(call))

    @property
    def host(self) -> Host:
        assert self._host, "no test has made a host"
        return self._host

    def new(self, kind: Kind, folder: Path, *, contract: bool = True, edition: str = prism.GITHUB) -> Host:
        """A fresh forge with its people and acme/shop; `contract`: GitHub's stands behind prism, if there is one."""
        world = World(folder, self.front.url)
        face = FACES[kind]
        behind = self.prism(edition) if kind is Kind.GITHUB and contract else ""
        self._host = Host(face, world, behind, check=getattr(face, "check", lambda _call, _reply: ""))
        furnish(world)
        return self._host

    def prism(self, edition: str) -> str:
        """The address of the running prism, started at first use; "" where it is not installed."""
        if prism.missing():
            return ""
        if edition not in self._prisms:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            self._prisms[edition] = prism.Prism(self._folder, self.inner.url, port, edition)
        return self._prisms[edition].url

    def close(self) -> None:
        self.front.close()
        self.inner.close()
        for one in self._prisms.values():
            one.close()


def furnish(world: World) -> None:
    """The people of acme, and its repository shop."""
    world.person("gorefit-bot", canary.TOKEN)
    world.person("reader", canary.READER)
    for login in ("alice", "bob", "carol", "mallory"):
        world.person(login)
    world.teams["acme/platform"] = ["alice", "bob"]
    access = {"gorefit-bot": "write", "reader": "read", "alice": "write", "bob": "write", "carol": "admin"}
    shop = world.repo("acme/shop", None, **access)  # pyright: ignore[reportArgumentType]  # words of a literal type
    shop.milestones += ["v1", "v2"]


@pytest.fixture(scope="session")
def forge_yard(tmp_path_factory: pytest.TempPathFactory, canaries: None) -> Iterator[Yard]:
    """The servers of the fake forges, for the whole session of this process."""
    if prism.required() and prism.missing():
        pytest.fail(f"GOREFIT_TEST_PRISM is set, but {prism.missing()}")
    yard = Yard(tmp_path_factory.mktemp("yard"))
    yield yard
    yard.close()


@pytest.fixture
def new_forge_host(forge_yard: Yard, tmp_path: Path) -> Iterator[NewHost]:
    """`new_forge_host(Kind.GITLAB)`: a fresh fake forge, and an end to the one before.

    At the end of the test no request and no reply may have broken the forge's contract.
    """
    made: list[Host] = []

    def new(kind: Kind, **how: Any) -> Host:
        made.append(forge_yard.new(kind, tmp_path / f"forge{len(made)}", **how))
        return made[-1]

    yield new
    broken = [one for host in made for one in host.violations]
    assert not broken, "\n".join(broken)


@pytest.fixture(scope="session")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Watch for the tokens of the fake forges while tests run; at the end none may be in a file or a command line."""
    watch = canary.Watch()
    yield
    seen, written = watch.stop(), list(canary.leaks(tmp_path_factory.getbasetemp()))
    assert seen, "no command line was looked at"
    shown = [line for line in seen if canary.pattern().search(line)]
    assert not shown, f"a token in a command line: {shown}"
    assert not written, f"a token in a file: {written}"


def remote_of(host: Host, kind: Kind, slug: str = "acme/shop") -> Remote:
    """What gorefit makes of the address of a repository on the fake forge."""
    return detect(f"{host.world.base}/{slug}.git", kind, host.world.base + host.face.PREFIX)


def forge_of(
    host: Host, kind: Kind, slug: str = "acme/shop", *, token: str = canary.TOKEN, pacer: Pacer | None = None
) -> Forge:
    """The adapter for a repository on the fake forge."""
    secret = Secret(token, source="the test")
    return connect(remote_of(host, kind, slug), secret, pacer or quick_pacer())


def quick_pacer() -> Pacer:
    """A pacer whose clock is its own: waiting moves it and takes no time."""
    clock = [1_800_000_000.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    return Pacer(limits=UNLIMITED, clock=lambda: clock[0], sleep=sleep)
