"""Find the places that a codemod may have something to say about: needles first, then one parse, then queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from ..api import Codemod, Rule
from ..site.syntax import FUNCTIONS, parents
from ..source.gofile import GoFile, matches, query


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """One match of one codemod's query."""

    codemod: Codemod
    rule: Rule
    file: GoFile
    captures: dict[str, list[Node]]

    @property
    def node(self) -> Node:
        return self.captures["site"][0]

    @property
    def at(self) -> int:
        return self.node.start_byte


def relevant(text: bytes, codemods: Iterable[Codemod]) -> bool:
    """Whether a file may hold a site at all; costs no parse."""
    return any(needle in text for codemod in codemods for rule in codemod.rules for needle in rule.needles)


def hits(file: GoFile, codemods: Sequence[Codemod]) -> list[Hit]:
    """All sites of a file in source order."""
    found: dict[tuple[str, int, int, int], Hit] = {}
    for codemod in codemods:
        for number, rule in enumerate(codemod.rules):
            if not any(needle in file.text for needle in rule.needles):
                continue
            for _, captures in matches(query(rule.query), file.root):
                hit = Hit(codemod, rule, file, captures)
                key = (codemod.id, number, hit.at, hit.node.end_byte)
                if key not in found and _inside(hit.node, rule.inside):
                    found[key] = hit
    return sorted(found.values(), key=lambda hit: (hit.at, hit.codemod.id))


def _inside(node: Node, kind: str) -> bool:
    """Whether a node of `kind` is above `node`, within its function or a literal's outer functions."""
    if not kind:
        return True
    for parent in parents(node):
        if parent.type == kind:
            return True
        if parent.type in FUNCTIONS and parent.type != "func_literal":
            return False
    return False


def spans(found: Iterable[Hit]) -> tuple[tuple[int, int], ...]:
    """The top-level declarations that hold sites: what the facts server is asked about."""
    asked: set[tuple[int, int]] = set()
    for hit in found:
        node = hit.file.declaration_at(hit.at)
        if node is not None:
            asked.add((node.start_byte, node.end_byte))
    return tuple(sorted(asked))
