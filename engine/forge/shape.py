"""Values out of a forge's JSON, which may have any shape: each of the expected type and clean, or BadAnswer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from .errors import BadAnswer
from .text import clean, clean_line


def at(value: object, *path: str) -> object:
    """What lies at `path` below objects; None where any step of it is missing or null."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, object]", value).get(key)
    return value


def line(value: object, *path: str, default: str | None = None) -> str:
    """A text of one line. Raises BadAnswer where there is none, unless there is a default."""
    found = at(value, *path)
    if isinstance(found, str):
        return clean_line(found)
    return _else(default, path)


def text(value: object, *path: str) -> str:
    """A text of many lines; "" where there is none."""
    found = at(value, *path)
    return clean(found) if isinstance(found, str) else ""


def number(value: object, *path: str, default: int | None = None) -> int:
    """A whole number. Raises BadAnswer where there is none, unless there is a default."""
    found = at(value, *path)
    return found if isinstance(found, int) else _else(default, path)


def flag(value: object, *path: str) -> bool:
    """Whether `true` stands there."""
    return at(value, *path) is True


def items(value: object, *path: str) -> list[object]:
    """The elements of an array; none where there is none."""
    found = at(value, *path)
    return cast("list[object]", found) if isinstance(found, list) else []


def lines(values: Iterable[object], *path: str) -> frozenset[str]:
    """The one-line texts at `path` in each of `values`, as far as there are any."""
    return frozenset(filter(None, (line(value, *path, default="") for value in values)))


def _else(default: Any, path: tuple[str, ...]) -> Any:
    if default is None:
        raise BadAnswer(f"the forge's answer has no sensible {'.'.join(path)}", hint="is this the right API address?")
    return default
