"""The plan: per file the new bytes, which fix owns which change, and what became of every site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ..edit.pieces import Pieces
from ..model import Fix, Outcome


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file to write. `old` is None for a file that a fix adds."""

    path: Path
    old: bytes | None
    pieces: Pieces
    new: bytes


@dataclass(frozen=True, slots=True)
class PlannedFix:
    """A fix that is in the plan; `id` is what `Pieces` knows its changes by."""

    id: int
    fix: Fix
    path: Path
    package: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, and the outcome of every site, applied ones included."""

    files: Mapping[Path, PlannedFile]
    fixes: Mapping[int, PlannedFix]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why a fix was taken out: the check that refused it, and the tool's own words."""

    check: str
    message: str


#: Rebuilds a plan without some fixes; the files concerned converge again from their original text.
Drop: TypeAlias = Callable[[Plan, Mapping[int, Dropped]], Plan]
