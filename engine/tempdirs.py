"""Temporary directories by a name that tells whose they are, so that none outlives the run.

A Ctrl-C may come between the making of a directory and the statement that would remove it; whatever still bears this
process's name at its end is removed then.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def prefix() -> str:
    """How the names of this process's temporary directories begin."""
    return f"gorefit-{os.getpid()}-"


@atexit.register
def _sweep() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{prefix()}*"):
        shutil.rmtree(left, ignore_errors=True)
