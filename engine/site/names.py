"""What a name means at a place, and how to write a package there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from ..edit.imports import ImportName, local_name
from .syntax import enclosing_function, identifiers

if TYPE_CHECKING:
    from .site import Site


def names_visible(site: Site, node: Node, at: Node) -> bool:
    """Whether every identifier in `node` would denote the same object at another place."""
    for found in identifiers(node):
        here, there = site.object(found), site.denotes(site.text(found), at)
        if here is None or (here.kind == "var" and here.field):
            continue
        if there is None or there.id != here.id:
            return False
    return True


def package_name(site: Site, path: str, at: Node, members: tuple[str, ...], *, alias: bool) -> ImportName | None:
    """How to write members of package `path` at a place; None where its name, or under a dot import one of the
    members, means something else there."""
    imported = [local for local, known in site.facts.imports.get(site.path, {}).items() if known == path]
    if imported and all(_taken(site, local, path, at) for local in imported):
        return None  # one package under two names in one file is worse than what it would mend
    name = local_name(site.file, path, taken=lambda wanted: _taken(site, wanted, path, at))
    if name.request is not None and name.request.name and not alias:
        return None
    if not name.name and any(_shadowed(site, member, path, at) for member in members):
        return None
    return name


def fresh(site: Site, name: str, inside: Node | None = None) -> str:
    """A name like `name` that nothing in the function, file or package uses."""
    function = inside or enclosing_function(site.node) or site.node
    used = site.facts.scope_names(site.path, function.start_byte, function.end_byte) | site.facts.names
    used = used | set(site.facts.imports.get(site.path, {}))
    candidate, number = name, 2
    while candidate in used:
        candidate, number = f"{name}{number}", number + 1
    return candidate


def _taken(site: Site, name: str, path: str, at: Node) -> bool:
    """Whether `name` means something else at `at`, or would clash at package level."""
    found = site.denotes(name, at)
    if found is None:
        return name in site.facts.names or site.context.declared_beside(name.encode())
    return not (found.kind == "package" and found.imported == path) and found.scope != "universe"


def _shadowed(site: Site, member: str, path: str, at: Node) -> bool:
    found = site.denotes(member, at)
    return found is not None and found.package != path
