"""Run a command and say what it cost: wall time, processor time of it and its children, memory of our processes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAUSE = 0.02  # seconds between two looks at the processes
_FINE = {0, 1, 3}  # `go fix -diff` ends with 1 where it has a diff, gorefit with 3 where checks refused fixes


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and processor time; `memory` is in bytes, 0 where it was not watched."""

    wall: float
    cpu: float
    memory: int = 0


def measure(command: Sequence[str], cwd: Path, env: Mapping[str, str], *, memory: bool = False) -> Cost:
    """The cost of one run; what it says goes to a file, so that no terminal slows it down. Stops where it fails."""
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        peaks: dict[int, int] = {}
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, done))
        if memory:
            watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        done.set()
        if memory:
            watcher.join()
        said.seek(0)
        words = said.read()[-2000:].decode(errors="replace")
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in _FINE:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}: {words}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, sum(peaks.values()))


def _watch(root: int, peaks: dict[int, int], done: threading.Event) -> None:
    """Note the peak memory of `root` and of the processes below it that are ours: not go, its compiler and linker."""
    while not done.wait(_PAUSE):
        parents: dict[int, int] = {}
        ours: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                fields = _status(entry)
                pid = int(entry.name)
                parents[pid] = int(fields.get("PPid", "0"))
                if fields.get("Name", "").startswith(("python", "gorefit", "server-")):
                    ours[pid] = int(fields.get("VmHWM", "0 kB").split()[0]) * 1024
        for pid, peak in ours.items():
            if _below(pid, root, parents):
                peaks[pid] = max(peak, peaks.get(pid, 0))


def _status(entry: Path) -> dict[str, str]:
    try:
        lines = (entry / "status").read_text(errors="replace").splitlines()
    except OSError:
        return {}  # it has ended
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _below(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    while pid and pid != root:
        pid = parents.get(pid, 0)
    return pid == root
