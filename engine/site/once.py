"""Whether code plainly runs once in the life of a program, or in tests alone, so that making it cheaper wins nothing.

1. Package initialisers, `main`, `init` and tests run once; so does a function that is only ever called by name, outside
   of loops, from such functions.
2. A function literal belongs to its function where it is called, started or deferred on the spot. What is given to the
   Do of a sync.Once that is a package variable runs once, whoever calls the function around it.
3. What is given a *testing.T, B or F, or a testing.TB, serves tests alone, in whichever file it stands.
4. Anything else may run often: an exported function, a method, a function taken as a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..source.gofile import GoFile
from .mentions import Mention, occurrences
from .roles import role_of
from .syntax import called_name, enclosing_function, loops_around

if TYPE_CHECKING:
    from .site import Site

_TESTS = frozenset({"testing.T", "testing.B", "testing.F", "testing.TB"})
_TEST = re.compile(r"(?:Test|Example|Fuzz)(?:[^a-z]|$)")


def runs_once(site: Site) -> bool:
    """Whether the code at the site plainly runs once, or in tests alone."""
    return _once(site, Mention(site.file, site.node), frozenset())


def _once(site: Site, place: Mention, callers: frozenset[int]) -> bool:
    """`callers`: the functions on the way here, by object; one that comes again is recursive."""
    file, node = place.file, place.node
    while True:
        function = enclosing_function(node)
        if function is not None and _is_given_a_test(site.within(file), function):
            return True
        if loops_around(node):
            return False
        if function is None:
            return True
        if function.type != "func_literal":
            return _called_once(site, file, function, callers)
        if _is_done_once(site, file, function):
            return True
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


def _is_given_a_test(there: Site, function: Node) -> bool:
    """Whether a parameter of a function is what package testing hands to tests."""
    listed = function.child_by_field_name("parameters")
    written = [] if listed is None else [one.child_by_field_name("type") for one in listed.named_children]
    types = [there.type(one) for one in written if one is not None]
    held = [one.elem if one is not None and one.kind == "pointer" else one for one in types]
    return any(one is not None and one.name in _TESTS for one in held)


def _is_done_once(site: Site, file: GoFile, literal: Node) -> bool:
    """`once.Do(func() {…})` for a package variable once."""
    call = role_of(literal)[1].parent
    name = None if call is None or call.type != "call_expression" else called_name(call)
    selector = None if name is None else name.parent
    operand = None if selector is None else selector.child_by_field_name("operand")
    if call is None or operand is None:
        return False
    there = site.within(file)
    once = there.object(operand)
    return there.callee(call) == "(*sync.Once).Do" and once is not None and once.scope == "package"


def _is_called(function: Node) -> bool:
    """Whether a name or a function literal stands where a call names its function: `f(…)`, `func() {…}()`."""
    call = function.parent
    return call is not None and call.type == "call_expression" and call.child_by_field_name("function") == function
