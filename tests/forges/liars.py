"""Every question and effect of the port, and the answers that no forge gives."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from gorefit.engine.forge.errors import ForgeError
from gorefit.engine.forge.forge import Forge, NewPullRequest

from . import canary
from .stage import BRANCH
from .wire import Reply

NEW = NewPullRequest(BRANCH, "main", "title", "body", "0" * 40)

#: Every question and effect of the port.
FLOW: dict[str, Callable[[Forge], object]] = {
    "who": lambda forge: forge.who(),
    "repository": lambda forge: forge.repository(),
    "protected": lambda forge: forge.protected("main"),
    "may_push": lambda forge: forge.may_push("alice"),
    "pull_requests": lambda forge: forge.pull_requests(BRANCH, "main"),
    "pull_request": lambda forge: forge.pull_request(1),
    "approved": lambda forge: forge.approved(1),
    "comments": lambda forge: forge.comments(1),
    "create": lambda forge: forge.create(NEW),
    "update": lambda forge: forge.update(1, title="t", body="b"),
    "close": lambda forge: forge.close(1),
    "comment": lambda forge: forge.comment(1, "text", "key"),
    "add_labels": lambda forge: forge.add_labels(1, ["go"]),
    "add_assignees": lambda forge: forge.add_assignees(1, ["alice"]),
    "request_reviewers": lambda forge: forge.request_reviewers(1, ["alice"], ["acme/platform"]),
    "set_milestone": lambda forge: forge.set_milestone(1, "v1"),
    "enable_auto_merge": lambda forge: forge.enable_auto_merge(1),
    "mark_ready": lambda forge: forge.mark_ready(1),
    "fork": lambda forge: forge.fork(),
}


def told(error: BaseException) -> str:
    """All that an error could show."""
    texts = [str(error), repr(error), getattr(error, "hint", ""), getattr(error, "detail", "")]
    return "\n".join([*texts, *traceback.format_exception(error)])


def fails(act: Callable[[Forge], object], forge: Forge) -> ForgeError:
    """The error that an act ends in; the token is in none of its words."""
    with pytest.raises(ForgeError) as caught:
        act(forge)
    assert not canary.pattern().search(told(caught.value).encode())
    return caught.value


def outcome(act: Callable[[Forge], object], forge: Forge) -> str:
    """All that an act could show, whether it ends in an error or in refusals."""
    try:
        return repr(act(forge))
    except ForgeError as error:
        return told(error)


HTML = Reply(200, content=b"<!DOCTYPE html><title>Sign in</title>", headers={"Content-Type": "text/html"})
JSON = {"Content-Type": "application/json"}
ANSWERS = {
    "html": HTML,
    "empty": Reply(200),
    "broken": Reply(200, content=b'{"login": ', headers=JSON),
    "deep": Reply(200, content=b"[" * 100_000, headers=JSON),
    "null": Reply(200, content=b"null", headers=JSON),
    "number": Reply(200, 7),
    "text": Reply(200, "text"),
    "object": Reply(200, {}),
    "list of nothing": Reply(200, [None, 1, "x", []]),
    "wrong types": Reply(200, {"id": "x", "login": 7, "full_name": [], "number": {}, "title": None, "state": 1}),
    "invalid utf-8": Reply(200, content=b'"\xff\xfe"', headers=JSON),
    "nan": Reply(200, content=b'{"number": NaN, "id": Infinity, "iid": 1e999}', headers=JSON),
    "not yet": Reply(202, {}),
    "not modified": Reply(304),
    "redirect to nowhere": Reply(302),
    "teapot": Reply(418, {"message": "\x1b[2Jteapot\n\x07" * 1000}),
}

#: Those that differ below the first look at them.
DEEP = ("html", "empty", "null", "object", "list of nothing", "wrong types", "not yet", "redirect to nowhere")
