"""Which findings are new: compared by what they say and where that was, never by raw line numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from ..plan.plan import Plan, PlannedFile
from ..source.gofile import GoFile
from .findings import Finding

_POSITIONS = re.compile(r"(?<=\.go:)\d+(?::\d+)?|(?<=\bline )\d+|(?<=\bat )\d+:\d+")

Signature: TypeAlias = tuple[str, str, str, str]
_Same: TypeAlias = Callable[[Finding, Finding, PlannedFile | None], bool]


def signature(finding: Finding) -> Signature:
    """What a finding says, with every position in it blanked."""
    words = _POSITIONS.sub("_", finding.message)
    return finding.check, finding.analyzer, str(finding.path or finding.package), words


def persists(finding: Finding, plan: Plan, again: Iterable[Finding], smaller: Plan) -> bool:
    """Whether what `finding` complains of in `plan` is still complained of in a smaller plan.

    A fix less can change the complaint's words ("cannot use x + y"), so the same original line counts as well.
    """
    line = _original(finding, plan)
    return any(
        signature(each) == signature(finding)
        or (each.path == finding.path and each.analyzer == finding.analyzer and _original(each, smaller) == line)
        for each in again
    )


def _original(finding: Finding, plan: Plan) -> int:
    planned = plan.files.get(finding.path) if finding.path else None
    return original_line(planned, finding.line) if planned and finding.line else finding.line


def new_findings(after: Sequence[Finding], before: Iterable[Finding], plan: Plan) -> tuple[Finding, ...]:
    """The findings of the edited tree that the untouched tree does not have.

    1. Findings with one signature at the same place (the edited line carried back to the original) are the same.
    2. What is left pairs up within one top-level declaration: an edit may have moved or rewritten the very line.
    3. Pairs count once: a second finding of a kind that was there once is new.
    """
    old = defaultdict[Signature, list[Finding]](list)
    for finding in before:
        old[signature(finding)].append(finding)
    # go vet tells a package's findings again for its test variant.
    left = list({(signature(f), f.line, f.column): f for f in after}.values())
    known = {key: {(f.line, f.column): f for f in found} for key, found in old.items()}
    pools = {key: list(found.values()) for key, found in known.items()}
    for same in (_same_line, _same_declaration):
        left = [f for f in left if not _taken(f, pools.get(signature(f), []), same, plan)]
    return tuple(left)


def _taken(finding: Finding, pool: list[Finding], same: _Same, plan: Plan) -> bool:
    planned = plan.files.get(finding.path) if finding.path else None
    for index, candidate in enumerate(pool):
        if same(finding, candidate, planned):
            del pool[index]
            return True
    return False


@lru_cache(maxsize=8)
def _file(path: Path, text: bytes) -> GoFile:
    return GoFile(path, text)


def original_line(planned: PlannedFile, line: int) -> int:
    """The 1-based line of the original that a line of the edited text stands for."""
    start, end = _file(planned.path, planned.new).lines.span(line)
    # The first byte that is not indentation: edits start there, and what precedes an insertion maps to its line.
    text = planned.new[start:end]
    offset = planned.pieces.to_original(start + len(text) - len(text.lstrip()))
    return _file(planned.path, planned.old or b"").lines.position(offset)[0]


def _same_line(after: Finding, before: Finding, planned: PlannedFile | None) -> bool:
    return (original_line(planned, after.line) if planned and after.line else after.line) == before.line


def _same_declaration(after: Finding, before: Finding, planned: PlannedFile | None) -> bool:
    if planned is None or planned.old is None:
        return False
    here = _declaration(_file(planned.path, planned.new), after.line)
    return here is not None and here == _declaration(_file(planned.path, planned.old), before.line)


def _declaration(file: GoFile, line: int) -> tuple[str, bytes] | None:
    """Kind and name (for methods with the receiver) of the top-level declaration that a line lies in."""
    start, end = file.lines.span(min(line, len(file.lines.starts)))
    text = file.text[start:end]
    node = file.declaration_at(start + len(text) - len(text.lstrip()))
    if node is None:
        return None
    parts = [node.child_by_field_name(field) for field in ("receiver", "name")]
    named = b" ".join(file.slice(part) for part in parts if part)
    return node.type, named or file.slice(node).split(b"\n", 1)[0]
