"""Where the token comes from, and a type for it that does not show it by accident.

The first of these that gives one: `--token-file`; the environment; the system's keyring; `gh auth token`; git's
credential helpers. A variable that belongs to one host (GH_TOKEN to github.com) is never given to another: which host a
repository names is the repository's word. Nothing of this runs in a directory whose config a stranger may have written.
"""

from __future__ import annotations

import hmac
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from .. import process
from ..model import GorefitError
from . import redaction
from .forge import Kind

_TOKEN = re.compile(r"[\x21-\x7e]{8,4096}")


class SecretError(GorefitError):
    """A token cannot be used, or the place that should hold it cannot be read safely."""


class Secret:
    """A token. `reveal` is the one way to its text; the text is registered for redaction."""

    __slots__ = ("_text",)

    def __init__(self, text: str, *, source: str) -> None:
        """Raises SecretError, which names the source and not the text, for what is not a token at all."""
        if not _TOKEN.fullmatch(text):
            raise SecretError(
                f"what {source} holds is not a token",
                hint="a token is one word of 8 or more printable ASCII characters",
            )
        self._text = text
        redaction.register(text)

    def reveal(self) -> str:
        """The token itself, for a header or the environment of one child."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return redaction.MASK

    def __format__(self, spec: str) -> str:
        return redaction.MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text, other._text)

    __hash__ = None  # type: ignore[assignment]  # a dict of secrets has no use

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")


_GITHUB = re.compile(r"github\.com|.+\.ghe\.com")
_SECONDS = 20  # for a program that is asked for a token


def find(
    kind: Kind, host: str, token_file: Path | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Secret, str] | None:
    """The token for a host and where it was found, as "GH_TOKEN"; None where there is none.

    Raises SecretError where a place that was named is unsafe or holds no token.
    """
    if token_file:
        return _from_file(token_file), f"--token-file {token_file}"
    lookups: list[Callable[[], Iterator[tuple[str, str]]]] = [
        lambda: ((environ[name], name) for name in variables(kind, host) if environ.get(name)),
        lambda: _from_keyring(host),
        lambda: _from_gh(kind, host, environ),
        lambda: _from_git(host, environ),
    ]
    for lookup in lookups:
        for text, source in lookup():
            return Secret(text.strip(), source=source), source
    return None


def variables(kind: Kind, host: str) -> tuple[str, ...]:
    """The environment variables that may hold a token for this host, the first one first."""
    if kind is Kind.GITHUB and not _GITHUB.fullmatch(host):
        return ("GOREFIT_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
    own = {
        Kind.GITHUB: ("GH_TOKEN", "GITHUB_TOKEN"),
        Kind.GITLAB: ("GITLAB_TOKEN",),
        Kind.GITEA: ("GITEA_TOKEN", "FORGEJO_TOKEN"),
        Kind.BARE: (),
    }
    return ("GOREFIT_TOKEN", *own[kind])


def missing(kind: Kind, host: str) -> SecretError:
    """What to say where there is no token and one is needed."""
    places = ["--token-file", *variables(kind, host), "the keyring"]
    places += ["`gh auth login`"] if kind is Kind.GITHUB else []
    return SecretError(f"no token for {host}", hint=f"give one by {', '.join(places)} or a git credential helper")


def _from_file(path: Path) -> Secret:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and os.name == "posix" and status.st_mode & 0o077:
                raise SecretError(f"{path} can be read by others", hint=f"chmod 600 {path}")
            text = file.read(65_536).decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not ASCII text"
        raise SecretError(f"--token-file {path}: {reason}") from None
    return Secret(text.strip(), source=f"--token-file {path}")


def _from_keyring(host: str) -> Iterator[tuple[str, str]]:
    """The password that the system's keyring keeps under service "gorefit" and the host's name."""
    try:
        import keyring  # optional, and slow to import

        text = keyring.get_password("gorefit", host)
    except Exception:  # no package, no backend, a locked or broken one: all the same to us
        return
    if text:
        yield text, "the keyring"


def _from_gh(kind: Kind, host: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    gh = shutil.which("gh", path=environ.get("PATH")) if kind is Kind.GITHUB else None
    if gh:
        text = _ask([gh, "auth", "token", "--hostname", host], environ, b"")
        if text:
            yield text, "gh auth token"


def _from_git(host: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What git's credential helpers know of the host; nobody is asked, and no repository's config is read."""
    git = shutil.which("git", path=environ.get("PATH"))
    if not git:
        return
    silent = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GCM_INTERACTIVE": "never", "GIT_DIR": os.devnull}
    answer = _ask([git, "credential", "fill"], {**environ, **silent}, f"protocol=https\nhost={host}\n\n".encode())
    found = re.search(r"^password=(.+)$", answer, re.MULTILINE)
    if found:
        yield found[1], "git credential fill"


def _ask(command: list[str], environ: Mapping[str, str], stdin: bytes) -> str:
    """What a program answers, "" if it fails; it runs at the root of the file system, where no project is.

    Through pipes: a token does not touch the disk, not even in a file without a name.
    """
    try:
        asked = process.start(command, cwd=Path(Path.cwd().anchor), env=environ, stderr=subprocess.DEVNULL)
    except OSError:
        return ""
    try:
        answer, _ = asked.communicate(stdin, timeout=_SECONDS)
        code = asked.returncode
    except subprocess.TimeoutExpired:
        return ""
    finally:
        process.end(asked, grace=0)
    return answer.decode("utf-8", "replace").strip() if code == 0 else ""
