"""Which fixes a finding is laid upon: the owners of its line, else the smallest set whose absence cures it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from ..plan.plan import Dropped, Plan
from .baseline import original_line
from .findings import Finding, split_variant
from .scene import relative

#: After so many single culprits for one finding, all that are still suspected go.
MOST_CULPRITS = 4


def owners(plan: Plan, places: Iterable[tuple[Path | None, int]]) -> list[int]:
    """The fixes that own a line of these places, in that order."""
    found: list[int] = []
    for path, line in places:
        planned = plan.files.get(path) if path else None
        if planned is not None and line:
            found += sorted(planned.pieces.line_owners(line) & plan.fixes.keys())
    return list(dict.fromkeys(found))


def suspects(plan: Plan, finding: Finding, dependencies: Collection[str]) -> list[int]:
    """Every fix of the plan, the likeliest first.

    Owners of the finding's line, of the lines its message names; then by distance: same file, same package, packages
    that the finding's package is made of, the rest.
    """
    planned = plan.files.get(finding.path) if finding.path else None
    line = original_line(planned, finding.line) if planned and finding.line else finding.line

    def far(number: int) -> tuple[int, int, int]:
        fix = plan.fixes[number]
        distance = abs(fix.outcome.place.line - line)
        if fix.path == finding.path:
            return 0, distance, number
        package, _ = split_variant(fix.package)
        if package in (finding.package, finding.tested):
            return 1, 0, number
        return (2 if package in dependencies else 3), 0, number

    first = owners(plan, [(finding.path, finding.line), *finding.also])
    return list(dict.fromkeys([*first, *sorted(plan.fixes, key=far)]))


def one_per_package(findings: Iterable[Finding]) -> list[Finding]:
    """The first finding of each package: the others are often its consequence, and the next round tells."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.package, finding)
    return list(first.values())


def smallest(candidates: Sequence[int], cured: Callable[[frozenset[int]], bool]) -> frozenset[int]:
    """A small set of `candidates` whose absence cures; leaving all of them out must.

    1. The shortest cured prefix is found by doubling, then halving: its last element is a culprit.
    2. If the culprit's absence alone does not cure, the same is asked of the elements before it, for the next culprit.
    Each culprit costs about 2 log2(its rank) trials.
    """
    tried: dict[frozenset[int], bool] = {frozenset(): False}  # the finding is there

    def trial(without: frozenset[int]) -> bool:
        if without not in tried:
            tried[without] = cured(without)
        return tried[without]

    culprits, pool = frozenset[int](), list(candidates)
    while len(culprits) < MOST_CULPRITS:
        size = _shortest(pool, lambda part, base=culprits: trial(base | part))
        if size == 0:
            return culprits
        culprits |= {pool[size - 1]}
        pool = pool[: size - 1]
    return culprits | frozenset(pool)


def _shortest(pool: Sequence[int], cured: Callable[[frozenset[int]], bool]) -> int:
    """The length of the shortest prefix that cures, if the whole pool does."""
    low, high = -1, 0  # a prefix of `low` does not cure
    while high < len(pool) and not cured(frozenset(pool[:high])):
        low, high = high, min(max(1, 2 * high), len(pool))
    while high - low > 1:
        middle = (low + high) // 2
        if cured(frozenset(pool[:middle])):
            high = middle
        else:
            low = middle
    return high


def reason(finding: Finding, root: Path) -> Dropped:
    """The check, and the tool's words with their place relative to the root."""
    if finding.path is None:
        return Dropped(finding.check, finding.words())
    place = f"{relative(finding.path, root)}:{finding.line}" + (f":{finding.column}" if finding.column else "")
    return Dropped(finding.check, f"{place}: {finding.words()}")
