"""What the other packages of the workspace say of some words: a server's fields that another package sets."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..facts.facts import PackageFacts
from ..facts.request import CheckRequest
from ..source.gofile import GoFile
from ..source.words import whole_words
from .reach import mentioning

Mention = tuple[GoFile, PackageFacts]
_Holding = dict[str, list[GoFile]]  # by import path
_Key = tuple[frozenset[bytes], str]


@dataclass
class Elsewhere:
    """Asks each package at most once about each set of words; several planner threads may ask at the same time.

    A value gets from one package to another in a program that holds both: packages that no package of the run has
    together among its dependencies do not concern each other.
    """

    requests: Mapping[str, CheckRequest]  # by import path
    check: Callable[[CheckRequest], PackageFacts]
    deps: Mapping[str, Collection[str]]  # import paths of all that a package depends on
    _linked: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    _files: dict[frozenset[bytes], _Holding] = field(default_factory=dict[frozenset[bytes], _Holding])
    _known: dict[_Key, list[Mention]] = field(default_factory=dict[_Key, list[Mention]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mentions(self, words: frozenset[bytes], but: str) -> Sequence[Mention]:
        """The files, as they are on disk, in which a word stands, of the packages that are linked with `but`; its own
        and its tests' are not among them."""
        own = _plain(but)
        with self._lock:
            packages = [n for n in self._holding(words) if _plain(n) != own and own in self._linked_with(n)]
            return [mention for name in packages for mention in self._of(words, name)]

    def looks_at(self, package: str) -> bool:
        """Whether the package of this import path is among those of the run."""
        return package in self.requests

    def digest(self, words: frozenset[bytes]) -> bytes:
        """A digest of every file in which a word stands, of all packages and of those that are linked with these: what
        an answer that looked here depends on."""
        digest = hashlib.sha256("\0".join(sorted(self.requests)).encode(errors="surrogateescape"))
        with self._lock:
            for name, files in self._holding(words).items():
                linked = "\0".join(sorted(self._linked_with(name)))
                digest.update(f"\n{linked}\0".encode(errors="surrogateescape"))
                for file in files:
                    digest.update(f"{name}\0{file.path}\0".encode(errors="surrogateescape"))
                    digest.update(hashlib.sha256(file.text).digest())
        return digest.digest()

    def _linked_with(self, name: str) -> frozenset[str]:
        """The packages of the run that are in a program with this one."""
        plain = _plain(name)
        if plain not in self._linked:
            users = [one for one, deps in self.deps.items() if _plain(one) == plain or plain in deps or name in deps]
            found = {_plain(one) for one in users}
            found |= {_plain(one) for one in self.requests for user in users if one in self.deps[user]}
            self._linked[plain] = frozenset(found)
        return self._linked[plain]

    def _holding(self, words: frozenset[bytes]) -> _Holding:
        if words not in self._files:
            pattern, found = whole_words(words), _Holding()
            for name, request in self.requests.items():
                texts = [(path, _read(path)) for path in request.files]
                files = [GoFile(path, text) for path, text in texts if pattern.search(text)]
                if files:
                    found[name] = files
            self._files[words] = found
        return self._files[words]

    def _of(self, words: frozenset[bytes], name: str) -> list[Mention]:
        key = (words, name)
        if key not in self._known:
            files = self._holding(words)[name]
            spans = defaultdict[Path, list[tuple[int, int]]](list)
            for file, node in mentioning(files, words):
                spans[file.path].append((node.start_byte, node.end_byte))
            asked = replace(self.requests[name], spans={path: tuple(found) for path, found in spans.items()})
            facts = self.check(asked)
            self._known[key] = [(file, facts) for file in files if file.path in spans]
        return self._known[key]


def _plain(import_path: str) -> str:
    """Of a package, its test variant and its external tests: the path of the package."""
    path, _, variant = import_path.partition(" [")
    return variant.removesuffix(".test]") or path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
