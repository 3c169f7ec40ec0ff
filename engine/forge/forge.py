"""The one port to every forge: what gorefit asks of GitHub, GitLab, Gitea or a plain remote, and how they answer.

A `Forge` is bound to one repository and one identity. Every method is one remote question or one remote effect, and
raises a `ForgeError` (see `errors`) where it gets no answer:

1. Reads may be repeated by the adapter. A write is sent once: after `Unavailable` its outcome is unknown, and the
   caller looks it up (`pull_requests`, `pull_request`) before it tries again.
2. The caller can repeat every write without harm: labels, assignees and reviewers are sets, a comment is looked up by
   its key before it is written, `close` and `mark_ready` of what is closed or ready do nothing, and `create` of what
   is open already raises `AlreadyExists`.
3. What annotates a pull request never loses it: the parts that the forge refused come back as `Refusal`s.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from .errors import Invalid


class Kind(enum.StrEnum):
    """The families of forges, by the API that they speak."""

    GITHUB = "github"  # GitHub Enterprise Server too
    GITLAB = "gitlab"
    GITEA = "gitea"  # Forgejo too
    BARE = "bare"  # a plain git remote; pull-request text goes to files


class State(enum.StrEnum):
    """What became of a pull request. A draft is open."""

    OPEN = "open"
    CLOSED = "closed"  # without being merged
    MERGED = "merged"


MergeMethod = Literal["merge", "squash", "rebase"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a forge can do; an annotation that it cannot do comes back refused."""

    drafts: bool = True
    labels: bool = True
    assignees: bool = True
    reviewers: bool = True
    teams: bool = True  # reviews may be asked of a team as such
    milestones: bool = True
    auto_merge: bool = True
    forks: bool = True
    body_limit: int = 65_536  # characters of a body or a comment; what is longer is refused
    term: str = "pull request"
    sigil: str = "#"  # before a number: #12, or !12 on GitLab


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token acts as. One identity on one host has one budget of writes."""

    host: str
    login: str

    def __str__(self) -> str:
        return f"{self.login}@{self.host}"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as the forge describes it to this identity."""

    slug: str  # "acme/shop", "group/sub/shop": the canonical one, after renames
    default_branch: str
    archived: bool
    can_push: bool
    web_url: str
    git_url: str  # for fetch and push, over the transport (https, ssh) of the remote asked for; never holds credentials
    parent: str = ""  # slug of the repository that this one was forked from


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request (merge request) as the forge sees it now."""

    number: int
    url: str
    state: State
    draft: bool
    head: str  # branch
    head_slug: str  # repository of the head branch; "" where the forge no longer knows it (fork deleted)
    head_sha: str  # commit of the head that the forge knows; "" where it tells none
    base: str  # branch
    title: str  # without the prefix by which GitLab and Gitea mark drafts
    body: str  # lines end in LF
    author: str = ""
    labels: frozenset[str] = frozenset()
    assignees: frozenset[str] = frozenset()
    reviewers: frozenset[str] = frozenset()  # logins of whom a review was asked and has not come
    teams: frozenset[str] = frozenset()  # slugs of teams, likewise
    milestone: str = ""  # title
    auto_merge: bool = False


@dataclass(frozen=True, slots=True)
class NewPullRequest:
    """What `create` opens. The head branch must have been pushed."""

    head: str  # branch
    base: str  # branch of the repository that the Forge is bound to
    title: str  # one line
    body: str
    head_sha: str  # the commit that was pushed; forges that know better do not need it
    draft: bool = True
    head_slug: str = ""  # the fork that holds the head branch; "" = the repository itself


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on the conversation of a pull request."""

    author: str
    body: str  # lines end in LF; a hidden marker of ours is part of it
    url: str
    created: str  # RFC 3339


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of an annotation that the forge did not accept, and why. The rest was done, the pull request stands."""

    what: Literal["label", "assignee", "reviewer", "team", "milestone", "auto-merge", "ready"]
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what} {self.name}: {self.reason}".replace(" :", ":")


class Forge(Protocol):
    """One repository on one forge, seen and changed by one identity."""

    @property
    def kind(self) -> Kind: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def who(self) -> Identity:
        """Who the token acts as; the login is "" for a token that is nobody's, or may not say whose it is."""
        ...

    def repository(self) -> Repository: ...

    def protected(self, branch: str) -> bool:
        """Whether the forge restricts pushes to the branch; False for one that does not exist."""
        ...

    def may_push(self, login: str) -> bool:
        """Whether a person has write permission, and may thus command us by comment; False for strangers."""
        ...

    def pull_requests(self, head: str, base: str, head_slug: str = "") -> tuple[PullRequest, ...]:
        """Those from branch `head` (of the repository itself, or of the fork `head_slug`) to `base`.

        In every state, the newest first.
        """
        ...

    def pull_request(self, number: int) -> PullRequest: ...

    def approved(self, number: int) -> bool:
        """Whether somebody approved it and nobody's latest review asks for changes."""
        ...

    def comments(self, number: int) -> tuple[Comment, ...]:
        """The conversation, the oldest first."""
        ...

    def create(self, new: NewPullRequest) -> PullRequest:
        """Open a pull request. Raises AlreadyExists where one is open from this head to this base."""
        ...

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        """Set title, body or both; what is None stays."""
        ...

    def close(self, number: int) -> PullRequest: ...

    def comment(self, number: int, text: str, key: str) -> Comment:
        """Say something once: where this identity already said something under `key`, that is returned instead."""
        ...

    def add_labels(self, number: int, labels: Collection[str]) -> tuple[Refusal, ...]:
        """Add labels, created in the repository where they are missing."""
        ...

    def add_assignees(self, number: int, logins: Collection[str]) -> tuple[Refusal, ...]: ...

    def request_reviewers(
        self, number: int, logins: Collection[str], teams: Collection[str] = ()
    ) -> tuple[Refusal, ...]:
        """Ask people and teams ("acme/platform") for a review; those who do not exist or may not are refused.

        Whoever has reviewed already is asked again.
        """
        ...

    def set_milestone(self, number: int, title: str) -> tuple[Refusal, ...]:
        """Put it under the open milestone of that title; none is created."""
        ...

    def enable_auto_merge(self, number: int, method: MergeMethod = "merge") -> tuple[Refusal, ...]:
        """Have the forge merge it once its checks pass; refused where nothing is left to wait for: never merges now."""
        ...

    def mark_ready(self, number: int) -> tuple[Refusal, ...]:
        """Turn a draft into one that asks for review."""
        ...

    def fork(self) -> Repository:
        """The identity's fork of the repository, made if there is none, once it can be pushed to.

        Raises Unavailable where the fork is not there in time, Unsupported where the forge has no forks.
        """
        ...


_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def marker(key: str) -> str:
    """The hidden line that a comment under `key` ends with. Raises Invalid for a key that could break out of it."""
    if not _KEY.fullmatch(key):
        raise Invalid(f"{key!r} cannot be the key of a comment", hint="use lower-case letters, digits and hyphens")
    return f"<!-- gorefit:comment {key} -->"
