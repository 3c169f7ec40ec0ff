"""Temporary directories that are gone afterwards, whatever was left in them."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from .. import tempdirs


@contextmanager
def scratch() -> Generator[Path]:
    """A fresh directory, resolved, removed at the end of the block (also on Ctrl-C and on errors)."""
    directory = Path(tempfile.mkdtemp(prefix=tempdirs.prefix())).resolve()
    try:
        yield directory
    finally:
        remove(directory)


def remove(directory: Path) -> None:
    """Remove a tree, read-only directories and files included; what resists is left to the system."""

    def unlock(again: Callable[[str], object], name: str, _: object) -> None:
        # Tests leave read-only directories behind (the module cache's layout, permission tests).
        try:
            for path in (Path(name).parent, Path(name)):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | stat.S_IRWXU)
            if again is os.rmdir or again is os.unlink:
                again(name)
            else:
                shutil.rmtree(name, ignore_errors=True)
        except OSError:
            pass

    shutil.rmtree(directory, onerror=unlock)
