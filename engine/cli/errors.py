"""From an exception to words on stderr and an exit code; a defect of ours leaves a report file."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import time
import traceback
from importlib import metadata
from pathlib import Path

import click
import platformdirs

from ..forge.redaction import redact
from ..model import GorefitError
from ..report.style import Style, printable
from . import output

USAGE, INTERNAL, INTERRUPTED = 2, 5, 130
PIPE = 141  # what a shell gives a command that SIGPIPE ended
_SECRET_NAME = re.compile(r"token|secret|passw|credential|api_?key|private|auth", re.IGNORECASE)
_URL_LOGIN = re.compile(r"://[^/\s@]+@")


def tell(err: BaseException, style: Style) -> int:
    """Print what happened and what to do next; give the exit code."""
    match err:
        case click.exceptions.Exit():
            return err.exit_code
        case KeyboardInterrupt() | click.Abort():
            output.note(style.yellow("interrupted") + ": nothing is half-written")
            return INTERRUPTED
        case BrokenPipeError():
            output.silence_stdout()
            return PIPE
        case click.UsageError():
            command = err.ctx.command_path if err.ctx else "gorefit"
            _print(err.format_message(), f"see `{command} --help`", "", style)
            return USAGE
        case click.ClickException():
            _print(err.format_message(), "", "", style)
            return USAGE
        case GorefitError() if err.exit_code != INTERNAL:
            _print(err.message, err.hint, err.detail, style)
            return err.exit_code
        case GorefitError():
            where = ask_for_report(report(err))  # the detail, a traceback, stands there
            _print(err.message, f"{err.hint}; {where}" if err.hint else where, "", style)
            return INTERNAL
        case _:
            what = f"internal error: {type(err).__name__}: {err}"
            _print(what, ask_for_report(report(err)), "", style)
            return INTERNAL


def _print(message: str, hint: str, detail: str, style: Style) -> None:
    lines = [f"{style.red('error:')} {_lines(message)}"]
    lines += [f"    {printable(line)}" for line in detail.rstrip("\n").split("\n") if detail]
    lines += [f"{style.cyan('help:')} {_lines(hint)}"] if hint else []
    output.note([redact(line) for line in lines])


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))


def ask_for_report(path: Path | None) -> str:
    """Whose fault it is, and where the report lies."""
    where = f"it is described in {path}" if path else "no report file could be written"
    return f"this is a defect of gorefit or of a codemod; {where}"


def report(err: BaseException) -> Path | None:
    """Write what a maintainer needs to a file of its own: versions, command, traceback; no environment, no secrets."""
    names = ("gorefit", "tree-sitter", "tree-sitter-go", "msgspec", "click")
    lines = [f"{name} {_version(name)}" for name in names]
    lines += [f"python {platform.python_version()} on {platform.platform()}"]
    lines += ["arguments: " + " ".join(sys.argv[1:]), ""]
    lines += traceback.format_exception(err)
    if isinstance(err, GorefitError) and err.detail:
        lines += ["", err.detail]
    text = without_secrets("\n".join(lines))
    name = f"report-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    for folder in (_reports(), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="replace")
        except OSError:
            continue
        return folder / name
    return None


def without_secrets(text: str) -> str:
    """`text` without tokens, without logins in URLs, and without the value of any variable whose name tells of one."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= 6:
            text = text.replace(value, "***")
    return redact(_URL_LOGIN.sub("://***@", text))


def _reports() -> Path:
    chosen = os.environ.get("GOREFIT_STATE_DIR")
    return (Path(chosen) if chosen else platformdirs.user_state_path("gorefit", appauthor=False)) / "reports"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
