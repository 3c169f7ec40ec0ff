"""Which fixes of a pass land together, and which wait for the next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..edit.merge import merge
from ..model import Fix
from ..source.gofile import GoFile
from .judge import Judged

_WORD = re.compile(rb"[\w\x80-\xff]+")


def choose(judged: Sequence[Judged]) -> list[Judged]:
    """The fixes that neither overlap nor, within one top-level declaration, speak of a variable that another changes,
    nor add a package-level name that another adds, or another file under the same name.

    Fixes come in order of place; what is left out is asked for again on the text that the others leave.
    """
    chosen: list[Judged] = []
    by_file: dict[Path, list[Judged]] = {}
    declared: set[str] = set()
    added: dict[str, bytes] = {}
    for one in judged:
        fix = _fix(one)
        if declared.isdisjoint(fix.declares) and all(added.get(new.name, new.text) == new.text for new in fix.files):
            declared |= fix.declares
            added |= {new.name: new.text for new in fix.files}
            by_file.setdefault(one.hit.file.path, []).append(one)
    for candidates in by_file.values():
        fitting = merge([_fix(one).edits for one in candidates])
        kept: dict[int, list[tuple[frozenset[bytes], frozenset[bytes]]]] = {}  # by declaration: words, names bound
        for one, fits in zip(candidates, fitting, strict=True):
            fix = _fix(one)
            words, bound = _words(one.hit.file, fix), _bound(one.hit.file, fix)
            touched = _declarations(one)
            neighbours = [each for at in touched for each in kept.get(at, [])]
            if fits and not any(bound & other or theirs & words for other, theirs in neighbours):
                for at in touched:
                    kept.setdefault(at, []).append((words, bound))
                chosen.append(one)
    return chosen


def _fix(one: Judged) -> Fix:
    assert isinstance(one.answer, Fix)
    return one.answer


def _declarations(one: Judged) -> set[int]:
    """Where the top-level declarations start that a fix touches: no local variable is known in two of them."""
    file = one.hit.file
    nodes = [file.declaration_at(at) for at in (one.hit.at, *(edit.start for edit in _fix(one).edits))]
    return {-1 if node is None else node.start_byte for node in nodes}


def _words(file: GoFile, fix: Fix) -> frozenset[bytes]:
    """Every word in what a fix removes and in what it writes."""
    texts: Iterable[bytes] = (part for e in fix.edits for part in (file.text[e.start : e.end], e.new))
    return frozenset(word for text in texts for word in _WORD.findall(text))


def _bound(file: GoFile, fix: Fix) -> frozenset[bytes]:
    """The names of the variables whose declaration, type or assignments a fix changes."""
    names = (_WORD.match(file.text, at) for at in fix.binds)
    return frozenset(name.group() for name in names if name)
