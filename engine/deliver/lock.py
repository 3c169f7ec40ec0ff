"""One writer per workspace at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path

from filelock import FileLock, Timeout

from .state import DeliverError, make_state_directory


@contextlib.contextmanager
def lock(root: Path) -> Generator[None, None, None]:
    """Hold the workspace `root` for writing; reentrant within a thread, freed by the system if the process dies.

    Raises DeliverError, at once, where another run holds it (naming its process id), or where the file system that
    holds the state cannot lock.
    """
    with exclusive(make_state_directory(root), f"at work in {root}"):
        yield


@contextlib.contextmanager
def exclusive(state: Path, doing: str) -> Generator[None, None, None]:
    """Hold the directory `state`; `doing` is what another run that holds it is told to be. As `lock`."""
    holder = state / "holder"
    guard = FileLock(state / "lock", timeout=0, is_singleton=True)
    try:
        guard.acquire()
    except Timeout as error:
        raise DeliverError(
            f"another gorefit run{_named(holder)} is {doing}",
            hint="wait until it is done, then run the command again",
        ) from error
    except (OSError, NotImplementedError) as error:
        raise DeliverError(
            f"cannot lock {state / 'lock'}: {error}",
            hint="set GOREFIT_STATE_DIR to a directory on a local disk that can be written to",
        ) from error
    try:
        with contextlib.suppress(OSError):  # the note only makes the other run's error telling
            holder.write_text(f"{os.getpid()}\n")
        yield
    finally:
        guard.release()


def _named(holder: Path) -> str:
    try:
        return f" (process {int(holder.read_text())})"
    except (OSError, ValueError):
        return ""
