"""Order Go versions, as `go env GOVERSION`, go lines and toolchain names spell them."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+)|(rc|beta)(\d+))?")
_GO_LINE = re.compile(rb"^go[ \t]+\"?([0-9][^\s\"/]*)", re.MULTILINE)

Key = tuple[int, int, int, int]


def released(text: str) -> str:
    """The version in the words of `go env GOVERSION`: "1.27.3", "1.28-devel"; "" where there is none."""
    found = re.search(r"go(\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?)", text)
    if not found:
        return ""
    return found[1] + ("-devel" if "devel" in text or text[found.end() :].startswith("-") else "")


def key(version: str) -> Key:
    """A sort key: language version < beta < rc < patch release. Raises ValueError."""
    found = _VERSION.match(version)
    if not found:
        raise ValueError(f"not a Go version: {version!r}")
    major, minor, patch, stage, number = found.groups()
    if stage:
        rank, last = (1 if stage == "beta" else 2), int(number)
    else:
        rank, last = (3, int(patch)) if patch else (0, 0)
    return int(major), int(minor), rank, last


def satisfies(have: str, needed: str) -> bool:
    """Whether a toolchain of version `have` accepts a go line that says `needed`."""
    # before 1.21 the first release of a series has no ".0"; a devel build comes after everything of its series
    rank = key(have)
    if have.endswith("-devel"):
        rank = (rank[0], rank[1], 4, 0)
    elif rank[2] == 0:
        rank = (rank[0], rank[1], 3, 0)
    return rank >= key(needed)


def go_line(text: bytes) -> str:
    """The version in the `go` line of a go.mod or go.work file, "" if it has none."""
    found = _GO_LINE.search(text)
    return found[1].decode("ascii", "replace") if found else ""
