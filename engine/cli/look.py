"""`check`, `diff` and `why`: everything that looks and writes nothing."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click

from .. import registry, run
from ..model import GorefitError, Tier
from ..report import json, text
from ..report import why as whys
from ..report.diff import base_of, coloured, diffs
from . import output, results
from .options import common, packages
from .session import Session, open_session, recovered, request


@click.command()
@packages
@common
@click.pass_context
def check(ctx: click.Context, packages: tuple[str, ...]) -> int:
    """List sites: what would change, what is declined and why."""
    session = open_session(ctx)
    recovered(session)
    with output.progress(session.options) as tell:
        result = run.check(request(session, packages), tell)
    code = results.exit_code(result, check=session.options.check)
    if session.options.format == "text":
        results.judged(code, result)
        output.result(text.check(result.outcomes, session.out))
    else:
        output.result(results.as_json("check", result, session, code, None))
    results.warn(result, session)
    return code


@click.command()
@packages
@click.option("--patch", type=click.Path(path_type=Path), metavar="FILE", help="Write the diff to FILE.")
@common
@click.pass_context
def diff(ctx: click.Context, packages: tuple[str, ...], patch: Path | None) -> int:
    """Show the verified changes as a unified diff; nothing is written."""
    session = open_session(ctx)
    recovered(session)
    with output.progress(session.options) as tell:
        result = run.diff(request(session, packages), tell)
    code = results.exit_code(result, check=session.options.check)
    base = base_of(result.plan, session.directory, result.workspace.root)
    if session.options.format == "text":
        results.judged(code, result)
    else:
        output.result(results.as_json("diff", result, session, code, base))
    whole = b"".join(diffs(result.plan, base).values())
    if patch:
        _save(session.directory / patch, whole)
    elif session.options.format == "text":
        show(whole, session)
    results.warn(result, session)
    results.after(result, result.outcomes, session, applied="verified")
    if base != session.directory and session.options.verbosity >= 0:
        output.note(f"the paths of this diff start at {base}")
    return code


def show(whole: bytes, session: Session) -> None:
    """A diff on stdout: byte for byte, or with colours where it goes to a terminal."""
    plain = not session.out.style.colour and not sys.stdout.isatty()
    output.result(whole if plain or not whole else coloured(whole, session.out.style))


def _save(path: Path, whole: bytes) -> None:
    try:
        path.write_bytes(whole)
    except OSError as err:
        raise GorefitError(f"{path}: the patch cannot be written: {err.strerror}") from None
    output.note(f"wrote {path}" if whole else f"wrote {path}: empty, nothing would change")


@click.command()
@click.argument("place", metavar="FILE:LINE")
@common
@click.pass_context
def why(ctx: click.Context, place: str) -> int:
    """Tell what was done or declined at this line, and why."""
    session = open_session(ctx)
    target = whys.target(place, session.directory)
    found = whys.unjudged(target) or _ask(session, target)
    if session.options.format == "text":
        output.result(whys.text(found, session.out))
    else:
        record = whys.record(found, session.directory)
        output.result(json.line(record) if session.options.format == "jsonl" else json.encode(record))
    return results.DONE


def _ask(session: Session, target: whys.Target) -> whys.Answer:
    """Check the package of the file, review tier included: a site that needs asking for is an answer too."""
    recovered(session)
    wanted = request(session, (".",))
    wanted = dataclasses.replace(wanted, directory=target.file.path.parent, tier=Tier.REVIEW)
    with output.progress(session.options) as tell:
        result = run.check(wanted, tell)
    asked = whys.Asked(
        workspace=result.workspace,
        config=session.config,
        codemods=[codemod.id for codemod in registry.select(wanted.codemods, wanted.tier, wanted.skip)],
        tier=Tier(session.settings.tier),
        named=wanted.codemods,
        include_tests=wanted.include_tests,
    )
    return whys.answer(target, result.outcomes, asked)
