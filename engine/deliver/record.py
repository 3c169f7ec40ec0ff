"""The journal as a file: what a run is about to do to the tree, flushed to the disk before it does it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from .files import digest, remove, stage, sync_directories
from .state import DeliverError

_MAGIC = b"gorefit journal 1\n"
_PENDING, _DONE = "pending", "done"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its bytes before the run (None = it did not exist) and the digest of what the run puts there.

    `path` is the resolved path in the file system's encoding; `mode` the permission bits before, None where the file
    did not exist.
    """

    path: bytes
    before: bytes | None
    after: str
    mode: int | None

    @property
    def target(self) -> Path:
        return Path(os.fsdecode(self.path))


@dataclass(frozen=True, slots=True)
class Journal:
    """What one run does: `action` says whether it applied changes or put back those of an earlier run."""

    root: bytes
    action: Literal["apply", "undo"]
    entries: tuple[Entry, ...]
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    started: float = field(default_factory=time.time)

    def temporary(self, entry: Entry, number: int) -> Path:
        """Where the next text of the `number`-th entry waits: hidden, beside its target, known before it exists.

        Both go/build and git status users recognise it: go ignores files that start with a dot.
        """
        return entry.target.parent / f".gorefit-{self.id}-{number}.tmp"

    def temporaries(self) -> tuple[Path, ...]:
        return tuple(self.temporary(entry, number) for number, entry in enumerate(self.entries))


def directories(entries: Sequence[Entry]) -> set[Path]:
    """The directories that hold the files of these entries."""
    return {entry.target.parent for entry in entries}


def is_pending(state: Path) -> bool:
    """Whether a run began here and neither finished nor rolled back."""
    return (state / _PENDING).exists()


def save(state: Path, journal: Journal) -> None:
    """Make the journal pending; when this returns it survives a power cut. Raises OSError."""
    body = msgspec.msgpack.encode(journal)
    draft, pending = state / "draft", state / _PENDING
    remove(draft)
    stage(draft, _MAGIC + hashlib.sha256(body).digest() + body, target=draft, mode=0o600)
    draft.replace(pending)
    sync_directories([state, state.parent, state.parent.parent])


def load_pending(state: Path) -> Journal | None:
    """The journal of a run that was cut short, or None. Raises DeliverError where it cannot be read."""
    return _load(state / _PENDING)


def load_done(state: Path) -> Journal | None:
    """The journal of the last run that finished, or None. Raises DeliverError where it cannot be read."""
    return _load(state / _DONE)


def commit(state: Path) -> None:
    """Turn the pending journal into the last finished one: the single rename that makes a run have happened."""
    (state / _PENDING).replace(state / _DONE)
    with contextlib.suppress(OSError):  # if a power cut takes the rename back, recovery commits once more
        sync_directories([state])


def discard(state: Path) -> None:
    """Forget the pending journal: nothing of its run is left in the tree."""
    remove(state / "draft")
    remove(state / _PENDING)
    sync_directories([state])


def keep_copy(state: Path, journal: Journal, name: str, content: bytes) -> Path:
    """Keep a content for the user to look at, under the state directory; returns where."""
    folder = state / "conflicts" / journal.id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = folder / name
    if not (copy.exists() and digest(copy.read_bytes()) == digest(content)):
        remove(copy)
        stage(copy, content, target=copy, mode=0o600)
        sync_directories([folder, folder.parent, state])
    return copy


def _load(path: Path) -> Journal | None:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DeliverError(f"cannot read the journal {path}: {error.strerror}") from error
    check, body = text[len(_MAGIC) :][:32], text[len(_MAGIC) + 32 :]
    try:
        if not text.startswith(_MAGIC) or hashlib.sha256(body).digest() != check:
            raise msgspec.DecodeError("damaged, or written by another version of gorefit")
        return msgspec.msgpack.decode(body, type=Journal)
    except msgspec.MsgspecError as error:
        raise DeliverError(
            f"cannot read the journal {path}: {error}",
            hint="use the version of gorefit that wrote it; or compare the tree with git, then delete the journal",
        ) from error
