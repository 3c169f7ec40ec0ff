"""Whole publications, on a plain remote and on each forge: new, updated, moved, merged, and nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest
from gorefit.engine.forge.forge import Kind
from gorefit.engine.pr.body import BEGIN, END
from gorefit.engine.pr.errors import BaseMoved
from gorefit.engine.pr.plan import Annotations

from .world import World, carry, git, outcomes, plan_of

every = pytest.mark.parametrize("kind", list(Kind))
with_a_forge = pytest.mark.parametrize("kind", [Kind.GITHUB, Kind.GITLAB, Kind.GITEA])

ONE = {"": {"a.txt": "new\n"}}
OTHER = {"": {"a.txt": "newer\n"}}


def text(world: World, branch: str, path: str = "a.txt") -> str:
    return git(world.remote, "show", f"{branch}:{path}")


@every
def test_new(world: World) -> None:
    wanted = Annotations(labels=("perf", "go"), reviewers=("alice",), teams=("acme/platform",), milestone="v1")
    with world.desk() as desk:
        plan = plan_of(
            desk, {"x": {"a.txt": "new\n"}, "y": {"b.txt": "new\n"}}, annotations=wanted, template="## Check\n"
        )
        done = carry(desk, plan)
    assert outcomes(done) == ["created", "created"]
    assert [one.number for one in done] == [1, 2] and all(one.url for one in done)
    for shard, request in zip(plan.shards, world.requests(), strict=True):
        assert (request.head, request.state, request.draft) == (shard.branch, "open", True)
        assert request.title.removeprefix("Draft: ").removeprefix("WIP: ") == shard.title
        assert request.body.index("What and why.") < request.body.index(END) < request.body.index("## Check")
        assert request.labels == {"perf", "go"}
        assert "alice" in request.reviewers
    assert set(world.ours()) == {shard.branch for shard in plan.shards}
    assert text(world, plan.shards[0].branch) == text(world, plan.shards[1].branch, "b.txt") == "new"
    assert text(world, plan.shards[1].branch) == "one"
    assert world.heads()["main"] == plan.base_sha


@every
def test_a_second_run_changes_nothing(world: World) -> None:
    world.publish(ONE)
    before, requests = world.heads(), world.requests()
    writes = len(world.host.writes()) if world.host else 0
    done = world.publish(ONE)
    assert outcomes(done) == ["kept"] and done[0].why == "up to date"
    assert (world.heads(), world.requests()) == (before, requests)
    assert writes == (len(world.host.writes()) if world.host else 0)


@every
def test_update(world: World) -> None:
    world.publish(ONE, body="Old words.")
    world.describe(1, body="A person's words.\n\n" + world.requests()[0].body + "\nMore of them.")
    done = world.publish(OTHER, body="New words.")
    assert outcomes(done) == ["updated"]
    (request,) = world.requests()
    assert text(world, request.head) == "newer"
    assert "New words." in request.body and "Old words." not in request.body
    assert request.body.startswith("A person's words.") and request.body.rstrip().endswith("More of them.")
    assert request.body.count(BEGIN) == 1


@every
def test_a_text_alone_is_updated_without_a_push(world: World) -> None:
    world.publish(ONE, body="Old words.")
    before = world.heads()
    world.describe(1, title="A person's title")
    done = world.publish(ONE, body="New words.")
    assert outcomes(done) == ["updated"] and done[0].why == "its text"
    assert world.heads() == before
    assert "New words." in world.requests()[0].body and world.requests()[0].title == "A person's title"


@every
def test_a_base_that_moved_elsewhere_causes_no_push(world: World) -> None:
    world.publish(ONE)
    before = world.ours()
    world.commit("main", "b.txt", "moved\n")
    assert world.publish(ONE)[0].why == "the same change on an older base"
    assert world.ours() == before
    done = world.publish(ONE, rebase=True)
    assert outcomes(done) == ["updated"]
    (branch,) = world.ours()
    assert git(world.remote, "merge-base", branch, "main") == world.heads()["main"]
    assert len(world.requests()) == 1


@every
def test_a_base_that_moved_under_the_change_is_followed(world: World) -> None:
    world.publish(ONE)
    world.commit("main", "a.txt", "moved\n")
    assert outcomes(world.publish(ONE)) == ["updated"]
    (branch,) = world.ours()
    assert git(world.remote, "merge-base", branch, "main") == world.heads()["main"]


@every
def test_a_plan_whose_base_moved_is_refused(world: World) -> None:
    with world.desk() as desk:
        plan = plan_of(desk, ONE)
    world.commit("main", "b.txt", "moved\n")
    with world.desk() as desk, pytest.raises(BaseMoved, match="main was at"):
        carry(desk, plan)
    assert world.ours() == {} and world.requests() == []


@every
def test_merged_and_more_to_do(world: World) -> None:
    world.publish(ONE)
    world.settle(1, "merged")
    done = world.publish({"": {"b.txt": "more\n"}})
    assert outcomes(done) == ["created"] and done[0].branch.endswith("-2")
    assert [request.state for request in world.requests()] == ["merged", "open"]
    world.settle(2, "merged")
    assert world.publish({"": {"sub dir/c.txt": "yet more\n"}})[0].branch.endswith("-3")


@every
def test_nothing_left(world: World) -> None:
    world.publish(ONE)
    (branch,) = world.ours()
    done = world.publish({}, gone=(branch,))
    assert outcomes(done) == ["closed"]
    assert world.ours() == {}
    (request,) = world.requests()
    assert request.state == "closed" and any("nothing is left" in said for said in request.comments)
    assert outcomes(world.publish({}, gone=(branch,))) == ["kept"]
    done = world.publish(ONE)
    assert outcomes(done) == ["created"] and done[0].branch == f"{branch}-2", "we closed it, nobody declined it"


@every
def test_without_a_ledger_everything_is_found_again(world: World, tmp_path: Path) -> None:
    world.publish(ONE)
    (branch,) = world.ours()
    for path in (tmp_path / "state").rglob("ledger.db*"):
        path.unlink()
    assert outcomes(world.publish(ONE)) == ["kept"]
    for path in (tmp_path / "state").rglob("ledger.db*"):
        path.unlink()
    assert outcomes(world.publish(OTHER)) == ["updated"]
    assert list(world.ours()) == [branch] and len(world.requests()) == 1
