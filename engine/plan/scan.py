"""Find the places that a codemod may have something to say about: needles first, then one parse, then queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tree_sitter import Node

from ..api import Codemod, Rule
from ..site.syntax import FUNCTIONS, parents
from ..source.gofile import GoFile, matches, query

#: What a package's files hold of what a rule asks for near its hits; see Rule.
Nearby: TypeAlias = Mapping[Rule, frozenset[bytes]]


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


def nearby(codemods: Iterable[Codemod], texts: Callable[[], Iterable[bytes]]) -> Nearby:
    """What the rules that ask for something near find in the texts of a package's files."""
    asking = [rule for codemod in codemods for rule in codemod.rules if rule.near is not None]
    known = list(texts()) if asking else []
    return {rule: frozenset(_found(rule, known)) for rule in asking}


def _found(rule: Rule, texts: Iterable[bytes]) -> Iterable[bytes]:
    assert rule.near is not None
    pattern = re.compile(rule.near[1])
    return (match[1] for text in texts for match in pattern.finditer(text))


def relevant(text: bytes, codemods: Iterable[Codemod], near: Nearby) -> bool:
    """Whether a file may hold a site at all; costs no parse."""
    rules = (rule for codemod in codemods for rule in codemod.rules)
    return any(needle in text for rule in rules if rule.near is None or near[rule] for needle in rule.needles)


def hits(file: GoFile, codemods: Sequence[Codemod], near: Nearby) -> list[Hit]:
    """All sites of a file in source order."""
    found: dict[tuple[str, int, int, int], Hit] = {}
    for codemod in codemods:
        for number, rule in enumerate(codemod.rules):
            if not any(needle in file.text for needle in rule.needles) or (rule.near is not None and not near[rule]):
                continue
            for _, captures in matches(query(rule.query), file.root):
                hit = Hit(codemod, rule, file, captures)
                key = (codemod.id, number, hit.at, hit.node.end_byte)
                if key not in found and _inside(hit.node, rule.inside) and _near(hit, near):
                    found[key] = hit
    return sorted(found.values(), key=lambda hit: (hit.at, hit.codemod.id))


def _near(hit: Hit, near: Nearby) -> bool:
    if hit.rule.near is None:
        return True
    return any(hit.file.slice(node) in near[hit.rule] for node in hit.captures.get(hit.rule.near[0], []))


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
