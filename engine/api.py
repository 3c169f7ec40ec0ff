"""The one module a codemod imports.

A codemod is one decorated function: it gets a `Site` and answers `Fix`, `Decline`, or None for "not mine".

    @codemod("prealloc", query=QUERY, needles=(b"append(",), tier=Tier.SAFE, since="0.1")
    def prealloc(site: Site) -> Fix | Decline | None:
        \"""Allocate a slice once, before the loop that appends to it. …\"""
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

import msgspec
from tree_sitter import Node

from .facts.facts import Object
from .model import Decline, Edit, Fix, NewFile, Note, Tier
from .site.durations import Duration
from .site.fate import Fate
from .site.fieldwise import Filling
from .site.growth import Growth
from .site.locals import NOT_LOCAL
from .site.loop import Count, Loop, runs_once_per_iteration
from .site.mentions import Mention
from .site.pool import New, Pool
from .site.renames import mentions_of
from .site.reset import Scratch
from .site.rewrite import Part
from .site.roles import Role, role_of
from .site.site import Site
from .site.slices import Append, Start, each_time
from .site.valuepool import PoolGet, PoolMake, PoolPut, ValuePool
from .site.variable import Use, Variable
from .site.whereabouts import Sighting

__all__ = [
    "NOT_LOCAL",
    "Answer",
    "Append",
    "Codemod",
    "Count",
    "Decline",
    "Duration",
    "Edit",
    "Fate",
    "FileStem",
    "Filling",
    "Fix",
    "GoName",
    "Growth",
    "Loop",
    "Mention",
    "Natural",
    "New",
    "NewFile",
    "Node",
    "Note",
    "Object",
    "Options",
    "Part",
    "Pool",
    "PoolGet",
    "PoolMake",
    "PoolPut",
    "Role",
    "Rule",
    "Scratch",
    "Sighting",
    "Site",
    "Size",
    "Start",
    "Tier",
    "Use",
    "ValuePool",
    "Variable",
    "codemod",
    "each_time",
    "mentions_of",
    "role_of",
    "rule",
    "runs_once_per_iteration",
]

Answer: TypeAlias = Fix | Decline | None
_KEYWORDS = (
    "break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import|interface|map|package|range"
    "|return|select|struct|switch|type|var"
)
# Types for options: a name that Go code can have, the start of a file's name, a number that is not negative.
GoName: TypeAlias = Annotated[str, msgspec.Meta(pattern=rf"^(?!(?:{_KEYWORDS}|_)\Z)[A-Za-z_]\w*\Z")]
FileStem: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][\w-]*\Z")]
Natural: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
#: A number of bytes, up to what an int holds on every platform.
Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31, description="a number of bytes, from 0 to 2147483647")]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A codemod's options: subclass it, give every field a default; gorefit.toml sets them by kebab-case names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One query and the function that judges its hits.

    `needles`: a file that holds none of these byte strings is never parsed. `inside`: a hit counts only below a node
    of this kind within its function ("for_statement"); a cheap filter before types are asked for. `about`: words of
    which `Site.occurrences` knows every mention in the package, whichever file it is in: "ReadTimeout", "@pool" for
    what the query captured under that name, "@function" for the function around the hit and those that call it.
    "@calls" are no words: for the functions that it calls facts are at hand, too.
    `near`: a capture and a regular expression with one group: a hit counts only if the group matches, somewhere in the
    package's files, what was captured; files of other packages are not parsed for this rule.
    `beyond`: the fields that it asks `Site.field_writes` about, so that an answer is kept only as long as no package of
    the workspace says anything else of them.
    """

    query: str
    needles: tuple[bytes, ...]
    run: Callable[[Site], Answer]
    inside: str = ""
    about: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    near: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Codemod:
    """A registered technique. `declines` maps every code it may answer to one sentence of documentation.

    `platforms` ("windows/amd64") are those that a plan with fixes of this codemod is verified for in any case.
    `only_named`: it takes no part in a run that does not name it, whatever the tier.
    """

    id: str
    tier: Tier
    since: str
    rules: tuple[Rule, ...]
    doc: str
    options: type[Options] = Options
    imports: tuple[str, ...] = ()
    declines: Mapping[str, str] = field(default_factory=dict[str, str])
    platforms: tuple[str, ...] = ()
    only_named: bool = False
    source: str = ""  # the file that defines it; part of the cache key

    @property
    def title(self) -> str:
        """The first line of its documentation."""
        return self.doc.partition("\n")[0]


def rule(
    query: str,
    needles: tuple[bytes, ...],
    inside: str = "",
    about: tuple[str, ...] = (),
    beyond: tuple[str, ...] = (),
    near: tuple[str, bytes] | None = None,
) -> Callable[[Callable[[Site], Answer]], Rule]:
    """Make a further rule of a codemod, to be named in its `also`."""
    return lambda run: Rule(query, needles, run, inside, about, beyond, near)


def codemod(
    id_: str,
    *,
    query: str,
    needles: tuple[bytes, ...],
    tier: Tier,
    since: str,
    inside: str = "",
    about: tuple[str, ...] = (),
    beyond: tuple[str, ...] = (),
    options: type[Options] = Options,
    imports: tuple[str, ...] = (),
    declines: Mapping[str, str] | None = None,
    platforms: tuple[str, ...] = (),
    only_named: bool = False,
    also: tuple[Rule, ...] = (),
) -> Callable[[Callable[[Site], Answer]], Codemod]:
    """Register a function as a codemod; its docstring is its documentation.

    `imports` names the packages that its fixes may add, so that their types are at hand. Raises ValueError where the
    docstring is missing.
    """

    def register(run: Callable[[Site], Answer]) -> Codemod:
        doc = inspect.getdoc(run)
        if not doc:
            raise ValueError(f"codemod {id_} has no docstring: it is the documentation")
        rules = (Rule(query, needles, run, inside, about, beyond), *also)
        source = inspect.getsourcefile(run) or ""
        return Codemod(id_, tier, since, rules, doc, options, imports, declines or {}, platforms, only_named, source)

    return register
