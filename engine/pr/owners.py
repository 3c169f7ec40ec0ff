"""Who owns a file, by the CODEOWNERS of the base commit, in the forms of GitHub and GitLab.

1. GitHub: the last line that matches a path names its owners; a line without owners leaves it unowned.
2. GitLab: each section is a file of its own with that rule, and a path has the owners of all of them. Lines without
   owners have those of their section; `!pattern` takes a path out of a section; sections of one name are one.
3. Patterns come from whoever wrote the repository. A line that cannot be read is left out and told, and so is one with
   more stars than a person would write: matching it could take for ever.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..forge.forge import Kind

if TYPE_CHECKING:
    from codeowners import CodeOwners


class Form(enum.StrEnum):
    """The two ways to write a CODEOWNERS file. Gitea's third way, regular expressions, is not read."""

    GITHUB = "github"
    GITLAB = "gitlab"


_GITHUB = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_GITLAB = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
#: Where each forge looks, first come first served.
PLACES: Mapping[Kind, tuple[str, ...]] = {
    Kind.GITHUB: _GITHUB,
    Kind.GITLAB: _GITLAB,
    Kind.GITEA: (),
    Kind.BARE: (*_GITHUB, ".gitlab/CODEOWNERS"),
}


def form(kind: Kind, path: str) -> Form:
    """How a CODEOWNERS file at that path is written."""
    return Form.GITLAB if kind is Kind.GITLAB or path.startswith(".gitlab/") else Form.GITHUB


_MOST_STARS, _MOST_DOUBLE = 2, 3  # in a part of a path, and `**` in a pattern
_SECTION = re.compile(r"^\^?\[(?P<name>[^\]]*)\](?:\[\d*\])?(?P<owners>(?:\s.*)?)$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OWNER = re.compile(r"^(?:@@?[\w.-]+(?:/[\w.-]+)*|[^@\s]+@[^@\s]+)$")


@dataclass(frozen=True, slots=True)
class Owners:
    """A parsed CODEOWNERS file; `problems` names the lines that say nothing."""

    sections: tuple[CodeOwners, ...] = ()
    problems: tuple[str, ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path below the root of the repository, as they are written, in order, each once."""
        found = (owner for section in self.sections for _, owner in section.of(path))
        return tuple(dict.fromkeys(found))


def parse(text: str, form: Form) -> Owners:
    """The owners that a CODEOWNERS file names."""
    from codeowners import CodeOwners

    problems: list[str] = []
    sections = _sections(text.splitlines(), form, problems)
    return Owners(tuple(CodeOwners("\n".join(lines)) for lines in sections.values()), tuple(problems))


def _sections(lines: Iterable[str], form: Form, problems: list[str]) -> dict[str, list[str]]:
    """The readable lines of each section, with the section's owners where they have none of their own."""
    sections: dict[str, list[str]] = {"": []}
    name, shared = "", ""
    for number, line in enumerate(lines, 1):
        line = _COMMENT.sub("", line).strip()
        header = _SECTION.match(line) if form is Form.GITLAB else None
        if header:
            name, shared = header["name"].strip().lower(), header["owners"].strip()
            sections.setdefault(name, [])
        elif line:
            rule, problem = _rule(line, shared, form)
            if problem:
                problems.append(f"line {number}: {problem}: {line[:80]}")
            else:
                sections[name].append(rule)
    return sections


def _rule(line: str, shared: str, form: Form) -> tuple[str, str]:
    """A line as the library reads it, and what is wrong with it."""
    from codeowners import CodeOwners

    pattern, *owners = re.split(r"(?<!\\)\s+", line)
    if form is Form.GITLAB and pattern.startswith("!"):
        pattern, owners, shared = pattern[1:], [], ""
    owners = [owner for owner in (owners or shared.split()) if _OWNER.match(owner)]
    parts = pattern.split("/")
    if parts.count("**") > _MOST_DOUBLE or any(len(re.findall(r"\*+", part)) > _MOST_STARS for part in parts):
        return "", "too many stars"
    rule = " ".join([pattern, *owners])
    try:
        CodeOwners(rule)
    except (ValueError, re.error, IndexError):
        return "", "not a pattern"
    return rule, ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom a forge can be asked a review: people by login, teams by `organisation/team`."""

    people: tuple[str, ...]
    teams: tuple[str, ...]


def asked(owners: Iterable[str], *, but: str = "") -> Asked:
    """Owners as reviewers. Addresses and roles (`@@maintainer`) name nobody that a forge could ask; `but` is us."""
    names = [owner[1:] for owner in dict.fromkeys(owners) if owner.startswith("@") and not owner.startswith("@@")]
    people = tuple(name for name in names if "/" not in name and name.lower() != but.lower())
    return Asked(people, tuple(name for name in names if "/" in name))
