"""The options of `gorefit pr …`, and one command line of it, read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from .. import registry
from ..forge.forge import Kind
from ..forge.pacing import Limits
from ..pr import settings as pr_settings
from ..pr.desk import Place
from ..pr.settings import Settings
from ..pr.shard import Split
from .session import Session, open_session, recovered

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_UNPACED = Limits(gap=0, opens_per_hour=0, points_per_minute=0)
FILE = click.Path(path_type=Path)
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
    click.option("--token-file", type=FILE, metavar="FILE", help="A file, readable by you alone, with the token."),
    click.option("--no-pacing", is_flag=True, help="Do not space requests out: for a forge of your own."),
    click.option("--pr-dir", type=FILE, metavar="DIR", help="Where requests to a plain git remote are written."),
)
PLAN = (
    click.option("--evidence", type=FILE, metavar="FILE", help="Text to show, as benchstat's output."),
    click.option("--recreate", is_flag=True, help="Take back branches with people's commits, which are backed up."),
    click.option("--reopen", is_flag=True, help="Open a new request where a person closed the last one."),
)


def options(*groups: tuple[Callable[[Decorated], Decorated], ...]) -> Callable[[Decorated], Decorated]:
    def decorate(command: Decorated) -> Decorated:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True, slots=True)
class Call:
    """One command line, read."""

    session: Session
    packages: tuple[str, ...]
    settings: Settings
    given: Mapping[str, object]  # those of the settings that the command line names
    place: Place
    evidence: Path | None
    recreate: bool
    reopen: bool


def read(ctx: click.Context, values: Mapping[str, Any]) -> Call:
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
        token_file=below(session, values["token_file"]),
        pr_dir=below(session, values["pr_dir"]),
        limits=_UNPACED if values["no_pacing"] else Limits(opens_per_hour=settings.per_hour),
    )
    return Call(
        session=session,
        packages=values["packages"],
        settings=settings,
        given=given,
        place=place,
        evidence=below(session, values.get("evidence")),
        recreate=bool(values.get("recreate")),
        reopen=bool(values.get("reopen")),
    )


def below(session: Session, path: Path | None) -> Path | None:
    return session.directory / path if path else None
