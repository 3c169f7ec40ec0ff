"""A program that looks at the command lines of all others until its stdin ends, then writes each that it saw, in hex.

A process of its own: a thread would take turns with the test's, and those turns are longer than a program may live.
"""

from __future__ import annotations

import select
import sys
from contextlib import suppress
from pathlib import Path

SECONDS = 0.004  # between two looks
LOOKS = 4  # at one process: what was just forked still has its parent's command line


def main() -> None:
    looks: dict[str, int] = {}
    seen: set[bytes] = set()
    while not select.select([sys.stdin], [], [], SECONDS)[0]:
        pids = {path.name for path in Path("/proc").iterdir() if path.name.isdecimal()}
        looks = {pid: looks.get(pid, 0) + 1 for pid in pids}
        for pid in (pid for pid, count in looks.items() if count <= LOOKS):
            with suppress(OSError):
                seen.add(Path(f"/proc/{pid}/cmdline").read_bytes())
    for line in seen:
        print(line.hex())


if __name__ == "__main__":
    main()
