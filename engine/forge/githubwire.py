"""What stands between PyGithub and the wire: our session instead of its own, and its JSON in our words."""

from __future__ import annotations

from typing import Any

import requests
from github.GithubObject import NonCompletableGithubObject
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse

from . import shape
from .forge import PullRequest, State
from .transport import Http


def requester(api_url: str, http: Http) -> Requester:
    """A requester of PyGithub's whose every request goes out through `http`: it holds no token, and retries nothing."""

    class Plain(HTTPRequestsConnectionClass):
        def __init__(self, *_arguments: Any, **_settings: Any) -> None:
            self.session = http.session

        def getresponse(self) -> RequestsResponse:
            return _exchange(http, self)

        def close(self) -> None: ...

    class Encrypted(HTTPSRequestsConnectionClass):
        def __init__(self, *_arguments: Any, **_settings: Any) -> None:
            self.session = http.session

        def getresponse(self) -> RequestsResponse:
            return _exchange(http, self)

        def close(self) -> None: ...

    class Ours(Requester): ...

    Ours.injectConnectionClasses(Plain, Encrypted)  # on this subclass alone
    return Ours(
        auth=None,
        base_url=api_url,
        timeout=60,  # of no effect, like all that follow: the session's own hold
        user_agent="gorefit",
        per_page=100,
        verify=True,
        retry=None,
        pool_size=None,
    )


def _exchange(http: Http, asked: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass) -> RequestsResponse:
    follow = asked.verb == "GET"  # by requests, which keeps to `http`'s origin and count
    response: requests.Response = http.session.request(
        asked.verb, http.origin + asked.url, headers=asked.headers, data=asked.input, allow_redirects=follow
    )
    return RequestsResponse(response)


class Row(NonCompletableGithubObject):
    """An element of a list, of which only the JSON is wanted."""

    def _initAttributes(self) -> None: ...

    def _useAttributes(self, attributes: dict[str, Any]) -> None: ...


def pull(row: object) -> PullRequest:
    """A pull request, from a list or alone."""
    merged = shape.flag(row, "merged") or shape.at(row, "merged_at") is not None
    is_open = shape.line(row, "state") == "open"
    return PullRequest(
        number=shape.number(row, "number"),
        url=shape.line(row, "html_url"),
        state=State.OPEN if is_open else State.MERGED if merged else State.CLOSED,
        draft=shape.flag(row, "draft"),
        head=shape.line(row, "head", "ref"),
        head_slug=shape.line(row, "head", "repo", "full_name", default=""),
        head_sha=shape.line(row, "head", "sha"),
        base=shape.line(row, "base", "ref"),
        title=shape.line(row, "title"),
        body=shape.text(row, "body"),
        author=shape.line(row, "user", "login", default=""),
        labels=shape.lines(shape.items(row, "labels"), "name"),
        assignees=shape.lines(shape.items(row, "assignees"), "login"),
        reviewers=shape.lines(shape.items(row, "requested_reviewers"), "login"),
        teams=shape.lines(shape.items(row, "requested_teams"), "slug"),
        milestone=shape.line(row, "milestone", "title", default=""),
        auto_merge=shape.at(row, "auto_merge") is not None,
    )
