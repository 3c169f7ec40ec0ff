"""Titles and bodies on their way to a forge and back, so that what was written is read back equal."""

from __future__ import annotations

import re

# What no forge stores or shows: C0 but tab and newline, DEL, C1, lone surrogates, and the marks that turn the reading
# direction of what follows (CVE-2021-42574).
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with LF line ends and without control characters; cleaning twice changes nothing."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_line(text: str) -> str:
    """`text` as one clean line, its white space collapsed."""
    return " ".join(clean(text).split())
