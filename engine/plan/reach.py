"""Which further declarations of a package a rule wants to hear of: those that mention one of its words.

1. A rule's words are plain ("ReadTimeout"), the text of a capture ("@pool"), or "@function": the name of the function
   that holds the hit, then of those that call it, and so on. "@calls" are no words: the functions that it calls.
2. A file that holds none of the words is not parsed. A word inside a comment only brings a declaration too many.
3. Callers are followed up to an exported function, whom anyone may call, and up to `MOST` names.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from ..source.gofile import GoFile
from ..source.words import whole_words
from .called import called
from .scan import Hit

MOST = 64  # names whose callers are looked for

Spans = tuple[tuple[int, int], ...]

_FUNCTIONS = frozenset({"function_declaration", "method_declaration"})


@dataclass(frozen=True, slots=True)
class Reach:
    """The byte spans of declarations by file, and the words of which every mention in the package lies in one."""

    spans: Mapping[Path, Spans]
    words: frozenset[bytes]


def reach(found: Iterable[Hit], paths: Iterable[Path], file: Callable[[Path], GoFile | None]) -> Reach:
    """The declarations, in all files of the package, that mention what the rules of these hits name."""
    hits = [hit for hit in found if hit.rule.about]
    words, callers = _plain(hits), _functions(hits)
    calling = [hit for hit in hits if "@calls" in hit.rule.about]
    if not words and not callers and not calling:
        return Reach({}, frozenset())
    files = [known for known in map(file, paths) if known is not None]
    asked: dict[Path, set[tuple[int, int]]] = {}
    for each, node in itertools.chain(mentioning(files, words), called(calling, files)):
        asked.setdefault(each.path, set()).add((node.start_byte, node.end_byte))
    while callers and len(words) < MOST:
        words |= callers
        further: set[bytes] = set()
        for each, node in mentioning(files, callers):
            asked.setdefault(each.path, set()).add((node.start_byte, node.end_byte))
            further |= _searched(each, node)
        callers = further - words
    return Reach({path: tuple(sorted(places)) for path, places in asked.items()}, frozenset(words))


def united(first: Mapping[Path, Spans], second: Mapping[Path, Spans]) -> Mapping[Path, Spans]:
    """The spans of both, by file."""
    return {p: tuple(sorted({*first.get(p, ()), *second.get(p, ())})) for p in first.keys() | second.keys()}


def mentioning(files: Iterable[GoFile], words: Iterable[bytes]) -> Iterable[tuple[GoFile, Node]]:
    """The top-level declarations that hold one of the words, whole."""
    pattern = whole_words(words)
    for file in files:
        last: Node | None = None
        for match in pattern.finditer(file.text):
            node = file.declaration_at(match.start())
            if node is not None and node != last and node.type not in ("comment", "import_declaration"):
                last = node
                yield file, node


def _plain(hits: Iterable[Hit]) -> set[bytes]:
    words: set[bytes] = set()
    for hit in hits:
        for word in hit.rule.about:
            captured = {hit.file.slice(node) for node in hit.captures.get(word[1:], [])}
            words |= captured if word.startswith("@") else {word.encode()}
    return words


def _functions(hits: Iterable[Hit]) -> set[bytes]:
    names: set[bytes] = set()
    for hit in hits:
        declared = hit.file.declaration_at(hit.at) if "@function" in hit.rule.about else None
        names |= set() if declared is None else _searched(hit.file, declared)
    return names


def _searched(file: GoFile, declared: Node) -> set[bytes]:
    """The name by which others of the package call a function; none for one that is exported or that Go itself runs."""
    name = declared.child_by_field_name("name") if declared.type in _FUNCTIONS else None
    text = b"" if name is None else file.slice(name)
    exported = text.decode("utf-8", "replace")[:1].isupper()
    return set() if not text or exported or text in (b"main", b"init", b"_") else {text}
