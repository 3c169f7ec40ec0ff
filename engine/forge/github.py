"""GitHub and GitHub Enterprise Server, through PyGithub.

PyGithub builds requests, walks pages and speaks GraphQL; sending is `transport`'s. Answers are read as plain JSON: an
older server may lack fields, and objects that complete themselves would ask again for each. Addresses are made here,
never taken from an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import quote

from github.PaginatedList import PaginatedList
from github.PullRequest import PullRequest as GithubPullRequest

from . import alike, annotate, githubwire, shape
from .detect import Remote
from .errors import Forbidden, NotFound, Unavailable
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
from .text import clean, clean_line
from .transport import Http, bounded

_FORK_SECONDS, _FORK_POLLS = 5.0, 60  # GitHub: "it may take up to 5 minutes"


class Github:
    """A Forge on GitHub."""

    kind = Kind.GITHUB
    capabilities = Capabilities()

    def __init__(self, remote: Remote, http: Http) -> None:
        self._remote, self._http = remote, http
        self._requester = githubwire.requester(remote.api_url, http)
        self._slug = ""  # canonical, once asked
        self._login: str | None = None

    def who(self) -> Identity:
        if self._login is None:
            try:
                self._login = shape.line(self._get("/user"), "login")
            except Forbidden:  # the token of an app's installation is nobody
                self._login = ""
        return Identity(self._remote.host, self._login)

    def repository(self) -> Repository:
        found = alike.repository(self._remote, self._get(f"/repos/{self._remote.slug}"))
        self._slug = found.slug
        return found

    def protected(self, branch: str) -> bool:
        try:
            return shape.flag(self._get(f"{self._repo}/branches/{quote(branch, safe='')}"), "protected")
        except NotFound:
            return False

    def may_push(self, login: str) -> bool:
        try:
            answer = self._get(f"{self._repo}/collaborators/{quote(login, safe='')}/permission")
        except NotFound:
            return False
        return shape.line(answer, "permission") in ("admin", "write")

    def pull_requests(self, head: str, base: str, head_slug: str = "") -> tuple[PullRequest, ...]:
        _ = self._repo  # asks for the canonical slug, if that was not done
        slug = head_slug or self._slug
        query = {"state": "all", "head": f"{slug.partition('/')[0]}:{head}", "base": base}
        query |= {"sort": "created", "direction": "desc"}
        found = (githubwire.pull(row) for row in self._list(f"{self._repo}/pulls", query))
        return tuple(one for one in found if (one.head, one.base) == (head, base) and alike.same(one.head_slug, slug))

    def pull_request(self, number: int) -> PullRequest:
        return githubwire.pull(self._get(self._pull_path(number)))

    def approved(self, number: int) -> bool:
        latest: dict[str, str] = {}
        for review in self._list(f"{self._pull_path(number)}/reviews"):
            state = shape.line(review, "state")
            if state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
                latest[shape.line(review, "user", "login", default="")] = state
        return "APPROVED" in latest.values() and "CHANGES_REQUESTED" not in latest.values()

    def comments(self, number: int) -> tuple[Comment, ...]:
        return tuple(alike.comment(row) for row in self._list(f"{self._issue_path(number)}/comments"))

    def create(self, new: NewPullRequest) -> PullRequest:
        owner = self._repo.split("/")[2]
        fields: dict[str, Any] = {"title": clean_line(new.title), "body": clean(new.body), "base": new.base}
        fields |= {"head": new.head, "draft": new.draft}
        if new.head_slug and not alike.same(new.head_slug, self._slug):
            fork_owner, _, fork_name = new.head_slug.partition("/")
            fields |= {"head": f"{fork_owner}:{new.head}", "maintainer_can_modify": True}
            fields |= {"head_repo": fork_name} if alike.same(fork_owner, owner) else {}
        return githubwire.pull(self._send("POST", f"{self._repo}/pulls", fields, Turn.OPEN))

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        fields = {} if title is None else {"title": clean_line(title)}
        fields |= {} if body is None else {"body": clean(body)}
        return githubwire.pull(self._send("PATCH", self._pull_path(number), fields))

    def close(self, number: int) -> PullRequest:
        now = self.pull_request(number)
        if now.state is not State.OPEN:
            return now
        return githubwire.pull(self._send("PATCH", self._pull_path(number), {"state": "closed"}))

    def comment(self, number: int, text: str, key: str) -> Comment:
        before = annotate.said_before(self.comments(number), key, self.who().login)
        fields = {"body": annotate.marked(text, key)}
        return before or alike.comment(self._send("POST", f"{self._issue_path(number)}/comments", fields))

    def add_labels(self, number: int, labels: Collection[str]) -> tuple[Refusal, ...]:
        path = f"{self._issue_path(number)}/labels"
        return annotate.in_parts("label", labels, lambda names: self._send("POST", path, {"labels": names}))

    def add_assignees(self, number: int, logins: Collection[str]) -> tuple[Refusal, ...]:
        taken: set[str] = set()

        def send(names: list[str]) -> None:
            answer = self._send("POST", f"{self._issue_path(number)}/assignees", {"assignees": names})
            taken.update(shape.lines(shape.items(answer, "assignees"), "login"))

        refused = annotate.in_parts("assignee", logins, send)
        told = {one.name for one in refused}
        rest = [name for name in logins if name not in told]
        return (*refused, *annotate.left_out("assignee", rest, taken, "GitHub did not take it: not a collaborator?"))

    def request_reviewers(
        self, number: int, logins: Collection[str], teams: Collection[str] = ()
    ) -> tuple[Refusal, ...]:
        path = f"{self._pull_path(number)}/requested_reviewers"
        owner = self._repo.split("/")[2]
        return alike.request_reviewers(owner, logins, teams, lambda asked: self._send("POST", path, asked))

    def set_milestone(self, number: int, title: str) -> tuple[Refusal, ...]:
        rows, path = self._list(f"{self._repo}/milestones", {"state": "open"}), self._issue_path(number)
        return annotate.milestone(title, rows, "number", lambda id: self._send("PATCH", path, {"milestone": id}))

    def enable_auto_merge(self, number: int, method: MergeMethod = "merge") -> tuple[Refusal, ...]:
        data = self._get(self._pull_path(number))
        now, node = githubwire.pull(data), self._node(data)
        effect = self._mutation(lambda: node.enable_automerge(method.upper(), expected_head_oid=now.head_sha))
        return () if now.auto_merge else annotate.attempt("auto-merge", "", effect)

    def mark_ready(self, number: int) -> tuple[Refusal, ...]:
        data = self._get(self._pull_path(number))
        if not githubwire.pull(data).draft:
            return ()
        return annotate.attempt("ready", "", self._mutation(self._node(data).mark_ready_for_review))

    def fork(self) -> Repository:
        login, name = self.who().login, self._repo.split("/")[3]
        found = self._fork_named(f"{login}/{name}") if login else None
        fork = found or alike.repository(
            self._remote, self._send("POST", f"{self._repo}/forks", {"default_branch_only": True})
        )
        for _ in range(_FORK_POLLS):
            try:
                answer = self._get(f"/repos/{fork.slug}")
                self._get(f"/repos/{fork.slug}/branches/{quote(fork.default_branch, safe='')}")
                return alike.repository(self._remote, answer)
            except NotFound:
                self._http.pacer.sleep(_FORK_SECONDS)
        raise Unavailable(f"the fork {fork.slug} is not ready after {_FORK_SECONDS * _FORK_POLLS:.0f} s")

    def _fork_named(self, slug: str) -> Repository | None:
        try:
            found = alike.repository(self._remote, self._get(f"/repos/{slug}"))
        except NotFound:
            return None
        return found if alike.same(found.parent, self._slug) else None

    @property
    def _repo(self) -> str:
        if not self._slug:
            self.repository()
        return f"/repos/{self._slug}"

    def _pull_path(self, number: int) -> str:
        return f"{self._repo}/pulls/{number:d}"

    def _issue_path(self, number: int) -> str:
        return f"{self._repo}/issues/{number:d}"

    def _get(self, path: str) -> object:
        return self._http.read(lambda: self._requester.requestJsonAndCheck("GET", path)[1])

    def _send(self, verb: str, path: str, fields: Mapping[str, Any], turn: Turn = Turn.WRITE) -> object:
        return self._http.write(lambda: self._requester.requestJsonAndCheck(verb, path, input=dict(fields))[1], turn)

    def _list(self, path: str, query: dict[str, Any] | None = None) -> list[object]:
        def walk() -> list[object]:
            rows: PaginatedList[githubwire.Row] = PaginatedList(
                githubwire.Row, self._requester, path, {"per_page": 100, **(query or {})}
            )
            return [row.raw_data for row in bounded(rows)]

        return self._http.read(walk)

    def _mutation(self, mutate: Callable[[], object]) -> Callable[[], object]:
        return lambda: self._http.write(mutate)

    def _node(self, data: object) -> GithubPullRequest:
        """PyGithub's object of a pull request, which knows its GraphQL id."""
        return GithubPullRequest(self._requester, {}, {"node_id": shape.line(data, "node_id")}, completed=True)
