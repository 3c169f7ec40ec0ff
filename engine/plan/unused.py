"""Comments of ours that suppress nothing, name no codemod that exists, or cannot be read."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from ..source.gofile import GoFile
from ..source.regions import Suppression, suppressions
from .judge import Terms


@dataclass(frozen=True, slots=True)
class UnusedSuppression:
    """A //gorefit: comment that suppressed nothing, or that cannot be read."""

    path: Path
    line: int
    problem: str


def unused_suppressions(
    files: Mapping[Path, GoFile], used: Collection[tuple[Path, int]], terms: Terms
) -> tuple[UnusedSuppression, ...]:
    """The comments in these files that no site needed; `used` has those that one did, by path and offset."""
    told: list[UnusedSuppression] = []
    for path, file in files.items():
        good, bad = suppressions(file)
        told += [UnusedSuppression(path, _line(file, one.comment), one.problem) for one in bad]
        for one in good:
            if one.ours and (path, one.comment.start_byte) not in used:
                told += _needless(path, file, one, terms)
    return tuple(sorted(told, key=lambda one: (one.path, one.line)))


def _needless(path: Path, file: GoFile, one: Suppression, terms: Terms) -> list[UnusedSuppression]:
    line, names = _line(file, one.comment), ", ".join(sorted(one.ids))
    unknown = sorted(one.ids - terms.known)
    if unknown:
        near = difflib.get_close_matches(unknown[0], sorted(terms.known), n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return [UnusedSuppression(path, line, f"no codemod is called {unknown[0]!r}{hint}")]
    if not one.ids <= {codemod.id for codemod in terms.codemods}:
        return []  # it may be needed in a run of the others
    return [UnusedSuppression(path, line, f"unused suppression of {names}: no site here needs it")]


def _line(file: GoFile, node: Node) -> int:
    return file.lines.position(node.start_byte)[0]
