"""Look for identifiers by their spelling: a cheap first step, before anything is parsed or typed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from tree_sitter import Node

from .gofile import GoFile

_NAMES = frozenset({"identifier", "field_identifier", "type_identifier", "package_identifier"})


def whole_words(words: Iterable[bytes]) -> re.Pattern[bytes]:
    """What finds any of these identifiers, and not a longer one that holds it."""
    listed = b"|".join(map(re.escape, sorted(words))) or rb"(?!)"
    return re.compile(rb"(?<![\w\x80-\xff])(?:" + listed + rb")(?![\w\x80-\xff])")


def name_at(file: GoFile, start: int, end: int) -> Node | None:
    """The node that spans just these bytes, if there is one."""
    node = file.root.named_descendant_for_byte_range(start, end)
    return None if node is None or (node.start_byte, node.end_byte) != (start, end) else node


def named(file: GoFile, words: Collection[bytes]) -> Iterator[Node]:
    """The identifiers of a file that are spelled like one of the words, in source order."""
    for match in whole_words(words).finditer(file.text):
        node = name_at(file, match.start(), match.end())
        if node is not None and node.type in _NAMES:
            yield node


def declares(file: GoFile, name: bytes) -> bool:
    """Whether a file declares a name for its whole package: a function, a type, a variable or a constant."""
    line = (
        rb"^(?:(?:func|type|var|const)[ \t]+(?:\([ \t]*)?|[ \t]+(?:\w+[ \t]*,[ \t]*)*)"
        + re.escape(name)
        + rb"(?![\w.\x80-\xff])"
    )
    if not re.search(line, file.text, re.MULTILINE):
        return False  # and need not be parsed
    places = (node for node in named(file, [name]) if node.parent is not None)
    return any(_declared(node) for node in places)


def _declared(name: Node) -> bool:
    above, top = name.parent, name
    while top.parent is not None and top.parent.type != "source_file":
        top = top.parent
    if above is None or name not in above.children_by_field_name("name"):
        return False
    return above == top or (top.type in _DECLARATIONS and above.type in _SPECS)


_DECLARATIONS = frozenset({"type_declaration", "var_declaration", "const_declaration"})
_SPECS = frozenset({"type_spec", "type_alias", "var_spec", "const_spec"})
