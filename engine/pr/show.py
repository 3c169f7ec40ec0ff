"""Plans, publications and states as tables for a terminal, and as records for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..report import records
from ..report.style import Style, View, cells, plural, printable, table
from .decide import Action
from .plan import Plan, Shard
from .request import Published
from .status import Row

_PAINT = {
    Action.CREATE: Style.green,
    Action.UPDATE: Style.yellow,
    Action.CLOSE: Style.red,
    Action.LEAVE: Style.cyan,
    Action.KEEP: Style.dim,
    Action.DECLINED: Style.dim,
}
_WIDEST = 44  # cells of a column that lists names


def plan(made: Plan, view: View) -> str:
    """What `publish` would do, one line for each request, and a sentence."""
    style = view.style
    if not made.shards:
        return f"Nothing to do: no codemod has a change for {printable(made.base)}, and no request is open.\n"
    head = ["action", "branch", "files", "places", "owners", "reviewers", "why"]
    rows = [head, *(_plan_row(shard) for shard in made.shards)]
    first, *rest = ["  ".join(row).rstrip() for row in table(rows, right=(2, 3))]
    lines = [style.bold(first)]
    for shard, line in zip(made.shards, rest, strict=True):
        lines.append(_PAINT[shard.action](style, line))
        if view.verbosity > 0:
            lines += [style.dim(f"    {printable(name)}") for name in shard.files]
    counts = Counter(shard.action for shard in made.shards)
    words = ", ".join(f"{counts[action]} to {_VERB[action]}" for action in _VERB if counts[action])
    lines += ["", f"{plural(len(made.shards), 'request')} onto {printable(made.base)} at {made.base_sha[:12]}: {words}"]
    return "\n".join(lines) + "\n"


_VERB = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.CLOSE: "close",
    Action.KEEP: "keep as it is",
    Action.LEAVE: "leave to people",
    Action.DECLINED: "respect as declined",
}


def _plan_row(shard: Shard) -> list[str]:
    attached = shard.annotations
    asked = (*attached.reviewers, *attached.teams)
    why = f"#{shard.number} {shard.why}" if shard.number else shard.why
    files = [str(len(shard.files)), str(shard.places)] if shard.files else ["", ""]
    return [shard.action.value, shard.branch, *files, _names(shard.owners), _names(asked), printable(why)]


def _names(names: Sequence[str]) -> str:
    """Names, as many as fit."""
    text = ""
    for number, name in enumerate(names):
        longer = f"{text}, {name}" if text else name
        if cells(longer) > _WIDEST:
            return printable(f"{text} +{len(names) - number}".strip())
        text = longer
    return printable(text) or "-"


def published(one: Published, view: View) -> str:
    """What became of one request."""
    style = view.style
    paint = {"failed": style.red, "left": style.cyan, "not tried": style.yellow}.get(one.outcome, style.green)
    line = f"{paint(one.outcome)}  {printable(one.branch)}"
    line += f"  {printable(one.url)}" if one.url else ""
    line += f"  ({printable(one.why)})" if one.why and one.outcome not in ("created", "failed") else ""
    told = [printable(part) for problem in one.problems for part in problem.split("\n")]
    return "\n".join([line, *(f"    {part}" for part in told)]) + "\n"


def status(rows: Sequence[Row], view: View) -> str:
    """Where our requests stand, one line for each, and what is left to do."""
    style = view.style
    if not rows:
        return "No requests, and nothing to do.\n"
    head = ["request", "state", "branch", "left to do", "url"]
    body = [
        [
            f"#{row.number}" if row.number else "-",
            (row.state or "none") + (", approved" if row.approved else ""),
            row.branch,
            _left(row),
            row.url,
        ]
        for row in rows
    ]
    first, *rest = ["  ".join(map(printable, cells)).rstrip() for cells in table([head, *body])]
    lines = [style.bold(first), *rest]
    if any(row.places is not None for row in rows):
        open_ = sum(row.places or 0 for row in rows if row.state in ("open", "draft"))
        every = sum(row.places or 0 for row in rows)
        lines += ["", f"{plural(every, 'place')} left to change, {open_} of them in open requests"]
    return "\n".join(lines) + "\n"


def _left(row: Row) -> str:
    if row.action is None:
        return ""
    if row.places is None:
        return "nothing"
    return f"{plural(row.places, 'place')}: {row.action.value}" + (f", {row.why}" if row.why else "")


def plan_record(made: Plan, file: str, code: int) -> records.PrPlanRecord:
    """The plan as data, without its patches: those are in the plan file."""
    return records.PrPlanRecord(
        schema_version=records.SCHEMA_VERSION,
        exit_code=code,
        remote=made.remote,
        base=made.base,
        base_sha=made.base_sha,
        file=file,
        requests=tuple(_planned(shard) for shard in made.shards),
        warnings=made.warnings,
    )


def _planned(shard: Shard) -> records.PlannedRequest:
    return records.PlannedRequest(
        action=shard.action.value,
        why=shard.why,
        key=shard.key,
        branch=shard.branch,
        title=shard.title,
        codemods=tuple(commit.codemod for commit in shard.commits),
        files=shard.files,
        places=shard.places,
        owners=shard.owners,
        reviewers=shard.annotations.reviewers,
        teams=shard.annotations.teams,
        digest=shard.digest,
        number=shard.number,
        url=shard.url,
    )


def published_record(done: Sequence[Published], code: int) -> records.PrPublishRecord:
    """What became of all requests, as data."""
    found = tuple(
        records.PublishedRequest(
            one.outcome, one.why, one.key, one.branch, one.number, one.url, one.partial, tuple(one.problems)
        )
        for one in done
    )
    return records.PrPublishRecord(records.SCHEMA_VERSION, code, found)


def status_record(rows: Sequence[Row], code: int) -> records.PrStatusRecord:
    """Where our requests stand, as data."""
    found = tuple(
        records.RequestStatus(
            branch=row.branch,
            key=row.key,
            number=row.number,
            url=row.url,
            state=row.state,
            approved=row.approved,
            action=row.action.value if row.action else "",
            why=row.why,
            places=row.places,
        )
        for row in rows
    )
    return records.PrStatusRecord(records.SCHEMA_VERSION, code, found)
