"""Build, vet, test and gofmt a module of goldens at one go, and tell which case each message is about."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from gorefit.engine.toolchain import Toolchain


def problems(
    toolchain: Toolchain, module: Path, folders: Sequence[str], when: str, racing: Sequence[str]
) -> Mapping[str, list[str]]:
    """Per folder, what go build, vet, test and gofmt say against it; folders without a problem are absent.

    A message that names no folder counts against all of them. The tests read in $GOLDEN whether they see the input
    ("before") or the result ("after"); those of the `racing` folders also run under the race detector, without it.
    """
    found: dict[str, list[str]] = defaultdict(list)
    patterns = [f"./{folder}/..." for folder in folders]
    asked = [(word, [word, *patterns], {"GOLDEN": when}) for word in ("build", "vet", "test")]
    if racing:
        asked.append(("test -race", ["test", "-race", *(f"./{folder}/..." for folder in racing)], {"GOLDEN": ""}))
    for command, args, env in asked:
        done = toolchain.run(*args, cwd=module, env=env, check=False, timeout=900)
        if done.code:
            said = (done.stdout + done.stderr).decode(errors="replace")
            blamed = blame(said, folders)
            for folder, words in (blamed or dict.fromkeys(folders, said[-2000:])).items():
                found[folder].append(f"go {command} {when} the run:\n{words}")
    for folder in _unformatted(toolchain, module, folders):
        found[folder].append(f"{when} the run it is not gofmt-clean")
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
