"""A forge that answers wrongly or not at all, at every call of a publication: nothing is doubled, nothing is lost.

Each fault strikes one call; the publication gets through, or says what failed and stops. Then it is run once more, and
everything must be as if nothing had happened.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
from forges.faults import DROP_BEFORE, EVERY, FORBIDDEN, SECONDARY, Fault, mutating, names
from gorefit.engine.forge.forge import Kind
from gorefit.engine.forge.pacing import GaveUp
from gorefit.engine.model import GorefitError
from gorefit.engine.pr.naming import branch

from .driver import publish, series
from .world import World, carry, git, plan_of

Record = Callable[[str, object], None]
with_a_forge = pytest.mark.parametrize("kind", [Kind.GITHUB, Kind.GITLAB, Kind.GITEA])
NEW, OTHER = {"x": {"a.txt": "new\n"}}, {"x": {"a.txt": "newer\n"}}
#: Every so many calls in the routine suite; GOREFIT_TEST_EVERY_MOMENT makes it all of them, which takes minutes.
STEP = 1 if os.environ.get("GOREFIT_TEST_EVERY_MOMENT") else 13


@pytest.fixture
def world(world: World) -> World:
    """Without prism: what is injected is in nobody's description, and time counts here."""
    assert world.host
    world.host.prism = ""
    return world


def strikes(world: World, fault: Fault, first: int) -> Iterator[tuple[int, str]]:
    """Have the fault strike the first call, the second, … of what the caller does, until there are no more calls."""
    assert world.host
    for skip in itertools.count(first, STEP):
        before = len(world.host.faults.injected)
        world.host.faults.add(fault, skip=skip)
        yield skip, f"f{skip}"
        if len(world.host.faults.injected) == before:
            return


def tried(world: World, name: str, changes: dict[str, dict[str, str]]) -> list[str]:
    """Publish under a fault: an error is fine, a traceback is not. The fault is over then, whether it struck or not."""
    assert world.host
    try:
        return publish(world, name, changes)
    except GorefitError as error:
        return [type(error).__name__]
    finally:
        world.host.faults.clear()


def whole(world: World, name: str, words: str, *, attached: bool = True) -> None:
    """`attached`: with labels and reviewers; what the forge forbade in so many words is not asked for again."""
    (x,) = (branch("gorefit/", series(name), key) for key in ("x",))
    assert git(world.remote, "show", f"{x}:a.txt") == words
    found = [request for request in world.requests() if request.head == x]
    assert [request.state for request in found] == ["open"], found
    assert words in found[0].body
    assert not attached or (found[0].labels == {"perf"} and found[0].reviewers == {"alice"})


@with_a_forge
@pytest.mark.parametrize("fault", EVERY, ids=names(EVERY))
def test_every_call_of_a_new_request(world: World, kind: Kind, fault: Fault, record_property: Record) -> None:
    assert world.host
    reached, first = 0, EVERY.index(fault) % STEP
    for reached, name in strikes(world, fault, first):  # noqa: B007 (counted)
        got = tried(world, name, NEW)
        if fault is not FORBIDDEN and "GaveUp" not in got:
            assert set(got) <= {"created", "failed", "PrError", "Unreachable", "Unavailable", "BadAnswer"}, got
        again = publish(world, name, NEW)
        assert again in (["created"], ["kept"], ["updated"]), (got, again, world.host.faults.injected[-1:])
        whole(world, name, "new", attached=fault is not FORBIDDEN)
    assert reached >= 20
    opened = [pull.head for pull in world.host.world.find("acme/shop").pulls]
    assert len(opened) == len(set(opened)), "a request was opened twice"
    record_property("injected", len(world.host.faults.injected))


@with_a_forge
@pytest.mark.parametrize("fault", EVERY, ids=names(EVERY))
def test_every_call_of_an_update(world: World, kind: Kind, fault: Fault, record_property: Record) -> None:
    assert world.host
    publish(world, "u", NEW)
    reached = 0
    for (reached, _), number in zip(strikes(world, fault, EVERY.index(fault) % STEP), itertools.count()):  # noqa: B007
        words = f"newer {number}"
        tried(world, "u", {"x": {"a.txt": words}})
        assert publish(world, "u", {"x": {"a.txt": words}}) in (["updated"], ["kept"])
        whole(world, "u", words)
    assert reached >= 12
    assert len(world.requests()) == 1
    record_property("injected", len(world.host.faults.injected))


@with_a_forge
def test_a_secondary_limit_is_waited_out_and_remembered(world: World) -> None:
    """The breaker survives a restart: the next run waits too."""
    assert world.host
    world.host.faults.add(SECONDARY, mutating, skip=1, times=2)
    began = world.place.clock()
    assert tried(world, "s", NEW) == ["created"]
    assert world.place.clock() - began >= 60, "without a word on how long, a minute is the least"
    whole(world, "s", "new")


@with_a_forge
def test_a_limit_without_end_stops_the_run_and_says_when_to_come_back(world: World) -> None:
    assert world.host
    world.host.faults.add(SECONDARY, lambda call: mutating(call) and "git-receive-pack" not in str(call), times=1000)
    changes = {"x": {"a.txt": "new\n"}, "y": {"b.txt": "new\n"}}
    with world.desk(token=True) as desk:
        done = carry(desk, plan_of(desk, changes, series=series("g")))
    assert [one.outcome for one in done] == ["failed", "not tried"]
    assert "run the same command again after" in done[0].problems[0]
    sent = len([call for call in world.host.writes() if "git-" not in call])
    assert sent <= 8, "it does not knock for ever"
    world.host.faults.clear()
    with pytest.raises(GaveUp), world.desk(token=True):
        pass  # the breaker is open for the next run too
    world.place.sleep(4000)
    with world.desk(token=True) as desk:
        assert [one.outcome for one in carry(desk, plan_of(desk, changes, series=series("g")))] == ["created"] * 2


@with_a_forge
def test_a_server_that_is_down_ends_the_run_after_three(world: World) -> None:
    assert world.host
    changes = {f"x{n}": {"a.txt": f"{n}\n"} for n in range(6)}
    with world.desk(token=True) as desk:
        plan = plan_of(desk, changes, series=series("d"))
        world.host.faults.add(DROP_BEFORE, lambda call: "git-receive-pack" in str(call), times=10_000)
        done = carry(desk, plan)
    assert [one.outcome for one in done] == ["failed"] * 3 + ["not tried"] * 3
