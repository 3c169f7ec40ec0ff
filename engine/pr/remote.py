"""The remote that requests go to: which one, and its URL without whatever somebody hid in it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import PrError

_SCP = re.compile(r"^(?:(?P<user>[\w.-]+)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+):(?P<path>(?!//).+)$")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_UNFIT = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Remote:
    """A git remote. `url` never holds a password or a token; `host` is "" for a path of this machine."""

    name: str  # "origin"
    url: str
    host: str  # "github.com", "127.0.0.1:4020"
    path: str  # "acme/shop", without .git; a whole path where there is no host
    stripped: bool = False  # whether the URL as configured held credentials

    @property
    def key(self) -> str:
        """What the ledger knows it by: the same over https and ssh."""
        return f"{self.host}/{self.path}" if self.host else self.path


def choose(remotes: Mapping[str, str], wanted: str, top: Path) -> Remote:
    """The remote called `wanted`; else origin, else the only one. Raises PrError where that leaves none or a choice."""
    if not remotes:
        raise PrError(
            f"{top} has no git remote: there is nowhere to open a pull request",
            hint="add one with `git remote add origin URL`",
        )
    names = ", ".join(sorted(remotes))
    if wanted and wanted not in remotes:
        raise PrError(f"there is no remote `{wanted}`", hint=f"known: {names}")
    if not wanted and "origin" not in remotes and len(remotes) > 1:
        raise PrError("none of the remotes is called origin", hint=f"name one with --remote: {names}")
    name = wanted or ("origin" if "origin" in remotes else next(iter(remotes)))
    return parse(name, remotes[name], top)


def parse(name: str, url: str, top: Path) -> Remote:
    """A remote by its URL; a relative path starts at `top`. Raises PrError for what gorefit does not go to."""
    if _UNFIT.search(url.replace(" ", "")) or not url or url.startswith("-"):
        raise _refused(name, "is not one")
    if "://" in url:
        return _by_scheme(name, url)
    if "::" in url.partition("/")[0] and not url.startswith("["):
        raise _refused(name, "names a transport helper, which is a program")
    scp = None if _DRIVE.match(url) else _SCP.match(url)
    if scp and not url.startswith(("/", ".")):
        return Remote(name, url, scp["host"].lower(), _slug(scp["path"]))
    return _local(name, top / url)


def _by_scheme(name: str, url: str) -> Remote:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise _refused(name, "is not one") from None
    if parts.scheme == "file":
        return _local(name, Path(unquote(parts.path)))
    if parts.scheme not in ("https", "ssh", "http") or not host:
        raise _refused(name, f"begins with {parts.scheme}://, which is neither https, ssh nor a path")
    if parts.scheme == "http" and not _loopback(host):
        raise _refused(name, "is http, which would carry a token in clear")
    if parts.query or parts.fragment:
        raise _refused(name, "has a query")
    shown = f"[{host}]" if ":" in host else host
    place = shown + (f":{port}" if port else "")
    user = f"{parts.username}@" if parts.scheme == "ssh" and parts.username else ""
    stripped = bool(parts.password) or (bool(parts.username) and not user)
    known = shown if parts.scheme == "ssh" else place  # the port of sshd says nothing of the forge
    return Remote(name, f"{parts.scheme}://{user}{place}{parts.path}", known, _slug(unquote(parts.path)), stripped)


def _local(name: str, path: Path) -> Remote:
    path = path.resolve()
    if not path.exists():
        raise PrError(f"the remote `{name}` is the path {path}, where there is nothing", hint="mend it with git remote")
    return Remote(name, path.as_uri(), "", str(path))


def _slug(path: str) -> str:
    return path.strip("/").removesuffix(".git").rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(name: str, why: str) -> PrError:
    # The URL itself is not shown: it may hold a token.
    return PrError(f"the URL of the remote `{name}` {why}", hint=f"see `git remote get-url {name}`; use https or ssh")
