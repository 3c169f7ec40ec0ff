"""One source line with the place marked under it, as compilers show it."""

from __future__ import annotations

from ..model import Outcome
from .style import TAB, Style, cells, printable

#: Longer lines are shown as a window around the place.
WIDEST = 140


def snippet(outcome: Outcome, style: Style) -> list[str]:
    """The lines of `outcome.source` with carets under its place; empty where there is no source to show."""
    place, source = outcome.place, outcome.source
    if not source.strip():
        return []
    start = _index(source, place.column)
    end = _index(source, place.end_column) if place.end_line == place.line else len(source.rstrip())
    if end <= start:
        end = _word_end(source, start)
    source, start, end = _window(source, start, end)
    before, marked, after = (_show(part) for part in (source[:start], source[start:end], source[end:]))
    number = str(place.line)
    gutter = style.blue(" " * len(number) + " |")
    carets = " " * cells(before) + style.yellow("^" * max(1, cells(marked)))
    return [
        gutter,
        f"{style.blue(number + ' |')} {before}{marked}{after}".rstrip(),
        f"{gutter} {carets}",
    ]


def _index(source: str, column: int) -> int:
    """The character index of a 1-based byte column; columns past the end give the end."""
    raw = source.encode("utf-8", "surrogatepass")
    return len(raw[: column - 1].decode("utf-8", "ignore"))


def _word_end(source: str, start: int) -> int:
    end = start
    while end < len(source) and (source[end].isalnum() or source[end] == "_"):
        end += 1
    return max(end, start + 1)


def _window(source: str, start: int, end: int) -> tuple[str, int, int]:
    """A long line cut to what surrounds the place, with an ellipsis where something is left out."""
    if len(source) <= WIDEST:
        return source, start, end
    first = max(0, start - 40)
    last = min(len(source), first + WIDEST)
    head, tail = "…" if first else "", "…" if last < len(source) else ""
    shift = len(head) - first
    return head + source[first:last] + tail, start + shift, min(end, last) + shift


def _show(text: str) -> str:
    return printable(text).replace("\t", TAB)
