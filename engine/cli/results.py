"""What check, diff and apply have in common once the engine has answered: exit code, warnings, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..model import GorefitError, Outcome, Status
from ..packages import Package
from ..report import json
from ..report.diff import diffs, verification
from ..report.style import View, printable
from ..report.summary import render, sentence, summarise
from ..report.text import dropped, order
from ..run import Result
from . import output
from .errors import ask_for_report, report
from .session import Session, version

DONE, CHANGES, DROPPED, NOTHING_JUDGED, INTERNAL = 0, 1, 3, 4, 5


class NothingJudged(GorefitError):
    """Not one of the packages asked for type-checks as it stands."""

    exit_code = NOTHING_JUDGED


class Unjudged(GorefitError):
    """Packages that nobody could judge, as go/types crashed or hung on them."""

    exit_code = INTERNAL


def exit_code(result: Result, *, check: bool) -> int:
    """The exit code of a run that came to its end."""
    broken = {package.import_path for package in result.broken}
    if broken and not any(p.import_path not in broken for p in result.workspace.packages):
        return NOTHING_JUDGED
    if result.failures:
        return INTERNAL
    statuses = {outcome.status for outcome in result.outcomes}
    if Status.DROPPED in statuses:
        return DROPPED
    return CHANGES if check and Status.APPLIED in statuses else DONE


def judged(code: int, result: Result) -> None:
    """Raise NothingJudged where the exit code says so: a text report of nothing would mislead."""
    if code != NOTHING_JUDGED:
        return
    detail = "\n".join(line for package in result.broken for line in _errors(package))
    hint = "make `go build` succeed first; gorefit changes only what it can prove"
    what = "the package does not type-check" if len(result.broken) == 1 else "no package asked for type-checks"
    raise NothingJudged(f"{what} as it stands: nothing judged, nothing written", hint=hint, detail=detail)


def warn(result: Result, session: Session) -> None:
    """On stderr: broken packages, suppressions without use, and whatever else the run wants to tell."""
    view = session.err
    word = view.style.yellow("warning:")
    lines = [f"{word} {line}" for line in warnings(result, view) if line not in _failures(result)]
    for package in result.broken:
        lines.append(f"{word} package {package.import_path} does not type-check and is left alone")
        lines += [f"    {printable(line)}" for line in _errors(package)]
    if lines and view.verbosity >= 0:
        output.note(lines)
    if result.failures:
        output.note([f"{view.style.red('error:')} {line}" for line in _failures(result)])
        where = ask_for_report(report(Unjudged("\n".join(result.failures))))
        hint = f"try a newer Go (--go); the other packages are not affected; {where}"
        output.note(f"{view.style.cyan('help:')} {hint}")


def _failures(result: Result) -> list[str]:
    return [printable(line) for line in result.failures]


def warnings(result: Result, view: View) -> list[str]:
    """The run's warnings and one for each suppression that suppresses nothing."""
    unused = [f"{view.path(u.path)}:{u.line}: {u.problem}" for u in result.unused_suppressions]
    return [*(printable(line) for line in result.warnings), *unused]


def _errors(package: Package, most: int = 5) -> list[str]:
    lines = [f"{error.position}: {error.message}".removeprefix(": ") for error in package.errors]
    return lines[:most] + ([f"… and {len(lines) - most} more"] if len(lines) > most else [])


def after(result: Result, outcomes: Sequence[Outcome], session: Session, *, applied: str) -> None:
    """On stderr, after the result: how it was verified, what was dropped, and the summary."""
    view = session.err
    if view.verbosity < 0:
        return
    listed = order(outcomes)
    blocks = [verification(result.verdict.checks, view.style)] if result.verdict else []
    blocks += dropped(listed, view)
    blocks.append(render(summarise(listed), view.style, applied=applied))
    blocks.append([sentence(listed, applied=applied)])
    if view.verbosity > 0:
        blocks.append([", ".join(f"{name} {seconds:.2f} s" for name, seconds in result.timings.items())])
    output.note("\n\n".join("\n".join(block) for block in blocks if block))


def as_json(command: str, result: Result, session: Session, code: int, base: Path | None) -> bytes:
    """The run as one document or as lines; `base` None for a command that shows no diff."""
    files = diffs(result.plan, base) if base else dict[Path, bytes]()
    facts = json.RunFacts(
        command=command,
        gorefit=version(),
        go=result.toolchain.version,
        base=base or session.directory,
        exit_code=code,
        checks=result.verdict.checks if result.verdict else (),
        files=[(path, result.plan.files[path].old is None, diff) for path, diff in files.items()],
        broken=result.broken,
        warnings=warnings(result, View(session.directory)),
        timings=result.timings,
    )
    render_as = json.lines if session.options.format == "jsonl" else json.report
    return render_as(result.outcomes, facts)
