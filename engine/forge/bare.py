"""A plain git remote without any forge: pull requests are files in a directory, for a person or a script to carry on.

1. Each pull request is a folder `<number>/` with `pull-request.md` (front matter, then the body) and one
   `comment-<n>.md` per comment.
2. The front matter is one `key: value` a line, values in JSON, so that it is YAML too. Whoever merges or closes the
   work writes `state: merged` or `state: closed` there, and gorefit reads it back.
3. Files are replaced atomically, under a lock beside them: two runs never make two requests for one head and base.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from . import barefile
from .errors import AlreadyExists, ForgeError, NotFound, Unsupported
from .forge import (
    Capabilities,
    Comment,
    Identity,
    Kind,
    MergeMethod,
    NewPullRequest,
    PullRequest,
    Refusal,
    Repository,
    State,
    marker,
)
from .text import clean, clean_line

_FILE = "pull-request.md"


@dataclass(frozen=True, slots=True)
class Bare:
    """A Forge whose pull requests lie in `directory`; what git knows of the remote is told to it."""

    directory: Path
    slug: str  # a name for the remote, as the path of its URL
    git_url: str  # without credentials
    default_branch: str

    @property
    def kind(self) -> Kind:
        return Kind.BARE

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(auto_merge=False, forks=False, body_limit=16_000_000)

    def who(self) -> Identity:
        return Identity(host="", login="gorefit")

    def repository(self) -> Repository:
        return Repository(
            slug=self.slug,
            default_branch=self.default_branch,
            archived=False,
            can_push=True,  # only the push itself can tell
            web_url="",
            git_url=self.git_url,
        )

    def protected(self, branch: str) -> bool:
        return branch == self.default_branch

    def may_push(self, login: str) -> bool:
        return True  # whoever can write into the directory

    def pull_requests(self, head: str, base: str, head_slug: str = "") -> tuple[PullRequest, ...]:
        every = (self.pull_request(number) for number in sorted(self._numbers(), reverse=True))
        slug = head_slug or self.slug
        return tuple(one for one in every if (one.head, one.base, one.head_slug) == (head, base, slug))

    def pull_request(self, number: int) -> PullRequest:
        path = self._folder(number) / _FILE
        try:
            return barefile.parse(number, path, path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFound(f"there is no pull request {number} in {self.directory}") from None
        except (OSError, ValueError) as error:
            raise ForgeError(
                f"{path}: cannot be read as a pull request: {error}",
                hint="mend the lines between the two ---, or move the folder away",
            ) from error

    def approved(self, number: int) -> bool:
        return False  # no one can say so

    def comments(self, number: int) -> tuple[Comment, ...]:
        found: list[Comment] = []
        for path in sorted(self._folder(number).glob("comment-*.md")):
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(path.stat().st_mtime))
            found.append(Comment("gorefit", path.read_text(encoding="utf-8"), path.as_uri(), when))
        return tuple(found)

    def create(self, new: NewPullRequest) -> PullRequest:
        with self._lock():
            same = self.pull_requests(new.head, new.base, new.head_slug)
            if any(one.state is State.OPEN for one in same):
                raise AlreadyExists(f"a pull request from {new.head} to {new.base} is open already: {same[0].url}")
            number = max(self._numbers(), default=0) + 1
            made = PullRequest(
                number=number,
                url=(self._folder(number) / _FILE).absolute().as_uri(),
                state=State.OPEN,
                draft=new.draft,
                head=new.head,
                head_slug=new.head_slug or self.slug,
                head_sha=new.head_sha,
                base=new.base,
                title=clean_line(new.title),
                body=clean(new.body),
                author="gorefit",
            )
            self._folder(number).mkdir(parents=True, exist_ok=True)
            return self._write(made)

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        with self._lock():
            old = self.pull_request(number)
            new = dataclasses.replace(
                old,
                title=old.title if title is None else clean_line(title),
                body=old.body if body is None else clean(body),
            )
            return self._write(new)

    def close(self, number: int) -> PullRequest:
        with self._lock():
            old = self.pull_request(number)
            return old if old.state is State.MERGED else self._write(dataclasses.replace(old, state=State.CLOSED))

    def comment(self, number: int, text: str, key: str) -> Comment:
        hidden = marker(key)
        with self._lock():
            self.pull_request(number)
            before = self.comments(number)
            for one in before:
                if hidden in one.body:
                    return one
            path = self._folder(number) / f"comment-{len(before) + 1:04}.md"
            barefile.replace(path, f"{clean(text).rstrip()}\n\n{hidden}\n")
            return self.comments(number)[-1]

    def add_labels(self, number: int, labels: Collection[str]) -> tuple[Refusal, ...]:
        return self._add(number, labels=labels)

    def add_assignees(self, number: int, logins: Collection[str]) -> tuple[Refusal, ...]:
        return self._add(number, assignees=logins)

    def request_reviewers(
        self, number: int, logins: Collection[str], teams: Collection[str] = ()
    ) -> tuple[Refusal, ...]:
        return self._add(number, reviewers=logins, teams=teams)

    def set_milestone(self, number: int, title: str) -> tuple[Refusal, ...]:
        with self._lock():
            self._write(dataclasses.replace(self.pull_request(number), milestone=clean_line(title)))
        return ()

    def enable_auto_merge(self, number: int, method: MergeMethod = "merge") -> tuple[Refusal, ...]:
        return (Refusal("auto-merge", "", "a plain git remote merges nothing by itself"),)

    def mark_ready(self, number: int) -> tuple[Refusal, ...]:
        with self._lock():
            self._write(dataclasses.replace(self.pull_request(number), draft=False))
        return ()

    def fork(self) -> Repository:
        raise Unsupported("a plain git remote cannot be forked", hint="push to a remote that you can write to")

    def _add(self, number: int, **names: Collection[str]) -> tuple[Refusal, ...]:
        with self._lock():
            old = self.pull_request(number)
            more = {field: getattr(old, field) | {clean_line(name) for name in given} for field, given in names.items()}
            self._write(dataclasses.replace(old, **more))
        return ()

    def _write(self, one: PullRequest) -> PullRequest:
        barefile.replace(self._folder(one.number) / _FILE, barefile.render(one))
        return one

    def _folder(self, number: int) -> Path:
        return self.directory / f"{number:04}"

    def _numbers(self) -> list[int]:
        return [int(path.parent.name) for path in self.directory.glob(f"*/{_FILE}") if path.parent.name.isdecimal()]

    def _lock(self) -> FileLock:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ForgeError(f"cannot make {self.directory}: {error.strerror}", hint="name another --pr-dir") from error
        return FileLock(self.directory / ".lock")
