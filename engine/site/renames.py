"""Members of other packages that have a second name: where they are mentioned, and how to write the other there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..model import Edit
from ..source.words import named
from .mentions import Mention, occurrences
from .roles import WRITES, role_of

if TYPE_CHECKING:
    from .site import Site


def mentions_of(names: Iterable[str]) -> str:
    """The query for every place that may mention one of these functions, variables or constants of other packages.

    `names` are full names, "io/ioutil.ReadFile". Captures `@site`, the mention with its qualifier, and `@member`, the
    name alone; `Site.member` tells whether it is the one meant. To the grammar the index of `m[ioutil.Discard]()` is a
    type. Types themselves are not meant: one that is embedded gives its name to a field.
    """
    listed = " ".join(f'"{name.rpartition(".")[2]}"' for name in sorted(names))
    return f"""
    (selector_expression field: (field_identifier) @member (#any-of? @member {listed})) @site
    (qualified_type name: (type_identifier) @member (#any-of? @member {listed})) @site
    ((identifier) @site @member (#any-of? @member {listed}))
    """


def member(site: Site, name: Node) -> str:
    """The full name of the function, variable or constant of another package that `name` denotes, else "".

    A package is not other to its own external tests.
    """
    found = site.object(name)
    if found is None or found.scope != "package" or found.kind == "type":
        return ""
    return "" if found.package == site.facts.path.removesuffix("_test") else found.full_name


def assigned(site: Site, name: Node, twin: str = "") -> Mention | None:
    """The first place in the package that assigns to the variable that `name` denotes, or takes its address; or that
    does so to one of the same name in another package, `twin` ("io.Discard").

    Of the whole package only where the rule is `about` the variable, else the mention itself.
    """
    found = site.object(name)
    known = None if found is None else occurrences(site, found)
    mentions = (Mention(site.file, name),) if known is None else known
    return next((one for one in (*mentions, *_twins(site, twin)) if role_of(_qualified(one.node))[0] in WRITES), None)


def _twins(site: Site, variable: str) -> Iterator[Mention]:
    path, _, name = variable.rpartition(".")
    for place in site.facts.files if name else ():
        file = site.context.file(place)
        for node in () if file is None else named(file, {name.encode()}):
            found = site.facts.object(place, node.start_byte)
            if file is not None and found is not None and found.kind == "var" and found.package == path:
                yield Mention(file, node)


def _qualified(name: Node) -> Node:
    """The whole of `ioutil.Discard` for its last part."""
    parent = name.parent
    outer = parent is not None and parent.type == "selector_expression" and parent.child_by_field_name("field") == name
    return parent if outer and parent is not None else name


def renamed(site: Site, mention: Node, to: str) -> list[Edit] | None:
    """The edits that write the package member `to` ("os.ReadFile") in place of a mention of another; None where its
    package cannot be named there."""
    path, _, name = to.rpartition(".")
    qualifier = site.use(path, mention, name, alias=False)
    if qualifier is None:
        return None
    package = mention.child_by_field_name("operand") or mention.child_by_field_name("package")
    old = mention.child_by_field_name("field") or mention.child_by_field_name("name")
    if package is None or old is None or not qualifier:
        # ReadFile(name), after import . "io/ioutil"
        # os.ReadFile(name)
        return [site.replace(mention, qualifier + name)]
    # ioutil.TempDir("", "x")
    # os.MkdirTemp("", "x")
    kept = package.end_byte, old.start_byte
    return site.recompose(mention.start_byte, mention.end_byte, qualifier.removesuffix("."), kept, name)
