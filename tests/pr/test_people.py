"""People first: commits on our branches, closed requests, and words that stop us, on every kind of remote."""

from __future__ import annotations

import pytest
from gorefit.engine.forge.forge import Kind

from .world import World, git, outcomes, plan_of

every = pytest.mark.parametrize("kind", list(Kind))
with_a_forge = pytest.mark.parametrize("kind", [Kind.GITHUB, Kind.GITLAB, Kind.GITEA])

ONE = {"": {"a.txt": "new\n"}}
OTHER = {"": {"a.txt": "newer\n"}}


def text(world: World, branch: str, path: str = "a.txt") -> str:
    return git(world.remote, "show", f"{branch}:{path}")


@every
@pytest.mark.parametrize("amend", [False, True], ids=["commit", "amend"])
def test_a_persons_commits_are_left(world: World, amend: bool) -> None:
    world.publish(ONE, body="Old words.")
    (branch,) = world.ours()
    person = world.commit(branch, "a.txt", "mine\n", amend=amend)
    for _ in range(3):
        done = world.publish(OTHER, body="New words.")
        assert outcomes(done) == ["left"] and "somebody else" in done[0].why
    assert world.ours() == {branch: person}
    (request,) = world.requests()
    assert request.state == "open" and "Old words." in request.body
    assert sum("leaves it to you" in said for said in request.comments) == 1


@every
def test_recreate_backs_up_what_a_person_did(world: World) -> None:
    world.publish(ONE)
    (branch,) = world.ours()
    person = world.commit(branch, "a.txt", "mine\n")
    done = world.publish(OTHER, recreate=True)
    assert outcomes(done) == ["updated"]
    assert text(world, branch) == "newer"
    assert git(world.remote, "rev-parse", f"refs/gorefit/backup/{person}") == person
    assert outcomes(world.publish(OTHER)) == ["kept"]


@every
def test_closed_by_a_person(world: World) -> None:
    world.publish(ONE)
    world.settle(1, "closed")
    before = world.heads()
    assert outcomes(world.publish(OTHER)) == ["declined"]
    assert world.heads() == before and len(world.requests()) == 1
    done = world.publish(OTHER, reopen=True)
    assert outcomes(done) == ["created"]
    assert [request.state for request in world.requests()] == ["closed", "open"]
    assert done[0].branch.endswith("-2") and text(world, done[0].branch) == "newer"
    assert outcomes(world.publish(OTHER, reopen=True)) == ["kept"], "asked for once more, it is there"


@every
def test_nothing_left_but_a_persons_commits(world: World) -> None:
    world.publish(ONE)
    (branch,) = world.ours()
    person = world.commit(branch, "a.txt", "mine\n")
    assert outcomes(world.publish({}, gone=(branch,))) == ["left"]
    assert world.ours() == {branch: person} and world.requests()[0].state == "open"


@every
def test_the_label_and_the_comment_that_stop(world: World) -> None:
    world.publish(ONE)
    before = world.heads()
    world.say(1, "alice", "Please wait.\n/gorefit stop\n")
    assert outcomes(world.publish(OTHER)) == ["left"]
    world.label(1, "gorefit:stop")
    done = world.publish(OTHER)
    assert outcomes(done) == ["left"] and "gorefit:stop" in done[0].why
    assert world.heads() == before
    assert not any("leaves it" in said for said in world.requests()[0].comments)


@with_a_forge
def test_only_people_who_may_push_command(world: World) -> None:
    world.publish(ONE)
    world.say(1, "mallory", "/gorefit stop")
    assert outcomes(world.publish(OTHER)) == ["updated"]
    world.say(1, "bob", "/gorefit stop")
    world.say(1, "mallory", "/gorefit resume")
    assert outcomes(world.publish(ONE)) == ["left"]
    world.say(1, "alice", "/gorefit resume")
    assert outcomes(world.publish(ONE)) == ["updated"]


@every
def test_a_branch_that_somebody_made_in_our_name_is_left(world: World) -> None:
    with world.desk() as desk:
        (branch,) = (shard.branch for shard in plan_of(desk, ONE).shards)
    git(world.clone, "push", "-q", str(world.remote), f"HEAD:refs/heads/{branch}")
    person = world.commit(branch, "a.txt", "mine\n")
    assert outcomes(world.publish(ONE)) == ["left"]
    assert world.ours() == {branch: person} and world.requests() == []


@every
def test_people_and_runs_between_looking_and_pushing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody pushes after the last look: the lease is all that stands between their commit and ours."""
    from gorefit.engine.pr.gitpush import Gate

    world.publish(ONE)
    (branch,) = world.ours()
    pushed: list[str] = []
    send = Gate._send

    def late(self: Gate, ref: str, sha: str, lease: str) -> None:
        if not pushed:
            pushed.append(world.commit(branch, "a.txt", "mine\n"))
        send(self, ref, sha, lease)

    monkeypatch.setattr(Gate, "_send", late)
    done = world.publish(OTHER)
    assert outcomes(done) == ["left"], done
    assert world.ours() == {branch: pushed[0]}
