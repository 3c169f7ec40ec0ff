"""A sync.Pool at package level: the one that an earlier fix declared for the same values, or a new one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..facts.facts import Object
from ..model import Edit
from .syntax import above

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool by its name, with the edit that declares it where none did yet."""

    name: str
    edits: tuple[Edit, ...]

    @property
    def declares(self) -> tuple[str, ...]:
        return (self.name,) if self.edits else ()


def pool(site: Site, name: str, holds: str, new: str, at: Node) -> Pool | None:
    """The package's pool of what a function body `new` makes ("return new(bytes.Buffer)"), called `name` or nearly so.

    `holds` tells in the comment above the pool what is in it; by that comment gorefit knows a pool of its own, and
    never takes one of somebody else's, who may rely on what its users put back. `at` is the place of use. None where
    package sync cannot be named above the function.
    """
    home = site.file.declaration_at(at.start_byte)
    sync = None if home is None else site.use("sync", home)
    if home is None or sync is None:
        return None
    anything = "any" if site.go_version >= (1, 18) and site.builtin_visible("any", home) else "interface{}"
    for number in itertools.count(1):
        chosen = name if number == 1 else f"{name}{number}"
        text = _text(chosen, holds, f"{sync}Pool{{New: func() {anything} {{ {new} }}}}")
        known = site.denotes(chosen, at)
        if known is not None and _same(site, known, text):
            return Pool(chosen, ())
        if known is None and site.free_in_package(chosen):
            # func encode(w io.Writer) {
            # var bufferPool = sync.Pool{…}; func encode(w io.Writer) {
            return Pool(chosen, (site.insert(site.start_of(home), f"{text}\n\n"),))
    return None


def fills_pool(site: Site, node: Node) -> bool:
    """Whether a node stands in the New function of a sync.Pool literal."""
    literal = above(node, {"func_literal"})
    key = None if literal is None else above(literal, {"keyed_element", "statement_list"})
    holder = None if key is None or key.type != "keyed_element" else above(key, {"composite_literal"})
    known = None if holder is None else site.type(holder)
    return known is not None and known.name == "sync.Pool"


def _text(name: str, holds: str, value: str) -> str:
    comment = f"// {name} keeps {holds} for reuse; what Get returns may hold old data."
    return f"{comment}\nvar {name} = {value}"


def _same(site: Site, known: Object, text: str) -> bool:
    """Whether a package-level name is declared by just this text, blanks aside: gofmt may have been over it."""
    return "".join(site.declared_text(known).split()) == "".join(text.split())
