"""How text looks on a terminal: colours, cell widths, and source text that cannot drive the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TAB = "    "


@dataclass(frozen=True, slots=True)
class Style:
    """Paints words; without colour every method returns its text unchanged."""

    colour: bool = False

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def bold(self, text: str) -> str:
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        return self._paint("2", text)

    def red(self, text: str) -> str:
        return self._paint("1;31", text)

    def green(self, text: str) -> str:
        return self._paint("32", text)

    def removed(self, text: str) -> str:
        return self._paint("31", text)

    def yellow(self, text: str) -> str:
        return self._paint("1;33", text)

    def blue(self, text: str) -> str:
        return self._paint("1;34", text)

    def cyan(self, text: str) -> str:
        return self._paint("36", text)


@dataclass(frozen=True, slots=True)
class View:
    """What a text report needs to know of its reader: colours, how much to tell, and where paths are seen from."""

    base: Path
    style: Style = Style()
    verbosity: int = 0  # -1 quiet, 0 normal, 1 everything

    def path(self, path: Path) -> str:
        """`path` as the reader would type it: relative below the base, else absolute."""
        return printable(str(path.relative_to(self.base) if path.is_relative_to(self.base) else path))


def printable(text: str) -> str:
    """`text` without anything that could drive the terminal or reorder the line: shown as a symbol or U+FFFD."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\t " else _visible(char) for char in text)


def _visible(char: str) -> str:
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "␡" if char == "\x7f" else "\N{REPLACEMENT CHARACTER}"


def cells(text: str) -> int:
    """The number of terminal columns of `text`: wide characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200b\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled with spaces to `width` cells."""
    gap = " " * max(0, width - cells(text))
    return gap + text if right else text + gap


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[list[str]]:
    """The rows with every column padded to its widest cell; the columns in `right` are set flush right."""
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return [[pad(cell, widths[i], right=i in right) for i, cell in enumerate(row)] for row in rows]


def plural(count: int, noun: str, many: str = "") -> str:
    """`3 fixes`, `1 fix`."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"
