"""From one whole tree to another whole tree, whatever happens on the way.

1. The journal (the bytes of every file before the run, the digests of those after it) is flushed to the disk, in the
   state directory outside the tree.
2. Every new text is written beside its target, under the hidden name that the journal foretells, and flushed. A full
   disk shows here, where not one file has changed yet.
3. File by file: is it still, byte for byte, what was read? Then the staged text is renamed over it.
4. The directories are flushed, and one rename turns the pending journal into the finished one. That rename is the
   moment at which the run has happened; the finished journal is what `undo` reads.
5. Where anything fails before it, or an interrupt came, what was renamed is put back, staged texts are removed and
   the journal is discarded. No space is needed for it that step 2 had not taken and this step has freed.
6. A run that was killed leaves its journal pending. The next command, under the lock, looks at each file: where all
   are what the run was to make of them, only the commit was missing and is caught up on; otherwise the run is rolled
   back, for half of a change is of no use. (To finish it would need the new texts in the journal too, and a
   verification that an edit since has made void.)
7. A file that is neither what it was before nor what the run made of it was edited since: it is left alone and
   reported, and copies of it and of what it was before are kept in the state directory.

A recovery that is killed itself leaves the journal pending and is done again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..interrupts import held_interrupts
from . import record
from .files import DisplacedError, StaleError, digest, exchange, look, remove, stage, sync_directories
from .lock import lock
from .record import Entry, Journal
from .state import DeliverError, state_directory


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that someone else changed while a run was cut short: left alone, copies kept.

    `before` is a copy of what it was before the run (None = it did not exist); `found` of what was found (None = it
    is gone, or no longer a file).
    """

    path: Path
    before: Path | None
    found: Path | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of a run that was cut short: `finished`, or else rolled back.

    `action` is the run's: "apply" or "undo". `files` are those that the recovery put back.
    """

    action: str
    finished: bool
    files: tuple[Path, ...]
    conflicts: tuple[Conflict, ...]


def carry_out(state: Path, journal: Journal, contents: Sequence[bytes | None]) -> None:
    """Bring every file of the journal to its new content (None = removed), or none of them; the lock is held.

    Raises DeliverError when nothing was changed, or, saying so, when not all could be put back; KeyboardInterrupt.
    """
    with held_interrupts() as stop_here:
        begun = 0
        doing = f"the journal in {state}"
        try:
            record.save(state, journal)
            work = list(zip(journal.entries, journal.temporaries(), contents, strict=True))
            for entry, temporary, content in work:
                stop_here()
                doing = str(entry.target)
                if content is not None:
                    stage(temporary, content, target=entry.target, mode=entry.mode)
            for entry, temporary, content in work:
                stop_here()
                doing = str(entry.target)
                begun += 1
                exchange(None if content is None else temporary, entry.target, digest(entry.before))
            sync_directories(record.directories(journal.entries))
            stop_here()
            record.commit(state)
        except BaseException as error:
            untouched = isinstance(error, StaleError)  # the file at hand was looked at, not yet replaced
            _give_up(state, journal, begun - untouched, doing, error)
            raise


def recover(root: Path) -> Recovery | None:
    """Finish or roll back a run over `root` that was killed; None where there was none, which is quick to tell.

    Raises DeliverError where another run is at work, or where a file cannot be put back (then nothing is lost and the
    next call tries again).
    """
    state = state_directory(root)
    if not record.is_pending(state):
        return None
    with lock(root):
        journal = record.load_pending(state)
        if journal is None:  # the run that held the lock has finished
            return None
        try:
            if all(_condition(entry) == entry.after for entry in journal.entries):
                _finish(state, journal)
                return Recovery(journal.action, True, (), ())
            return _roll_back(state, journal, len(journal.entries))
        except OSError as error:
            raise _stuck(state, error) from error


def _finish(state: Path, journal: Journal) -> None:
    for temporary in journal.temporaries():
        remove(temporary)
    sync_directories(record.directories(journal.entries))
    record.commit(state)


def _roll_back(state: Path, journal: Journal, begun: int) -> Recovery:
    """Put back the first `begun` entries, the only ones that can have been changed."""
    for temporary in journal.temporaries():
        remove(temporary)
    files: list[Path] = []
    conflicts: list[Conflict] = []
    for number, entry in enumerate(journal.entries[:begun]):
        condition = _condition(entry)
        if condition == digest(entry.before):
            continue
        try:
            if condition != entry.after:
                raise StaleError
            _put_back(entry, journal.temporary(entry, number))
            files.append(entry.target)
        except StaleError:
            conflicts.append(_conflict(state, journal, entry, number))
    sync_directories(record.directories(journal.entries))
    record.discard(state)
    return Recovery(journal.action, False, tuple(files), tuple(conflicts))


def _put_back(entry: Entry, temporary: Path) -> None:
    try:
        if entry.before is not None:
            stage(temporary, entry.before, target=entry.target, mode=entry.mode)
        exchange(None if entry.before is None else temporary, entry.target, entry.after)
    finally:
        remove(temporary)


def _condition(entry: Entry) -> str | None:
    """The digest of what stands at an entry's path; None for what is no plain file there."""
    try:
        return digest(look(entry.target))
    except DisplacedError:
        return None


def _conflict(state: Path, journal: Journal, entry: Entry, number: int) -> Conflict:
    try:
        found = look(entry.target)
    except DisplacedError:
        found = None
    name = f"{number}-{os.fsdecode(entry.target.name)}"

    def copy(kind: str, content: bytes | None) -> Path | None:
        return None if content is None else record.keep_copy(state, journal, f"{name}.{kind}", content)

    return Conflict(entry.target, copy("before", entry.before), copy("found", found))


def _give_up(state: Path, journal: Journal, begun: int, doing: str, error: BaseException) -> None:
    """Roll back after `error`, and say in the user's terms what happened; interrupts and bugs are left as they are."""
    try:
        recovery = _roll_back(state, journal, begun)
    except OSError as second:
        raise _stuck(state, second) from error
    after = "nothing was changed"
    if recovery.conflicts:
        names = ", ".join(str(conflict.path) for conflict in recovery.conflicts)
        after = f"everything was put back but {names}, which changed meanwhile"
    if isinstance(error, StaleError):
        raise DeliverError(
            f"{doing} {error}; {after}", hint="run the command again: it reads the files anew"
        ) from error
    if isinstance(error, OSError):
        raise DeliverError(f"cannot write {doing}: {error.strerror}; {after}", hint=_advice(error)) from error


def _advice(error: OSError) -> str:
    full = (errno.ENOSPC, getattr(errno, "EDQUOT", -1), errno.EFBIG)
    return "make room on that disk, then run the command again" if error.errno in full else "run it again then"


def _stuck(state: Path, error: OSError) -> DeliverError:
    where = f" ({error.filename})" if error.filename else ""
    return DeliverError(
        f"a run that was cut short cannot be rolled back yet: {error.strerror}{where}",
        hint="remove the obstacle and run any gorefit command over this workspace again;"
        f" the original texts are safe in {state}",
    )
