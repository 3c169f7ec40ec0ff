"""`pr plan`, `pr publish` and `pr status`: pull requests for the repository that the command stands in.

1. plan fetches the base, runs gorefit there as `diff` does, and shows and saves what publish would do. It writes
   nothing to the remote.
2. publish carries out a plan, just made or from a file, under the host's lock; what it did stands in a ledger.
3. status asks the forge how the requests are, and the codemods what is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from .. import registry
from ..forge.forge import Kind
from ..forge.pacing import Limits
from ..model import GorefitError
from ..pr import plan as plans
from ..pr import settings as pr_settings
from ..pr import show
from ..pr.desk import Desk, Place, opened
from ..pr.plan import Plan
from ..pr.planning import Wish
from ..pr.planning import plan as make
from ..pr.publishing import carry_out
from ..pr.request import Published
from ..pr.settings import Settings
from ..pr.shard import Split
from ..pr.status import status as look
from ..report import json, records
from ..run import Result
from . import output, results
from .options import common, packages
from .session import Session, open_session, recovered, request, version

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
PARTIAL, INTERRUPTED = 3, 130

_UNPACED = Limits(gap=0, opens_per_hour=0, points_per_minute=0)
_FILE = click.Path(path_type=Path)
_NAMES: dict[str, Any] = {"multiple": True, "metavar": "NAME"}

#: Options that are settings too, under the same names in the table [pr] of gorefit.toml.
SETTINGS = (
    click.option("--remote", metavar="NAME", help="The git remote (default origin, or the only one)."),
    click.option("--base", metavar="BRANCH", help="The branch to merge into (default the remote's default branch)."),
    click.option("--prefix", metavar="TEXT", help="What the names of gorefit's branches begin with (gorefit/)."),
    click.option(
        "--split",
        type=click.Choice([one.value for one in Split]),
        help="What makes a request of its own (default none).",
    ),
    click.option("--max-files", type=click.IntRange(min=0), metavar="N", help="Files in one request (0: no limit)."),
    click.option("--draft/--ready", default=None, help="Open requests as drafts (default), or ready for review."),
    click.option("--title", metavar="TEXT", help="The title of every request."),
    click.option("--title-prefix", metavar="TEXT", help="What titles and subjects begin with, as `perf: `."),
    click.option("--body-template", metavar="FILE", help="A Jinja2 template for the text."),
    click.option("--label", "labels", help="A label to add.", **_NAMES),
    click.option("--assignee", "assignees", help="A person to assign.", **_NAMES),
    click.option("--reviewer", "reviewers", help="A login, org/team, or `owners` (default).", **_NAMES),
    click.option("--milestone", metavar="TITLE", help="The open milestone of that title."),
    click.option(
        "--auto-merge", type=click.Choice(["off", "merge", "squash", "rebase"]), help="Merge once checks pass."
    ),
    click.option("--rebase", type=click.Choice(["changed", "always"]), help="When to follow a base that moved."),
    click.option("--fork", type=click.Choice(["auto", "always", "never"]), help="Push to a fork (auto: if need be)."),
    click.option("--author", metavar='"NAME <ADDRESS>"', help="Author of the commits (default git's user)."),
    click.option("--sign", type=click.Choice(["auto", "always", "never"]), help="Sign commits (auto: as git would)."),
    click.option("--signoff/--no-signoff", default=None, help="Add Signed-off-by to the commits."),
    click.option(
        "--per-hour", type=click.IntRange(min=0), metavar="N", help="Requests opened in an hour (20; 0: any)."
    ),
)
#: What a repository's file may not say.
PLACE = (
    click.option(
        "--forge",
        type=click.Choice([one.value for one in Kind]),
        help="What the remote's host is, where gorefit cannot know.",
    ),
    click.option("--api-url", metavar="URL", default="", help="Where the forge's API is, if not where it usually is."),
    click.option("--token-file", type=_FILE, metavar="FILE", help="A file, readable by you alone, with the token."),
    click.option("--no-pacing", is_flag=True, help="Do not space requests out: for a forge of your own."),
    click.option("--pr-dir", type=_FILE, metavar="DIR", help="Where requests to a plain git remote are written."),
)
PLAN = (
    click.option("--evidence", type=_FILE, metavar="FILE", help="Text to show, as benchstat's output."),
    click.option("--recreate", is_flag=True, help="Take back branches with people's commits, which are backed up."),
    click.option("--reopen", is_flag=True, help="Open a new request where a person closed the last one."),
)


def _with(*groups: tuple[Callable[[Decorated], Decorated], ...]) -> Callable[[Decorated], Decorated]:
    def decorate(command: Decorated) -> Decorated:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


@click.group("pr")
def pr() -> None:
    """Open pull requests, keep them up to date, and tell how they stand.

    \b
    Exit codes: 0 done; 1 plan --check: something would be done; 2 usage, configuration or environment; 3 some requests
    failed or were left to people; 130 interrupted. docs/pull-requests.md tells how all of it works.
    """


@pr.command()
@packages
@_with(SETTINGS, PLACE, PLAN)
@click.option("-o", "--out", type=_FILE, metavar="FILE", help="Where to write the plan (default: gorefit's state).")
@common
@click.pass_context
def plan(ctx: click.Context, out: Path | None, **given: Any) -> int:
    """Show what publish would do, and write it to a file; nothing is pushed or opened."""
    call = _call(ctx, given)
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
@_with(SETTINGS, PLACE, PLAN)
@click.option("--plan", "plan_file", type=_FILE, metavar="FILE", help="Do exactly what this plan says.")
@click.option("--replan", is_flag=True, help="If the base moved since --plan was made, plan anew.")
@common
@click.pass_context
def publish(ctx: click.Context, plan_file: Path | None, replan: bool, **given: Any) -> int:
    """Push branches, open and update requests: what plan shows, or what --plan FILE says."""
    call = _call(ctx, given)
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
@_with(SETTINGS, PLACE)
@click.option("--no-run", is_flag=True, help="Do not run the codemods: tell of the requests only.")
@common
@click.pass_context
def status(ctx: click.Context, no_run: bool, **given: Any) -> int:
    """Tell how the requests stand and, by running the codemods again, what is left to do."""
    call = _call(ctx, given)
    with _desk(call, token=False) as desk:
        made = None if no_run else _made(call, desk)
        rows = look(desk, made)
        warnings = made.warnings if made else desk.warnings
    _answer(call.session, show.status(rows, call.session.out), show.status_record(rows, results.DONE))
    _warn(call.session, warnings)
    return results.DONE


@dataclass(frozen=True, slots=True)
class _Call:
    """One command line, read."""

    session: Session
    packages: tuple[str, ...]
    settings: Settings
    given: Mapping[str, object]  # those of the settings that the command line names
    place: Place
    evidence: Path | None
    recreate: bool
    reopen: bool


def _call(ctx: click.Context, values: Mapping[str, Any]) -> _Call:
    session = open_session(ctx)
    recovered(session)
    names = [field.replace("_", "-") for field in Settings.__struct_fields__]
    given = {
        name: values[name.replace("-", "_")] for name in names if values.get(name.replace("-", "_")) not in (None, ())
    }
    file = cast(Settings, session.config.options.get(registry.PR) or Settings())
    settings = pr_settings.merged(file, given)
    place = Place(
        directory=session.directory,
        forge=Kind(values["forge"]) if values["forge"] else None,
        api_url=values["api_url"],
        token_file=_below(session, values["token_file"]),
        pr_dir=_below(session, values["pr_dir"]),
        limits=_UNPACED if values["no_pacing"] else Limits(opens_per_hour=settings.per_hour),
    )
    return _Call(
        session=session,
        packages=values["packages"],
        settings=settings,
        given=given,
        place=place,
        evidence=_below(session, values.get("evidence")),
        recreate=bool(values.get("recreate")),
        reopen=bool(values.get("reopen")),
    )


def _below(session: Session, path: Path | None) -> Path | None:
    return session.directory / path if path else None


def _refuse_settings(ctx: click.Context, call: _Call) -> None:
    """A plan holds all that was asked for; what is asked for beside it would be lost without a word."""
    named = [name for name in call.given if name not in ("remote", "base", "per-hour")]
    named += [name for name in ("recreate", "reopen", "evidence") if getattr(call, name)]
    if named:
        raise click.UsageError(f"--{named[0]} is part of the plan: give it to `gorefit pr plan`", ctx)


@contextmanager
def _desk(call: _Call, *, token: bool, plan: Plan | None = None) -> Generator[Desk]:
    settings = call.settings
    if plan and not settings.base:
        settings = pr_settings.merged(settings, {"base": plan.base})

    def tell(seconds: float, why: str) -> None:
        if call.session.options.verbosity >= 0:
            output.note(f"waiting {seconds:.0f} s: {why}")

    with opened(call.place, settings, token=token, tell=tell) as desk:
        yield desk


def _made(call: _Call, desk: Desk) -> Plan:
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
