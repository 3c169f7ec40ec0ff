"""What every command starts from: the options, the codemods at hand, the configuration, and the request they make."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import cast

import click
import msgspec

from .. import config as configuration
from .. import registry, workfile
from ..api import Codemod
from ..config import Config, Settings
from ..deliver.journal import Recovery, recover
from ..model import Tier
from ..pr import settings as pr_settings
from ..report.style import View
from ..run import Request
from ..verify.testrun import CHECKPTR, PLAIN, RACE, Variant
from ..verify.verify import Tests
from . import options, output


@dataclass(frozen=True, slots=True)
class Session:
    """One command's surroundings; `out` and `err` say how text for stdout and stderr is rendered."""

    options: options.Options
    codemods: Mapping[str, Codemod]
    config: Config
    settings: Settings
    out: View
    err: View

    @property
    def directory(self) -> Path:
        return self.options.directory


def open_session(ctx: click.Context, *, configured: bool = True) -> Session:
    """Read the options and, if `configured`, gorefit.toml. Raises ConfigError, also for an unknown codemod."""
    given = options.given(ctx)
    known = registry.load()
    structs: dict[str, type[msgspec.Struct]] = {name: codemod.options for name, codemod in known.items()}
    structs[registry.PR] = pr_settings.Settings
    config = configuration.load(given.directory, structs) if configured else configuration.EMPTY
    for key in ("codemods", "skip"):
        configuration.check_ids(cast("Sequence[str]", given.settings.get(key, ())), known, "command line")
    settings = configuration.merge(config, given.settings)
    out, err = output.view(given, sys.stdout), output.view(given, sys.stderr)
    return Session(given, known, config, settings, out, err)


def request(session: Session, packages: Sequence[str]) -> Request:
    """What the engine is asked for."""
    settings = session.settings
    return Request(
        directory=session.directory,
        patterns=tuple(packages) or ("./...",),
        codemods=settings.codemods,
        tier=Tier(settings.tier),
        skip=settings.skip,
        tags=settings.tags,
        tests=_tests(settings),
        variants=_variants(settings),
        include_tests=settings.include_tests,
        platforms=settings.platforms,
        jobs=settings.jobs,
        go=session.options.go,
        use_cache=session.options.use_cache,
        config=session.config,
    )


def _tests(settings: Settings) -> Tests:
    """Who asks for a way to run the tests asks for tests."""
    asked = Tests(settings.test)
    return Tests.AFFECTED if asked is Tests.OFF and len(_variants(settings)) > 1 else asked


def _variants(settings: Settings) -> tuple[Variant, ...]:
    race, checkptr = [RACE] * settings.test_race, [CHECKPTR] * settings.test_checkptr
    return (PLAIN, *race, *checkptr)


def version() -> str:
    """The version of gorefit that is running."""
    return metadata.version("gorefit")


def workspace_root(directory: Path) -> Path:
    """The directory that the state of a workspace is kept for: that of go.work, else of go.mod, else `directory`."""
    if work := workfile.locate(directory, os.environ):
        return work.parent
    return next((parent for parent in (directory, *directory.parents) if (parent / "go.mod").is_file()), directory)


def recovered(session: Session) -> None:
    """Settle a run over this workspace that was killed, before anything reads its files, and say so."""
    if found := recover(workspace_root(session.directory)):
        output.note(recovery_lines(found, session.err))


def recovery_lines(found: Recovery, view: View) -> list[str]:
    """What became of a run that was cut short."""
    warning = view.style.yellow("warning:")
    done = "was complete but for its last step and has been finished" if found.finished else "has been rolled back"
    lines = [f"{warning} an earlier `gorefit {found.action}` was cut short; it {done}"]
    lines += [f"    put back {view.path(path)}" for path in found.files]
    for conflict in found.conflicts:
        copies = ", ".join(str(copy) for copy in (conflict.before, conflict.found) if copy)
        lines.append(f"    left alone {view.path(conflict.path)}: it was edited since (copies: {copies})")
    return lines
