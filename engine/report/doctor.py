"""What gorefit runs on and what is missing: versions, paths, cache, and the grammar held against the Go version."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ..model import GorefitError
from ..source.gofile import GRAMMAR_GO_VERSION
from ..toolchain import MINIMUM, Toolchain
from . import records
from .style import Style, table


@dataclass(frozen=True, slots=True)
class Fact:
    """One line. `ok` False: something to do, told by `help`; `fatal`: without it nothing runs."""

    name: str
    value: str
    ok: bool = True
    help: str = ""
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Where this gorefit keeps things, and what it found; `git` is its version, "" where there is none."""

    cache: Path
    state: Path
    git: str
    config: Path | None
    codemods: Sequence[str]


def examine(find: Callable[[], Toolchain], places: Places) -> tuple[Fact, ...]:
    """All facts, the broken ones included; never raises for what it is there to tell."""
    return (*_python(), *_go(find), *_storage(places), *_rest(places))


def usable(facts: Sequence[Fact]) -> bool:
    """Nothing that every run needs is missing."""
    return all(fact.ok or not fact.fatal for fact in facts)


def version(distribution: str) -> str:
    """The installed version of a distribution, or "not installed"."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _python() -> list[Fact]:
    return [
        Fact("gorefit", version("gorefit")),
        Fact("python", f"{platform.python_version()} ({sys.executable})"),
        Fact("platform", f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"),
    ]


def _go(find: Callable[[], Toolchain]) -> list[Fact]:
    grammar = f"tree-sitter-go {version('tree-sitter-go')}, knows Go up to {_dotted(GRAMMAR_GO_VERSION)}"
    try:
        go = find()
    except GorefitError as err:
        return [Fact("go", err.message, ok=False, help=err.hint, fatal=True), Fact("grammar", grammar)]
    newer = go.minor > GRAMMAR_GO_VERSION
    note = f"a declaration that uses syntax newer than Go {_dotted(GRAMMAR_GO_VERSION)} is left alone, no more"
    return [
        Fact("go", f"{go.version} ({go.go}, found by {go.found_by}; at least {_dotted(MINIMUM)})"),
        Fact("goroot", str(go.goroot)),
        Fact("gocache", str(go.gocache), *_writable(go.gocache, "set GOCACHE to a folder you may write to")),
        Fact("target", f"{go.goos}/{go.goarch}"),
        Fact("grammar", f"{grammar}; {note}" if newer else grammar),
    ]


def _storage(places: Places) -> list[Fact]:
    files, size = _size(places.cache)
    return [
        Fact(
            "state", str(places.state), *_writable(places.state, "set GOREFIT_STATE_DIR to a folder you may write to")
        ),
        Fact(
            "cache",
            f"{places.cache} ({files} files, {size / 1e6:.1f} MB)",
            *_writable(places.cache, "set GOREFIT_CACHE_DIR to a folder you may write to"),
        ),
    ]


def _rest(places: Places) -> list[Fact]:
    no_git = "install git: without it, `apply` cannot tell which files have uncommitted changes"
    none = "no codemod is registered: reinstall gorefit"
    return [
        Fact("git", places.git or "not found", ok=bool(places.git), help="" if places.git else no_git),
        Fact("config", str(places.config) if places.config else "no gorefit.toml here or above"),
        Fact("codemods", ", ".join(places.codemods) or "none", *((True, "") if places.codemods else (False, none))),
    ]


def _writable(path: Path, advice: str) -> tuple[bool, str, bool]:
    """Whether `path`, or the nearest folder above that exists, can be written to."""
    existing = next((p for p in (path, *path.parents) if p.exists()), path)
    fine = os.access(existing, os.W_OK)
    return fine, "" if fine else advice, True


def _size(folder: Path) -> tuple[int, int]:
    files = size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += (Path(parent) / name).lstat().st_size
            except OSError:
                continue  # gone meanwhile: another run tidies up
            files += 1
    return files, size


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(str(part) for part in version)


def text(facts: Sequence[Fact], style: Style) -> str:
    """The facts for a reader, what has to be done right below its line, and the verdict."""
    lines: list[str] = []
    for fact, row in zip(facts, table([[fact.name, fact.value] for fact in facts]), strict=True):
        mark = style.green("✓") if fact.ok else style.red("✗") if fact.fatal else style.yellow("!")
        lines.append(f"{mark} {style.bold(row[0])}  {fact.value}")
        lines += [f"    help: {fact.help}"] if fact.help else []
    verdict = "ready" if usable(facts) else "not usable as it is: see the lines marked ✗"
    return "\n".join([*lines, "", verdict]) + "\n"


def record(facts: Sequence[Fact]) -> records.DoctorRecord:
    """The facts for a program."""
    rows = tuple(records.FactRecord(fact.name, fact.value, fact.ok, fact.help) for fact in facts)
    return records.DoctorRecord(records.SCHEMA_VERSION, usable(facts), rows)
