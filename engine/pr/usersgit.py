"""What is read of the user's own checkout: where its remotes are, and how this user signs and reaches out.

1. Nothing of the checkout but its config is read, and listing a config runs nothing.
2. A repository's own config is a stranger's word: it may name an author or say that commits are signed, which are
   data. Programs, proxies and certificates count only where the user's or the system's config names them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import PrError
from .git import execute

#: Scopes that only this user and this system can write.
_TRUSTED = {"system", "global", "command"}
#: Data that the repository may set.
_DATA = ("user.name", "user.email", "user.signingkey", "commit.gpgsign", "gpg.format")
#: What only the user may set: it names programs, files or other machines.
_CARRIED = re.compile(
    r"core\.sshcommand|ssh\.variant|gpg\.program|gpg\.\w+\.program|gpg\.ssh\.defaultkeycommand"
    r"|http\.(?:.+\.)?(?:proxy|proxyauthmethod|sslverify|sslcainfo|sslcapath|sslcert|sslkey|sslversion|version|postbuffer)"
)
_INSTEAD = re.compile(r"url\.(?P<base>.*)\.insteadof", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of git's config; section and name in lower case."""

    scope: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """The work tree that the command was started in."""

    top: Path
    entries: tuple[Entry, ...]

    def remotes(self) -> Mapping[str, str]:
        """The URL of each remote, as git would go there, but for what a stranger's config would make of it."""
        found: dict[str, str] = {}
        for entry in self.entries:
            if entry.key.startswith("remote.") and entry.key.endswith(".url"):
                found.setdefault(entry.key[len("remote.") : -len(".url")], self._instead(entry.value))
        return found

    def value(self, key: str) -> str:
        """The value in force of a key, "" for none."""
        return next((entry.value for entry in reversed(self.entries) if entry.key == key), "")

    def carried(self) -> dict[str, str]:
        """What our own repositories are to know of the user's config."""
        found: dict[str, str] = {}
        for entry in self.entries:
            if entry.key in _DATA or (entry.scope in _TRUSTED and _CARRIED.fullmatch(entry.key)):
                found[entry.key] = entry.value
        return found

    def _instead(self, url: str) -> str:
        """The URL after the user's own `url.<base>.insteadOf`; the longest match wins."""
        best, made = "", url
        for entry in self.entries:
            match = _INSTEAD.fullmatch(entry.key)
            if match and entry.scope in _TRUSTED and url.startswith(entry.value) and len(entry.value) > len(best):
                best, made = entry.value, match["base"] + url[len(entry.value) :]
        return made


def checkout(directory: Path) -> Checkout:
    """The checkout that holds `directory`. Raises PrError where there is none."""
    for top in (directory, *directory.parents):
        marker = top / ".git"
        if marker.exists():
            return Checkout(top, _entries(top, marker))
    raise PrError(
        f"{directory} is not inside a git work tree",
        hint="run it in a checkout, or name one with -C; `gorefit diff` needs no git",
    )


def _entries(top: Path, marker: Path) -> tuple[Entry, ...]:
    command = [f"--git-dir={marker}", "config", "--list", "--show-scope", "--includes", "-z"]
    env = {"GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
    answer = execute(command, top, env, apart=False)
    if answer.code:
        raise PrError(f"the git config of {top} cannot be read", hint="settle what git says", detail=answer.err)
    words = os.fsdecode(answer.out).split("\0")
    pairs = zip(words[0::2], words[1::2], strict=False)
    return tuple(_entry(scope, line) for scope, line in pairs)


def _entry(scope: str, line: str) -> Entry:
    key, newline, value = line.partition("\n")
    section, _, name = key.rpartition(".")
    first, dot, rest = section.partition(".")  # what stands between is a name, whose case counts
    return Entry(scope, f"{first.lower()}{dot}{rest}.{name.lower()}", value if newline else "true")
