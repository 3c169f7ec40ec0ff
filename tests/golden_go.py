"""Build, vet, test and gofmt a module of goldens at one go, and tell which case each message is about."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from gorefit.engine.toolchain import Toolchain


def problems(toolchain: Toolchain, module: Path, folders: Sequence[str], when: str) -> Mapping[str, list[str]]:
    """Per folder, what go build, vet, test and gofmt say against it; folders without a problem are absent.

    A message that names no folder counts against all of them.
    """
    found: dict[str, list[str]] = defaultdict(list)
    patterns = [f"./{folder}/..." for folder in folders]
    for command in ("build", "vet", "test"):
        done = toolchain.run(command, *patterns, cwd=module, check=False, timeout=900)
        if done.code:
            said = (done.stdout + done.stderr).decode(errors="replace")
            blamed = blame(said, folders)
            for folder, words in (blamed or dict.fromkeys(folders, said[-2000:])).items():
                found[folder].append(f"go {command} {when}:\n{words}")
    for folder in _unformatted(toolchain, module, folders):
        found[folder].append(f"{when} it is not gofmt-clean")
    return found


def blame(said: str, folders: Sequence[str]) -> dict[str, str]:
    """The lines of each folder: those that name it, and those before the test summary that does."""
    blamed: dict[str, list[str]] = defaultdict(list)
    waiting: list[str] = []
    current = ""
    for line in said.splitlines():
        named = next((f for f in folders if re.search(rf"(?<!variants/){re.escape(f)}(?![\w])", line)), "")
        if line.startswith(("ok ", "?  ", "ok\t", "?\t")):
            waiting, current = [], ""
            continue
        if named:
            current = named
            blamed[named] += [*waiting, line]
            waiting = []
        elif current and not line.startswith(("--- ", "panic:", "# ")):
            blamed[current].append(line)
        else:
            current = ""
            waiting.append(line)
    return {folder: "\n".join(lines) for folder, lines in blamed.items()}


def _unformatted(toolchain: Toolchain, module: Path, folders: Sequence[str]) -> list[str]:
    gofmt = toolchain.goroot / "bin" / "gofmt"
    if not gofmt.exists():
        return []
    done = subprocess.run([gofmt, "-l", *folders], cwd=module, capture_output=True, text=True, check=False)
    return [folder for folder in folders if f"{folder}/" in done.stdout + done.stderr]
