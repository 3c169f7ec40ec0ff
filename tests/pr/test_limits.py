"""What forges refuse, what people attach, and plans that are not what they were, on every kind of remote."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from gorefit.engine.deliver.state import DeliverError
from gorefit.engine.forge.forge import Kind
from gorefit.engine.pr.errors import PrError
from gorefit.engine.pr.plan import Annotations

from .world import World, carry, git, outcomes, plan_of

every = pytest.mark.parametrize("kind", list(Kind))
with_a_forge = pytest.mark.parametrize("kind", [Kind.GITHUB, Kind.GITLAB, Kind.GITEA])

ONE = {"": {"a.txt": "new\n"}}
OTHER = {"": {"a.txt": "newer\n"}}


def text(world: World, branch: str, path: str = "a.txt") -> str:
    return git(world.remote, "show", f"{branch}:{path}")


@every
def test_a_protected_branch_fails_alone(world: World) -> None:
    hook = world.remote / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in */x-*) echo "protected: $1" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    done = world.publish({"x": {"a.txt": "new\n"}, "y": {"b.txt": "new\n"}})
    assert outcomes(done) == ["failed", "created"]
    assert "protected" in done[0].problems[0]
    hook.unlink()
    assert outcomes(world.publish({"x": {"a.txt": "new\n"}, "y": {"b.txt": "new\n"}})) == ["created", "kept"]


@every
def test_two_runs_at_once(world: World) -> None:
    with world.desk() as desk:
        plan = plan_of(desk, ONE)
        with pytest.raises(DeliverError, match="another gorefit run"):
            import threading

            failures: list[BaseException] = []

            def second() -> None:
                try:
                    with world.desk():
                        pass
                except BaseException as error:
                    failures.append(error)

            thread = threading.Thread(target=second)
            thread.start()
            thread.join()
            raise failures[0]
        assert outcomes(carry(desk, plan)) == ["created"]


@every
def test_a_plan_that_was_tampered_with_is_refused(world: World) -> None:
    with world.desk() as desk:
        plan = plan_of(desk, ONE)
        (shard,) = plan.shards
        (commit,) = shard.commits
        replace = msgspec.structs.replace
        evil = [
            replace(commit, patch=commit.patch.replace("+new", "+evil")),
            replace(commit, tree="0" * 40),
            replace(commit, message=commit.message.replace("Change", "Evil")),
        ]
        plans = [replace(plan, shards=(replace(shard, commits=(one,)),)) for one in evil]
        plans.append(replace(plan, stamp=replace(plan.stamp, name="Somebody Else")))
        for one in plans:
            with pytest.raises(PrError):
                carry(desk, one)
        renamed = replace(plan, prefix="other/")
        assert outcomes(carry(desk, renamed)) == ["created"], "what a shard's branch is called is ours to say"
        with pytest.raises(PrError):
            carry(desk, replace(plan, prefix=""))
        with pytest.raises(PrError, match="not for"):
            carry(desk, replace(plan, remote="github.com/other/repo"))
    assert set(world.heads()) == {"main", next(name for name in world.heads() if name.startswith("other/"))}


@every
def test_a_plan_cannot_close_what_is_not_ours(world: World) -> None:
    """Nor comment on it: the branch of a person, with a request of theirs."""
    person = world.commit("main", "a.txt", "mine\n")
    git(world.clone, "push", "-q", str(world.remote), f"{person}:refs/heads/feature", "HEAD:refs/heads/gorefit/mine")
    before, requests = world.heads(), world.requests()
    for name in ("feature", "main", "gorefit/mine", "gorefit/../feature"):
        assert outcomes(world.publish({}, gone=(name,))) == ["failed"]
    assert (world.heads(), world.requests()) == (before, requests)


@every
def test_annotations_are_made_once_and_then_belong_to_people(world: World) -> None:
    wanted = Annotations(labels=("perf",), assignees=("alice",))
    world.publish(ONE, annotations=wanted)
    assert world.requests()[0].labels == {"perf"}
    if world.host:
        world.host.world.find("acme/shop").pull(1).labels.clear()
    done = world.publish(OTHER, annotations=wanted)
    assert outcomes(done) == ["updated"]
    assert world.requests()[0].labels == (set() if world.host else {"perf"})
    world.publish(OTHER, annotations=Annotations(labels=("perf", "more")))
    assert "more" in world.requests()[0].labels


@every
def test_drafts_can_be_made_ready(world: World) -> None:
    world.publish(ONE)
    assert world.requests()[0].draft
    world.publish(ONE, draft=False)
    assert not world.requests()[0].draft


@with_a_forge
def test_auto_merge_is_asked_for_once(world: World) -> None:
    """Where the forge refuses it, as nothing is left to wait for, the request stands, and it is not asked again."""
    assert world.host
    world.publish(ONE, draft=False)
    repo = world.host.world.find("acme/shop")
    repo.checks, pull = "running", repo.pull(1)
    wanted = Annotations(auto_merge="squash")
    assert outcomes(world.publish(ONE, draft=False, annotations=wanted)) == ["kept"]
    assert pull.auto_merge and pull.state == "open"
    before = len(world.host.writes())
    assert outcomes(world.publish(ONE, draft=False, annotations=wanted)) == ["kept"]
    assert len(world.host.writes()) == before


@with_a_forge
def test_reviewers_that_there_are_not_do_not_cost_the_request(world: World) -> None:
    done = world.publish(ONE, annotations=Annotations(reviewers=("nobody-of-that-name", "alice"), milestone="none"))
    assert outcomes(done) == ["created"] and done[0].problems and not done[0].partial
    assert "nobody-of-that-name" in " ".join(done[0].problems)
    assert world.requests()[0].reviewers == {"alice"}


@with_a_forge
def test_without_permission_a_fork_is_used(
    world: World, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.host
    world.host.world.find("acme/shop").access["gorefit-bot"] = "read"
    done = world.publish(ONE, fork="never")
    assert outcomes(done) == ["failed"] and world.ours() == {}
    for name in ("newer", "newest"):  # the fork falls behind the base, which a shallow clone must cope with
        done = world.publish({"": {"a.txt": f"{name}\n"}})
        world.commit("main", "b.txt", f"moved {name}\n")
    assert outcomes(done) == ["updated"]
    assert world.ours() == {}, "nothing is pushed to the repository itself"
    fork = next(repo for repo in world.host.world.repos.values() if repo.parent)
    assert git(fork.path, "show", f"{done[0].branch}:a.txt") == "newest"
    (request,) = world.requests()
    assert (request.head, request.state) == (done[0].branch, "open")
    assert outcomes(world.publish({"": {"a.txt": "newest\n"}})) == ["kept"]
    person = world.host.world.find("acme/shop")
    assert person.pulls[0].source is fork


@with_a_forge
def test_an_archived_repository_is_told(world: World) -> None:
    assert world.host
    with world.desk() as desk:
        plan = plan_of(desk, ONE)
        world.host.world.find("acme/shop").archived = True
        with pytest.raises(PrError, match="archived"):
            carry(desk, plan)
