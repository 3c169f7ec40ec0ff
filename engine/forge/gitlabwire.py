"""GitLab's JSON in our words, its way to mark a draft, and what keeps text from becoming a command.

A line of a description or comment that reads `/merge` is a command to GitLab, carried out with our token. Such a line
gets a backslash on its way there, which shows as a slash, and which is taken off again when the text is read.
"""

from __future__ import annotations

import re

from . import shape
from .errors import BadAnswer
from .forge import Comment, PullRequest, State
from .text import clean, clean_line

_STATES = {"opened": State.OPEN, "locked": State.OPEN, "merged": State.MERGED, "closed": State.CLOSED}
_DRAFT = re.compile(r"\s*(?:\[(?:draft|wip)\]|\(draft\)|(?:draft|wip):)\s*", re.IGNORECASE)
_COMMAND = re.compile(r"^([ \t]*)(\\*/[A-Za-z_]+(?:[ \t]|$))", re.MULTILINE)
_ESCAPED = re.compile(r"^([ \t]*)\\(\\*/[A-Za-z_]+(?:[ \t]|$))", re.MULTILINE)


def pull(row: object, head_slug: str) -> PullRequest:
    """A merge request, from a list or alone."""
    state = shape.line(row, "state")
    if state not in _STATES:
        raise BadAnswer(f"GitLab gives a merge request the state {state!r}")
    title = shape.line(row, "title")
    return PullRequest(
        number=shape.number(row, "iid"),
        url=shape.line(row, "web_url"),
        state=_STATES[state],
        draft=shape.flag(row, "draft") or bool(_DRAFT.match(title)),
        head=shape.line(row, "source_branch"),
        head_slug=head_slug,
        head_sha=shape.line(row, "sha", default=""),
        base=shape.line(row, "target_branch"),
        title=untitled(title),
        body=with_commands(shape.text(row, "description")),
        author=shape.line(row, "author", "username", default=""),
        labels=frozenset(clean_line(str(label)) for label in shape.items(row, "labels")),
        assignees=shape.lines(shape.items(row, "assignees"), "username"),
        reviewers=shape.lines(shape.items(row, "reviewers"), "username"),
        milestone=shape.line(row, "milestone", "title", default=""),
        auto_merge=shape.flag(row, "merge_when_pipeline_succeeds"),
    )


def comment(row: object, url: str) -> Comment:
    """A note; `url` is that of its merge request."""
    return Comment(
        author=shape.line(row, "author", "username", default=""),
        body=with_commands(shape.text(row, "body")),
        url=f"{url}#note_{shape.number(row, 'id')}" if url else "",
        created=shape.line(row, "created_at", default=""),
    )


def titled(title: str, draft: bool) -> str:
    """The title as GitLab is to have it."""
    return f"Draft: {untitled(title)}" if draft else untitled(title)


def untitled(title: str) -> str:
    """The title without what marks a draft."""
    line = clean_line(title)
    while match := _DRAFT.match(line):
        line = line[match.end() :]
    return line


def without_commands(body: str) -> str:
    """The text as GitLab is to have it: a backslash before what would be a command."""
    return _COMMAND.sub(r"\1\\\2", clean(body))


def with_commands(body: str) -> str:
    """The inverse of `without_commands`."""
    return _ESCAPED.sub(r"\1\2", body)
