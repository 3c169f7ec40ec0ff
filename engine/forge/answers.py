"""From an HTTP reply to the error that it means; the same for every forge.

What a server says is a stranger's text: it is cleaned and cut before it becomes part of a message.
"""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from typing import Any, cast

from .errors import (
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
from .redaction import redact
from .text import clean_line

_SLOW_DOWN = re.compile(
    r"rate limit|secondary limit|abuse detection|submitted too quickly|temporarily blocked|too many requests"
    r"|retry your request again later",
    re.IGNORECASE,
)
_EXISTS = re.compile(r"already[ _]exist", re.IGNORECASE)
_LIMIT_HEADERS = ("x-ratelimit-", "ratelimit-")
_HTML = "is this the address of the forge's API, and does a proxy or a login page stand before it?"


def error_of(call: str, method: str, status: int, headers: Mapping[str, str], body: bytes) -> ForgeError | None:
    """The error that a reply means, None for one to go on with. `headers` are looked up without regard to case."""
    if status < 300:
        return _of_success(call, method, status, headers, body)
    if status < 400:
        return _of_redirect(call, method, status, headers)
    text = _message(_json(body), body)
    if status == 429 or (status in (403, 422) and _slow_down(status, headers, text)):
        return _limited(call, status, headers, text)
    said = f": {text}" if text else ""
    if status >= 500 or status == 408:
        message = f"{call}: the forge is out of order ({status}){said}"
        return Unavailable(message, call=call, status=status, retry_after=retry_after(headers))
    if status == 401:
        message = f"{call}: the forge does not accept the token (401){said}"
        return Unauthorized(message, hint="has it expired, and is it for this host?", call=call, status=status)
    if status == 403:
        hint = "the token needs write access to contents and pull requests of this repository"
        return Forbidden(f"{call}: not allowed (403){said}", hint=hint, call=call, status=status)
    if status in (404, 410):
        hint = "or the token may not see it"
        return NotFound(f"{call}: there is no such thing ({status}){said}", hint=hint, call=call, status=status)
    kind = AlreadyExists if status in (400, 409, 422) and _EXISTS.search(text) else Invalid
    return kind(f"{call}: refused ({status}){said}", call=call, status=status)


def graphql_error(call: str, document: Mapping[str, Any]) -> ForgeError | None:
    """The error of a GraphQL reply, which comes with status 200."""
    errors = document.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    first = cast("list[object]", errors)[0]
    facts = cast("dict[str, object]", first) if isinstance(first, dict) else {}
    text = _cut(str(facts.get("message", "")))
    if facts.get("type") == "RATE_LIMITED" or _SLOW_DOWN.search(text):
        return RateLimited(f"{call}: the forge asks to slow down: {text}", call=call, status=200)
    kinds = {"NOT_FOUND": NotFound, "FORBIDDEN": Forbidden, "INSUFFICIENT_SCOPES": Forbidden}
    return kinds.get(str(facts.get("type")), Invalid)(f"{call}: refused: {text}", call=call, status=200)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After names, as a number or as a date; None where it is absent or senseless."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, until - _server_time(headers))


def _of_success(call: str, method: str, status: int, headers: Mapping[str, str], body: bytes) -> ForgeError | None:
    if status == 202 and method == "GET":
        return Unavailable(f"{call}: the forge is not done yet (202)", call=call, status=status)
    if not body:
        empty = method == "GET" and status == 200
        return BadAnswer(f"{call}: an empty answer", call=call, status=status) if empty else None
    document = _json(body)
    if document is None:
        kind = _cut(headers.get("content-type", "")) or "something"
        return BadAnswer(f"{call}: {kind} came instead of JSON", hint=_HTML, call=call, status=status)
    return None


def _of_redirect(call: str, method: str, status: int, headers: Mapping[str, str]) -> ForgeError | None:
    place = _cut(headers.get("location", ""))
    if method == "GET" and place and status in (301, 302, 307, 308):
        return None  # followed, on this host alone
    message = f"{call}: the forge answers {status} and points to {place or 'nowhere'}"
    return Invalid(message, hint="was the repository renamed? use its new URL", call=call, status=status)


def _slow_down(status: int, headers: Mapping[str, str], text: str) -> bool:
    spent = any(headers.get(f"{prefix}remaining") == "0" for prefix in _LIMIT_HEADERS)
    return bool(_SLOW_DOWN.search(text)) or (status == 403 and (spent or "retry-after" in headers))


def _limited(call: str, status: int, headers: Mapping[str, str], text: str) -> RateLimited:
    """`retry_after` is Retry-After's, else, of a spent quota, the time to its reset by the server's clock, and 1 s."""
    prefix = next((one for one in _LIMIT_HEADERS if headers.get(f"{one}remaining") == "0"), None)
    seconds = retry_after(headers)
    reset = headers.get(f"{prefix}reset", "") if prefix else ""
    if seconds is None and re.fullmatch(r"\d{1,12}", reset):
        seconds = max(0.0, int(reset) - _server_time(headers)) + 1
    said = f": {text}" if text else ""
    error = RateLimited(f"{call}: the forge asks to slow down ({status}){said}", call=call, status=status)
    error.retry_after, error.secondary = seconds, prefix is None
    return error


def _server_time(headers: Mapping[str, str]) -> float:
    try:
        return email.utils.parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return time.time()


def _json(body: bytes) -> object:
    """The JSON value, None where there is none: `null` would be as useless."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _message(document: object, body: bytes) -> str:
    """What the forge says went wrong, in one line: GitHub, GitLab and Gitea each put it elsewhere."""
    if not isinstance(document, dict):
        return "" if body.lstrip()[:1] == b"<" else _cut(body.decode("utf-8", "replace"))
    facts = cast("dict[str, object]", document)
    parts: list[str] = []
    for key in ("message", "error", "error_description", "errors"):
        parts += [part for part in _words(facts.get(key)) if part not in parts]
    return _cut("; ".join(parts))


def _words(value: object) -> list[str]:
    if isinstance(value, dict):
        facts = cast("dict[str, object]", value)
        if "message" in facts:
            return _words(facts["message"])
        if "code" in facts:
            return [" ".join(str(facts[key]) for key in ("resource", "field", "code") if facts.get(key))]
        return [f"{key}: {', '.join(_words(one))}" for key, one in facts.items()]
    if isinstance(value, list):
        return [word for one in cast("list[object]", value)[:20] for word in _words(one)]
    return [str(value)] if value else []


def _cut(text: str) -> str:
    """One line of bounded length; a server may echo what it was sent."""
    line = redact(clean_line(text[:5000]))
    return line if len(line) <= 300 else line[:299] + "…"
