"""One pass over one package: ask the codemods, guard their answers, and note what became of each site."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..api import Answer, Codemod
from ..edit.edits import ordered
from ..facts.facts import PackageFacts
from ..model import Decline, Fix, Note, Outcome, RelatedPlace, Status, Tier
from ..site.context import Context
from ..site.site import Site
from ..source.gofile import GoFile
from ..source.regions import Suppression
from .guard import Ground, guard, unknown_type
from .scan import Hit


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run asks for, the same for every package."""

    codemods: tuple[Codemod, ...]
    options: Mapping[str, Any]  # codemod id: its options struct
    tier: Tier
    named: frozenset[str]  # codemods asked for by name: their tier is accepted
    known: frozenset[str] = frozenset()  # every codemod that is installed


#: The name of a Go file without a folder; go ignores those that begin with "_" or ".".
_BARE = re.compile(r"[A-Za-z0-9][\w.-]*\.go")

#: A file as it was read, and the offset in it, for an offset in the file as this pass sees it.
AsRead = Callable[[Path, int], tuple[GoFile, int]]


class CodemodRaised(Exception):
    """A codemod broke its promise to answer. Carries what is needed to report it."""

    def __init__(self, codemod: str, path: Path, line: int) -> None:
        super().__init__(f"codemod {codemod} raised at {path}:{line}")
        self.codemod, self.path, self.line = codemod, path, line


@dataclass(frozen=True, slots=True)
class Judged:
    """A hit and its answer after the guard; `suppressed` names the comment that forbids it."""

    hit: Hit
    answer: Answer
    suppressed: Suppression | None


def version_of(text: str) -> tuple[int, int]:
    """(1, 21) of "go1.21", "1.21.3" or "1.21"; an unknown version counts as the oldest we know, (1, 18)."""
    parts = text.removeprefix("go").split(".")
    try:
        return int(parts[0]), int("".join(c for c in parts[1] if c.isdigit()))
    except (IndexError, ValueError):
        return 1, 18


def judge(
    hits: Iterable[Hit],
    facts: PackageFacts,
    terms: Terms,
    context: Callable[[tuple[int, int]], Context],
    suppressions: Mapping[Path, list[Suppression]],
) -> list[Judged]:
    """Every hit with its answer, in order. Raises CodemodRaised where a codemod fails."""
    grounds: dict[Path, Ground] = {}
    judged: list[Judged] = []
    for hit in hits:
        ground = grounds.setdefault(hit.file.path, Ground(hit.file))
        opted_in = hit.codemod.id in terms.named
        answer = unknown_type(hit, ground, facts) or guard(
            hit, _ask(hit, facts, terms, context), ground, terms.tier, opted_in
        )
        if answer is not None:
            judged.append(Judged(hit, answer, _suppressed(hit, answer, suppressions.get(hit.file.path, []))))
    return judged


def _ask(hit: Hit, facts: PackageFacts, terms: Terms, context: Callable[[tuple[int, int]], Context]) -> Answer:
    version = version_of(facts.go_versions.get(hit.file.path, ""))
    site = Site(
        hit.codemod.id,
        hit.codemod.tier,
        hit.file,
        hit.captures,
        facts,
        context=context(version),
        options=terms.options[hit.codemod.id],
        version=version,
        declines=hit.codemod.declines,
        opted_in=hit.codemod.id in terms.named,
    )
    try:
        return _sound(hit, hit.rule.run(site))
    except Exception as error:
        raise CodemodRaised(hit.codemod.id, hit.file.path, hit.file.lines.position(hit.at)[0]) from error


def _sound(hit: Hit, answer: Answer) -> Answer:
    """The answer, if it is one. Raises TypeError, ValueError or EditError for what no codemod may answer."""
    if not isinstance(answer, Fix | Decline | None):  # pyright: ignore[reportUnnecessaryIsInstance]  third parties
        raise TypeError(f"a codemod answers Fix, Decline or None, not {answer!r}")
    if isinstance(answer, Fix):
        ordered(answer.edits, len(hit.file.text))
        for new in answer.files:
            if not _BARE.fullmatch(new.name):
                raise ValueError(f"a fix adds files beside the one it edits; {new.name!r} is no name of a Go file")
    return answer


def _suppressed(hit: Hit, answer: Answer, known: Iterable[Suppression]) -> Suppression | None:
    assert answer is not None
    places = [answer.at, *(edit.start for edit in answer.edits)] if isinstance(answer, Fix) else [answer.at]
    covering = [[s for s in known if s.covers(answer.codemod, place)] for place in places]
    found = next(filter(None, covering), covering[0])  # the site itself comes before what it edits
    return max(found, key=lambda one: one.start, default=None)  # the one nearest to a site inside another


def outcome(judged: Judged, package: str, as_read: AsRead) -> Outcome:
    """The outcome of a site, its places in terms of the files as they were read."""
    answer, hit = judged.answer, judged.hit
    assert answer is not None
    original, start = as_read(hit.file.path, answer.at)
    width = hit.node.end_byte - hit.node.start_byte if hit.at == answer.at else 0
    place = original.place(start, max(start, as_read(hit.file.path, answer.at + width)[1]))
    related = tuple(_related(note, hit.file.path, as_read) for note in answer.notes)
    found = Outcome(
        codemod=answer.codemod,
        status=Status.DECLINED,
        tier=hit.codemod.tier,
        place=place,
        code="",
        message=answer.message,
        package=package,
        source=original.line_text(place.line),
        related=related,
    )
    if isinstance(answer, Fix):
        found = replace(found, status=Status.APPLIED, tier=answer.tier, risks=answer.risks, edits=answer.edits)
    else:
        found = replace(found, code=answer.code)
    if judged.suppressed is not None:
        found = replace(found, status=Status.SUPPRESSED, code=_kind(judged.suppressed), message=_why(judged.suppressed))
    return found


def _kind(suppression: Suppression) -> str:
    return "ignore" if suppression.ours else "nolint"


def _why(suppression: Suppression) -> str:
    return f"suppressed: {suppression.reason}" if suppression.ours else "suppressed by //nolint"


def _related(note: Note, path: Path, as_read: AsRead) -> RelatedPlace:
    if note.at is None:
        return RelatedPlace(note.message)
    original, at = as_read(note.path or path, note.at)
    return RelatedPlace(note.message, original.place(at))
