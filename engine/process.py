"""Run a program in a process group of its own, with a time limit, and leave nothing of it behind.

1. Output goes to temporary files, not pipes: a grandchild that holds a pipe open cannot make a call hang.
2. A watchdog thread interrupts the group when the time is up (go then removes its work directory) and kills it a
   moment later; the caller just waits for the program's end.
3. Whatever ends the wait (Ctrl-C included), the whole group is ended before `run` returns or raises; what is still
   alive when the interpreter exits is killed there.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .interrupts import held_interrupts

GRACE = 1.0  # seconds between the interrupt and the kill

_live: set[subprocess.Popen[bytes]] = set()


class TimedOut(Exception):
    """The program was still running at its time limit and was killed; carries what it had said on stderr."""

    def __init__(self, stderr: bytes) -> None:
        super().__init__("timed out")
        self.stderr = stderr


@dataclass(frozen=True, slots=True)
class Finished:
    stdout: bytes
    stderr: bytes
    code: int
    seconds: float


def start(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: int | IO[bytes] = subprocess.PIPE,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a program in its own process group; `end` it when done. Raises OSError."""
    with held_interrupts():  # a program that was started is known, whenever Ctrl-C comes
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
        )
        _live.add(process)
    return process


def end(process: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """Interrupt the program's group, kill what is left after `grace` seconds, and reap it."""
    if process.poll() is None and grace > 0:
        _signal(process, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    _signal(process, signal.SIGKILL)  # also what the program left behind in its group
    process.wait()
    _live.discard(process)


def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float, stdin: bytes | None = None
) -> Finished:
    """Run a program to its end. Raises TimedOut after `timeout` seconds, OSError if it cannot be started."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _input(stdin) as source:
        process: subprocess.Popen[bytes] | None = None
        watchdog = _Watchdog(timeout)
        try:
            with held_interrupts():
                process = start(command, cwd=cwd, env=env, stdin=source, stdout=out, stderr=err)
                watchdog.guard(process)
            code = process.wait()
        finally:
            watchdog.stop()
            if process:
                end(process)
        if watchdog.fired:
            raise TimedOut(_read(err))
        return Finished(_read(out), _read(err), code, time.monotonic() - began)


class _Watchdog:
    """A thread that ends a process group after `timeout` seconds unless stopped before."""

    def __init__(self, timeout: float) -> None:
        self.fired = False
        self._timeout, self._done = timeout, threading.Event()
        self._thread: threading.Thread | None = None

    def guard(self, process: subprocess.Popen[bytes]) -> None:
        self._thread = threading.Thread(target=self._watch, args=(process,), daemon=True)
        self._thread.start()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        if not self._done.wait(self._timeout):
            self.fired = True
            _signal(process, signal.SIGINT)
            if not self._done.wait(GRACE):
                _signal(process, signal.SIGKILL)

    def stop(self) -> None:
        self._done.set()
        if self._thread:
            self._thread.join()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; or, on macOS, a zombie
        if os.name == "posix":
            os.killpg(process.pid, number)  # start_new_session: the group has the program's own id
        else:
            process.kill()


@contextlib.contextmanager
def _input(data: bytes | None):
    if data is None:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


@atexit.register
def _end_all() -> None:
    for process in tuple(_live):
        end(process, grace=0)
