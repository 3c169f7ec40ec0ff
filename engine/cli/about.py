"""`list`, `explain`, `config` and `doctor`: what gorefit knows of itself and of where it runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click
import platformdirs

from .. import config as configuration
from .. import toolchain
from ..deliver.state import state_directory
from ..model import GorefitError
from ..report import doctor as doctors
from ..report import explain as explaining
from ..report import json, listing, records
from . import output, results
from .options import basic, common
from .session import Session, open_session, workspace_root


def _answer(session: Session, text: str, record: records.Document) -> int:
    match session.options.format:
        case "text":
            output.result(text)
        case "json":
            output.result(json.encode(record))
        case "jsonl":
            output.result(json.line(record))
    return results.DONE


@click.command("list")
@basic
@click.pass_context
def list_(ctx: click.Context) -> int:
    """List the codemods with their tier and options."""
    session = open_session(ctx, configured=False)
    codemods = session.codemods.values()
    return _answer(session, listing.codemods_text(codemods, session.out.style), listing.codemods_record(codemods))


@click.command()
@click.argument("codemod", metavar="CODEMOD")
@basic
@click.pass_context
def explain(ctx: click.Context, codemod: str) -> int:
    """Show the documentation of a codemod."""
    session = open_session(ctx, configured=False)
    configuration.check_ids([codemod], session.codemods, "explain")
    found = session.codemods[codemod]
    return _answer(session, explaining.text(found, session.out.style), explaining.record(found))


@click.command()
@common
@click.pass_context
def config(ctx: click.Context) -> int:
    """Show the effective settings and where each comes from."""
    session = open_session(ctx)
    file = session.config.path
    settings = configuration.effective(session.config, session.options.settings)
    return _answer(session, listing.settings_text(settings, file, session.out), listing.settings_record(settings, file))


@click.command()
@basic
@click.pass_context
def doctor(ctx: click.Context) -> int:
    """Show versions, paths and caches, and what is missing."""
    session = open_session(ctx, configured=False)
    directory = session.directory
    places = doctors.Places(
        cache=_cache_directory(),
        state=state_directory(workspace_root(directory)),
        git=shutil.which("git") or "",
        config=configuration.find(directory),
        codemods=tuple(session.codemods),
    )
    facts = [*doctors.examine(lambda: toolchain.find(session.options.go), places), *_config_problem(ctx)]
    _answer(session, doctors.text(facts, session.out.style), doctors.record(facts))
    return results.DONE if doctors.usable(facts) else _UNUSABLE


_UNUSABLE = 2


def _config_problem(ctx: click.Context) -> list[doctors.Fact]:
    try:
        open_session(ctx)
    except GorefitError as err:
        return [doctors.Fact("settings", err.message, ok=False, help=err.hint, fatal=True)]
    return []


def _cache_directory() -> Path:
    chosen = os.environ.get("GOREFIT_CACHE_DIR")
    return Path(chosen) if chosen else platformdirs.user_cache_path("gorefit", appauthor=False)
