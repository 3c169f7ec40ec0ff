"""A plan as a unified diff, and the lines that tell how it was verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..edit.hunks import unified
from ..plan.plan import Plan, PlannedFile
from ..verify.findings import CheckResult
from .style import Style, plural, printable, table


def base_of(plan: Plan, directory: Path, root: Path) -> Path:
    """Where the diff's paths start: the directory asked, so that `git apply` and `patch -p1` work from there.

    Where a file lies outside of it, the root of the workspace.
    """
    return directory if all(path.is_relative_to(directory) for path in plan.files) else root


def diffs(plan: Plan, base: Path) -> Mapping[Path, bytes]:
    """The unified diff of each file that changes, in path order."""
    found = {path: _diff(planned, base) for path, planned in sorted(plan.files.items())}
    return {path: diff for path, diff in found.items() if diff}


def _diff(planned: PlannedFile, base: Path) -> bytes:
    path = planned.path
    name = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()
    old = f"a/{name}" if planned.old is not None else "/dev/null"
    diff = unified(old, f"b/{name}", planned.pieces)
    # With git's own header, `git apply` in a subfolder takes the paths from the top of the repository and skips them
    # silently; without it, as `patch` does, from the current folder.
    return diff[diff.index(b"--- ") :] if b"\n--- " in diff[:4096] or diff.startswith(b"--- ") else diff


def coloured(diff: bytes, style: Style) -> str:
    """A diff for a terminal: colours, and nothing from the source that could drive it."""
    return "".join(_paint(line, style) for line in diff.decode("utf-8", "replace").removesuffix("\n").split("\n"))


def _paint(line: str, style: Style) -> str:
    text = printable(line.rstrip("\r\n"))
    if line.startswith(("--- ", "+++ ")):
        return style.bold(text) + "\n"
    if line.startswith("@@"):
        return style.cyan(text) + "\n"
    if line.startswith("+"):
        return style.green(text) + "\n"
    return (style.removed(text) if line.startswith("-") else text) + "\n"


def verification(checks: Sequence[CheckResult], style: Style) -> list[str]:
    """One line for each check: what ran, on how many packages, how long, and what it found."""
    rows = [
        [
            "verify",
            check.check,
            check.configuration,
            plural(len(check.findings), "new finding") if check.findings else "ok",
            plural(check.packages, "package"),
            f"{check.seconds:.1f} s",
        ]
        for check in checks
    ]
    return [style.dim("  ".join(row).rstrip()) for row in table(rows, right=(4, 5))]
