"""What Gitea says as GitHub does: repositories, comments, and of whom a review is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection

from . import annotate, shape
from .detect import Remote, checked_slug
from .forge import Comment, Refusal, Repository


def same(one: str, other: str) -> bool:
    """Whether two names are one: they differ in case for display alone."""
    return one.casefold() == other.casefold()


def repository(remote: Remote, answer: object) -> Repository:
    """A repository on the host of `remote`."""
    slug = checked_slug(remote.kind, shape.line(answer, "full_name"))
    return Repository(
        slug=slug,
        default_branch=shape.line(answer, "default_branch"),
        archived=shape.flag(answer, "archived"),
        can_push=shape.flag(answer, "permissions", "push"),
        web_url=shape.line(answer, "html_url", default=""),
        git_url=remote.git_url_of(slug),
        parent=shape.line(answer, "parent", "full_name", default=""),
    )


def comment(row: object) -> Comment:
    """A comment on the conversation."""
    return Comment(
        author=shape.line(row, "user", "login", default=""),
        body=shape.text(row, "body"),
        url=shape.line(row, "html_url", default=""),
        created=shape.line(row, "created_at", default=""),
    )


def request_reviewers(
    owner: str, logins: Collection[str], teams: Collection[str], send: Callable[[dict[str, list[str]]], object]
) -> tuple[Refusal, ...]:
    """Ask people, and those teams that belong to the repository's owner."""
    foreign = [team for team in teams if "/" in team and not same(team.partition("/")[0], owner)]
    own = {team.rpartition("/")[2] for team in teams if team not in foreign}
    return (
        *annotate.in_parts("reviewer", logins, lambda names: send({"reviewers": names})),
        *annotate.in_parts("team", own, lambda names: send({"team_reviewers": names})),
        *annotate.left_out("team", foreign, (), f"not a team of {owner}"),
    )
