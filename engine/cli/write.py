"""`apply` and `undo`: the two commands that write.

1. apply takes the lock of the workspace and settles a run that was killed.
2. It plans and verifies exactly as `diff` does.
3. Files with uncommitted changes stop it, unless --allow-dirty.
4. What was verified is written, byte for byte, under a journal that `undo` reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from .. import run
from ..deliver.git import dirty
from ..deliver.lock import lock
from ..deliver.undo import Undone
from ..deliver.undo import undo as put_back
from ..deliver.write import FileChange, Written
from ..deliver.write import write as write_all
from ..model import GorefitError
from ..report import json, records
from ..report.diff import base_of, diffs
from ..report.style import plural
from ..run import Result
from . import output, results
from .look import show
from .options import basic, common, packages
from .session import Session, open_session, recovered, recovery_lines, request, workspace_root


@click.command()
@packages
@common
@click.pass_context
def apply(ctx: click.Context, packages: tuple[str, ...]) -> int:
    """Verify, then write."""
    session = open_session(ctx)
    if session.options.check:
        raise click.UsageError("`apply` writes; --check goes with `check` and `diff`", ctx)
    with lock(workspace_root(session.directory)):
        recovered(session)
        with output.progress(session.options) as tell:
            result = run.diff(request(session, packages), tell)
        code = results.exit_code(result, check=False)
        if session.options.format == "text":
            results.judged(code, result)
        written = _write(result, session)
    base = base_of(result.plan, session.directory, result.workspace.root)
    if session.options.format != "text":
        output.result(results.as_json("apply", result, session, code, base))
    else:
        if session.options.verbosity > 0:
            show(b"".join(diffs(result.plan, base).values()), session)
        output.result(_written(written, session))
    results.warn(result, session)
    results.after(result, result.outcomes, session, applied="written")
    return code


def _write(result: Result, session: Session) -> Written:
    changes = [FileChange(file.path, file.old, file.new) for _, file in sorted(result.plan.files.items())]
    changes = [change for change in changes if change.old != change.new]
    if not changes:
        return Written((), ())
    root = result.workspace.root
    if not session.options.allow_dirty:
        _refuse_dirty(dirty(root, [change.path for change in changes]), session)
    return write_all(root, changes)


def _refuse_dirty(found: Sequence[Path], session: Session) -> None:
    if found:
        raise GorefitError(
            f"{plural(len(found), 'file')} about to be edited {'has' if len(found) == 1 else 'have'}"
            " uncommitted changes; nothing was written",
            hint="commit or stash them, or give --allow-dirty",
            detail="\n".join(session.err.path(path) for path in found),
        )


def _written(written: Written, session: Session) -> str:
    view = session.out
    lines = [f"wrote {view.path(path)}" for path in written.replaced]
    lines += [f"added {view.path(path)}" for path in written.created]
    if not lines:
        return "Nothing to write.\n" if view.verbosity >= 0 else ""
    hint = [view.style.dim("`gorefit undo` puts back what was there.")] if view.verbosity >= 0 else []
    return "\n".join([*lines, *hint]) + "\n"


@click.command()
@basic
@click.pass_context
def undo(ctx: click.Context) -> int:
    """Put back what the last `apply` wrote, if the files still are what it wrote."""
    session = open_session(ctx)
    undone = put_back(workspace_root(session.directory))
    if undone.recovery:
        output.note(recovery_lines(undone.recovery, session.err))
    if session.options.format == "text":
        output.result(_undone(undone, session))
        return results.DONE
    files = tuple(json.relative(path, session.directory) for path in (*undone.restored, *undone.removed))
    record = records.UndoneRecord(records.SCHEMA_VERSION, files)
    output.result(json.line(record) if session.options.format == "jsonl" else json.encode(record))
    return results.DONE


def _undone(undone: Undone, session: Session) -> str:
    view = session.out
    lines = [f"put back {view.path(path)}" for path in undone.restored]
    lines += [f"removed {view.path(path)}" for path in undone.removed]
    return "\n".join(lines) + "\n" if lines else ""
