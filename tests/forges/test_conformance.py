"""What every forge must do alike: the same tests for GitHub, GitLab, Gitea and the plain remote."""

from __future__ import annotations

from pathlib import Path

import pytest
from gorefit.engine.forge.errors import AlreadyExists, Forbidden, Invalid, NotFound, Unsupported
from gorefit.engine.forge.forge import Kind, Refusal, State

from . import canary, prism
from .fixtures import NewHost, forge_of
from .liars import FLOW
from .stage import BRANCH, Stage, set_stage

REAL = [Kind.GITHUB, Kind.GITLAB, Kind.GITEA]
every = pytest.mark.parametrize("kind", list(Kind))
with_a_forge = pytest.mark.parametrize("kind", REAL)


@pytest.fixture
def stage(kind: Kind, tmp_path: Path, new_forge_host: NewHost) -> Stage:
    return set_stage(kind, tmp_path, new_forge_host)


def kinds(refusals: tuple[Refusal, ...]) -> list[tuple[str, str]]:
    return [(one.what, one.name) for one in refusals]


def test_github_is_held_to_its_published_description() -> None:
    """All of GitHub's tests run without prism too; then nothing holds the fake to what GitHub published."""
    if prism.missing():
        pytest.skip(f"left out: requests and replies against GitHub's OpenAPI description, as {prism.missing()}")


def test_github_enterprise_server_is_spoken_to_alike(tmp_path: Path, new_forge_host: NewHost) -> None:
    """All there is to ask, held to the description of an older Enterprise Server."""
    if prism.missing():
        pytest.skip(f"left out: GitHub Enterprise Server's OpenAPI description, as {prism.missing()}")
    stage = set_stage(Kind.GITHUB, tmp_path, new_forge_host, edition=prism.ENTERPRISE)
    assert stage.host
    stage.opened(draft=False)
    stage.repo.checks = "running"
    for name, act in FLOW.items():
        if name not in ("create", "close", "fork"):
            act(stage.forge)
    reader = forge_of(stage.host, Kind.GITHUB, token=canary.READER)
    assert reader.fork().slug == "reader/shop"
    assert stage.forge.close(1).state is State.CLOSED


@every
def test_the_repository(stage: Stage) -> None:
    repository = stage.forge.repository()
    assert (repository.slug, repository.default_branch) == ("acme/shop", "main")
    assert repository.can_push and not repository.archived
    assert stage.forge.who().login in ("gorefit-bot", "gorefit")


@every
def test_create_opens_a_draft_that_is_found_again(stage: Stage) -> None:
    made = stage.opened(title="  Allocate\n once ", body="One.\r\n\r\n\x07Two.\n")
    assert (made.number, made.state, made.draft) == (1, State.OPEN, True)
    assert (made.head, made.base, made.head_slug) == (BRANCH, "main", "acme/shop")
    assert (made.title, made.body) == ("Allocate once", "One.\n\nTwo.\n")
    assert made.head_sha == stage.repo.ref(BRANCH)
    assert stage.forge.pull_request(1) == made
    assert stage.forge.pull_requests(BRANCH, "main") == (made,)
    assert stage.forge.pull_requests(BRANCH, "release") == ()
    assert stage.forge.pull_requests("gorefit/prealloc/other", "main") == ()


@every
def test_create_opens_no_second_one(stage: Stage) -> None:
    stage.opened()
    with pytest.raises(AlreadyExists):
        stage.opened(title="Again")
    assert len(stage.forge.pull_requests(BRANCH, "main")) == 1


@every
def test_create_need_not_be_a_draft(stage: Stage) -> None:
    assert not stage.opened(draft=False).draft


@every
def test_all_states_newest_first(stage: Stage) -> None:
    stage.opened()
    stage.settle(1, State.CLOSED)
    stage.opened()
    stage.settle(2, State.MERGED)
    stage.opened()
    found = stage.forge.pull_requests(BRANCH, "main")
    assert [(one.number, one.state) for one in found] == [(3, State.OPEN), (2, State.MERGED), (1, State.CLOSED)]


@every
def test_update_changes_what_is_given_alone(stage: Stage) -> None:
    before = stage.opened()
    assert stage.forge.update(1, title="Better").title == "Better"
    after = stage.forge.update(1, body="New body.\n")
    assert (after.title, after.body, after.draft) == ("Better", "New body.\n", before.draft)
    assert stage.forge.pull_request(1) == after


@every
def test_close_once_and_again(stage: Stage) -> None:
    stage.opened()
    assert stage.forge.close(1).state is State.CLOSED
    assert stage.forge.close(1).state is State.CLOSED


@every
def test_close_leaves_what_is_merged(stage: Stage) -> None:
    stage.opened()
    stage.settle(1, State.MERGED)
    assert stage.forge.close(1).state is State.MERGED


