"""JSON schemas for the forges whose descriptions no package brings: each request and reply is held to one.

Those of GitLab's requests are made of what python-gitlab knows of each kind of object; Gitea's follow the structs of
its Go SDK, which its API is generated from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from .wire import Call, Reply

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
TEXTS: Schema = {"type": "array", "items": TEXT}
NUMBERS: Schema = {"type": "array", "items": NUMBER}


def record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, open: bool = False) -> Schema:
    """An object with these properties, and with others only if it is open."""
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": open}


def reply(**required: Schema) -> Schema:
    """An object that has at least these properties."""
    return record(required, open=True)


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


@dataclass(frozen=True)
class Rule:
    """What a call must send and get, and which query parameters it may have."""

    pattern: re.Pattern[str]
    reply: Draft202012Validator
    request: Draft202012Validator | None = None
    query: frozenset[str] = frozenset()


def rule(pattern: str, answer: Schema, request: Schema | None = None, query: Iterable[str] = ()) -> Rule:
    """`METHOD /a/{}`: a pair of braces is one segment; with a star between them, any number."""
    regex = re.escape(pattern).replace(r"\{\}", "[^/]+").replace(r"\{\*\}", ".+")
    sent = Draft202012Validator(request) if request is not None else None
    return Rule(re.compile(regex), Draft202012Validator(answer), sent, frozenset(query))


def violation(rules: Iterable[Rule], call: Call, answer: Reply) -> str:
    """How a call or its reply breaks the contract; "" if it does not."""
    found = next((one for one in rules if one.pattern.fullmatch(str(call))), None)
    if found is None:
        return f"{call} is in no contract"
    strange = call.query.keys() - found.query
    if strange:
        return f"{call}: unknown parameters {sorted(strange)}"
    try:
        if found.request is not None:
            found.request.validate(call.json)
        if 200 <= answer.status < 300:
            found.reply.validate(answer.value)
    except ValidationError as error:
        return f"{call}: {error.message} at {error.json_path}"
    return ""
