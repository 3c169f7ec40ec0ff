"""Which comments are instructions to a tool, so that their place is part of the program."""

from __future__ import annotations

import re

# Go's own rule (go/ast isDirective), then older forms and those of widespread linters.
_DIRECTIVE = re.compile(
    rb"//[a-z0-9]+:[a-z0-9]"
    rb"|//(?:line|extern|export) "
    rb"|/\*line "
    rb"|//[ \t]*\+build\b"
    rb"|//[ \t]*nolint\b"
    rb"|//[ \t]*#?nosec\b"
)
#: Instructions that hold for the whole file or package, wherever they stand.
_ANYWHERE = re.compile(rb"//go:generate\b")


def is_directive(comment: bytes) -> bool:
    """Whether a comment, given with its slashes, instructs a tool."""
    return _DIRECTIVE.match(comment) is not None


def is_anchored(comment: bytes) -> bool:
    """Whether it instructs a tool about the line it is on or the code below it."""
    return is_directive(comment) and not _ANYWHERE.match(comment)
