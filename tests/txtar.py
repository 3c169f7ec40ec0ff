"""txtar: a comment, then files, as golang.org/x/tools/txtar reads and writes them (text files only)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_MARKER = re.compile(r"^-- (.+) --[ \t]*\r?\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Archive:
    """What stands before the first file, and the files in order."""

    comment: str
    files: Mapping[str, str]


def parse(text: str) -> Archive:
    """Read an archive; never fails. Of two files with one name the later one wins."""
    marks = list(_MARKER.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    files = {mark[1].strip(): text[mark.end() : end] for mark, end in zip(marks, ends, strict=False)}
    return Archive(text[: marks[0].start()] if marks else text, files)


def form(archive: Archive) -> str:
    """Write an archive; a file that does not end its last line gets a newline, since no marker may follow text."""
    parts = [_ended(archive.comment)]
    for name, text in archive.files.items():
        parts += [f"-- {name} --\n", _ended(text)]
    return "".join(parts)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
