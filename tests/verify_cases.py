"""Small Go modules and plans made by hand, for the tests of verification."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gorefit.engine.edit.pieces import Pieces
from gorefit.engine.model import Edit, Fix, Outcome, Place, Status, Tier
from gorefit.engine.packages import Workspace, load
from gorefit.engine.plan.plan import Dropped, Plan, PlannedFile, PlannedFix
from gorefit.engine.source.gofile import Lines
from gorefit.engine.toolchain import Toolchain, find
from gorefit.engine.verify.verify import Tests, Verdict, verify


@dataclass(frozen=True)
class Change:
    """A fix as a test writes it: in this file, these texts become those. An `old` of "" makes a new file."""

    file: str
    swaps: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, file: str, *swaps: tuple[str, str]) -> Change:
        return cls(file, swaps)


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    if "go.mod" not in files and "go.work" not in files:
        (root / "go.mod").write_text("module m\n\ngo 1.21\n")
    return root


def plan_of(root: Path, changes: Mapping[int, Change]) -> Plan:
    """The plan in which every change is one fix; ids are the mapping's keys."""
    texts: dict[Path, list[tuple[Edit, frozenset[int]]]] = {}
    fixes: dict[int, PlannedFix] = {}
    for number, change in changes.items():
        path = root / change.file
        old = path.read_bytes() if path.exists() else b""
        edits = [_edit(old, before.encode(), after.encode()) for before, after in change.swaps]
        texts.setdefault(path, []).extend((edit, frozenset([number])) for edit in edits)
        fixes[number] = _fix(number, path, old, edits, package_of(change.file))
    files = {path: _file(path, sorted(edits, key=lambda pair: pair[0])) for path, edits in texts.items()}
    return Plan(files, fixes, tuple(fix.outcome for fix in fixes.values()))


def package_of(file: str) -> str:
    return "m/" + file.rpartition("/")[0] if "/" in file else "m"


def _edit(text: bytes, before: bytes, after: bytes) -> Edit:
    assert text.count(before) == 1 or not before, (before, text)
    start = text.index(before)
    return Edit(start, start + len(before), after)


def _fix(number: int, path: Path, old: bytes, edits: list[Edit], package: str) -> PlannedFix:
    at = edits[0].start
    line, column = Lines.of(old).position(at)
    place = Place(path, at, at, line, column, line, column)
    outcome = Outcome("hand", Status.APPLIED, Tier.SAFE, place, "", f"change {number}", package)
    return PlannedFix(number, Fix("hand", "", Tier.SAFE, at, tuple(edits)), path, package, outcome)


def _file(path: Path, edits: list[tuple[Edit, frozenset[int]]]) -> PlannedFile:
    old = path.read_bytes() if path.exists() else None
    pieces = Pieces.of(old or b"").apply(edits)
    return PlannedFile(path, old, pieces, pieces.text)


@dataclass
class Run:
    """A verification of changes by hand; `drops` counts how often plans were rebuilt."""

    root: Path
    changes: Mapping[int, Change]
    drops: int = 0

    def drop(self, plan: Plan, dropped: Mapping[int, Dropped]) -> Plan:
        self.drops += 1
        assert set(dropped) <= set(plan.fixes)
        return plan_of(self.root, {n: c for n, c in self.changes.items() if n in plan.fixes and n not in dropped})

    def verify(self, tests: Tests = Tests.OFF, toolchain: Toolchain | None = None, **more: object) -> Verdict:
        toolchain = toolchain or find()
        workspace = self.workspace(toolchain)
        plan = plan_of(self.root, self.changes)
        before = fingerprint(self.root)
        verdict = verify(toolchain, workspace, plan, drop=self.drop, tests=tests, **more)  # type: ignore[arg-type]
        assert fingerprint(self.root) == before, "the user's tree was touched"
        assert set(verdict.plan.fixes) == set(self.changes) - set(verdict.dropped)
        for dropped in verdict.dropped.values():
            assert "gorefit-" not in dropped.message, dropped.message
        return verdict

    def workspace(self, toolchain: Toolchain) -> Workspace:
        return load(toolchain, self.root, include_tests=True)


def run(root: Path, *changes: Change, **how: object) -> Verdict:
    return Run(root, dict(enumerate(changes, 1))).verify(**how)  # type: ignore[arg-type]


def fingerprint(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything in a tree: names, modes, times, bytes."""
    found: dict[str, tuple[object, ...]] = {}
    for path in _everything(root):
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_ino, status.st_size, digest)
    return found


def _everything(root: Path) -> Iterable[Path]:
    yield root
    for here, directories, files in os.walk(root):
        yield from (Path(here) / name for name in (*directories, *files))
