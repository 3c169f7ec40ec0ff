"""Outcomes as text for a reader: what would change with its source line, then what is declined and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import Outcome, RelatedPlace, Status, Tier
from .snippet import snippet
from .style import View, printable
from .summary import render, sentence, summarise

#: So many places stand under each reason while nobody asked for all of them.
SHOWN = 3


def order(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Outcomes as every report lists them: by file, place and codemod."""
    return sorted(outcomes, key=lambda o: (o.place.path, o.place.start, o.place.end, o.codemod, o.code))


def check(outcomes: Iterable[Outcome], view: View) -> str:
    """The report of `gorefit check`. Quiet: one line for each change, and nothing else."""
    listed = order(outcomes)
    changes = [outcome for outcome in listed if outcome.status is Status.APPLIED]
    if view.verbosity < 0:
        return "".join(head(outcome, view) + "\n" for outcome in changes)
    blocks = [diagnostic(outcome, view) for outcome in changes]
    blocks += dropped(listed, view)
    others = [o for o in listed if o.status in (Status.DECLINED, Status.SUPPRESSED)]
    blocks += [diagnostic(o, view) for o in others] if view.verbosity else grouped(others, view)
    table = render(summarise(listed), view.style, applied="would change")
    blocks += [table] if table else []
    blocks.append([sentence(listed, applied="would change")])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def dropped(outcomes: Iterable[Outcome], view: View) -> list[list[str]]:
    """One block for each fix that a check refused, with the tool's own words."""
    return [diagnostic(outcome, view) for outcome in outcomes if outcome.status is Status.DROPPED]


def head(outcome: Outcome, view: View) -> str:
    """`path:line:column  codemod  [tier]  message`: the first line, which editors and grep understand."""
    place, style = outcome.place, view.style
    where = style.bold(f"{view.path(place.path)}:{place.line}:{place.column}")
    message = printable(outcome.message.split("\n", 1)[0])
    return f"{where}  {style.cyan(outcome.codemod)}  {_badge(outcome, view)}  {message}"


def _badge(outcome: Outcome, view: View) -> str:
    style = view.style
    match outcome.status:
        case Status.APPLIED:
            paint = style.green if outcome.tier is Tier.SAFE else style.yellow
            return paint(f"[{outcome.tier.value}]")
        case Status.DROPPED:
            return style.red(f"dropped({outcome.code})")
        case Status.DECLINED | Status.SUPPRESSED:
            return style.dim(f"{outcome.status.value}({outcome.code})" if outcome.code else outcome.status.value)


def diagnostic(outcome: Outcome, view: View) -> list[str]:
    """The whole of one outcome: head line, source line with carets, and a line for each note and risk."""
    style = view.style
    rest = [printable(line) for line in outcome.message.split("\n")[1:] if line.strip()]
    lines = [head(outcome, view), *(f"    {line}" for line in rest), *snippet(outcome, style)]
    indent = " " * (len(str(outcome.place.line)) + 1)
    for word, text in [*(("note", _note(note, view)) for note in outcome.related), *_risks(outcome)]:
        lines.append(f"{indent}{style.blue('=')} {style.bold(word + ':')} {text}")
    return lines


def _risks(outcome: Outcome) -> list[tuple[str, str]]:
    return [("risk", printable(risk)) for risk in outcome.risks]


def _note(note: RelatedPlace, view: View) -> str:
    text = printable(note.message)
    if note.place is None:
        return text
    return f"{view.path(note.place.path)}:{note.place.line}:{note.place.column}: {text}"


def grouped(outcomes: Sequence[Outcome], view: View) -> list[list[str]]:
    """Declines and suppressions in short: one block, a line for each reason, and its first few places."""
    groups: dict[tuple[str, str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.codemod, outcome.status.value, outcome.code), []).append(outcome)
    lines: list[str] = []
    for (codemod, status, code), found in sorted(groups.items(), key=lambda item: (item[0][:2], -len(item[1]))):
        what = f"{status}({code})" if code else status
        lines.append(f"{view.style.cyan(codemod)}  {view.style.bold(what)}  {len(found)}×")
        for outcome in found[:SHOWN]:
            where = f"{view.path(outcome.place.path)}:{outcome.place.line}:{outcome.place.column}"
            lines.append(f"    {where}  {printable(outcome.message.split(chr(10), 1)[0])}")
        if len(found) > SHOWN:
            lines.append(view.style.dim(f"    … and {len(found) - SHOWN} more"))
    hint = view.style.dim("(-v shows each with its source line; `gorefit why FILE:LINE` explains one place)")
    return [[*lines, hint]] if lines else []
