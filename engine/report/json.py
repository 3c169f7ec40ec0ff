"""Outcomes and runs as JSON: the same facts as the text reports, for programs."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from ..model import Edit, Outcome, Place, RelatedPlace
from ..packages import Package
from ..verify.findings import CheckResult
from . import records
from .summary import summarise
from .text import order


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run's summary tells beside its outcomes. `files` are (path, added, unified diff)."""

    command: str
    gorefit: str
    go: str
    base: Path
    exit_code: int
    checks: Sequence[CheckResult] = ()
    files: Sequence[tuple[Path, bool, bytes]] = ()
    broken: Sequence[Package] = ()
    warnings: Sequence[str] = ()
    timings: Mapping[str, float] = field(default_factory=dict[str, float])


def report(outcomes: Iterable[Outcome], facts: RunFacts) -> bytes:
    """One document with every outcome and the summary."""
    listed = order(outcomes)
    found = tuple(outcome_record(outcome, facts.base) for outcome in listed)
    return encode(records.Report(records.SCHEMA_VERSION, found, summary(listed, facts)))


def lines(outcomes: Iterable[Outcome], facts: RunFacts) -> bytes:
    """One line for each outcome, then one for the summary."""
    listed = order(outcomes)
    written = [msgspec.json.encode(outcome_record(outcome, facts.base)) for outcome in listed]
    return b"\n".join([*written, msgspec.json.encode(summary(listed, facts)), b""])


def encode(document: records.Document) -> bytes:
    """A document, indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def line(document: records.Document) -> bytes:
    """A document as one line."""
    return msgspec.json.encode(document) + b"\n"


def relative(path: Path, base: Path) -> str:
    """`path` below `base` with forward slashes, or absolute."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def outcome_record(outcome: Outcome, base: Path) -> records.OutcomeRecord:
    """One outcome; text that is not valid Unicode is shown with U+FFFD."""
    return records.OutcomeRecord(
        codemod=outcome.codemod,
        status=outcome.status.value,
        tier=outcome.tier.value,
        package=outcome.package,
        range=_range(outcome.place, base),
        code=outcome.code,
        message=_text(outcome.message),
        source=_text(outcome.source),
        related=tuple(_related(note, base) for note in outcome.related),
        risks=outcome.risks,
        edits=tuple(_edit(edit) for edit in outcome.edits),
    )


def summary(outcomes: Sequence[Outcome], facts: RunFacts) -> records.Summary:
    """The run as a whole."""
    return records.Summary(
        schema_version=records.SCHEMA_VERSION,
        gorefit=facts.gorefit,
        go=facts.go,
        command=facts.command,
        base=str(facts.base),
        exit_code=facts.exit_code,
        codemods=tuple(records.CodemodSummary(**asdict(row)) for row in summarise(outcomes)),
        checks=tuple(_check(check) for check in facts.checks),
        files=tuple(
            records.FileRecord(relative(path, facts.base), added, diff.decode("utf-8", "replace"))
            for path, added, diff in facts.files
        ),
        broken=tuple(
            records.BrokenPackage(package.import_path, tuple(_error(e.position, e.message) for e in package.errors))
            for package in facts.broken
        ),
        warnings=tuple(facts.warnings),
        timings={name: round(seconds, 3) for name, seconds in facts.timings.items()},
    )


def _error(position: str, message: str) -> str:
    return f"{position}: {message}" if position else message


def _check(check: CheckResult) -> records.CheckRecord:
    seconds = round(check.seconds, 3)
    return records.CheckRecord(check.check, check.configuration, check.packages, len(check.findings), seconds)


def _range(place: Place, base: Path) -> records.Range:
    return records.Range(
        relative(place.path, base),
        records.Position(place.start, place.line, place.column),
        records.Position(place.end, place.end_line, place.end_column),
    )


def _related(note: RelatedPlace, base: Path) -> records.Related:
    return records.Related(_text(note.message), _range(note.place, base) if note.place else None)


def _edit(edit: Edit) -> records.EditRecord:
    try:
        return records.EditRecord(edit.start, edit.end, edit.new.decode())
    except UnicodeDecodeError:
        text = edit.new.decode("utf-8", "replace")
        return records.EditRecord(edit.start, edit.end, text, base64.b64encode(edit.new).decode())


def _text(text: str) -> str:
    """JSON has no lone surrogates, Python's strings may (from file names and damaged source)."""
    return text.encode("utf-8", "replace").decode()
