"""The shapes of everything gorefit prints as JSON; docs/schema.json is generated from this file.

Every document, and every line of jsonl, is an object with a `kind`. Offsets are bytes from the start of the file;
lines and columns are 1-based, columns in bytes; ranges are half-open. Paths are relative to `base` with forward
slashes, or absolute where they lie outside of it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

#: Raised when a field changes its meaning or goes away; new fields do not raise it.
SCHEMA_VERSION = 1

Status = Literal["applied", "declined", "suppressed", "dropped"]
Tier = Literal["safe", "review", "report"]
Value = str | bool | int | float | tuple[str, ...] | None


class Position(msgspec.Struct, frozen=True):
    """A place between two bytes."""

    offset: int
    line: int
    column: int


class Range(msgspec.Struct, frozen=True):
    """A half-open span of a file as it was read."""

    path: str
    start: Position
    end: Position


class EditRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Replace the bytes [start, end) by `new`; where that is not UTF-8, `new_base64` has the true bytes."""

    start: int
    end: int
    new: str
    new_base64: str | None = None


class Related(msgspec.Struct, frozen=True):
    """A note, with its place where it has one."""

    message: str
    range: Range | None


class OutcomeRecord(msgspec.Struct, frozen=True, tag="outcome", tag_field="kind"):
    """What became of one site. `code`: the decline code, the kind of suppression, or the check that dropped it."""

    codemod: str
    status: Status
    tier: Tier
    package: str
    range: Range
    code: str
    message: str
    source: str
    related: tuple[Related, ...]
    risks: tuple[str, ...]
    edits: tuple[EditRecord, ...]


class CodemodSummary(msgspec.Struct, frozen=True):
    """The sites of one codemod, counted; `declined` and `dropped` by code."""

    codemod: str
    sites: int
    applied: int
    declined: dict[str, int]
    suppressed: int
    dropped: dict[str, int]


class CheckRecord(msgspec.Struct, frozen=True):
    """One check of the edited tree; `findings` counts what the untouched tree did not have."""

    check: str
    configuration: str
    packages: int
    findings: int
    seconds: float


class FileRecord(msgspec.Struct, frozen=True):
    """One file that changes, with its unified diff (bytes that are not UTF-8 are shown as U+FFFD)."""

    path: str
    added: bool
    diff: str


class BrokenPackage(msgspec.Struct, frozen=True):
    """A package that did not type-check before anything was changed; it was left alone."""

    package: str
    errors: tuple[str, ...]


class Summary(msgspec.Struct, frozen=True, tag="summary", tag_field="kind"):
    """What a run found as a whole: the last line of jsonl, and the `summary` of a report."""

    schema_version: int
    gorefit: str
    go: str
    command: str
    base: str
    exit_code: int
    codemods: tuple[CodemodSummary, ...]
    checks: tuple[CheckRecord, ...]
    files: tuple[FileRecord, ...]
    broken: tuple[BrokenPackage, ...]
    warnings: tuple[str, ...]
    timings: dict[str, float]


class Report(msgspec.Struct, frozen=True, tag="report", tag_field="kind"):
    """The one document of `check`, `diff` and `apply` with --format json."""

    schema_version: int
    outcomes: tuple[OutcomeRecord, ...]
    summary: Summary


class WhyRecord(msgspec.Struct, frozen=True, tag="why", tag_field="kind"):
    """The answer of `why`: `reason` is a stable code, `outcomes` what touches the line, `nearest` what is close."""

    schema_version: int
    base: str
    path: str
    line: int
    reason: str
    message: str
    outcomes: tuple[OutcomeRecord, ...]
    nearest: tuple[OutcomeRecord, ...]


class OptionRecord(msgspec.Struct, frozen=True):
    """One option of a codemod, as it is written in gorefit.toml."""

    name: str
    type: str
    default: Value


class CodemodRecord(msgspec.Struct, frozen=True, tag="codemod", tag_field="kind"):
    """The documentation of one codemod."""

    schema_version: int
    id: str
    title: str
    tier: Tier
    since: str
    doc: dict[str, str]
    options: tuple[OptionRecord, ...]
    declines: dict[str, str]


class CodemodList(msgspec.Struct, frozen=True, tag="codemods", tag_field="kind"):
    """The answer of `list`."""

    schema_version: int
    codemods: tuple[CodemodRecord, ...]


class SettingRecord(msgspec.Struct, frozen=True):
    """One effective setting."""

    name: str
    value: Value
    source: str


class ConfigRecord(msgspec.Struct, frozen=True, tag="config", tag_field="kind"):
    """The answer of `config`."""

    schema_version: int
    file: str | None
    settings: tuple[SettingRecord, ...]


class FactRecord(msgspec.Struct, frozen=True):
    """One line of `doctor`; `ok` false means that something has to be done: `help` says what."""

    name: str
    value: str
    ok: bool
    help: str


class DoctorRecord(msgspec.Struct, frozen=True, tag="doctor", tag_field="kind"):
    """The answer of `doctor`."""

    schema_version: int
    usable: bool
    facts: tuple[FactRecord, ...]


class UndoneRecord(msgspec.Struct, frozen=True, tag="undo", tag_field="kind"):
    """The answer of `undo`: the files that are as they were before the last `apply`."""

    schema_version: int
    files: tuple[str, ...]


class PlannedRequest(msgspec.Struct, frozen=True):
    """One request of a plan; `number` is 0 where there is none yet, `digest` "" where nothing is left of it."""

    action: Literal["create", "update", "keep", "leave", "close", "declined"]
    why: str
    key: str
    branch: str
    title: str
    codemods: tuple[str, ...]
    files: tuple[str, ...]
    places: int
    owners: tuple[str, ...]
    reviewers: tuple[str, ...]
    teams: tuple[str, ...]
    digest: str
    number: int
    url: str


class PrPlanRecord(msgspec.Struct, frozen=True, tag="pr-plan", tag_field="kind"):
    """The answer of `pr plan`; `file` is the plan file, which holds the patches and texts too."""

    schema_version: int
    exit_code: int
    remote: str
    base: str
    base_sha: str
    file: str
    requests: tuple[PlannedRequest, ...]
    warnings: tuple[str, ...]


class PublishedRequest(msgspec.Struct, frozen=True):
    """What became of one request; `partial`: something could not be attached to it, and will be tried again."""

    outcome: Literal["created", "updated", "kept", "left", "closed", "declined", "failed", "not tried"]
    why: str
    key: str
    branch: str
    number: int
    url: str
    partial: bool
    problems: tuple[str, ...]


class PrPublishRecord(msgspec.Struct, frozen=True, tag="pr-publish", tag_field="kind"):
    """The answer of `pr publish`."""

    schema_version: int
    exit_code: int
    requests: tuple[PublishedRequest, ...]


class RequestStatus(msgspec.Struct, frozen=True):
    """Where one request stands; `places` counts what is left to change, null where that was not asked."""

    branch: str
    key: str
    number: int
    url: str
    state: str
    approved: bool
    action: str
    why: str
    places: int | None


class PrStatusRecord(msgspec.Struct, frozen=True, tag="pr-status", tag_field="kind"):
    """The answer of `pr status`."""

    schema_version: int
    exit_code: int
    requests: tuple[RequestStatus, ...]


Document = (
    Report
    | OutcomeRecord
    | Summary
    | WhyRecord
    | CodemodRecord
    | CodemodList
    | ConfigRecord
    | DoctorRecord
    | UndoneRecord
    | PrPlanRecord
    | PrPublishRecord
    | PrStatusRecord
)
