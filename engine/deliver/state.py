"""Where gorefit keeps what must outlive a run, outside the user's tree, and the error of this floor."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs

from ..model import GorefitError


class DeliverError(GorefitError):
    """Writing, undoing or recovering failed; the message says whether the tree is as it was."""


def state_directory(root: Path) -> Path:
    """The directory that holds the lock, the journal and the undo record of the workspace `root`.

    It lies under $GOREFIT_STATE_DIR, or else where the system keeps a user's state, and is named by a hash of the
    resolved root: a workspace reached through a symlink has one state. It need not exist.
    """
    return base_directory() / hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]


def base_directory() -> Path:
    """The directory below which all state lies."""
    chosen = os.environ.get("GOREFIT_STATE_DIR")
    return Path(chosen).absolute() if chosen else platformdirs.user_state_path("gorefit", appauthor=False)


def make_state_directory(root: Path) -> Path:
    """`state_directory(root)`, made if missing, for this user's eyes only: it holds copies of source files.

    Raises DeliverError where it cannot be made.
    """
    directory = state_directory(root)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DeliverError(
            f"cannot make the state directory {directory}: {error.strerror}",
            hint="set GOREFIT_STATE_DIR to a directory that can be written to",
        ) from error
    return directory
