"""What reaches the reader: results on stdout, everything else on stderr, progress on a terminal's stderr only."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ..forge.redaction import redact
from ..model import GorefitError
from ..report.style import Style, View
from .options import Options

Progress = Callable[[str, int, int], None]


def result(output: str | bytes) -> None:
    """Write to stdout and flush. Raises BrokenPipeError when the reader has gone, GorefitError for a full disk."""
    data = redact(output.encode("utf-8", "replace") if isinstance(output, str) else output)
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as err:
        silence_stdout()
        raise GorefitError(f"the result cannot be written to stdout: {err.strerror}") from None


def silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush has nothing to complain of."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(lines: Sequence[str] | str) -> None:
    """Write lines to stderr; a stderr that is gone is no reason to fail."""
    text = redact(lines if isinstance(lines, str) else "\n".join(lines))
    if not text:
        return
    try:
        sys.stderr.flush()
        sys.stderr.buffer.write((text + "\n").encode("utf-8", "replace"))
        sys.stderr.buffer.flush()
    except OSError:
        pass


def style(options: Options | None, stream: TextIO) -> Style:
    """Colours for this stream: as asked by --color, else on a terminal that has them and without NO_COLOR."""
    asked = options.color if options else "auto"
    if asked != "auto":
        return Style(asked == "always")
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Style(stream.isatty() and not plain)


def view(options: Options, stream: TextIO, base: Path | None = None) -> View:
    """How text for this stream is rendered."""
    return View(base or options.directory, style(options, stream), options.verbosity)


@contextmanager
def progress(options: Options) -> Generator[Progress]:
    """A callable that draws one bar for each phase, or does nothing where nobody watches."""
    if options.verbosity < 0 or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda phase, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    plain = not style(options, sys.stderr).colour
    with Bars(*columns, console=Console(stderr=True, no_color=plain), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total or None)
            bars.update(tasks[phase], completed=done, total=total or None)

        yield tell
