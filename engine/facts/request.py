"""What to ask of one package."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from .wire import Check, FileRequest


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to ask of one package. Function bodies outside the spans are not even type-checked unless `whole` is set;
    without any spans the whole package is checked, for its errors alone."""

    import_path: str  # as go list prints it: "m/p [m/p.test]" for a test variant
    go_version: str  # language version of its module, "1.21"; "" = the toolchain's own
    files: tuple[Path, ...]
    import_map: Mapping[str, str]
    overlay: Mapping[Path, bytes]  # contents from memory instead of the disk
    spans: Mapping[Path, tuple[tuple[int, int], ...]]  # byte spans of the top-level declarations to report on
    goarch: str
    goos: str
    cgo_files: frozenset[Path] = frozenset()
    variant: bool = False  # a test variant: its imports are those compiled for the same test
    whole: bool = False
    tags: tuple[str, ...] = ()
    new: frozenset[Path] = frozenset()  # files that are not on disk yet; those of other configurations count as empty


def check_line(id: int, request: CheckRequest) -> bytes:
    """The request as the server reads it."""
    version = re.match(r"(?:go)?(\d+\.\d+)", request.go_version)
    files = [
        FileRequest(
            path=os.fsencode(path),
            overlay=path in request.overlay,
            text=request.overlay.get(path, b""),
            new=path in request.new,
            spans=[offset for span in request.spans.get(path, ()) for offset in span],
        )
        for path in request.files
    ]
    check = Check(
        id=id,
        import_path=request.import_path,
        go_version=f"go{version[1]}" if version else "",
        os=request.goos,
        arch=request.goarch,
        tags=list(request.tags),
        import_map=dict(request.import_map),
        files=files,
        cgo=bool(request.cgo_files),
        variant=request.variant,
        whole=request.whole or not any(request.spans.values()),
    )
    return msgspec.json.encode(check)
