"""Titles and commit messages: what a change says of itself where there is no room for a page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..api import Codemod
from ..report.style import plural
from .shard import Split

_LONGEST = 72  # characters of a subject


def title(codemods: Sequence[Codemod], split: Split, key: str, prefix: str) -> str:
    """The title of a request."""
    if len(codemods) == 1:
        said = _headline(codemods[0])
    elif len(codemods) > 3:
        said = f"Apply {len(codemods)} gorefit codemods"
    else:
        *first, last = (codemod.id for codemod in codemods)
        said = f"Apply the gorefit codemods {', '.join(first)} and {last}"
    return prefix + said + _where(split, key)


def message(codemod: Codemod, places: int, files: int, trailers: Sequence[tuple[str, str]], prefix: str) -> str:
    """A commit message without its digest."""
    subject = prefix + _headline(codemod)
    if len(subject) > _LONGEST:
        subject = f"{prefix}Apply the gorefit codemod {codemod.id}"
    body = (
        f"Made by gorefit's codemod {codemod.id} in {plural(places, 'place')} of {plural(files, 'file')}.\n"
        f"`gorefit explain {codemod.id}` tells what it does, why, and when it declines."
    )
    return f"{subject}\n\n{body}\n\n" + "".join(f"{name}: {value}\n" for name, value in trailers)


def _headline(codemod: Codemod) -> str:
    return codemod.title.rstrip(".")


def _where(split: Split, key: str) -> str:
    """What tells this request from the others of its series: the key, without what a forge would read as a mention."""
    plain = re.sub(r"[^\w./+-]+", " ", key).strip()
    if plain in ("", ".") or split is Split.CODEMOD:
        return ""
    return f" in {plain}" if split in (Split.MODULE, Split.PACKAGE) else f" ({plain})"
