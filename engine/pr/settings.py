"""The settings of pull requests: the table [pr] of gorefit.toml, and the options of the same names.

The file belongs to the repository, so nothing in it can name a host, a token, or a file outside of the repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..config import ConfigError
from ..forge.forge import MergeMethod
from .errors import PrError
from .plan import Annotations
from .shard import Split

OWNERS = "owners"


class Settings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """All settings with their defaults."""

    remote: str = ""  # "": origin, or the only one there is
    base: str = ""  # "": the remote's default branch
    prefix: str = "gorefit/"
    split: Split = Split.NONE
    max_files: Annotated[int, msgspec.Meta(ge=0)] = 0  # in one request; 0: no limit
    draft: bool = True
    title: str = ""  # "": from the codemods
    title_prefix: str = ""  # before every title and subject: "perf: "
    body_template: str = ""  # a file, relative to the directory of gorefit.toml
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = (OWNERS,)  # "owners": those of CODEOWNERS; logins; "organisation/team"
    milestone: str = ""
    auto_merge: Literal["off", "merge", "squash", "rebase"] = "off"
    rebase: Literal["changed", "always"] = "changed"  # when a branch is brought onto a base that moved
    fork: Literal["auto", "always", "never"] = "auto"
    author: str = ""  # "Name <address>"; "": user.name and user.email of git
    sign: Literal["auto", "always", "never"] = "auto"  # auto: as commit.gpgSign says
    signoff: bool = False
    per_hour: Annotated[int, msgspec.Meta(ge=0)] = 20  # requests opened; 0: no limit


def merged(file: Settings, given: Mapping[str, object]) -> Settings:
    """The file's settings with those of the command line (kebab-case names) laid over them. Raises ConfigError."""
    document = {**msgspec.to_builtins(file), **given}
    try:
        return msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"command line: {error}") from None


def attached(settings: Settings, owners: tuple[str, ...], teams: tuple[str, ...]) -> Annotations:
    """What is attached to a request whose files belong to these people and teams."""
    people = [name for one in settings.reviewers for name in (owners if one == OWNERS else (one.lstrip("@"),))]
    groups = teams if OWNERS in settings.reviewers else ()
    named = tuple(name for name in people if "/" in name)
    method: MergeMethod | None = None if settings.auto_merge == "off" else settings.auto_merge
    return Annotations(
        labels=settings.labels,
        assignees=tuple(name.lstrip("@") for name in settings.assignees),
        reviewers=tuple(dict.fromkeys(name for name in people if "/" not in name)),
        teams=tuple(dict.fromkeys((*named, *groups))),
        milestone=settings.milestone,
        auto_merge=method,
    )


def template(settings: Settings, top: Path, folder: Path, *, trusted: bool) -> Path | None:
    """The user's own template. From a file of the repository it must lie inside it, links resolved. Raises PrError."""
    if not settings.body_template:
        return None
    path = (folder / settings.body_template).resolve()
    if not trusted and not path.is_relative_to(top.resolve()):
        raise PrError(
            f"body-template {settings.body_template!r} lies outside of {top}",
            hint="what it says would be published: name such a file on the command line, with --body-template",
        )
    return path
