"""Whether files can be replaced at all, asked of every one of them before the first is touched."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .files import DisplacedError, digest, look
from .state import DeliverError


@dataclass(frozen=True, slots=True)
class Target:
    """A file to bring from one content to another (None = it does not exist); `path` is resolved."""

    path: Path
    before: bytes | None
    after: bytes | None
    mode: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be replaced, and why, in words that follow its name."""

    path: Path
    reason: str


class RefusedError(DeliverError):
    """Some files cannot be written as asked, so none was; `.refused` names each with its reason."""

    def __init__(self, refused: Sequence[Refused], *, hint: str) -> None:
        lines = [f"{one.path} {one.reason}" for one in refused]
        message = lines[0] if len(lines) == 1 else f"{len(lines)} files cannot be written"
        super().__init__(
            f"{message}; nothing was changed", hint=hint, detail="" if len(lines) == 1 else "\n".join(lines)
        )
        self.refused = tuple(refused)


def targets(root: Path, changes: Iterable[tuple[Path, str, bytes | None]], *, hint: str) -> tuple[Target, ...]:
    """The files behind `changes` (path, digest of what must be there, what comes there), each looked at.

    A symlink stands for the file it leads to, which is what will be replaced. Two paths to one file count once if
    they ask for the same. What asks for no change is left out. Raises RefusedError.
    """
    inside = root.resolve()
    found: dict[Path, Target] = {}
    refused: list[Refused] = []
    for path, expected, after in changes:
        asked = root / path
        try:
            target = _target(inside, asked, expected, after)
            other = found.setdefault(target.path, target)
            if other != target:
                raise DisplacedError("is to be changed in two ways, under two names")
        except DisplacedError as error:
            refused.append(Refused(asked, str(error)))
        except OSError as error:
            refused.append(Refused(asked, f"cannot be read: {error.strerror}"))
    if refused:
        raise RefusedError(refused, hint=hint)
    return tuple(target for target in found.values() if target.before != target.after)


def _target(inside: Path, asked: Path, expected: str, after: bytes | None) -> Target:
    path = _resolved(asked)
    if not path.is_relative_to(inside):
        leads = f" leads to {path}, which" if path != asked else ""
        raise DisplacedError(f"{leads} lies outside {inside}".lstrip())
    if not path.parent.is_dir():
        raise DisplacedError("lies in a directory that does not exist")
    _writable(path.parent, "lies in a directory that is read-only")
    before = look(path)
    if digest(before) != expected:
        raise DisplacedError(_difference(before, expected))
    if before is None:
        if asked.is_symlink():
            raise DisplacedError("is a symlink to nothing")
        return Target(path, None, after, None)
    status = path.stat()
    if status.st_nlink > 1:
        raise DisplacedError(f"has {status.st_nlink} hard links, which replacing it would part")
    _writable(path, "is read-only")
    return Target(path, before, after, stat.S_IMODE(status.st_mode))


def _resolved(asked: Path) -> Path:
    try:
        path = asked.resolve()
    except RuntimeError:  # what Python before 3.13 says of a circle; later ones give the link itself
        path = asked
    if path.is_symlink():
        raise DisplacedError("is a symlink that leads in a circle")
    return path


def _difference(before: bytes | None, expected: str) -> str:
    if before is None:
        return "is gone"
    return "changed since it was read" if expected else "exists already"


def _writable(path: Path, otherwise: str) -> None:
    # Mode bits are asked too: the superuser could write, but somebody meant this file to stay as it is.
    if not (os.access(path, os.W_OK) and path.stat().st_mode & 0o222):
        raise DisplacedError(otherwise)
