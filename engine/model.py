"""The words of gorefit: what a codemod says of a site, and what became of it.

Every value here is frozen. Offsets are bytes from the start of a file (a BOM counts, as in go/token and tree-sitter);
spans are half-open; lines and columns are 1-based, columns in bytes, as Go's own tools print them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


class Tier(enum.StrEnum):
    """How far a fix may be trusted without a reader."""

    SAFE = "safe"  # every run that neither panics nor runs out of memory behaves as before
    REVIEW = "review"  # changes something observable, or needs a number that only the user knows
    REPORT = "report"  # advice only, nothing is rewritten


class Status(enum.StrEnum):
    """What became of a site."""

    APPLIED = "applied"  # the fix is in the plan (`check`), or verified (`diff`), or written (`apply`)
    DECLINED = "declined"  # the codemod recognised the site and says why it leaves it alone
    SUPPRESSED = "suppressed"  # a comment in the source forbids it
    DROPPED = "dropped"  # the fix was made and a check (types, build, vet, test) refused it


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the bytes [start, end) by `new`. An insertion has start == end."""

    start: int
    end: int
    new: bytes


@dataclass(frozen=True, slots=True, order=True)
class ImportRequest:
    """The file needs package `path` under the local name `name` ("" = the package's own name)."""

    path: str
    name: str = ""


@dataclass(frozen=True, slots=True, order=True)
class NewFile:
    """A file that a fix adds, beside the edited file; `name` is a bare file name."""

    name: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that explains a message: the decline's cause, or a step of a proof."""

    message: str
    at: int | None = None  # byte offset
    path: Path | None = None  # of another file; None = the site's own


@dataclass(frozen=True, slots=True)
class Fix:
    """One atomic rewrite: all of its edits, imports and files, or nothing.

    `at` is the offset that names the site in every report. `binds` holds the declaration offsets of the variables
    whose declaration, type or assignments change; no other fix whose text mentions one of them lands in the same pass.
    `declares` are the package-level names that it adds: of the fixes that add one name, one lands in a pass, and the
    others are asked for again where they can see it.
    """

    codemod: str
    message: str
    tier: Tier
    at: int
    edits: tuple[Edit, ...]
    imports: tuple[ImportRequest, ...] = ()
    files: tuple[NewFile, ...] = ()
    risks: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    binds: frozenset[int] = frozenset()
    declares: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decline:
    """Ours, but no, because. `code` is stable and listed in the codemod's documentation."""

    codemod: str
    code: str
    message: str
    at: int
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span of a file as it was read, with the 1-based line and byte column of its start and end."""

    path: Path
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class RelatedPlace:
    """A note with its place resolved."""

    message: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one site; the unit of every report.

    `code` is the decline code, the suppression's kind, or the check that dropped the fix ("types", "build", "vet",
    "test", "test-race", "test-checkptr"); empty where the fix was applied. `source` is the line of source that `place`
    starts on, `package` the import path that go list gives.
    """

    codemod: str
    status: Status
    tier: Tier
    place: Place
    code: str
    message: str
    package: str
    source: str = ""
    related: tuple[RelatedPlace, ...] = ()
    risks: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()  # against the file as it was read


class GorefitError(Exception):
    """Something the user can act on: what happened, where, and what to do next."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message, self.hint, self.detail = message, hint, detail
