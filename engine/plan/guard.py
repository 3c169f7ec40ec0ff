"""What holds for every codemod: the reasons for which the engine itself declines a fix.

Its codes are tier, generated, line-directive, cgo, tainted, directive and comment; converge.py adds unsettled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..api import Answer
from ..edit.ledger import lost
from ..facts.facts import PackageFacts
from ..model import Decline, Fix, Tier
from ..registry import allowed
from ..source.gofile import GoFile
from ..source.regions import contract_directive, has_line_directives, imports_c, is_generated, is_tainted
from .scan import Hit

TAINTED = "the grammar does not parse this declaration (syntax newer than it knows, or an error)"


@dataclass(frozen=True)
class Ground:
    """What the guard knows of a file before any site of it is judged."""

    file: GoFile

    @cached_property
    def generated(self) -> bool:
        return is_generated(self.file)

    @cached_property
    def remapped(self) -> bool:
        return has_line_directives(self.file)

    @cached_property
    def cgo(self) -> bool:
        return imports_c(self.file)


def unknown_type(hit: Hit, ground: Ground, facts: PackageFacts) -> Decline | None:
    """A decline where a captured expression of a cgo file has a type that only C knows."""
    if not ground.cgo:
        return None
    for nodes in hit.captures.values():
        for node in nodes:
            known = facts.expr(hit.file.path, node.start_byte, node.end_byte)
            denoted = facts.object(hit.file.path, node.start_byte) if node.type == "identifier" else None
            type_ = known.type if known is not None else denoted.type if denoted is not None else None
            if type_ is not None and "invalid type" in type_.string:
                return Decline(hit.codemod.id, "cgo", "cgo file: a type here comes from C", hit.at)
    return None


def guard(hit: Hit, answer: Answer, ground: Ground, limit: Tier, opted_in: bool) -> Answer:
    """The answer, or the engine's own decline of it."""
    if answer is None:
        return None
    if is_tainted(hit.file, hit.at):
        return Decline(hit.codemod.id, "tainted", TAINTED, hit.at)
    if not isinstance(answer, Fix):
        return answer
    problem = _problem(hit, answer, ground, limit, opted_in)
    return answer if problem is None else Decline(answer.codemod, problem[0], problem[1], answer.at)


def _problem(hit: Hit, fix: Fix, ground: Ground, limit: Tier, opted_in: bool) -> tuple[str, str] | None:
    if not allowed(fix.tier, hit.codemod.tier if opted_in and allowed(limit, hit.codemod.tier) else limit):
        return "tier", f"{fix.message}: this form is tier {fix.tier}; ask for it with --tier {fix.tier}"
    if ground.generated:
        return "generated", "generated file; change the generator"
    if ground.remapped:
        return "line-directive", "//line directives remap the positions of this file"
    places = {edit.start for edit in fix.edits}
    touched = {node.start_byte for at in (hit.at, *places) if (node := hit.file.declaration_at(at)) is not None}
    directive = next(filter(None, (contract_directive(hit.file, at) for at in sorted(touched))), "")
    if directive:
        return "directive", f"the declaration carries {directive}"
    if any(is_tainted(hit.file, place) for place in places):
        return "tainted", TAINTED
    gone = lost(hit.file, fix.edits)
    if gone is None:
        return None
    what = "directive" if gone.directive else "comment"
    return "comment", f"the fix would lose or move the {what} {gone.comment!r}"
