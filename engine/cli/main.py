"""The command `gorefit`: its group of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import contextlib
import difflib
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from . import about, errors, look, output, pr, write
from .options import common, given
from .session import version


class Group(click.Group):
    """A group that answers an unknown command with the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
            raise click.UsageError(f"unknown command `{args[0]}`; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Group, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@common
@click.version_option(version=version(), prog_name="gorefit")
@click.pass_context
def gorefit(ctx: click.Context) -> int:
    """Make Go code faster or sturdier: find, rewrite, and prove with the Go toolchain.

    PACKAGES are Go patterns, by default ./... Options stand before or after the command.

    \b
    Exit codes: 0 done, or nothing to do; 1 --check: something would change; 2 usage, configuration or environment;
    3 some fixes were dropped by verification, the rest was kept; 4 no package asked for type-checks as it stands;
    5 internal error; 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        output.result(ctx.get_help() + "\n")
    return 0


for command in (look.check, look.diff, look.why, write.apply, write.undo):
    gorefit.add_command(command)
for command in (about.list_, about.explain, about.config, about.doctor, pr.pr):
    gorefit.add_command(command)


def run(args: Sequence[str]) -> int:
    """Run one command line; give its exit code. Never raises but for what stops Python itself."""
    ctx: click.Context | None = None
    try:
        with gorefit.make_context("gorefit", list(args)) as ctx:
            code = gorefit.invoke(ctx)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (Exception, KeyboardInterrupt) as err:
        options = None
        if ctx is not None:
            with contextlib.suppress(Exception):
                options = given(ctx)
        return errors.tell(err, output.style(options, sys.stderr))


def main() -> NoReturn:
    """The entry point of the installed command."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _as_interrupt)
    sys.exit(run(sys.argv[1:]))


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
