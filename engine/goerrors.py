"""What can go wrong between gorefit and the go command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from .model import GorefitError


class ToolchainError(GorefitError):
    """No usable go: none was found, the one named does not work, or it is too old."""


class GoError(GorefitError):
    """A go call failed. The message shows the command, the directory and go's own words."""

    def __init__(self, what: str, command: Sequence[str], directory: Path, stderr: str, *, hint: str = "") -> None:
        self.command, self.directory, self.stderr = tuple(command), directory, stderr
        shown = shlex.join(command)
        shown = shown if len(shown) <= 2000 else shown[:2000] + " …"
        words = stderr.strip() or "(it said nothing)"
        super().__init__(f"{what}\n  command: {shown}\n  directory: {directory}\n{_indent(words)}", hint=hint)


class GoTimeout(GoError):
    """A go call was still running at its time limit and was killed."""


class NoRoom(GorefitError):
    """go ran out of disk space: nothing that it said of the code counts."""


class NewerGoNeeded(GorefitError):
    """The module's go line asks for a newer Go than any that is installed."""

    exit_code = 4


def _indent(text: str) -> str:
    return "\n".join("    " + line for line in text.splitlines())
