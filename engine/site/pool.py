"""A sync.Pool at package level: the one that an earlier fix declared for the same values, or a new one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..facts.facts import Object
from ..model import Edit
from ..source.regions import is_conditional
from .syntax import above

if TYPE_CHECKING:
    from .site import Site

#: The body of a New function as it is to be written in a file, at a place; None where something cannot be named there.
New = Callable[["Site", Node], str | None]


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool by its name, with the edit that declares it where none did yet."""

    name: str
    edits: tuple[Edit, ...]

    @property
    def declares(self) -> tuple[str, ...]:
        return (self.name,) if self.edits else ()


def pool(site: Site, name: str, holds: str, new: New, at: Node) -> Pool | None:
    """The package's pool of what a function body `new` makes ("return new(bytes.Buffer)"), called `name` or nearly so.

    `holds` tells in the comment above the pool what it keeps ("buffers for reuse; …"); by that comment gorefit knows a
    pool of its own, and never takes one of somebody else's, who may rely on what its users put back. `at` is the place
    of use. None where package sync, or what `new` names, cannot be named above the function.
    """
    home = site.file.declaration_at(at.start_byte)
    if home is None:
        return None
    for number in itertools.count(1):
        chosen = name if number == 1 else f"{name}{number}"
        known = site.denotes(chosen, at)
        if known is not None and _is_ours(site, known, holds, new):
            return Pool(chosen, ())
        if known is None and site.free_in_package(chosen):
            text = _text(site, home, chosen, holds, new)
            # func encode(w io.Writer) {
            # var bufferPool = sync.Pool{…}; func encode(w io.Writer) {
            return None if text is None else Pool(chosen, (site.insert(site.start_of(home), f"{text}\n\n"),))
    return None


def fills_pool(site: Site) -> bool:
    """Whether the site stands in the New function of a sync.Pool literal."""
    literal = above(site.node, {"func_literal"})
    key = None if literal is None else above(literal, {"keyed_element", "statement_list"})
    holder = None if key is None or key.type != "keyed_element" else above(key, {"composite_literal"})
    known = None if holder is None else site.type(holder)
    return known is not None and known.name == "sync.Pool"


def _text(site: Site, home: Node, name: str, holds: str, new: New) -> str | None:
    sync, made = site.use("sync", home, "Pool"), new(site, home)
    if sync is None or made is None:
        return None
    anything = "any" if site.go_version >= (1, 18) and site.builtin_visible("any", home) else "interface{}"
    comment = f"// {name} keeps {holds}."
    return f"{comment}\nvar {name} = {sync}Pool{{New: func() {anything} {{ {made} }}}}"


def _is_ours(site: Site, known: Object, holds: str, new: New) -> bool:
    """Whether a fix like this one declared the pool, in a file that no build leaves out if it compiles this one."""
    found = site.declaration(known) if known.scope == "package" and known.kind == "var" else None
    declared = None if found is None else found.file.declaration_at(found.node.start_byte)
    if found is None or declared is None or (found.path != site.path and is_conditional(found.file)):
        return False
    text = _text(site.within(found.file), declared, known.name, holds, new)
    return text is not None and "".join(site.declared_text(known).split()) == "".join(text.split())
