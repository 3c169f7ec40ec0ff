"""The remote that requests go to: which one of the checkout's, and the name that it has in the cache and the ledger."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..forge.detect import Remote, detect
from ..forge.forge import Kind
from .errors import PrError
from .usersgit import Checkout


@dataclass(frozen=True, slots=True)
class Target:
    """The remote of a checkout. Nothing of it holds credentials, whatever its URL held."""

    name: str  # "origin"
    remote: Remote
    stripped: bool  # whether the URL as configured held credentials

    @property
    def url(self) -> str:
        return self.remote.git_url

    @property
    def key(self) -> str:
        """What the ledger knows it by: the same over https and ssh."""
        return f"{self.remote.host}/{self.remote.slug}" if self.remote.host else f"/{self.remote.slug}"

    @property
    def host(self) -> str:
        """The name of what is shared by all remotes of its host, fit for a file."""
        return re.sub(r"[^a-z0-9.-]", "_", self.remote.host) or "local"

    @property
    def folder(self) -> str:
        """A name for its clone, fit for a folder."""
        return f"{self.host}/{hashlib.sha256(self.url.encode()).hexdigest()[:16]}"


def target(checkout: Checkout, wanted: str = "", forge: Kind | None = None, api_url: str = "") -> Target:
    """The remote called `wanted`; else origin, else the only one.

    Raises PrError where that leaves none or a choice, RemoteError for a URL that gorefit does not go to.
    """
    remotes = checkout.remotes()
    if not remotes:
        raise PrError(
            f"{checkout.top} has no git remote: there is nowhere to open a pull request",
            hint="add one with `git remote add origin URL`",
        )
    names = ", ".join(sorted(remotes))
    if wanted and wanted not in remotes:
        raise PrError(f"there is no remote called {wanted!r}", hint=f"known: {names}")
    if not wanted and "origin" not in remotes and len(remotes) > 1:
        raise PrError("none of the remotes is called origin", hint=f"name one with --remote: {names}")
    name = wanted or ("origin" if "origin" in remotes else next(iter(remotes)))
    url = _absolute(remotes[name], checkout.top)
    found = detect(url, forge, api_url)
    return Target(name, found, stripped="@" in url and found.git_url != url)


def _absolute(url: str, top: Path) -> str:
    """A path of this machine as git would take it, as a file: URL; any other URL as it is."""
    if url.startswith("file://"):
        return Path(unquote(urlsplit(url).path)).absolute().as_uri()
    if url.startswith(("/", ".")) or (url and ":" not in url and (top / url).exists()):
        return (top / url).resolve().as_uri()
    return url
