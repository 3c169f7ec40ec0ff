"""Requests and replies of the fake forges, and the table that leads the one to the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from .world import Denied, Person, World


@dataclass(frozen=True)
class Call:
    """A request as it came in. `path` is still percent-encoded, and begins below the API's own prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""

    @staticmethod
    def of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
        parts = urlsplit(target)
        lower = {name.lower(): value for name, value in headers.items()}
        return Call(method, parts.path, dict(parse_qsl(parts.query)), lower, body)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}

    @property
    def mutates(self) -> bool:
        """Whether it may change something; of git, that is the push itself."""
        return self.method not in ("GET", "HEAD") and not self.path.endswith("/git-upload-pack")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """What is sent back; `value` is sent as JSON, unless there is `content`."""

    status: int = 200
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    def encoded(self) -> tuple[int, dict[str, str], bytes]:
        if self.content is not None:
            return self.status, dict(self.headers), self.content
        if self.value is None:
            return self.status, dict(self.headers), b""
        body = json.dumps(self.value).encode()
        return self.status, {"Content-Type": "application/json; charset=utf-8", **self.headers}, body


Handler = Callable[[World, Call, Person, dict[str, str]], Reply]


class Routes:
    """`METHOD /a/{b}` to the function that answers it. `{b}` is one segment, `{b*}` any number."""

    def __init__(self) -> None:
        self._table: list[tuple[str, re.Pattern[str], Handler]] = []

    def __call__(self, pattern: str) -> Callable[[Handler], Handler]:
        method, _, path = pattern.partition(" ")
        regex = re.sub(r"\{(\w+)\\\*\}", r"(?P<\1>.+)", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))
        regex = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", regex)

        def keep(handler: Handler) -> Handler:
            self._table.append((method, re.compile(regex), handler))
            return handler

        return keep

    def answer(self, world: World, call: Call, person: Person) -> Reply:
        for method, regex, handler in self._table:
            match = regex.fullmatch(call.path)
            if match and method == call.method:
                with world.lock:
                    return handler(world, call, person, {k: unquote(v) for k, v in match.groupdict().items()})
        raise Denied(404, f"the fake knows no {call}")


def page(world: World, call: Call, prefix: str, rows: list[Any], size: str = "per_page", biggest: int = 100) -> Reply:
    """One page of a list, with a Link to the next one."""
    length = min(int(call.query.get(size, "30")), biggest)
    number = int(call.query.get("page", "1"))
    shown = rows[(number - 1) * length : number * length]
    headers = {"X-Total-Count": str(len(rows))}
    if number * length < len(rows):
        query = urlencode({**call.query, "page": str(number + 1)})
        headers["Link"] = f'<{world.base}{prefix}{call.path}?{query}>; rel="next"'
    return Reply(200, shown, headers)
