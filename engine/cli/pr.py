"""`pr plan`, `pr publish` and `pr status`: pull requests for the repository that the command stands in.

1. plan fetches the base, runs gorefit there as `diff` does, and shows and saves what publish would do. It writes
   nothing to the remote.
2. publish carries out a plan, just made or from a file, under the host's lock; what it did stands in a ledger.
3. status asks the forge how the requests are, and the codemods what is left to do.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..model import GorefitError
from ..pr import plan as plans
from ..pr import settings as pr_settings
from ..pr import show
from ..pr.desk import Desk, opened
from ..pr.plan import Plan
from ..pr.planning import Wish
from ..pr.planning import plan as make
from ..pr.publishing import carry_out
from ..pr.request import Published
from ..pr.status import status as look
from ..report import json, records
from ..run import Result
from . import output, results
from .options import common, packages
from .proptions import FILE, PLACE, PLAN, SETTINGS, Call, options, read
from .session import Session, request, version

PARTIAL, INTERRUPTED = 3, 130


@click.group("pr", invoke_without_command=True)
@click.pass_context
def pr(ctx: click.Context) -> int:
    """Open pull requests, keep them up to date, and tell how they stand.

    \b
    Exit codes: 0 done; 1 plan --check: something would be done; 2 usage, configuration or environment; 3 some requests
    failed or were left to people; 130 interrupted. docs/pull-requests.md tells how all of it works.
    """
    if ctx.invoked_subcommand is None:
        output.result(ctx.get_help() + "\n")
    return results.DONE


@pr.command()
@packages
@options(SETTINGS, PLACE, PLAN)
@click.option("-o", "--out", type=FILE, metavar="FILE", help="Where to write the plan (default: gorefit's state).")
@common
@click.pass_context
def plan(ctx: click.Context, out: Path | None, **given: Any) -> int:
    """Show what publish would do, and write it to a file; nothing is pushed or opened."""
    call = read(ctx, given)
    with _desk(call, token=False) as desk:
        made = _made(call, desk)
        file = call.session.directory / out if out else desk.folder / "plan.json"
        plans.save(made, file)
    code = results.CHANGES if call.session.options.check and plans.to_do(made.shards) else results.DONE
    _answer(call.session, show.plan(made, call.session.out), show.plan_record(made, str(file), code))
    _warn(call.session, made.warnings)
    if call.session.options.verbosity >= 0 and call.session.options.format == "text":
        output.note(f"wrote {file}; `gorefit pr publish --plan {file}` does exactly this")
    return code


@pr.command()
@packages
@options(SETTINGS, PLACE, PLAN)
@click.option("--plan", "plan_file", type=FILE, metavar="FILE", help="Do exactly what this plan says.")
@click.option("--replan", is_flag=True, help="If the base moved since --plan was made, plan anew.")
@common
@click.pass_context
def publish(ctx: click.Context, plan_file: Path | None, replan: bool, **given: Any) -> int:
    """Push branches, open and update requests: what plan shows, or what --plan FILE says."""
    call = read(ctx, given)
    loaded = plans.load(call.session.directory / plan_file) if plan_file else None
    if loaded:
        _refuse_settings(ctx, call)
    done: list[Published] = []
    session = call.session
    with _desk(call, token=True, plan=loaded) as desk:
        moved = loaded is not None and loaded.base_sha != desk.base_sha
        chosen = loaded if loaded and not (moved and replan) else _made(call, desk)
        _warn(session, chosen.warnings)

        def tell(one: Published) -> None:
            if session.options.format == "text":
                output.result(show.published(one, session.out))

        try:
            carry_out(desk, chosen, done, tell)
        except KeyboardInterrupt:
            _answer(session, "", show.published_record(done, INTERRUPTED))
            raise
    code = PARTIAL if any(one.partial or one.outcome in ("failed", "left", "not tried") for one in done) else 0
    text = "" if done else "Nothing to do.\n"
    _answer(session, text, show.published_record(done, code))
    return code


@pr.command()
@packages
@options(SETTINGS, PLACE)
@click.option("--no-run", is_flag=True, help="Do not run the codemods: tell of the requests only.")
@common
@click.pass_context
def status(ctx: click.Context, no_run: bool, **given: Any) -> int:
    """Tell how the requests stand and, by running the codemods again, what is left to do."""
    call = read(ctx, given)
    with _desk(call, token=False) as desk:
        made = None if no_run else _made(call, desk)
        rows = look(desk, made)
        warnings = made.warnings if made else desk.warnings
    _answer(call.session, show.status(rows, call.session.out), show.status_record(rows, results.DONE))
    _warn(call.session, warnings)
    return results.DONE


def _refuse_settings(ctx: click.Context, call: Call) -> None:
    """A plan holds all that was asked for; what is asked for beside it would be lost without a word."""
    named = [name for name in call.given if name not in ("remote", "base", "per-hour")]
    named += [name for name in ("recreate", "reopen", "evidence") if getattr(call, name)]
    if named:
        raise click.UsageError(f"--{named[0]} is part of the plan: give it to `gorefit pr plan`", ctx)


@contextmanager
def _desk(call: Call, *, token: bool, plan: Plan | None = None) -> Generator[Desk]:
    settings = call.settings
    if plan and not settings.base:
        settings = pr_settings.merged(settings, {"base": plan.base})

    def tell(seconds: float, why: str) -> None:
        if call.session.options.verbosity >= 0:
            output.note(f"waiting {seconds:.0f} s: {why}")

    with opened(call.place, settings, token=token, tell=tell) as desk:
        yield desk


def _made(call: Call, desk: Desk) -> Plan:
    """A plan made now."""
    session, settings = call.session, call.settings
    where = session.config.path.parent if session.config.path else session.directory
    trusted = "body-template" in call.given
    folder = session.directory if trusted else where
    found: list[Result] = []

    def judge(result: Result) -> None:
        found.append(result)
        results.judged(results.exit_code(result, check=False), result)

    wish = Wish(
        request=request(session, call.packages),
        settings=settings,
        template=pr_settings.template(settings, desk.checkout.top, folder, trusted=trusted),
        evidence=_text(call.evidence),
        recreate=call.recreate,
        reopen=call.reopen,
        gorefit=version(),
        judge=judge,
    )
    with output.progress(session.options) as tell:
        made = make(desk, wish, tell)
    for result in found:
        results.warn(result, session)
    return made


def _text(path: Path | None) -> str:
    try:
        return path.read_text("utf-8", "replace") if path else ""
    except OSError as error:
        raise GorefitError(f"--evidence {path}: {error.strerror}") from None


def _warn(session: Session, warnings: tuple[str, ...]) -> None:
    if session.options.verbosity >= 0:
        output.note([f"{session.err.style.yellow('warning:')} {line}" for line in warnings])


def _answer(session: Session, text: str, record: records.Document) -> None:
    match session.options.format:
        case "text":
            output.result(text)
        case "json":
            output.result(json.encode(record))
        case "jsonl":
            output.result(json.line(record))
