"""What happened at one line, and why: an answer for any line of any file.

1. The file is read and the line looked up; a file or line that does not exist is an error.
2. What keeps gorefit out of the whole file is told first: not Go, vendored, generated, excluded, in no build …
3. Sites whose place, edits or notes touch the line, then sites whose loop encloses it, are told in full.
4. Where there is none, the nearest sites of the same declaration are named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from ..config import Config
from ..model import GorefitError, Outcome, Tier
from ..packages import Package, Workspace
from ..source.gofile import GoFile
from ..source.regions import is_generated
from . import records
from .json import outcome_record, relative
from .style import View, printable
from .text import diagnostic, head, order

NEAREST = 3


@dataclass(frozen=True, slots=True)
class Target:
    """A line that somebody asks about."""

    file: GoFile
    line: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason` is a stable code ("site", "near", "none", "not-go", "generated" …); `message` is for the reader."""

    target: Target
    reason: str
    message: str
    outcomes: tuple[Outcome, ...] = ()
    nearest: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the answer depends on beside the outcomes."""

    workspace: Workspace
    config: Config
    codemods: Sequence[str]  # the ids that looked
    tier: Tier  # what `diff` and `apply` would take with the settings given
    named: Sequence[str]  # codemods that are taken whatever their tier
    include_tests: bool


def target(spec: str, directory: Path) -> Target:
    """`FILE:LINE` (a further `:COLUMN` is ignored) as a place in a file that exists.

    Raises GorefitError where the words are no such place, the file cannot be read, or it has fewer lines.
    """
    match = re.fullmatch(r"(?P<file>.+?):(?P<line>\d+)(?::\d+)?:?", spec)
    if match is None:
        raise GorefitError(f"`{spec}` is not FILE:LINE", hint="for example: gorefit why orders/store.go:42")
    path, line = Path(os.path.abspath(directory / match["file"])), int(match["line"])  # noqa: PTH100 - keeps symlinks
    try:
        file = GoFile(path, path.read_bytes())
    except OSError as err:
        raise GorefitError(f"{path}: cannot be read: {err.strerror}", hint="give a path below -C DIR") from None
    last = len(file.lines.starts) - (1 if file.text.endswith(b"\n") or not file.text else 0)
    if not 1 <= line <= last:
        raise GorefitError(f"{path}: there is no line {line}", hint=f"the file has {last} lines")
    return Target(file, line)


def unjudged(place: Target) -> Answer | None:
    """The answer for a file that no Go package can hold, before anything is loaded."""
    if place.file.path.suffix != ".go":
        return Answer(place, "not-go", "Not a Go file.")
    if place.file.path.name.startswith(("_", ".")):
        return Answer(place, "ignored-name", "Go ignores files whose name begins with `_` or `.`.")
    return None


def answer(place: Target, outcomes: Iterable[Outcome], asked: Asked) -> Answer:
    """The answer for one line, from the outcomes of a check of its package."""
    place = _as_loaded(place, asked.workspace)
    here = [outcome for outcome in order(outcomes) if outcome.place.path == place.file.path]
    touching = tuple(outcome for outcome in here if _touches(outcome, place))
    covering = tuple(outcome for outcome in here if outcome not in touching and _encloses(outcome, place))
    found = touching or covering
    if found:
        return Answer(place, "site", _opted_out(found, asked), found)
    if out := _out_of_bounds(place, asked):
        return out
    declaration = place.file.declaration_at(_first_code(place))
    if declaration is not None and declaration.has_error:
        message = "The grammar does not parse this declaration (syntax newer than it, or an error): it is left alone."
        return Answer(place, "not-parsed", message)
    return _near(place, here, declaration, asked)


def _as_loaded(place: Target, workspace: Workspace) -> Target:
    """The same line under the path that the packages know the file by: a checkout may be reached through links."""
    path, real = place.file.path, place.file.path.resolve()
    known = {f for package in (*workspace.packages, *workspace.broken) for f in package.files if f.name == path.name}
    same = next((f for f in sorted(known) if f.resolve() == real), path) if path not in known else path
    return place if same == path else Target(GoFile(same, place.file.text), place.line)


def _near(place: Target, here: Sequence[Outcome], declaration: Node | None, asked: Asked) -> Answer:
    looked = f"{', '.join(asked.codemods) or 'no codemod'} looked"
    if declaration is None:
        return Answer(place, "none", f"No codemod has a site here, and no declaration covers this line ({looked}).")
    inside = [o for o in here if declaration.start_byte <= o.place.start < declaration.end_byte]
    nearest = tuple(sorted(inside, key=lambda o: abs(o.place.line - place.line))[:NEAREST])
    if nearest:
        return Answer(place, "near", f"No codemod has a site at this line ({looked}). Nearest:", (), nearest)
    return Answer(place, "none", f"No codemod has a site in this declaration ({looked}).")


def _touches(outcome: Outcome, place: Target) -> bool:
    """The line holds part of the site, of an edit, or a place that one of its notes names."""
    first, last = outcome.place.line, outcome.place.end_line
    spans = [(first, last)]
    spans += [(note.place.line, note.place.end_line) for note in outcome.related if note.place]
    lines = place.file.lines
    spans += [(lines.position(e.start)[0], lines.position(max(e.start, e.end - 1))[0]) for e in outcome.edits]
    return any(start <= place.line <= end for start, end in spans)


def _encloses(outcome: Outcome, place: Target) -> bool:
    """The line lies in the innermost loop around the site."""
    root = place.file.root
    node = root.descendant_for_byte_range(outcome.place.start, max(outcome.place.start, outcome.place.end - 1))
    while node is not None and node.type not in ("for_statement", "func_literal", "function_declaration"):
        node = node.parent
    if node is None or node.type != "for_statement":
        return False
    return node.start_point.row + 1 <= place.line <= node.end_point.row + 1


def _first_code(place: Target) -> int:
    start, end = place.file.lines.span(place.line)
    code = place.file.text[start:end].lstrip()
    return end - len(code) if code else start


def _opted_out(outcomes: Iterable[Outcome], asked: Asked) -> str:
    """A word for fixes that the settings given would not take."""
    for outcome in outcomes:
        if outcome.tier is Tier.REVIEW and asked.tier is Tier.SAFE and outcome.codemod not in asked.named:
            return f"Tier review: only done with --tier review or -c {outcome.codemod}."
    return ""


def _out_of_bounds(place: Target, asked: Asked) -> Answer | None:
    """What keeps gorefit out of the whole file."""
    path, workspace = place.file.path, asked.workspace
    parts = path.relative_to(workspace.root).parts if path.is_relative_to(workspace.root) else path.parts
    for folder in ("vendor", "testdata"):
        if folder in parts[:-1]:
            return Answer(place, folder, f"In a {folder} folder: not edited.")
    if pattern := asked.config.excludes(path):
        message = f"Excluded by `{pattern}` ({asked.config.where('exclude')})."
        return Answer(place, "excluded", message)
    if is_generated(place.file):
        return Answer(
            place, "generated", "A generated file (`// Code generated … DO NOT EDIT.`): change the generator."
        )
    if path.name.endswith("_test.go") and not asked.include_tests:
        return Answer(place, "test", "A test file: only looked at with --include-tests.")
    return _not_in_a_package(place, workspace)


def _not_in_a_package(place: Target, workspace: Workspace) -> Answer | None:
    path = place.file.path
    for package in workspace.broken:
        if path in package.files or path.parent == package.dir:
            return Answer(
                place, "broken", f"Package {package.import_path} does not type-check: {_first_error(package)}"
            )
    holders = [package for package in workspace.packages if path in package.files]
    if any(path in package.editable for package in holders):
        return None
    if holders:
        return Answer(place, "not-editable", "Not of the main module, or a link out of its tree: not edited.")
    c = workspace.configuration
    tags = f" with tags {','.join(c.tags)}" if c.tags else ""
    message = f"Not in this build configuration ({c.goos}/{c.goarch}{tags}): GOOS, GOARCH and --tags choose it."
    return Answer(place, "not-built", message)


def _first_error(package: Package) -> str:
    first = next(iter(package.errors), None)
    return f"{first.position}: {first.message}".removeprefix("./").removeprefix(": ") if first else "see `go build`"


def text(found: Answer, view: View) -> str:
    """The answer for a reader."""
    place = found.target
    first = view.style.bold(f"{view.path(place.file.path)}:{place.line}")
    lines = [f"{first}  {printable(place.file.line_text(place.line)).strip()}"]
    if not found.outcomes:
        lines += ["", printable(found.message), *(f"  {head(outcome, view)}" for outcome in found.nearest)]
        return "\n".join(lines) + "\n"
    for outcome in found.outcomes:
        lines += ["", *diagnostic(outcome, view)]
    lines += [f"  {view.style.yellow(found.message)}"] if found.message else []
    return "\n".join(lines) + "\n"


def record(found: Answer, base: Path) -> records.WhyRecord:
    """The answer for a program."""
    return records.WhyRecord(
        schema_version=records.SCHEMA_VERSION,
        base=str(base),
        path=relative(found.target.file.path, base),
        line=found.target.line,
        reason=found.reason,
        message=found.message,
        outcomes=tuple(outcome_record(outcome, base) for outcome in found.outcomes),
        nearest=tuple(outcome_record(outcome, base) for outcome in found.nearest),
    )
