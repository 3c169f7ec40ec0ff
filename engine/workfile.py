"""A copy of go.work outside the tree, so that go writes the sums it misses there and never into the user's go.work.sum.

In workspace mode go adds missing sums to go.work.sum even where -mod=readonly forbids every other change. The copy has
the same text with absolute paths, and its own go.work.sum; go is pointed to it with GOWORK.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from . import tempdirs


@dataclass(frozen=True, slots=True)
class Shadow:
    """A go.work and its copy."""

    original: Path
    copy: Path

    def restore(self, text: bytes) -> bytes:
        """go's words with the user's own path in them."""
        return text.replace(os.fsencode(self.copy), os.fsencode(self.original))


class _Replaced(msgspec.Struct, rename="pascal"):
    path: str
    version: str = ""


class _Replace(msgspec.Struct, rename="pascal"):
    old: _Replaced
    new: _Replaced


class _Use(msgspec.Struct, rename="pascal"):
    disk_path: str


class _Setting(msgspec.Struct, rename="pascal"):
    key: str
    value: str


class _Work(msgspec.Struct, rename="pascal"):
    go: str = ""
    godebug: list[_Setting] | None = None
    use: list[_Use] | None = None
    replace: list[_Replace] | None = None


_lock = threading.Lock()
_shadows: dict[tuple[object, ...], Shadow] = {}


def shadow(directory: Path, env: Mapping[str, str], read: Callable[[Path], bytes]) -> Shadow | None:
    """The copy of the go.work in force in `directory`, None if there is none. `read` gives a go.work as go's JSON."""
    original = locate(directory, env)
    if original is None or (original.parent / "vendor" / "modules.txt").is_file():
        return None  # a vendored workspace needs no sums, and looks for vendor/ beside its go.work
    key = (original, *_stamp(original), *_stamp(original.with_name(original.name + ".sum")))
    with _lock:
        if key not in _shadows:
            _shadows[key] = _copy(original, read(original))
        return _shadows[key]


def locate(directory: Path, env: Mapping[str, str]) -> Path | None:
    """The go.work that go would use in `directory`."""
    named = env.get("GOWORK", "")
    if named:
        return None if named == "off" or not Path(named).is_file() else Path(named)
    for parent in (directory, *directory.parents):
        if (parent / "go.work").is_file():
            return parent / "go.work"
    return None


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _copy(original: Path, description: bytes) -> Shadow:
    folder = Path(tempfile.mkdtemp(prefix=f"{tempdirs.prefix()}work-"))
    work = msgspec.json.decode(description, type=_Work)
    lines = [f"go {work.go}"] if work.go else []
    lines += [f"godebug {each.key}={each.value}" for each in work.godebug or ()]
    lines += [f"use {_quoted(original.parent / each.disk_path)}" for each in work.use or ()]
    lines += [_replacement(each, original.parent) for each in work.replace or ()]
    copy = folder / "go.work"
    copy.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sums = original.with_name(original.name + ".sum")
    if sums.is_file():
        shutil.copyfile(sums, folder / "go.work.sum")
    return Shadow(original, copy)


def _replacement(each: _Replace, base: Path) -> str:
    new = each.new.path
    if new.startswith(("./", "../")) or new in (".", ".."):
        new = str(base / new)
    return f"replace {_quoted(each.old.path)} {each.old.version} => {_quoted(new)} {each.new.version}"


def _quoted(text: object) -> str:
    return msgspec.json.encode(str(text)).decode("utf-8")
