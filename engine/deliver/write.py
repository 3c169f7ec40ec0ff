"""Write what was verified: every file, byte for byte, or none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import record
from .files import digest
from .journal import carry_out
from .lock import lock
from .record import Entry, Journal
from .state import DeliverError, make_state_directory
from .targets import Target, targets


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file to write. `old` is what was read and must still be there; None = the file must not exist yet."""

    path: Path
    old: bytes | None
    new: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: files replaced and files created, by their resolved paths, in the order given."""

    replaced: tuple[Path, ...]
    created: tuple[Path, ...]


def write(root: Path, changes: Sequence[FileChange]) -> Written:
    """Write all changes to the workspace `root`, or none; takes the lock, and records what `undo` needs.

    Raises RefusedError (nothing was changed) where a file is not what was read, cannot be written, has hard links, or
    lies outside `root`; DeliverError where another run holds the lock, an earlier run must be recovered first, or the
    disk refuses; KeyboardInterrupt after everything was put back.
    """
    with lock(root):
        refuse_pending(root)
        asked = [(change.path, digest(change.old), change.new) for change in changes]
        found = targets(root, asked, hint="nothing else is in the way; settle these and run the command again")
        if found:
            bring(root, "apply", found)
    return Written(
        replaced=tuple(target.path for target in found if target.before is not None),
        created=tuple(target.path for target in found if target.before is None),
    )


def bring(root: Path, action: Literal["apply", "undo"], found: Sequence[Target]) -> None:
    """Bring these files from `before` to `after` under one journal; the lock is held. Raises as `write` does."""
    entries = tuple(
        Entry(os.fsencode(target.path), target.before, digest(target.after), target.mode) for target in found
    )
    journal = Journal(os.fsencode(root.resolve()), action, entries)
    carry_out(make_state_directory(root), journal, [target.after for target in found])


def refuse_pending(root: Path) -> None:
    """Raise DeliverError where a run over `root` was killed and not yet recovered: its files are half of a change."""
    if record.is_pending(make_state_directory(root)):
        raise DeliverError(
            f"an earlier run over {root} was cut short and must be recovered before anything is written",
            hint="run the command again",
        )
