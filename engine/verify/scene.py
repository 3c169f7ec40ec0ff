"""Where a check runs - the tree as it is, an overlay, a copy - and how its words become the user's words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# A file of an earlier run's overlay: the go command repeats from its cache what a tool said then.
_EARLIER = re.compile(r"[^\s\"'=:]*[/\\]gorefit-[a-z0-9_]{8}[/\\]\d+[/\\]")
_WORK = re.compile(r"[^\s\"'=:]*[/\\]go-(?:build|link-?)\d+")

# Where a path may start: "../ov/1.go" is not to be found inside "a/../ov/1.go".
_START = r"(?<![\w./\\-])"


def unchanged(text: str) -> str:
    """The translation of a scene whose files are the user's own."""
    return text


@dataclass(frozen=True, slots=True)
class Scene:
    """One way to show a tree to the go command.

    `directory` is where go runs, `flags` and `env` are what it is given, `translate` replaces the names of temporary
    files by the user's names, `places` maps resolved paths to the names that the plan uses.
    """

    root: Path
    directory: Path
    flags: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    translate: Callable[[str], str] = unchanged
    places: Mapping[Path, Path] = field(default_factory=dict[Path, Path])

    def text(self, said: bytes | str) -> str:
        """A tool's words with the user's paths in place of temporary ones; JSON must be decoded before."""
        text = said if isinstance(said, str) else decoded(said)
        text = _WORK.sub("$WORK", self.translate(text))
        return _EARLIER.sub(lambda found: found[0] if found[0].startswith(str(self.root)) else "", text)

    def locate(self, name: str) -> Path:
        """The user's path for a file name in translated output, which may be relative to where go ran."""
        absolute = Path(os.path.realpath(self.directory)) / name
        shown = Path(self.translate(os.path.normpath(absolute)))
        return self.places.get(Path(os.path.realpath(shown)), shown)

    def brief(self, message: str) -> str:
        """A message in which paths below the root are written relative to it, as go itself shortens them."""
        roots = {str(self.root), os.path.realpath(self.root)}
        return re.sub(f"{_START}(?:{'|'.join(map(re.escape, roots))})[/\\\\]", "", message)


def relative(path: Path, root: Path) -> Path:
    """A path below `root` relative to it, whichever links lead there; any other path as it is."""
    real = Path(os.path.realpath(path.parent)) / path.name
    for each, base in ((path, root), (real, Path(os.path.realpath(root)))):
        if each.is_relative_to(base):
            return each.relative_to(base)
    return path


def decoded(output: bytes) -> str:
    """A tool's output as text."""
    return output.decode("utf-8", "replace").replace("\r\n", "\n")


def untouched(root: Path, paths: Iterable[Path] = ()) -> Scene:
    """The user's tree as it is."""
    return Scene(root, root, places=resolved(paths))


def resolved(paths: Iterable[Path]) -> dict[Path, Path]:
    """Resolved path -> the name it goes by, so that positions found through symlinks still meet their file."""
    return {Path(os.path.realpath(path)): path for path in paths}


def swapped(pairs: Iterable[tuple[Path, Path]], forms: Callable[[Path], Iterable[str]]) -> Callable[[str], str]:
    """A translation that puts `user` wherever `temporary` (in any of its forms) is named; longest names first."""
    table = {form: str(user) for temporary, user in pairs for form in forms(temporary)}
    if not table:
        return unchanged
    names = sorted(table, key=len, reverse=True)
    pattern = re.compile(_START + r"(?:" + "|".join(map(re.escape, names)) + r")(?![\w-])")
    return lambda text: pattern.sub(lambda match: table[match.group()], text)
