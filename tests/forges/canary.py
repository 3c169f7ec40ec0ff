"""Tokens that must be seen nowhere, and the search for them: in files, and in the command lines of running programs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gorefit.engine.forge.redaction import forms

#: The bot's. With characters that URLs and base64 write otherwise, so that each form is another text.
TOKEN = "canary/gorefit+7f3a%bot=Z9"
#: Of a person who may read only.
READER = "canary/gorefit+19c4%reader=Q2"


def pattern() -> re.Pattern[bytes]:
    """Any form of any canary."""
    every = {form for token in (TOKEN, READER) for form in forms(token)}
    return re.compile(b"|".join(re.escape(form.encode()) for form in sorted(every)))


def leaks(folder: Path) -> Iterator[str]:
    """The files below a folder that hold a canary, with a look at the place."""
    wanted = pattern()
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file() and not path.is_symlink():
                found = wanted.search(path.read_bytes())
                if found or wanted.search(os.fsencode(path.name)):
                    yield f"{path}: {found and found[0]!r}"


class Watch:
    """Looks at the command line of every program of this machine while it runs; see `cmdlines`."""

    def __init__(self) -> None:
        command = [sys.executable, "-S", str(Path(__file__).with_name("cmdlines.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self) -> set[bytes]:
        """The command lines that were seen."""
        shown, _ = self._process.communicate(timeout=30)
        return {bytes.fromhex(line) for line in shown.split()}
