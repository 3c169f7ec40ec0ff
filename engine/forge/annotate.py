"""What is the same for all forges when a pull request is annotated: parts that are refused, and words said once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Literal

from . import shape
from .errors import AlreadyExists, Forbidden, Invalid, NotFound
from .forge import Comment, Refusal, marker
from .text import clean, clean_line

What = Literal["label", "assignee", "reviewer", "team", "milestone", "auto-merge", "ready"]

#: What a forge answers where it has done nothing and never will: the part is refused, the request stands.
REFUSED = (Forbidden, NotFound, Invalid, AlreadyExists)


def in_parts(what: What, names: Collection[str], send: Callable[[list[str]], object]) -> tuple[Refusal, ...]:
    """Send all names at once; where that is refused, one by one, so that one bad name does not cost the others."""
    names = sorted(set(names))
    if not names:
        return ()
    try:
        send(names)
    except REFUSED as error:
        if len(names) == 1:
            return (Refusal(what, names[0], error.message),)
        return tuple(refusal for name in names for refusal in in_parts(what, [name], send))
    return ()


def left_out(what: What, asked: Iterable[str], taken: Collection[str], reason: str) -> tuple[Refusal, ...]:
    """Refusals for what a forge drops without a word: names that were asked for, and are not there afterwards."""
    there = {name.casefold() for name in taken}
    return tuple(Refusal(what, name, reason) for name in sorted(set(asked)) if name.casefold() not in there)


def attempt(what: What, name: str, send: Callable[[], object]) -> tuple[Refusal, ...]:
    """Do one thing, and say why if it is refused."""
    try:
        send()
    except REFUSED as error:
        return (Refusal(what, name, error.message),)
    return ()


def milestone(title: str, rows: Iterable[object], key: str, send: Callable[[int], object]) -> tuple[Refusal, ...]:
    """Set the milestone of that title among `rows`, which go by the number under `key`."""
    number = next((shape.number(row, key) for row in rows if shape.line(row, "title") == clean_line(title)), None)
    if number is None:
        return (Refusal("milestone", title, "there is no open milestone of that title"),)
    return attempt("milestone", title, lambda: send(number))


def said_before(comments: Iterable[Comment], key: str, login: str) -> Comment | None:
    """The comment under `key` that this identity wrote; one that quotes the marker is not it."""
    hidden = marker(key)
    return next((one for one in comments if hidden in one.body and login in ("", one.author)), None)


def marked(text: str, key: str) -> str:
    """A comment's text, with its hidden marker at the end."""
    return f"{clean(text).rstrip()}\n\n{marker(key)}\n"
