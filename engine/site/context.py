"""What a site may ask beyond its own file: of package, workspace and compiler. The engine fills it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..facts.facts import PackageFacts
from ..model import Place
from ..source.gofile import GoFile


@dataclass(frozen=True, slots=True)
class Context:
    """`importable` says why a package cannot be imported, "" where it can. `escapes` asks the compiler about a span.

    `file` gives a file as this pass sees it. `words` are those of which the facts know every mention in the package;
    `beside` tells whether a Go file of the same directory that is not compiled with this package holds a word; tests
    count only if that is asked.
    `declared_beside` tells whether such a file, tests included, declares a name for the whole package.
    `elsewhere` gives the files of the workspace's other packages that mention one of some words, with their facts.
    `looked_at` tells whether this run looks at a package, given by its import path. `exists` tells whether the
    package's directory has a file of this name, or will have.
    """

    package: str
    importable: Callable[[str], str] = lambda path: ""
    escapes: Callable[[Place], bool | None] = lambda place: None
    file: Callable[[Path], GoFile | None] = lambda path: None
    words: frozenset[bytes] = frozenset()
    beside: Callable[[bytes, bool], bool] = lambda word, tests: False
    declared_beside: Callable[[bytes], bool] = lambda name: False
    elsewhere: Callable[[frozenset[bytes]], Sequence[tuple[GoFile, PackageFacts]]] = lambda words: ()
    looked_at: Callable[[str], bool] = lambda package: False
    exists: Callable[[str], bool] = lambda name: False
