"""GitLab, through python-gitlab: merge requests, of which reviews are asked of people alone, not of groups.

python-gitlab builds requests and walks pages; sending is `transport`'s. A project goes by its number, which survives
renames, and people do: their logins are looked up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast
from urllib.parse import quote

import gitlab
import requests

from . import annotate, gitlabwire, shape
from .detect import Remote, checked_slug
from .errors import Forbidden, ForgeError, NotFound, Unavailable
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
from .text import clean_line
from .transport import Http, bounded

_DEVELOPER = 30  # the access level from which on one may push
_ACCESS = ("project_access", "group_access")
_RUNNING = {"created", "waiting_for_resource", "preparing", "pending", "running", "scheduled"}
_FORK_SECONDS, _FORK_POLLS = 5.0, 60


class Gitlab:
    """A Forge on GitLab; a project's merge requests are numbered within it."""

    kind = Kind.GITLAB
    capabilities = Capabilities(teams=False, body_limit=1_000_000, term="merge request", sigil="!")

    def __init__(self, remote: Remote, http: Http) -> None:
        self._remote, self._http = remote, http
        url = remote.api_url.removesuffix("/api/v4")
        self._client = gitlab.Gitlab(url, session=http.session, per_page=100, keep_base_url=True, timeout=60)
        self._project = ""  # "/projects/12", once asked
        self._slugs: dict[int, str] = {}
        self._login = ""

    def who(self) -> Identity:
        self._login = self._login or shape.line(self._get("/user"), "username")
        return Identity(self._remote.host, self._login)

    def repository(self) -> Repository:
        answer = self._get(f"/projects/{_encoded(self._remote.slug)}")
        self._project = f"/projects/{shape.number(answer, 'id')}"
        return self._repository(answer)

    def protected(self, branch: str) -> bool:
        try:
            return shape.flag(self._get(f"{self._path}/repository/branches/{_encoded(branch)}"), "protected")
        except NotFound:
            return False

    def may_push(self, login: str) -> bool:
        user = self._user(login)
        if user is None:
            return False
        try:
            member = self._get(f"{self._path}/members/all/{user}")
        except NotFound:
            return False
        return shape.number(member, "access_level") >= _DEVELOPER

    def pull_requests(self, head: str, base: str, head_slug: str = "") -> tuple[PullRequest, ...]:
        try:
            source = self._id_of(head_slug) if head_slug else int(self._path.rpartition("/")[2])
        except NotFound:
            return ()
        query = {"source_branch": head, "target_branch": base, "state": "all", "scope": "all"}
        query |= {"order_by": "created_at", "sort": "desc"}
        rows = self._list(f"{self._path}/merge_requests", query)
        mine = (row for row in rows if shape.number(row, "source_project_id", default=0) == source)
        return tuple(one for one in map(self._pull, mine) if (one.head, one.base) == (head, base))

    def pull_request(self, number: int) -> PullRequest:
        return self._pull(self._get(self._pull_path(number)))

    def approved(self, number: int) -> bool:
        if shape.line(self._get(self._pull_path(number)), "detailed_merge_status", default="") == "requested_changes":
            return False
        return bool(shape.items(self._get(f"{self._pull_path(number)}/approvals"), "approved_by"))

    def comments(self, number: int) -> tuple[Comment, ...]:
        rows = self._list(f"{self._pull_path(number)}/notes", {"sort": "asc", "order_by": "created_at"})
        url = self.pull_request(number).url
        return tuple(gitlabwire.comment(row, url) for row in rows if not shape.flag(row, "system"))

    def create(self, new: NewPullRequest) -> PullRequest:
        target = int(self._path.rpartition("/")[2])
        source = self._id_of(new.head_slug) if new.head_slug else target
        fields: dict[str, Any] = {
            "title": gitlabwire.titled(new.title, new.draft),
            "description": gitlabwire.without_commands(new.body),
        }
        fields |= {"source_branch": new.head, "target_branch": new.base, "target_project_id": target}
        fields |= {"allow_collaboration": True} if source != target else {}
        return self._pull(self._send("post", f"/projects/{source}/merge_requests", fields, Turn.OPEN))

    def update(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        fields = {} if body is None else {"description": gitlabwire.without_commands(body)}
        if title is not None:
            fields |= {"title": gitlabwire.titled(title, self.pull_request(number).draft)}
        return self._edit(number, fields)

    def close(self, number: int) -> PullRequest:
        now = self.pull_request(number)
        return self._edit(number, {"state_event": "close"}) if now.state is State.OPEN else now

    def comment(self, number: int, text: str, key: str) -> Comment:
        before = annotate.said_before(self.comments(number), key, self.who().login)
        if before:
            return before
        body = gitlabwire.without_commands(annotate.marked(text, key))
        return gitlabwire.comment(self._send("post", f"{self._pull_path(number)}/notes", {"body": body}), "")

    def add_labels(self, number: int, labels: Collection[str]) -> tuple[Refusal, ...]:
        parted = {label for label in labels if "," in label}
        return (
            *annotate.in_parts(
                "label", set(labels) - parted, lambda names: self._edit(number, {"add_labels": ",".join(names)})
            ),
            *annotate.left_out("label", parted, (), "a label on GitLab has no comma"),
        )

    def add_assignees(self, number: int, logins: Collection[str]) -> tuple[Refusal, ...]:
        return self._add_people("assignee", number, "assignee_ids", "assignees", logins)

    def request_reviewers(
        self, number: int, logins: Collection[str], teams: Collection[str] = ()
    ) -> tuple[Refusal, ...]:
        return (
            *self._add_people("reviewer", number, "reviewer_ids", "reviewers", logins),
            *annotate.left_out("team", teams, (), "GitLab asks people for reviews, not groups"),
        )

    def set_milestone(self, number: int, title: str) -> tuple[Refusal, ...]:
        query = {"title": clean_line(title), "state": "active", "include_ancestors": True}
        rows = self._list(f"{self._path}/milestones", query)
        return annotate.milestone(title, rows, "id", lambda id: self._edit(number, {"milestone_id": id}))

    def enable_auto_merge(self, number: int, method: MergeMethod = "merge") -> tuple[Refusal, ...]:
        row = self._get(self._pull_path(number))
        now = self._pull(row)
        if now.auto_merge:
            return ()
        if now.draft:
            return (Refusal("auto-merge", "", "it is a draft"),)
        if shape.line(row, "head_pipeline", "status", default="") not in _RUNNING:
            return (Refusal("auto-merge", "", "no pipeline is running: it would be merged at once"),)
        fields = {"merge_when_pipeline_succeeds": True, "sha": now.head_sha, "squash": method == "squash"}
        path = f"{self._pull_path(number)}/merge"
        return annotate.attempt("auto-merge", "", lambda: self._send("put", path, fields))

    def mark_ready(self, number: int) -> tuple[Refusal, ...]:
        now = self.pull_request(number)
        return annotate.attempt("ready", "", lambda: self._edit(number, {"title": now.title})) if now.draft else ()

    def fork(self) -> Repository:
        login = self.who().login
        mine = self._list(f"{self._path}/forks", {"owned": True})
        own = [row for row in mine if shape.line(row, "namespace", "full_path", default="") == login]
        answer = own[0] if own else self._send("post", f"{self._path}/fork", {})
        for _ in range(_FORK_POLLS):
            state = shape.line(answer, "import_status", default="none")
            if state in ("finished", "none"):
                return self._repository(answer)
            if state == "failed":
                reason = shape.line(answer, "import_error", default="no reason given")
                raise ForgeError(f"GitLab could not fork {self._remote.slug}: {reason}")
            self._http.pacer.sleep(_FORK_SECONDS)
            answer = self._get(f"/projects/{shape.number(answer, 'id')}")
        raise Unavailable(f"the fork is not ready after {_FORK_SECONDS * _FORK_POLLS:.0f} s")

    def _add_people(
        self, what: annotate.What, number: int, field: str, shown: str, logins: Collection[str]
    ) -> tuple[Refusal, ...]:
        """Set the whole list, as GitLab wants it; a free GitLab keeps the first one and says nothing."""
        ids = {login: self._user(login) for login in sorted(set(logins))}
        known = {login: user for login, user in ids.items() if user is not None}
        refused = annotate.left_out(what, ids, known, "GitLab knows no such user")
        if not known:
            return refused
        there = shape.items(self._get(self._pull_path(number)), shown)
        before = [shape.number(one, "id") for one in there]
        fields = {field: list(dict.fromkeys([*before, *known.values()]))}
        try:
            answer = self._send("put", self._pull_path(number), fields)
        except annotate.REFUSED as error:
            return (*refused, *annotate.left_out(what, known, (), error.message))
        taken = shape.lines(shape.items(answer, shown), "username")
        return (
            *refused,
            *annotate.left_out(what, known, taken, "GitLab did not take it: no access, or one too many"),
        )

    @property
    def _path(self) -> str:
        if not self._project:
            self.repository()
        return self._project

    def _pull_path(self, number: int) -> str:
        return f"{self._path}/merge_requests/{number:d}"

    def _get(self, path: str) -> object:
        return self._http.read(lambda: _json(self._client.http_get(path)))

    def _list(self, path: str, query: Mapping[str, Any]) -> list[object]:
        def walk() -> list[object]:
            rows = self._client.http_list(path, dict(query), iterator=True)
            return list(bounded(cast("Iterable[object]", rows)))

        return self._http.read(walk)

    def _send(self, verb: str, path: str, fields: Mapping[str, Any], turn: Turn = Turn.WRITE) -> object:
        send = self._client.http_post if verb == "post" else self._client.http_put
        return self._http.write(lambda: _json(send(path, post_data=dict(fields))), turn)

    def _edit(self, number: int, fields: Mapping[str, Any]) -> PullRequest:
        return self._pull(self._send("put", self._pull_path(number), fields))

    def _user(self, login: str) -> int | None:
        found = self._list("/users", {"username": login})
        return next((shape.number(one, "id") for one in found if shape.line(one, "username") == login), None)

    def _id_of(self, slug: str) -> int:
        return shape.number(self._get(f"/projects/{_encoded(slug)}"), "id")

    def _slug_of(self, project: int) -> str:
        """The path of a project; "" for one that is gone, as the fork behind an old merge request may be."""
        if project not in self._slugs:
            try:
                answer = self._get(f"/projects/{project}") if project else None
            except (NotFound, Forbidden):
                answer = None
            self._slugs[project] = shape.line(answer, "path_with_namespace", default="")
        return self._slugs[project]

    def _repository(self, answer: object) -> Repository:
        slug = checked_slug(Kind.GITLAB, shape.line(answer, "path_with_namespace"))
        self._slugs[shape.number(answer, "id")] = slug
        levels = (shape.number(answer, "permissions", way, "access_level", default=0) for way in _ACCESS)
        return Repository(
            slug=slug,
            default_branch=shape.line(answer, "default_branch"),
            archived=shape.flag(answer, "archived"),
            can_push=max(levels) >= _DEVELOPER,
            web_url=shape.line(answer, "web_url", default=""),
            git_url=self._remote.git_url_of(slug),
            parent=shape.line(answer, "forked_from_project", "path_with_namespace", default=""),
        )

    def _pull(self, row: object) -> PullRequest:
        return gitlabwire.pull(row, self._slug_of(shape.number(row, "source_project_id", default=0)))


def _json(answer: object) -> object:
    """python-gitlab gives the reply itself where its type is not plainly JSON."""
    return answer.json() if isinstance(answer, requests.Response) else answer


def _encoded(path: str) -> str:
    return quote(path, safe="")
