"""Names that stay the same from run to run: a series of requests, and the branch of each of them.

1. A series is what one way to call gorefit makes: these codemods, over these packages, onto this base. Another call
   makes another series, and the two leave each other's requests alone.
2. A branch is `<prefix><slug>-<10 hex of a digest of the series and the shard's key>`. What is changed is no part of
   it: it would change with every commit to the base, and each time open a second request.
3. After a request was merged, or closed and asked for again, the next one for the same shard gets `-2`, `-3`, …
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import PrError

PREFIX = "gorefit/"
_LONGEST = 40  # characters of a slug
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*[/-]")


@dataclass(frozen=True, slots=True)
class Series:
    """All requests that one way to call gorefit makes."""

    base: str  # branch
    directory: str  # below the repository's root, "" for the root
    patterns: tuple[str, ...]
    codemods: tuple[str, ...]  # as they were asked for: ids, or the tier that stands for them ("tier:safe")

    @property
    def id(self) -> str:
        """10 hex digits."""
        return _digest(self.base, self.directory, sorted(self.patterns), sorted(self.codemods))


def branch(prefix: str, series: Series, key: str, generation: int = 1) -> str:
    """The branch of a shard."""
    words = key or "-".join(name.partition(":")[2] or name for name in series.codemods)
    again = f"-{generation}" if generation > 1 else ""
    return f"{prefix}{_slug(words)}-{_digest(series.id, key)}{again}"


def checked_prefix(prefix: str) -> str:
    """A prefix that no branch of a person bears by accident. Raises PrError."""
    if not _PREFIX.fullmatch(prefix) or ".." in prefix or ".lock" in prefix or len(prefix) > 60:
        raise PrError(
            f"{prefix!r} cannot be a prefix of branches",
            hint="use letters, digits and hyphens, and end it with a slash: gorefit/",
        )
    return prefix


def ours(branch: str, prefix: str) -> bool:
    """Whether a branch is one that gorefit may write to: everything that writes asks this again."""
    rest = branch.removeprefix(prefix)
    return branch.startswith(prefix) and re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{10}(?:-\d+)?", rest) is not None


def _slug(words: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    return slug[:_LONGEST].strip("-") or "all"


def _digest(*words: str | Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(words, ensure_ascii=True).encode()).hexdigest()[:10]
