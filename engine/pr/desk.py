"""Everything that a command works with: the checkout's remote, our clone of it, the forge, the ledger, and the locks.

1. The token is found, and handed to two places only: the forge's session, and the environment of our git.
2. One run at a time works in a clone, and one publishes to a host: another is told so at once.
3. The pace of an identity is taken from the ledger, and every change of it goes there: a restart waits on.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .. import answers
from ..deliver.lock import exclusive
from ..deliver.state import base_directory
from ..forge import connect, secrets
from ..forge.forge import Forge, Kind
from ..forge.gitauth import git_environment
from ..forge.pacing import Limits, Pacer, persevere
from ..forge.secrets import Secret
from . import gitcommits, gitmirror, ledger, usersgit
from . import remote as remotes
from .errors import PrError
from .git import environment
from .gitcommits import Stamp
from .gitmirror import Mirror, Refs
from .gitpush import Gate
from .ledger import Ledger
from .naming import checked_prefix
from .remote import Target
from .settings import Settings
from .usersgit import Checkout


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is to work; what a repository's file may not say, only its user."""

    directory: Path
    forge: Kind | None = None
    api_url: str = ""
    token_file: Path | None = None
    pr_dir: Path | None = None  # of a bare remote; None: below the state directory
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Desk:
    """An open command. `forge` None: no token was found, requests are known from the ledger alone."""

    checkout: Checkout
    target: Target
    mirror: Mirror
    refs: Refs
    base: str
    ledger: Ledger
    pacer: Pacer
    forge: Forge | None
    login: str
    folder: Path  # state of this remote
    warnings: tuple[str, ...]

    @property
    def base_sha(self) -> str:
        return self.refs.heads[self.base]

    def gate(self, prefix: str, url: str = "") -> Gate:
        """The way out to our branches, in the repository itself or in the fork at `url`."""
        forbidden = frozenset(filter(None, (self.base, self.refs.default)))
        return Gate(self.mirror, url or self.target.url, checked_prefix(prefix), forbidden)

    def stamp(self, author: str) -> Stamp:
        """Author and date of our commits; `author` "" is git's. Raises PrError where nobody is named."""
        name, email = self.checkout.value("user.name"), self.checkout.value("user.email")
        if author:
            match = re.fullmatch(r"([^<>\n]+) <([^<>\s]+)>", author.strip())
            if match is None:
                raise PrError(f"{author!r} is no author", hint='write "Name <address>"')
            name, email = match[1], match[2]
        return gitcommits.stamp_of(self.mirror.git, self.base_sha, name, email)

    def signs(self, sign: str) -> bool:
        """Whether commits are to be signed: "always", "never", or as the user's git is set up."""
        asked = self.checkout.value("commit.gpgsign").lower() in ("true", "yes", "on", "1")
        return sign == "always" or (sign == "auto" and asked)


@contextmanager
def opened(place: Place, settings: Settings, *, token: bool, tell: Callable[[float, str], None]) -> Generator[Desk]:
    """Open a desk. `token`: one must be there. `tell` hears of waits, in seconds, and why.

    Raises PrError, ForgeError, SecretError, and DeliverError where another run is at work.
    """
    checkout = usersgit.checkout(place.directory)
    target = remotes.target(checkout, settings.remote, place.forge, place.api_url)
    secret, warnings = _secret(place, target, token)
    folder = base_directory() / "pr" / target.folder
    with ExitStack() as stack:
        store = _folder(answers.directory() / "clones" / target.folder)
        stack.enter_context(exclusive(store, f"at work on the remote {target.key}"))
        mirror = gitmirror.opened(store / "git", target, _environment(checkout, secret, target))
        refs = _refs(mirror, settings, target)
        book = stack.enter_context(ledger.opened(_folder(folder.parent) / "ledger.db", target.key))
        pacer = Pacer(place.limits, clock=place.clock, sleep=place.sleep, tell=tell)
        forge, login = _forge(place, target, secret, pacer, book, folder, refs.default)
        base = settings.base or refs.default
        yield Desk(checkout, target, mirror, refs, base, book, pacer, forge, login, folder, warnings)


@contextmanager
def publishing(desk: Desk) -> Generator[None]:
    """Hold the host for writing."""
    with exclusive(desk.folder.parent, f"publishing to {desk.target.remote.host or 'this machine'}"):
        yield


def _secret(place: Place, target: Target, needed: bool) -> tuple[Secret | None, tuple[str, ...]]:
    remote = target.remote
    warnings = [f"the URL of {target.name} holds credentials; they are not used"] if target.stripped else []
    found = secrets.find(remote.kind, remote.host, place.token_file) if remote.host else None
    if found is None and remote.kind is not Kind.BARE:
        if needed:
            raise secrets.missing(remote.kind, remote.host)
        warnings.append(f"no token for {remote.host}: requests are known from earlier runs alone")
    return (found[0] if found else None), tuple(warnings)


def _environment(checkout: Checkout, secret: Secret | None, target: Target) -> Mapping[str, str]:
    """What our git is given beside the safe settings: what the user's config says, and the token."""
    carried = checkout.carried()
    ssh = os.environ.get("GIT_SSH_COMMAND") or carried.pop("core.sshcommand", "")
    given = {**environment(carried), **({"GIT_SSH_COMMAND": ssh} if ssh else {})}
    return {**given, **git_environment(secret, target.remote.origin, target.remote.kind, given)}


def _refs(mirror: Mirror, settings: Settings, target: Target) -> Refs:
    """The remote's default branch and the base, which must be there."""
    refs = mirror.refs(*filter(None, (settings.base,)))
    base = settings.base or refs.default
    if not base:
        raise PrError(f"the remote {target.name} has no default branch", hint="name one with --base")
    if base not in refs.heads:
        raise PrError(f"the remote {target.name} has no branch {base!r}", hint="name another one with --base")
    if base.startswith(settings.prefix):
        raise PrError(f"the base {base!r} bears the prefix of gorefit's own branches", hint="choose another --prefix")
    return refs


def _forge(
    place: Place, target: Target, secret: Secret | None, pacer: Pacer, book: Ledger, folder: Path, default: str
) -> tuple[Forge | None, str]:
    """The forge, and who we are there. Its pace is the host's until it is known whose it is."""
    if target.remote.kind is Kind.BARE:
        pacer.limits = Limits(gap=0, opens_per_hour=0, points_per_minute=0)  # nobody is there to be spared
        return connect.plain(target.remote, place.pr_dir or folder / "requests", default), ""
    if secret is None:
        return None, ""
    host = f"@{target.remote.host}"
    pacer.pace, pacer.save = book.pace(host), lambda pace: book.save_pace(pace, host)
    forge = connect.connect(target.remote, secret, pacer)
    identity = persevere(pacer, forge.who)
    pacer.pace, pacer.save = book.pace(str(identity)), lambda pace: book.save_pace(pace, str(identity), host)
    return forge, identity.login


def _folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PrError(
            f"cannot make the directory {path}: {error.strerror}",
            hint="set GOREFIT_STATE_DIR and GOREFIT_CACHE_DIR to directories that can be written to",
        ) from error
    return path
