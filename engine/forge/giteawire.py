"""Gitea's JSON in our words, and its way to mark a draft."""

from __future__ import annotations

import re
from urllib.parse import quote

from . import shape
from .forge import PullRequest, State
from .text import clean_line

_DRAFT = re.compile(r"\s*(?:\[WIP\]|WIP:)\s*", re.IGNORECASE)


def branch_path(branch: str) -> str:
    """The branch as the end of a path, where Gitea wants its slashes as they are; "" where it would lead away."""
    return "" if {".", "..", ""} & set(branch.split("/")) else quote(branch)


def pull(row: object) -> PullRequest:
    """A pull request, from a list or alone."""
    is_open = shape.line(row, "state") == "open"
    title = shape.line(row, "title")
    return PullRequest(
        number=shape.number(row, "number"),
        url=shape.line(row, "html_url"),
        state=State.OPEN if is_open else State.MERGED if shape.flag(row, "merged") else State.CLOSED,
        draft=shape.flag(row, "draft") or bool(_DRAFT.match(title)),
        head=shape.line(row, "head", "ref"),
        head_slug=shape.line(row, "head", "repo", "full_name", default=""),
        head_sha=shape.line(row, "head", "sha", default=""),
        base=shape.line(row, "base", "ref"),
        title=untitled(title),
        body=shape.text(row, "body"),
        author=shape.line(row, "user", "login", default=""),
        labels=shape.lines(shape.items(row, "labels"), "name"),
        assignees=shape.lines(shape.items(row, "assignees"), "login"),
        reviewers=shape.lines(shape.items(row, "requested_reviewers"), "login"),
        teams=shape.lines(shape.items(row, "requested_reviewers_teams"), "name"),
        milestone=shape.line(row, "milestone", "title", default=""),
    )


def titled(title: str, draft: bool) -> str:
    """The title as Gitea is to have it."""
    return f"WIP: {untitled(title)}" if draft else untitled(title)


def untitled(title: str) -> str:
    """The title without what marks a draft."""
    line = clean_line(title)
    while match := _DRAFT.match(line):
        line = line[match.end() :]
    return line
