"""A pull request as a text file: front matter of `key: value` lines, with values in JSON, and the body below."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, cast

from .forge import PullRequest, State

_SETS = ("labels", "assignees", "reviewers", "teams")
_LINE = re.compile(r"(?P<key>\w+):[ \t]*(?P<value>.*)")


def replace(path: Path, text: str) -> None:
    """Write a file so that a kill leaves the old or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def render(one: PullRequest) -> str:
    facts = {
        "state": one.state.value,
        "title": one.title,
        "draft": one.draft,
        "head": one.head,
        "head_slug": one.head_slug,
        "head_sha": one.head_sha,
        "base": one.base,
        "milestone": one.milestone,
        **{name: sorted(getattr(one, name)) for name in _SETS},
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    return "\n".join(["---", *lines, "---", "", one.body])


def parse(number: int, path: Path, text: str) -> PullRequest:
    """Raises ValueError, with the line in its text, for what `render` and a careful person would not write."""
    head, found, body = text.removeprefix("---\n").partition("\n---\n")
    if not (text.startswith("---\n") and found):
        raise ValueError("no front matter between two lines ---")
    facts: dict[str, Any] = {}
    for line in filter(str.strip, head.split("\n")):
        match = _LINE.fullmatch(line)
        if not match:
            raise ValueError(f"not `key: value`: {line!r}")
        facts[match["key"]] = _value(match["value"].strip())
    missing = {"state", "title", "head", "base"} - facts.keys()
    if missing:
        raise ValueError(f"no {', '.join(sorted(missing))}")
    return PullRequest(
        number=number,
        url=path.absolute().as_uri(),
        state=State(facts["state"]),
        draft=facts.get("draft") is True,
        body=body.removeprefix("\n"),
        author="gorefit",
        head=str(facts["head"]),
        head_slug=str(facts.get("head_slug", "")),
        head_sha=str(facts.get("head_sha", "")),
        base=str(facts["base"]),
        title=str(facts["title"]),
        milestone=str(facts.get("milestone", "")),
        labels=_names(facts.get("labels")),
        assignees=_names(facts.get("assignees")),
        reviewers=_names(facts.get("reviewers")),
        teams=_names(facts.get("teams")),
    )


def _value(text: str) -> object:
    """JSON, or a bare word as a person writes it."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _names(value: object) -> frozenset[str]:
    return frozenset(map(str, cast("list[object]", value))) if isinstance(value, list) else frozenset()
