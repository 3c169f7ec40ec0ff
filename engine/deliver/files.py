"""Single files, read and replaced so that a reader, a kill or a power cut sees the old text or the new one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

#: What `digest` says of a file that does not exist.
ABSENT = ""

# O_BINARY exists on Windows only, the others everywhere else.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class DisplacedError(Exception):
    """Something other than the regular file that was meant stands at a path."""


class StaleError(Exception):
    """A file no longer is what it was when it was last looked at."""


def look(path: Path) -> bytes | None:
    """The bytes of the regular file at this resolved path, or None where there is nothing.

    Raises DisplacedError where something else stands there, or where a symlink now leads elsewhere; OSError where
    the file cannot be read.
    """
    try:
        descriptor = os.open(path, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DisplacedError("is a symlink now") from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise DisplacedError("is not a regular file")
        if path.parent.resolve() != path.parent:
            raise DisplacedError("lies behind a symlink now")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def digest(content: bytes | None) -> str:
    """The SHA-256 of a content, in hexadecimal; ABSENT for None."""
    return ABSENT if content is None else hashlib.sha256(content).hexdigest()


def stage(temporary: Path, content: bytes, *, target: Path, mode: int | None) -> None:
    """Write `content` to a new file, flushed to the disk, that is ready to take the place of `target`.

    Mode, owner and extended attributes (ACLs, labels) are those of `target`; where that does not exist, the mode is
    `mode`, or for None whatever the umask leaves. The owner is kept where the system allows. Raises OSError.
    """
    model = _status(target)
    if model is not None:
        mode = stat.S_IMODE(model.st_mode)
    descriptor = os.open(temporary, _CREATE, 0o666 if mode is None else 0o600)
    try:
        _write_all(descriptor, content)
        if model is not None:
            _keep_owner(descriptor, model)
            _keep_attributes(descriptor, target)
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)  # after the owner: chown clears set-id bits
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def exchange(temporary: Path | None, path: Path, expected: str) -> None:
    """Put a staged file in the place of `path`, or remove `path` for None: the one act that changes the tree.

    Raises StaleError where `path` is not, immediately before, what the digest `expected` says; OSError where the
    system refuses.
    """
    try:
        found = digest(look(path))
    except DisplacedError as error:
        raise StaleError(str(error)) from error
    if found != expected:
        raise StaleError("changed in the meantime")
    if temporary is None:
        path.unlink()
    elif expected == ABSENT:
        _create(temporary, path)
    else:
        temporary.replace(path)


def remove(path: Path) -> None:
    """Remove a file if it is there."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()


def sync_directories(directories: Iterable[Path]) -> None:
    """Flush renames in these directories to the disk; those that are gone have nothing to flush."""
    if os.name == "nt":  # directories cannot be opened there; NTFS journals its renames
        return
    for directory in sorted(set(directories)):
        try:
            descriptor = os.open(directory, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that cannot do it say so
                raise
        finally:
            os.close(descriptor)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat(follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _keep_owner(descriptor: int, model: os.stat_result) -> None:
    if not hasattr(os, "fchown"):
        return
    try:
        os.fchown(descriptor, model.st_uid, model.st_gid)
    except OSError:
        with contextlib.suppress(OSError):  # not ours to give away; the group may still be
            os.fchown(descriptor, -1, model.st_gid)


def _keep_attributes(descriptor: int, model: Path) -> None:
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):  # some file systems know none, some forbid theirs
        for name in os.listxattr(model):
            with contextlib.suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(model, name))


def _create(temporary: Path, path: Path) -> None:
    """Give a staged file its name, but never that of a file that appeared since."""
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise StaleError("appeared in the meantime") from error
    except OSError:
        if path.exists():
            raise
        temporary.replace(path)  # a file system without hard links
    else:
        temporary.unlink()
