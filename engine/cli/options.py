"""The common options, which stand before or after the command, and their values once both places were read.

Nothing here has a default: what was not given is absent, so that gorefit.toml can speak.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import click

Format = Literal["text", "json", "jsonl"]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])  # whatever click decorates, commands and functions

#: Options that are settings too: their values overrule gorefit.toml under these names.
SETTINGS = (
    "codemods", "tier", "skip", "tags", "include-tests", "test", "test-race", "test-checkptr", "platforms", "jobs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; `settings` has only what was given, by its name in gorefit.toml."""

    directory: Path
    go: Path | None
    format: Format
    color: Literal["auto", "always", "never"]
    verbosity: int
    check: bool
    allow_dirty: bool
    use_cache: bool
    settings: dict[str, object]


def given(ctx: click.Context) -> Options:
    """The options of this run, those before the command and those after it together."""
    values = _values(ctx)
    return Options(
        directory=cast(Path, values.get("directory", Path.cwd())).resolve(),
        go=cast("Path | None", values.get("go")),
        format=cast(Format, values.get("format", "text")),
        color=cast('Literal["auto", "always", "never"]', values.get("color", "auto")),
        verbosity=cast(int, values.get("verbose", 0)) - 2 * cast(int, values.get("quiet", 0)),
        check="check" in values,
        allow_dirty="allow-dirty" in values,
        use_cache="no-cache" not in values,
        settings={name: values[name] for name in SETTINGS if name in values},
    )


def _values(ctx: click.Context) -> dict[str, object]:
    return cast("dict[str, object]", ctx.ensure_object(dict))


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Store what was given under the option's own name; what stands after the command wins."""
    if value is None or value == () or (value == 0 and not isinstance(value, bool) and param.name != "jobs"):
        return
    values, name = _values(ctx), str(param.name).replace("_", "-")
    if name in ("verbose", "quiet"):
        value = cast(int, values.get(name, 0)) + cast(int, value)
    elif isinstance(value, tuple):
        words = [word.strip() for text in cast("tuple[str, ...]", value) for word in text.split(",")]
        value = [*cast("list[str]", values.get(name, [])), *(word for word in words if word)]
    values[name] = value


def _option(*names: str, **more: Any) -> Callable[[Decorated], Decorated]:
    return click.option(*names, expose_value=False, callback=_keep, **more)


def _flag(*names: str, **more: Any) -> Callable[[Decorated], Decorated]:
    return _option(*names, is_flag=True, default=None, **more)


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

BASIC = (
    _option("-C", "directory", type=_FOLDER, metavar="DIR", help="Work as if started in DIR."),
    _option("--format", type=click.Choice(["text", "json", "jsonl"]), help="Form of the result on stdout."),
    _option("--color", type=click.Choice(["auto", "always", "never"]), help="Colours (auto: on a terminal)."),
    _option("-v", "--verbose", count=True, help="Tell everything, every declined site too."),
    _option("-q", "--quiet", count=True, help="Tell the result only."),
    _option("--go", type=click.Path(path_type=Path), metavar="PATH", help="The go command to use."),
)

RUN = (
    _option("-c", "--codemod", "codemods", multiple=True, metavar="ID", help="Only these codemods, whatever tier."),
    _option("--tier", type=click.Choice(["safe", "review"]), help="The furthest tier to take (default safe)."),
    _option("--skip", multiple=True, metavar="ID", help="Leave these codemods out."),
    _option("--tags", multiple=True, metavar="TAGS", help="Build tags."),
    _option("--include-tests/--no-include-tests", default=None, help="Edit _test.go files too."),
    _option("--test", type=click.Choice(["off", "affected", "all"]), help="Run tests of the edited tree."),
    _flag("--test-race", help="Run these tests under the race detector too (--test affected, if off)."),
    _flag("--test-checkptr", help="Run these tests with checks of unsafe.Pointer too (--test affected, if off)."),
    _option("--platforms", multiple=True, metavar="OS/ARCH", help="Repeat the checks for these platforms."),
    _option("--jobs", type=click.IntRange(min=0), metavar="N", help="Processes at once (0: one per processor)."),
    _flag("--check", help="check, diff, pr plan: exit with 1 where something would change."),
    _flag("--allow-dirty", help="apply: write files that have uncommitted changes too."),
    _flag("--no-cache", help="Neither read nor write cached answers."),
)


def basic(command: Decorated) -> Decorated:
    """The options that every command understands."""
    for option in reversed(BASIC):
        command = option(command)
    return command


def common(command: Decorated) -> Decorated:
    """The options of the commands that look at packages, the basic ones among them."""
    for option in reversed((*RUN, *BASIC)):
        command = option(command)
    return command


packages = click.argument("packages", nargs=-1, metavar="[PACKAGES]...")
