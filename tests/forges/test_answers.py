"""What an HTTP reply means, in the words that each forge uses for it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from gorefit.engine.forge import answers
from gorefit.engine.forge.connect import connect
from gorefit.engine.forge.detect import detect
from gorefit.engine.forge.errors import (
    AlreadyExists,
    BadAnswer,
    Forbidden,
    ForgeError,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from gorefit.engine.forge.forge import Kind, State
from gorefit.engine.forge.githubwire import pull
from gorefit.engine.forge.pacing import Pacer
from gorefit.engine.forge.secrets import SecretError
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

EXISTS = {
    "message": "Validation Failed",
    "errors": [{"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for a:b."}],
}
SPENT = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000100", "Date": "Fri, 15 Jan 2027 08:00:00 GMT"}


@pytest.mark.parametrize(
    ("status", "value", "headers", "expected", "words"),
    [
        (401, {"message": "Bad credentials"}, {}, Unauthorized, "Bad credentials"),
        (401, {"message": "401 Unauthorized"}, {}, Unauthorized, "401 Unauthorized"),
        (403, {"message": "Must have admin rights"}, {}, Forbidden, "Must have admin rights"),
        (403, {"message": "You have exceeded a secondary rate limit."}, {}, RateLimited, "secondary rate limit"),
        (403, {"message": "API rate limit exceeded"}, SPENT, RateLimited, "API rate limit"),
        (403, {"message": "no"}, {"Retry-After": "7"}, RateLimited, "no"),
        (403, {"message": "You have triggered an abuse detection mechanism."}, {}, RateLimited, "abuse"),
        (422, {"message": "Validation Failed", "errors": ["was submitted too quickly"]}, {}, RateLimited, "quickly"),
        (429, None, {"Retry-After": "7"}, RateLimited, "429"),
        (429, {"error": "This endpoint has been requested too many times."}, {}, RateLimited, "too many times"),
        (404, {"message": "404 Project Not Found"}, {}, NotFound, "404 Project Not Found"),
        (404, {"errors": None, "message": "not found", "url": "https://x"}, {}, NotFound, "not found"),
        (410, {}, {}, NotFound, "410"),
        (422, EXISTS, {}, AlreadyExists, "A pull request already exists for a:b."),
        (422, {"message": "Validation Failed", "errors": [{"code": "already_exists"}]}, {}, AlreadyExists, "already"),
        (409, {"message": ["Another open merge request already exists: !1"]}, {}, AlreadyExists, "!1"),
        (409, {"message": "Git Repository is empty."}, {}, Invalid, "empty"),
        (400, {"message": {"title": ["is too long", "x"]}}, {}, Invalid, "title: is too long, x"),
        (405, {"message": "405 Method Not Allowed"}, {}, Invalid, "405"),
        (423, {"message": "This repo is archived."}, {}, Invalid, "archived"),
        (422, {"message": "No commits between main and x"}, {}, Invalid, "No commits"),
        (408, None, {}, Unavailable, "408"),
        (500, "<html>", {}, Unavailable, "500"),
        (503, {"message": "down"}, {"Retry-After": "5"}, Unavailable, "down"),
    ],
)
def test_what_a_status_means(status: int, value: Any, headers: dict[str, str], expected: type, words: str) -> None:
    body = json.dumps(value).encode() if value is not None else b""
    error = answers.error_of("POST /x", "POST", status, CaseInsensitiveDict(headers), body)
    assert error is not None and type(error) is expected
    assert words in error.message and error.message.startswith("POST /x: ")
    assert (error.status, error.call) == (status, "POST /x")


@pytest.mark.parametrize(
    ("headers", "seconds", "secondary"),
    [
        ({"Retry-After": "7"}, 7.0, True),
        ({"Retry-After": "0"}, 0.0, True),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT", "Date": "Fri, 15 Jan 2027 08:00:00 GMT"}, 30.0, True),
        ({"Retry-After": "Fri, 15 Jan 2027 07:00:00 GMT", "Date": "Fri, 15 Jan 2027 08:00:00 GMT"}, 0.0, True),
        ({"Retry-After": "-5"}, None, True),
        ({"Retry-After": "soon"}, None, True),
        ({}, None, True),
        (SPENT, 101.0, False),  # to the reset by the server's own clock, and a second
        ({**SPENT, "Retry-After": "3"}, 3.0, False),
        ({**SPENT, "X-RateLimit-Reset": "1"}, 1.0, False),
        ({**SPENT, "X-RateLimit-Reset": "x"}, None, False),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "1800000060", "Date": SPENT["Date"]}, 61.0, False),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None, secondary: bool) -> None:
    error = answers.error_of("GET /x", "GET", 429, CaseInsensitiveDict(headers), b"")
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.secondary) == (seconds, secondary)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("NOT_FOUND", NotFound), ("FORBIDDEN", Forbidden), ("RATE_LIMITED", RateLimited), ("UNPROCESSABLE", Invalid)],
)
def test_errors_of_graphql(kind: str, expected: type) -> None:
    error = answers.graphql_error("POST /graphql", {"errors": [{"type": kind, "message": "because"}]})
    assert error is not None and type(error) is expected and "because" in error.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["message", "errors", "x"]), inner),
    max_leaves=12,
)
headers_ = st.dictionaries(
    st.sampled_from(["retry-after", "date", "x-ratelimit-reset", "x-ratelimit-remaining", "location", "content-type"]),
    st.text(max_size=40) | st.sampled_from(["0", "Fri, 99 Foo 2027 99:99:99 GMT", "1e999", "٣"]),
)


@given(
    st.integers(200, 599),
    st.sampled_from(["GET", "POST"]),
    headers_,
    json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50),
)
def test_any_reply_is_read_without_a_defect(status: int, method: str, headers: dict[str, str], body: bytes) -> None:
    error = answers.error_of("GET /x", method, status, CaseInsensitiveDict(headers), body)
    assert error is None or (isinstance(error, ForgeError) and "\n" not in error.message)
    assert error is None or error.retry_after is None or error.retry_after >= 0
    if status >= 400:
        assert error is not None and not isinstance(error, BadAnswer)


def test_a_request_whose_fork_is_gone() -> None:
    """GitHub gives null for a repository that was deleted, whatever its description says."""
    end = {"ref": "x", "sha": "a" * 40, "repo": None, "user": None}
    facts = {"number": 1, "html_url": "u", "title": "t", "body": None, "user": None, "head": end, "base": {"ref": "m"}}
    found = pull({**facts, "state": "closed", "merged_at": "2026-01-01T00:00:00Z", "labels": [{"name": "go"}]})
    assert (found.head_slug, found.state, found.body, found.author) == ("", State.MERGED, "", "")


@pytest.mark.parametrize("url", ["https://github.com/a/b", "https://gitlab.com/a/b", "https://codeberg.org/a/b"])
def test_without_the_packages_there_is_advice(url: str) -> None:
    """In a Python of its own: what is imported once stays imported."""
    program = f"""
import sys
sys.modules["requests"] = None
from gorefit.engine.forge.connect import MissingPackage, connect
from gorefit.engine.forge.detect import detect
from gorefit.engine.forge.pacing import Pacer
from gorefit.engine.forge.secrets import Secret
try:
    connect(detect({url!r}), Secret("some-token", source="x"), Pacer())
except MissingPackage as error:
    print(error.message, "|", error.hint)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "requests is not installed | pip install 'gorefit[pr]'\n"


def test_without_a_token_there_is_advice() -> None:
    with pytest.raises(SecretError) as told:
        connect(detect("https://gitlab.com/a/b"), None, Pacer())
    assert "no token for gitlab.com" in told.value.message and "GITLAB_TOKEN" in told.value.hint


def test_a_plain_remote_needs_none_of_the_packages() -> None:
    assert detect("/srv/git/shop.git").kind is Kind.BARE