@every
def test_a_comment_is_made_once_for_its_key(stage: Stage) -> None:
    stage.opened()
    first = stage.forge.comment(1, "Left alone.", "human-commits")
    again = stage.forge.comment(1, "Left alone, again.", "human-commits")
    other = stage.forge.comment(1, "Closed.", "closed")
    assert first.body == again.body and "Left alone." in first.body and "human-commits" not in other.body
    assert [one.body for one in stage.forge.comments(1)] == [first.body, other.body]


@every
def test_the_key_of_a_comment_cannot_break_out_of_its_marker(stage: Stage) -> None:
    stage.opened()
    with pytest.raises(Invalid):
        stage.forge.comment(1, "text", "--> shown")


@with_a_forge
def test_a_quoted_marker_is_not_our_comment(stage: Stage) -> None:
    stage.opened()
    stage.say(1, "alice", "> quoted\n<!-- gorefit:comment closed -->")
    stage.forge.comment(1, "Closed.", "closed")
    assert [one.author for one in stage.forge.comments(1)] == ["alice", "gorefit-bot"]


@every
def test_labels_are_a_set(stage: Stage) -> None:
    stage.opened()
    assert stage.forge.add_labels(1, ["gorefit", "go"]) == ()
    assert stage.forge.add_labels(1, ["go", "performance"]) == ()
    assert stage.forge.add_labels(1, []) == ()
    assert stage.forge.pull_request(1).labels == {"gorefit", "go", "performance"}


@with_a_forge
def test_one_refused_label_does_not_cost_the_others(stage: Stage) -> None:
    stage.opened()
    bad = "a,b" if stage.kind is Kind.GITLAB else "x" * 51
    assert kinds(stage.forge.add_labels(1, ["go", bad, "gorefit"])) == [("label", bad)]
    assert stage.forge.pull_request(1).labels == {"go", "gorefit"}


@every
def test_assignees_are_a_set(stage: Stage) -> None:
    stage.opened()
    assert stage.forge.add_assignees(1, ["alice"]) == ()
    assert stage.forge.add_assignees(1, ["bob", "alice"]) == ()
    assert stage.forge.pull_request(1).assignees == {"alice", "bob"}


@with_a_forge
def test_an_assignee_who_may_not_be_is_refused(stage: Stage) -> None:
    stage.opened()
    refused = stage.forge.add_assignees(1, ["alice", "mallory", "nobody"])
    assert sorted(kinds(refused)) == [("assignee", "mallory"), ("assignee", "nobody")]
    assert stage.forge.pull_request(1).assignees == {"alice"}


@every
def test_reviewers_are_a_set(stage: Stage) -> None:
    stage.opened()
    assert stage.forge.request_reviewers(1, ["alice"]) == ()
    assert stage.forge.request_reviewers(1, ["alice", "carol"]) == ()
    assert stage.forge.pull_request(1).reviewers == {"alice", "carol"}


@with_a_forge
def test_reviewers_who_are_not_there_are_refused(stage: Stage) -> None:
    stage.opened()
    refused = stage.forge.request_reviewers(1, ["bob", "nobody"])
    assert kinds(refused) == [("reviewer", "nobody")]
    assert stage.forge.pull_request(1).reviewers == {"bob"}


@every
def test_teams(stage: Stage) -> None:
    stage.opened()
    refused = stage.forge.request_reviewers(1, ["bob"], ["acme/platform"])
    found = stage.forge.pull_request(1)
    assert found.reviewers == {"bob"}
    if stage.forge.capabilities.teams:
        assert refused == () and {team.rpartition("/")[2] for team in found.teams} == {"platform"}
    else:
        assert kinds(refused) == [("team", "acme/platform")]


@pytest.mark.parametrize("kind", [Kind.GITHUB, Kind.GITEA])
def test_teams_that_are_not_there_are_refused(stage: Stage) -> None:
    stage.opened()
    refused = stage.forge.request_reviewers(1, [], ["acme/platform", "acme/none", "other/team"])
    assert sorted(kinds(refused)) == [("team", "none"), ("team", "other/team")]
    assert stage.forge.pull_request(1).teams == {"platform"}


@every
def test_milestone_by_title(stage: Stage) -> None:
    stage.opened()
    assert stage.forge.set_milestone(1, "v2") == ()
    assert stage.forge.pull_request(1).milestone == "v2"


@with_a_forge
def test_no_milestone_is_made(stage: Stage) -> None:
    stage.opened()
    assert kinds(stage.forge.set_milestone(1, "v9")) == [("milestone", "v9")]
    assert stage.forge.pull_request(1).milestone == ""


@every
def test_a_draft_becomes_ready_and_keeps_its_title(stage: Stage) -> None:
    stage.opened()
    assert stage.forge.mark_ready(1) == ()
    assert stage.forge.mark_ready(1) == ()
    found = stage.forge.pull_request(1)
    assert (found.draft, found.title) == (False, "Allocate once")


