"""Faults at every call: a write is sent once, its error says what is known, and whoever looks first gets there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gorefit.engine.forge.errors import AlreadyExists, Forbidden, ForgeError, RateLimited, Unavailable
from gorefit.engine.forge.forge import Forge, Kind, PullRequest, State
from gorefit.engine.forge.pacing import Pacer, persevere

from .faults import (
    BAD_GATEWAY,
    DROP_AFTER,
    EVERY,
    FORBIDDEN,
    LIMITS,
    OUTAGES,
    PASSING,
    SECONDARY_AFTER,
    Fault,
    mutating,
    names,
)
from .fixtures import NewHost, forge_of, quick_pacer
from .liars import FLOW
from .stage import BRANCH, Stage, set_stage

REAL = [Kind.GITHUB, Kind.GITLAB, Kind.GITEA]
every = pytest.mark.parametrize("kind", REAL)
WRITES = ("create", "update", "close", "comment", "add_labels", "add_assignees", "request_reviewers", "set_milestone")


def ready(kind: Kind, tmp_path: Path, new_host: NewHost, act: str) -> Stage:
    """A stage on which `act` has something to do, and the repository is known already."""
    stage = set_stage(kind, tmp_path, new_host, contract=False)
    if act != "create":
        stage.opened()
    stage.forge.repository()
    return stage


@every
@pytest.mark.parametrize("act", WRITES)
def test_a_write_is_sent_once_whatever_becomes_of_it(
    kind: Kind, act: str, tmp_path: Path, new_forge_host: NewHost
) -> None:
    for fault in EVERY:
        stage = ready(kind, tmp_path, new_forge_host, act)
        assert stage.host
        stage.host.faults.add(fault, mutating)
        before = len(stage.host.writes())
        try:
            outcome: object = FLOW[act](stage.forge)
        except ForgeError as error:
            outcome = error
        if fault is FORBIDDEN:
            # An annotation that was refused at once is tried name by name; there are one or two of them.
            assert isinstance(outcome, (Forbidden, tuple))
        else:
            assert isinstance(outcome, RateLimited if fault in LIMITS else Unavailable), fault.name
            assert len(stage.host.writes()) == before + 1, fault.name
        assert stage.host.faults.injected


@every
@pytest.mark.parametrize("fault", OUTAGES, ids=names(OUTAGES))
def test_a_read_gets_over_an_outage(kind: Kind, fault: Fault, tmp_path: Path, new_forge_host: NewHost) -> None:
    stage = ready(kind, tmp_path, new_forge_host, "update")
    assert stage.host
    stage.host.faults.add(fault, times=2)
    assert stage.forge.pull_request(1).number == 1
    stage.host.faults.add(fault, times=3)
    with pytest.raises(Unavailable):
        stage.forge.pull_request(1)


@every
@pytest.mark.parametrize("fault", LIMITS, ids=names(LIMITS))
def test_limits_open_the_breaker(kind: Kind, fault: Fault, tmp_path: Path, new_forge_host: NewHost) -> None:
    stage = ready(kind, tmp_path, new_forge_host, "update")
    assert stage.host
    pacer = quick_pacer()
    forge = forge_of(stage.host, kind, pacer=pacer)
    stage.host.faults.add(fault, mutating)
    with pytest.raises(RateLimited) as told:
        forge.update(1, body="b")
    expected = {"403 secondary": None, "403 secondary, Retry-After": 3.0, "403 primary": 1.0, "429": 2.0}[fault.name]
    assert told.value.retry_after == expected
    assert told.value.secondary == (fault.name != "403 primary")
    waited = pacer.pace.not_before - pacer.clock()
    assert round(waited) == (60 if expected is None else expected)
    assert forge.update(1, body="b").body == "b"
    assert pacer.pace.rounds == 0 and pacer.clock() >= pacer.pace.not_before


def ensure(forge: Forge, pacer: Pacer, stage: Stage) -> PullRequest:
    """What a publisher does, in small: look, write, and after what is unknown look again."""

    def opened() -> PullRequest:
        found = [one for one in forge.pull_requests(BRANCH, "main") if one.state is State.OPEN]
        try:
            return found[0] if found else forge.create(stage.new())
        except AlreadyExists:
            return forge.pull_requests(BRANCH, "main")[0]

    def step(do: Callable[[], object]) -> object:
        for _ in range(4):
            try:
                return persevere(pacer, do)
            except Unavailable:
                continue
        return persevere(pacer, do)

    number = step(opened).number  # pyright: ignore[reportAttributeAccessIssue]  # what `opened` gives
    effects: list[Callable[[], object]] = [
        lambda: forge.update(number, body="Newer.\n"),
        lambda: forge.add_labels(number, ["gorefit", "go"]),
        lambda: forge.add_assignees(number, ["alice"]),
        lambda: forge.request_reviewers(number, ["bob"], ["acme/platform"]),
        lambda: forge.set_milestone(number, "v1"),
        lambda: forge.comment(number, "Said once.", "hello"),
        lambda: forge.mark_ready(number),
    ]
    for effect in effects:
        step(effect)
    return step(lambda: forge.pull_request(number))  # pyright: ignore[reportReturnType]  # what it gives


def flow(kind: Kind, folder: Path, new_host: NewHost, fault: Fault | None = None, at: int = 0) -> tuple[Stage, object]:
    """The whole flow on a fresh forge, with one fault at one call; what the forge holds in the end."""
    stage = set_stage(kind, folder, new_host, contract=False)
    assert stage.host
    if fault:
        stage.host.faults.add(fault, skip=at)
    pacer = quick_pacer()
    end = ensure(forge_of(stage.host, kind, pacer=pacer), pacer, stage)
    assert len(stage.repo.pulls) == 1, "no second request"
    assert [said.body.split("\n")[0] for said in stage.repo.pull(1).said] == ["Said once."]
    return stage, end


@every
@pytest.mark.parametrize("part", range(4))
def test_a_publisher_gets_there_through_any_fault_at_any_call(
    kind: Kind, part: int, tmp_path: Path, new_forge_host: NewHost
) -> None:
    """Writes meet every fault, reads one of three; the end is the same as without."""
    stage, expected = flow(kind, tmp_path, new_forge_host)
    assert stage.host
    calls = [call for call, _ in stage.host.calls]
    struck = 0
    for place, call in list(enumerate(calls))[part::4]:
        for fault in PASSING if call.mutates else [(BAD_GATEWAY, DROP_AFTER, SECONDARY_AFTER)[place % 3]]:
            again, end = flow(kind, tmp_path, new_forge_host, fault, place)
            assert end == expected, f"{fault.name} at {call}"
            assert again.host
            struck += len(again.host.faults.injected)
    assert struck >= len(calls) // 4
