"""The text of a request: one section of ours, between two marks, in a body that otherwise belongs to people.

1. The section is rendered from the codemods' own documentation and the run's outcomes, by a template that the user may
   replace. Templates run in Jinja2's sandbox, and a name they get wrong is an error.
2. Whatever comes from the repository (paths, messages, test output) stands in code spans or with its meaning for a
   forge taken away: it can neither mention people, nor close issues, nor end our section.
3. The first line between the marks holds a digest of the section and of the title as they were rendered. A section
   whose digest has not changed is not written again, so that edits of people to it survive; their text around it always
   does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from .errors import PrError

BEGIN, END = "<!-- gorefit:begin -->", "<!-- gorefit:end -->"
STOP = "gorefit:stop"
_SECTION = re.compile(re.escape(BEGIN) + r"(.*?)" + re.escape(END), re.DOTALL)
_FACTS = re.compile(r"<!-- gorefit: body=([0-9a-f]{16}) title=([0-9a-f]{16}) -->")
_SHOWN = (50, 15, 5, 0)  # places in a list, fewer until the text fits


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the code, `line` 1-based in the file as it was."""

    path: str
    line: int
    message: str = ""

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that a reviewer should weigh, and where."""

    message: str
    places: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What one codemod does here; the texts are those of its documentation."""

    id: str
    title: str
    tier: str
    what: str
    why: str
    risk: str
    places: tuple[Spot, ...]
    risks: tuple[Risk, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the verification log."""

    name: str
    platform: str
    packages: int
    result: str


@dataclass(frozen=True, slots=True)
class Left:
    """Places that one codemod recognised and left alone for one reason."""

    codemod: str
    why: str
    count: int
    places: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a template can speak of; docs/pull-requests.md explains each name."""

    changes: tuple[Change, ...]
    files: tuple[str, ...]
    checks: tuple[Check, ...]
    left: tuple[Left, ...]
    dropped: tuple[Spot, ...]
    reproduce: tuple[str, ...]
    tested: bool
    go: str
    gorefit: str
    evidence: str = ""
    total: int = 1
    term: str = "pull request"

    @property
    def count(self) -> int:
        return sum(len(change.places) for change in self.changes)


def render(facts: Facts, template: Path | None = None, limit: int = 60_000) -> str:
    """Our section, of at most `limit` characters. Raises PrError where the template is at fault."""
    from jinja2 import TemplateError

    name = str(template) if template else "body.md.j2"
    try:
        source = template.read_text("utf-8") if template else _own_template()
        for most in _SHOWN:
            text = _tidy(_rendered(source, facts, most))
            if len(text) <= limit:
                return text
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"{name}:{line}" if line else name
        raise PrError(f"{where}: {error.message or type(error).__name__}", hint=_TEMPLATE) from None
    except (OSError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise PrError(f"{name}: the text cannot be made: {error}", hint=_TEMPLATE) from None
    raise PrError(f"{name}: the text has more than {limit} characters, which no forge takes", hint=_TEMPLATE)


_TEMPLATE = "see docs/pull-requests.md, The text of a request"


def section(text: str, title: str) -> str:
    """The section with its marks, as it stands in a body."""
    facts = f"<!-- gorefit: body={_digest(text)} title={_digest(title)} -->"
    return f"{BEGIN}\n{facts}\n{text.strip()}\n{END}"


def compose(text: str, title: str, template: str) -> str:
    """The body of a new request: our section where the repository's template wants it, else above the template."""
    made, template = section(text, title), template.strip()
    if not template:
        return made + "\n"
    if _SECTION.search(template):
        return _SECTION.sub(lambda _: made, template, count=1) + "\n"
    return f"{made}\n\n---\n\n{template.replace(BEGIN, '').replace(END, '')}\n"


def updated(body: str, text: str, title: str) -> str | None:
    """The body with our section brought up to date, or None where it says this already.

    A section that a person took out is not put back.
    """
    found = _SECTION.search(body)
    if found is None:
        return None
    facts = _FACTS.search(found[1])
    if facts and facts[1] == _digest(text):
        return None
    return body[: found.start()] + section(text, title) + body[found.end() :]


def our_title(body: str, title: str) -> bool:
    """Whether a title is the one that we gave, so that it is ours to change."""
    found = _SECTION.search(body)
    facts = _FACTS.search(found[1]) if found else None
    return facts is not None and facts[2] == _digest(title)


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def _own_template() -> str:
    return resources.files(__package__ or "").joinpath("body.md.j2").read_text("utf-8")


def _rendered(source: str, facts: Facts, most: int) -> str:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters.update(FILTERS)  # pyright: ignore[reportUnknownMemberType]  # jinja2 has no type for it
    review = any(change.tier != "safe" or change.risks for change in facts.changes)
    names = {name: getattr(facts, name) for name in facts.__dataclass_fields__}
    return environment.from_string(source).render(**names, count=facts.count, review=review, most=most, stop=STOP)


def _tidy(text: str) -> str:
    """At most one blank line in a row, and none of our marks from anywhere."""
    text = re.sub(r"<!--\s*gorefit:", "&lt;!-- gorefit:", text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"


def code(text: object) -> str:
    """As a code span, whatever backticks it holds; on one line."""
    line = " ".join(str(text).split()) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def words(text: object) -> str:
    """As plain words on one line: no markup, no mention, no reference; `code` in backticks stays code."""
    parts = re.split(r"(`[^`]+`)", " ".join(str(text).split()))  # every second one is code
    return "".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_{}\[\]|~])", r"\\\1", text)
    return re.sub(r"([@#!])(?=\w)", r"\1&#8203;", text).replace("://", ":&#8203;//")


def flow(text: str) -> str:
    """Documentation as Markdown in which a line is a paragraph: forges break a paragraph where its lines end."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(re.sub(r"\n(?!\s*[-*] )\s*", " ", paragraph) for paragraph in paragraphs)


def fenced(text: str) -> str:
    """Fit to stand between two lines of three backticks."""
    return text.replace("```", "'''").strip("\n")


def plural(count: int, noun: str) -> str:
    """`3 places`, `1 place`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def sentence(text: str) -> str:
    """With a capital at its start."""
    return text[:1].upper() + text[1:]


def ternary(condition: object, yes: str, no: str) -> str:
    return yes if condition else no


FILTERS: Mapping[str, Any] = {one.__name__: one for one in (code, words, flow, fenced, plural, sentence, ternary)}
