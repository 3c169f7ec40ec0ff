"""Put back the last apply, if the files still are what it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import record
from .files import ABSENT
from .journal import Recovery, recover
from .lock import lock
from .state import DeliverError, make_state_directory
from .targets import targets
from .write import bring


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: files put back and files removed again, by their resolved paths.

    `recovery` tells of a run that had been killed and was settled first. Where that was an apply, which the recovery
    rolled back, it was what there was to undo: the apply before it is left as it is.
    """

    restored: tuple[Path, ...]
    removed: tuple[Path, ...]
    recovery: Recovery | None = None


def undo(root: Path) -> Undone:
    """Put the workspace `root` back to what it was before the last apply; takes the lock.

    Do not call `recover` before: an apply that was killed is settled here, and counts as the one to undo. Raises
    RefusedError where a file is no longer what the apply wrote (nothing was changed), DeliverError where there is
    nothing to undo or as `write` does.
    """
    with lock(root):
        recovery = recover(root)
        if recovery is not None and recovery.action == "apply" and not recovery.finished:
            return Undone((), (), recovery)
        journal = record.load_done(make_state_directory(root))
        if recovery is not None and recovery.action == "undo" and recovery.finished and journal is not None:
            return _told(journal, recovery)
        if journal is None:
            raise DeliverError(f"there is nothing to undo: gorefit has not written to {root}")
        if journal.action == "undo":
            raise DeliverError("there is nothing to undo: the last apply has been undone already")
        found = targets(
            root,
            [(entry.target, entry.after, entry.before) for entry in journal.entries],
            hint="to undo the others by hand, compare with version control; gorefit does not overwrite later edits",
        )
        bring(root, "undo", found)
    return Undone(
        restored=tuple(target.path for target in found if target.after is not None),
        removed=tuple(target.path for target in found if target.after is None),
        recovery=recovery,
    )


def _told(journal: record.Journal, recovery: Recovery) -> Undone:
    """An undo that was killed after its last file, and that the recovery has just committed."""
    return Undone(
        restored=tuple(entry.target for entry in journal.entries if entry.after != ABSENT),
        removed=tuple(entry.target for entry in journal.entries if entry.after == ABSENT),
        recovery=recovery,
    )
