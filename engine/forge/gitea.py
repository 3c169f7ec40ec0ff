"""Gitea and Forgejo, through a thin client of our own: about twenty calls of their common API, version 1.

A draft is a title that begins with "WIP:"; the prefix is ours to put on and take off. Labels and milestones go by
number, assignees are always the whole list, and pages end where one comes back empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from . import alike, annotate, giteawire, shape
from .detect import Remote
from .errors import AlreadyExists, Forbidden, NotFound, Unavailable
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
)
from .pacing import Turn
from .text import clean
from .transport import Http, bounded

_COLOR = "#00add8"  # of labels that are made; Gitea wants one
_PAGE = 50  # the most that a server gives unless set up otherwise
_FORK_SECONDS, _FORK_POLLS = 2.0, 60


class Gitea:
    """A Forge on Gitea or Forgejo."""

    kind = Kind.GITEA
    capabilities = Capabilities(body_limit=1_000_000)

    def __init__(self, remote: Remote, http: Http) -> None:
        self._remote, self._http = remote, http
        self._slug = ""  # canonical, once asked
        self._login: str | None = None

    def who(self) -> Identity:
        if self._login is None:
            try:
                self._login = shape.line(self._get("/user"), "login")
            except Forbidden:  # a token may be for repositories alone
                self._login = ""
        return Identity(self._remote.host, self._login)

    def repository(self) -> Repository:
        found = alike.repository(self._remote, self._get(f"/repos/{self._remote.slug}"))
        self._slug = found.slug
        return found

    def protected(self, branch: str) -> bool:
        path = giteawire.branch_path(branch)
        try:
            return bool(path) and shape.flag(self._get(f"{self._repo}/branches/{path}"), "protected")
        except NotFound:
            return False

    def may_push(self, login: str) -> bool:
        try:
            answer = self._get(f"{self._repo}/collaborators/{quote(login, safe='')}/permission")
        except (NotFound, Forbidden):  # only its administrators may ask
            return False
        return shape.line(answer, "permission") in ("write", "admin", "owner")

    def pull_requests(self, head: str, base: str, head_slug: str = "") -> tuple[PullRequest, ...]:
        _ = self._repo
        slug = head_slug or self._slug
        query = {"state": "all", "base_branch": base}  # older servers give all branches
        found = [giteawire.pull(row) for row in self._list(f"{self._repo}/pulls", query)]
        mine = [one for one in found if (one.head, one.base) == (head, base) and alike.same(one.head_slug, slug)]
        return tuple(sorted(mine, key=lambda one: -one.number))

    def pull_request(self, number: int) -> PullRequest:
        return giteawire.pull(self._get(self._pull_path(number)))

    def approved(self, number: int) -> bool:
        latest: dict[str, str] = {}
        for review in self._list(f"{self._pull_path(number)}/reviews"):
            state = shape.line(review, "state")
            if state in ("APPROVED", "REQUEST_CHANGES"):
                gone = shape.flag(review, "dismissed") or shape.flag(review, "stale")
                latest[shape.line(review, "user", "login", default="")] = "" if gone else state
        return "APPROVED" in latest.values() and "REQUEST_CHANGES" not in latest.values()

    def comments(self, number: int) -> tuple[Comment, ...]:
        return tuple(map(alike.comment, shape.items(self._get(f"{self._issue_path(number)}/comments"))))

    def create(self, new: NewPullRequest) -> PullRequest:
        head = f"{new.head_slug.partition('/')[0]}:{new.head}" if new.head_slug else new.head
        fields = {
            "title": giteawire.titled(new.title, new.draft),
            "body": clean(new.body),
            "base": new.base,
            "head": head,
        }
        return giteawire.pull(self._send("POST", f"{self._repo}/pulls", fields, Turn.OPEN))

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        fields = {} if body is None else {"body": clean(body)}
        if title is not None:
            fields |= {"title": giteawire.titled(title, self.pull_request(number).draft)}
        return self._edit(number, fields)

    def close(self, number: int) -> PullRequest:
        now = self.pull_request(number)
        return self._edit(number, {"state": "closed"}) if now.state is State.OPEN else now

    def comment(self, number: int, text: str, key: str) -> Comment:
        before = annotate.said_before(self.comments(number), key, self.who().login)
        fields = {"body": annotate.marked(text, key)}
        return before or alike.comment(self._send("POST", f"{self._issue_path(number)}/comments", fields))

    def add_labels(self, number: int, labels: Collection[str]) -> tuple[Refusal, ...]:
        def send(names: list[str]) -> None:
            ids = [self._label(name) for name in names]
            self._send("POST", f"{self._issue_path(number)}/labels", {"labels": ids})

        return annotate.in_parts("label", labels, send)

    def add_assignees(self, number: int, logins: Collection[str]) -> tuple[Refusal, ...]:
        def send(names: list[str]) -> None:
            before = self.pull_request(number).assignees
            if not before >= set(names):
                self._send("PATCH", self._issue_path(number), {"assignees": sorted(before | set(names))})

        return annotate.in_parts("assignee", logins, send)

    def request_reviewers(
        self, number: int, logins: Collection[str], teams: Collection[str] = ()
    ) -> tuple[Refusal, ...]:
        path = f"{self._pull_path(number)}/requested_reviewers"
        owner = self._repo.split("/")[2]
        return alike.request_reviewers(owner, logins, teams, lambda asked: self._send("POST", path, asked))

    def set_milestone(self, number: int, title: str) -> tuple[Refusal, ...]:
        rows, path = self._list(f"{self._repo}/milestones", {"state": "open"}), self._issue_path(number)
        return annotate.milestone(title, rows, "id", lambda id: self._send("PATCH", path, {"milestone": id}))

    def enable_auto_merge(self, number: int, method: MergeMethod = "merge") -> tuple[Refusal, ...]:
        now = self.pull_request(number)
        if now.draft:
            return (Refusal("auto-merge", "", "it is a draft"),)
        if shape.line(self._get(f"{self._repo}/commits/{now.head_sha}/status"), "state", default="") != "pending":
            return (Refusal("auto-merge", "", "no check is running: it would be merged at once"),)
        fields = {"Do": method, "merge_when_checks_succeed": True, "head_commit_id": now.head_sha}
        try:
            self._send("POST", f"{self._pull_path(number)}/merge", fields)
        except AlreadyExists:  # "scheduled already"
            return ()
        except annotate.REFUSED as error:
            return (Refusal("auto-merge", "", error.message),)
        return ()

    def mark_ready(self, number: int) -> tuple[Refusal, ...]:
        now = self.pull_request(number)
        return annotate.attempt("ready", "", lambda: self._edit(number, {"title": now.title})) if now.draft else ()

    def fork(self) -> Repository:
        login, name = self.who().login, self._repo.split("/")[3]
        found = self._fork_named(f"{login}/{name}") if login else None
        fork = found or alike.repository(self._remote, self._send("POST", f"{self._repo}/forks", {}))
        for _ in range(_FORK_POLLS):
            try:
                self._get(f"/repos/{fork.slug}/branches/{giteawire.branch_path(fork.default_branch)}")
                return fork
            except NotFound:
                self._http.pacer.sleep(_FORK_SECONDS)
        raise Unavailable(f"the fork {fork.slug} is not ready after {_FORK_SECONDS * _FORK_POLLS:.0f} s")

    def _fork_named(self, slug: str) -> Repository | None:
        try:
            found = alike.repository(self._remote, self._get(f"/repos/{slug}"))
        except NotFound:
            return None
        return found if alike.same(found.parent, self._slug) else None

    def _label(self, name: str) -> int:
        """The number of a label of the repository, or of its organisation, made here if there is none."""
        owner = self._repo.split("/")[2]
        for path in (f"{self._repo}/labels", f"/orgs/{owner}/labels"):
            try:
                found = {shape.line(row, "name"): shape.number(row, "id") for row in self._list(path)}
            except NotFound:  # the owner is a person
                continue
            if name in found:
                return found[name]
        return shape.number(self._send("POST", f"{self._repo}/labels", {"name": name, "color": _COLOR}), "id")

    @property
    def _repo(self) -> str:
        if not self._slug:
            self.repository()
        return f"/repos/{self._slug}"

    def _pull_path(self, number: int) -> str:
        return f"{self._repo}/pulls/{number:d}"

    def _issue_path(self, number: int) -> str:
        return f"{self._repo}/issues/{number:d}"

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> object:
        return self._http.read(lambda: self._call("GET", path, params=query))

    def _send(self, verb: str, path: str, fields: Mapping[str, Any], turn: Turn = Turn.WRITE) -> object:
        return self._http.write(lambda: self._call(verb, path, json=fields), turn)

    def _edit(self, number: int, fields: Mapping[str, Any]) -> PullRequest:
        return giteawire.pull(self._send("PATCH", self._pull_path(number), fields))

    def _call(self, verb: str, path: str, **content: Any) -> object:
        reply = self._http.session.request(verb, self._remote.api_url + path, allow_redirects=verb == "GET", **content)
        return reply.json() if reply.content else None

    def _list(self, path: str, query: Mapping[str, Any] | None = None) -> list[object]:
        def pages() -> Iterator[object]:
            page = 1
            while rows := shape.items(self._call("GET", path, params={**(query or {}), "page": page, "limit": _PAGE})):
                yield from rows
                page += 1

        return self._http.read(lambda: list(bounded(pages())))
