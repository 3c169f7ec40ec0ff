"""GitHub's published OpenAPI description, cut down to what gorefit calls, for prism to check requests and replies by.

Cut, because prism reads the whole of it at each start: 800 paths take it half a minute. Adapted, because a description
is not a server:

1. Examples go: prism has no use for them here, and their hosts and links lead to the real GitHub.
2. `application/json` is named by GitHub's own media types too; prism negotiates by the letter.
3. Any operation may answer with an error, though the description lists few of them.
4. GraphQL is no part of the description, and gets a path that lets anything pass.
5. The comparisons that prism's validator cannot make (formats of GitHub's own, such as `repo.nwo`) are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OPERATIONS = {
    "/user": ("get",),
    "/repos/{owner}/{repo}": ("get",),
    "/repos/{owner}/{repo}/branches/{branch}": ("get",),
    "/repos/{owner}/{repo}/collaborators/{username}/permission": ("get",),
    "/repos/{owner}/{repo}/pulls": ("get", "post"),
    "/repos/{owner}/{repo}/pulls/{pull_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": ("get",),
    "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": ("post",),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("patch",),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}/labels": ("post",),
    "/repos/{owner}/{repo}/issues/{issue_number}/assignees": ("post",),
    "/repos/{owner}/{repo}/milestones": ("get",),
    "/repos/{owner}/{repo}/forks": ("post",),
}
_FORMATS = {"repo.nwo", "uri-template", "timestamp", "git.blob", "git.sha"}
_MEDIA = ("application/json", "application/vnd.github+json", "application/vnd.github.v3+json")
_ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}


def cut(source: Path, target: Path) -> None:
    """Write the part of the description at `source` that gorefit needs, adapted, to `target`."""
    whole = json.loads(source.read_bytes())
    paths = {
        path: {method: _operation(whole["paths"][path][method]) for method in methods}
        for path, methods in OPERATIONS.items()
    }
    paths["/graphql"] = {"post": _graphql()}
    small = {"openapi": whole["openapi"], "info": whole["info"], "paths": _clean(paths), "components": {}}
    _add_components(whole["components"], small)
    target.write_text(json.dumps(small))


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    error = {"description": "an error", "content": {media: {"schema": _ANYTHING} for media in _MEDIA}}
    return {**operation, "responses": {**operation["responses"], "4XX": error, "5XX": error}}


def _graphql() -> dict[str, Any]:
    content = {media: {"schema": _ANYTHING} for media in _MEDIA}
    body = {"schema": {**_ANYTHING, "required": ["query", "variables"]}}
    return {
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {code: {"description": "any", "content": content} for code in ("200", "4XX", "5XX")},
    }


def _clean(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _clean(one) for key, one in value.items() if not _is_example(key, one)}
    if isinstance(kept.get("content"), dict) and "application/json" in kept["content"]:
        kept["content"] |= dict.fromkeys(_MEDIA, kept["content"]["application/json"])
    if kept.get("format") in _FORMATS:
        del kept["format"]
    return kept


def _is_example(key: str, value: Any) -> bool:
    """An example, and not a property of that name."""
    return key == "examples" or (key == "example" and not (isinstance(value, dict) and "type" in value))


def _add_components(components: dict[str, Any], small: dict[str, Any]) -> None:
    """What the paths refer to, and what that refers to."""
    waiting = _references(small["paths"])
    while waiting:
        kind, name = waiting.pop()
        known = small["components"].setdefault(kind, {})
        if name not in known and kind != "examples":
            known[name] = _clean(components[kind][name])
            waiting |= _references(known[name])


def _references(value: Any) -> set[tuple[str, str]]:
    if isinstance(value, list):
        return {one for element in value for one in _references(element)}
    if not isinstance(value, dict):
        return set()
    found = {one for element in value.values() for one in _references(element)}
    if isinstance(value.get("$ref"), str):
        _, _, kind, name = value["$ref"].split("/")
        found.add((kind, name))
    return found
