"""What a package may add: names and files that nothing in its directory has yet."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from tree_sitter import Node

if TYPE_CHECKING:
    from .site import Site


def named_beside(site: Site, name: str, *, tests: bool = True) -> bool:
    """Whether a name stands in a Go file of this directory that is not compiled with this package here: a file of
    another platform or, if they count, a test. What they say of it nobody knows."""
    return site.context.beside(name.encode(), tests)


def in_package(site: Site, path: Node) -> bool:
    """Whether an expression is the constant name of a file below the package's directory."""
    name = ast.literal_eval(known) if (known := site.const(path)) else ""
    inside = bool(name) and not name.startswith("/") and ".." not in name.split("/")
    return inside and site.context.exists(name)


def free_in_package(site: Site, name: str) -> bool:
    """Whether a package-level name can be added: nothing in the package, its imports, its tests or its files for
    other platforms is called so."""
    imported = {local for names in site.facts.imports.values() for local in names}
    return name not in site.facts.names and name not in imported and not site.named_beside(name)


def fresh_files(site: Site, stem: str, *endings: str) -> list[str]:
    """Names of files, one for each ending ("_unix.go"), that the package's directory does not have yet."""
    stems = itertools.chain([stem], (f"{stem}{number}" for number in itertools.count(2)))
    named = ([each + ending for ending in endings] for each in stems)
    return next(names for names in named if not any(map(site.context.exists, names)))
