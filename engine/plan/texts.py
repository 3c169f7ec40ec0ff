"""The files of a package as the passes leave them: their text so far, and the way back to what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..edit.pieces import Pieces
from ..model import Place
from ..source.gofile import GoFile


class Texts:
    """One attempt's texts. `originals` are the files that may be edited, `pieces` those that were, `added` new ones.

    `base` has what another configuration's plan makes of the package's other files.
    """

    def __init__(self, files: tuple[Path, ...], originals: Mapping[Path, GoFile], base: Mapping[Path, bytes]) -> None:
        self.originals, self._base = originals, base
        self.pieces: dict[Path, Pieces] = {}
        self.added: dict[Path, bytes] = {}
        self._compiled = files
        self._seen: dict[Path, GoFile] = dict(originals)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of the package, the new ones included."""
        return (*self._compiled, *(path for path in self.added if path not in self._compiled))

    @property
    def overlay(self) -> dict[Path, bytes]:
        """The texts that are not what the disk has."""
        return {**self._base, **{path: pieces.text for path, pieces in self.pieces.items()}, **self.added}

    def file(self, path: Path) -> GoFile | None:
        """A file as this pass sees it, also one of another package; None where it cannot be read."""
        if path not in self._seen:
            known = self.added.get(path, self._base.get(path))
            try:
                self._seen[path] = GoFile(path, path.read_bytes() if known is None else known)
            except OSError:
                return None
        return self._seen[path]

    def edited(self, path: Path) -> Pieces:
        """A file that may be edited, with its changes so far."""
        return self.pieces.get(path) or Pieces.of(self.originals[path].text)

    def renewed(self, paths: Iterable[Path]) -> dict[Path, GoFile]:
        """These files, read again from the pieces that they now consist of."""
        fresh = {path: GoFile(path, self.edited(path).text) for path in paths}
        self._seen.update(fresh)
        return fresh

    def exists(self, name: str) -> bool:
        """Whether the package's directory holds a file of this name, or is to hold one."""
        path = self._compiled[0].parent / name
        return path in self.added or path in self._base or path.exists()

    def original(self, path: Path, offset: int) -> int:
        """The offset in the file as it was read, for one in the text of this pass."""
        pieces = self.pieces.get(path)
        return offset if pieces is None else pieces.to_original(offset)

    def as_read(self, path: Path, offset: int) -> tuple[GoFile, int]:
        """The file as it was read, and the offset there for one in the text of this pass."""
        file = self.originals.get(path) or self.file(path)
        assert file is not None  # a place comes from a file that was looked at
        return file, self.original(path, offset)

    def untouched(self, place: Place) -> Place | None:
        """The same span in the file as it was read; None where the passes changed it."""
        pieces = self.pieces.get(place.path)
        if pieces is None:
            return place
        start, end = pieces.to_original(place.start), pieces.to_original(place.end)
        if pieces.original[start:end] != pieces.text[place.start : place.end]:
            return None
        return self.originals[place.path].place(start, end)
