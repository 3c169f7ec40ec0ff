"""Tokens that must be seen nowhere, and the search for them: in files, and in the command lines of running programs."""

from __future__ import annotations

import os
import re
import threading
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
    """A thread that looks at the command line of every program of this machine while it runs."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._looks: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def leaks(self) -> list[bytes]:
        """Stop, and give the command lines that held a canary."""
        self._stop.set()
        self._thread.join()
        wanted = pattern()
        return [line for line in self.seen if wanted.search(line)]

    def _run(self) -> None:
        while not self._stop.wait(0.003):
            pids = {path.name for path in Path("/proc").iterdir() if path.name.isdecimal()}
            for pid in pids:
                if self._looks.get(pid, 0) < 4:  # what was just forked still has its parent's
                    self._looks[pid] = self._looks.get(pid, 0) + 1
                    with suppress(OSError):
                        self.seen.add(Path(f"/proc/{pid}/cmdline").read_bytes())
            self._looks = {pid: count for pid, count in self._looks.items() if pid in pids}
