"""Outcomes counted by codemod: the table that ends every text report and stands in every JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model import Outcome, Status
from .style import Style, plural, table


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one codemod's sites; `declined` and `dropped` count by reason and by check."""

    codemod: str
    sites: int
    applied: int
    declined: Mapping[str, int]
    suppressed: int
    dropped: Mapping[str, int]


def summarise(outcomes: Iterable[Outcome]) -> tuple[Row, ...]:
    """One row for each codemod that has a site, sorted by id; reasons by falling count."""
    by_codemod: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_codemod.setdefault(outcome.codemod, []).append(outcome)
    return tuple(_row(codemod, found) for codemod, found in sorted(by_codemod.items()))


def _row(codemod: str, outcomes: Sequence[Outcome]) -> Row:
    statuses = Counter(outcome.status for outcome in outcomes)
    return Row(
        codemod,
        len(outcomes),
        statuses[Status.APPLIED],
        _codes(outcomes, Status.DECLINED),
        statuses[Status.SUPPRESSED],
        _codes(outcomes, Status.DROPPED),
    )


def _codes(outcomes: Iterable[Outcome], status: Status) -> dict[str, int]:
    counts = Counter(outcome.code for outcome in outcomes if outcome.status is status)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def render(rows: Sequence[Row], style: Style, *, applied: str) -> list[str]:
    """The table; `applied` heads the column of fixes: "would change", "verified" or "written"."""
    if not rows:
        return []
    head = ["codemod", "sites", applied, "declined", "suppressed", "dropped"]
    body = [
        [
            row.codemod,
            str(row.sites),
            str(row.applied),
            str(sum(row.declined.values())),
            str(row.suppressed),
            str(sum(row.dropped.values())),
        ]
        for row in rows
    ]
    first, *rest = ["  ".join(cells) for cells in table([head, *body], right=range(1, 6))]
    lines = [style.bold(first)]
    for row, line in zip(rows, rest, strict=True):
        lines.append(line)
        lines += [style.dim(f"  {word} by reason: {text}") for word, text in _reasons(row)]
    return lines


def _reasons(row: Row) -> list[tuple[str, str]]:
    pairs = [("declined", row.declined), ("dropped", row.dropped)]
    return [(word, ", ".join(f"{code} {n}" for code, n in codes.items())) for word, codes in pairs if codes]


def sentence(outcomes: Sequence[Outcome], *, applied: str) -> str:
    """One line that says it all: `5 sites in 3 files: 2 would change, 3 declined`."""
    if not outcomes:
        return "No codemod has a site here."
    counts = Counter(outcome.status for outcome in outcomes)
    words = [
        (Status.APPLIED, applied),
        (Status.DECLINED, "declined"),
        (Status.SUPPRESSED, "suppressed"),
        (Status.DROPPED, "dropped"),
    ]
    parts = [f"{counts[status]} {word}" for status, word in words if counts[status]]
    files = plural(len({outcome.place.path for outcome in outcomes}), "file")
    return f"{plural(len(outcomes), 'site')} in {files}: {', '.join(parts)}"