@with_a_forge
def test_auto_merge_waits_for_the_checks(stage: Stage) -> None:
    stage.opened(draft=False)
    stage.repo.checks = "running"
    assert stage.forge.enable_auto_merge(1, "squash") == ()
    assert stage.forge.enable_auto_merge(1, "squash") == ()
    assert stage.repo.pull(1).auto_merge and stage.repo.pull(1).state == "open"


@every
@pytest.mark.parametrize("checks", ["none", "passed"])
def test_auto_merge_never_merges_at_once(stage: Stage, checks: str) -> None:
    stage.opened(draft=False)
    stage.repo.checks = "none" if checks == "none" else "passed"
    assert kinds(stage.forge.enable_auto_merge(1)) == [("auto-merge", "")]
    assert stage.forge.pull_request(1).state is State.OPEN


@with_a_forge
def test_a_draft_is_not_merged_by_itself(stage: Stage) -> None:
    stage.opened()
    stage.repo.checks = "running"
    assert kinds(stage.forge.enable_auto_merge(1)) == [("auto-merge", "")]


@every
def test_protected_branches(stage: Stage) -> None:
    stage.repo.protect("main")
    assert stage.forge.protected("main")
    assert not stage.forge.protected(BRANCH)
    assert not stage.forge.protected("gorefit/none")


@with_a_forge
def test_who_may_push(stage: Stage) -> None:
    found = {login: stage.forge.may_push(login) for login in ("alice", "carol", "reader", "mallory", "nobody")}
    assert found == {"alice": True, "carol": True, "reader": False, "mallory": False, "nobody": False}


@with_a_forge
def test_approved_until_somebody_asks_for_changes(stage: Stage) -> None:
    stage.opened(draft=False)
    assert not stage.forge.approved(1)
    stage.review(1, "alice", "approved")
    assert stage.forge.approved(1)
    stage.review(1, "bob", "changes")
    assert not stage.forge.approved(1)


@with_a_forge
def test_a_fork_is_made_once_and_opens_requests(stage: Stage) -> None:
    assert stage.host
    forge = forge_of(stage.host, stage.kind, token=canary.READER)
    assert not forge.repository().can_push
    fork = forge.fork()
    assert (fork.slug, fork.can_push, fork.parent) == ("reader/shop", True, "acme/shop")
    assert fork.git_url == f"{stage.host.world.base}/reader/shop.git"
    assert forge.fork() == fork
    assert len([call for call in stage.host.writes() if call.endswith(("/forks", "/fork"))]) == 1
    sha = stage.host.world.find("reader/shop").commit(BRANCH, {"b.go": "package shop\n"})
    made = forge.create(stage.new(head_slug="reader/shop", head_sha=sha))
    assert (made.head_slug, made.head_sha, made.author) == ("reader/shop", sha, "reader")
    assert forge.pull_requests(BRANCH, "main", "reader/shop") == (made,)
    assert forge.pull_requests(BRANCH, "main") == ()


@pytest.mark.parametrize("kind", [Kind.BARE])
def test_a_plain_remote_has_no_forks(stage: Stage) -> None:
    with pytest.raises(Unsupported):
        stage.forge.fork()


@with_a_forge
def test_a_renamed_repository_is_found_under_its_new_name(kind: Kind, tmp_path: Path, new_forge_host: NewHost) -> None:
    """Not behind prism, which would follow the redirect itself."""
    stage = set_stage(kind, tmp_path, new_forge_host, contract=False)
    assert stage.host
    stage.host.world.rename("acme/shop", "acme/store")
    repository = stage.forge.repository()
    assert repository.slug == "acme/store"
    assert repository.git_url == f"{stage.host.world.base}/acme/store.git"
    assert stage.opened().number == 1


@every
def test_what_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound):
        stage.forge.pull_request(7)


@with_a_forge
def test_a_repository_that_is_not_there(stage: Stage) -> None:
    assert stage.host
    with pytest.raises(NotFound):
        forge_of(stage.host, stage.kind, "acme/none").repository()


@with_a_forge
def test_an_archived_repository(stage: Stage) -> None:
    stage.repo.archived = True
    assert stage.forge.repository().archived
    with pytest.raises((Forbidden, Invalid)):
        stage.opened()


@with_a_forge
def test_a_head_without_work_is_invalid(stage: Stage) -> None:
    stage.repo.commit("main", {"x.go": "package shop\n"})
    with pytest.raises(Invalid):
        stage.opened(head="main2")


@with_a_forge
def test_more_requests_than_one_page(stage: Stage) -> None:
    """125 closed ones from the same branch: all are read, the newest first."""
    for _ in range(125):
        stage.repo.pulls.append(_closed(stage))
    found = stage.forge.pull_requests(BRANCH, "main")
    assert [one.number for one in found] == list(range(125, 0, -1))


def _closed(stage: Stage):
    assert stage.host
    world = stage.host.world
    made = world.open(stage.repo, stage.repo, BRANCH, "main", "t", "b", False, world.people["gorefit-bot"])
    stage.repo.pulls.remove(made)
    made.state, made.last_sha = "closed", made.sha
    return made
