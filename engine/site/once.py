"""Whether code plainly runs once in the life of a program, so that nothing is won by making it cheaper.

1. Package initialisers, `main`, `init` and tests run once; so does a function that is only ever called by name, outside
   of loops, from such functions.
2. A function literal belongs to its function where it is called, started or deferred on the spot.
3. Anything else may run often: an exported function, a method, a function taken as a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..source.gofile import GoFile
from .mentions import Mention, occurrences
from .syntax import enclosing_function, loops_around

if TYPE_CHECKING:
    from .site import Site

_TEST = re.compile(r"(?:Test|Example|Fuzz)(?:[^a-z]|$)")


def runs_once(site: Site) -> bool:
    """Whether the code at the site plainly runs once."""
    return _once(site, Mention(site.file, site.node), frozenset())


def _once(site: Site, place: Mention, callers: frozenset[int]) -> bool:
    """`callers`: the functions on the way here, by object; one that comes again is recursive."""
    file, node = place.file, place.node
    while True:
        if loops_around(node):
            return False
        function = enclosing_function(node)
        if function is None:
            return True
        if function.type != "func_literal":
            return _called_once(site, file, function, callers)
        node = function
        if not _is_called(function):
            return False


def _called_once(site: Site, file: GoFile, function: Node, callers: frozenset[int]) -> bool:
    name = function.child_by_field_name("name")
    assert name is not None
    text = file.slice(name).decode("utf-8", "replace")
    if function.type == "method_declaration":
        return False  # an interface may stand before it
    if text == "init" or (text == "main" and file.package_name == "main"):
        return True
    if file.path.name.endswith("_test.go") and _TEST.match(text):
        return True
    called = site.facts.object(file.path, name.start_byte)
    mentions = None if called is None else occurrences(site, called)
    if called is None or mentions is None or text[:1].isupper() or called.id in callers:
        return False
    uses = [one for one in mentions if (one.path, one.node.start_byte) != (file.path, name.start_byte)]
    return bool(uses) and all(_is_called(one.node) and _once(site, one, callers | {called.id}) for one in uses)


def _is_called(function: Node) -> bool:
    """Whether a name or a function literal stands where a call names its function: `f(…)`, `func() {…}()`."""
    call = function.parent
    return call is not None and call.type == "call_expression" and call.child_by_field_name("function") == function
