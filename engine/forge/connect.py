"""From a remote and a token to the Forge that talks to it; client libraries are imported here, when they are needed."""

from __future__ import annotations

from pathlib import Path

from ..model import GorefitError
from . import secrets
from .bare import Bare
from .detect import Remote
from .forge import Forge, Kind
from .pacing import Pacer
from .secrets import Secret


class MissingPackage(GorefitError):
    """gorefit was installed without what pull requests need."""


def connect(remote: Remote, secret: Secret | None, pacer: Pacer) -> Forge:
    """The Forge of a remote that has one. Raises MissingPackage, and SecretError where there is no token."""
    if remote.kind is Kind.BARE:
        raise ValueError("a bare remote has no API: use plain()")
    if secret is None:
        raise secrets.missing(remote.kind, remote.host)
    try:
        from .transport import Http

        http = Http(remote.api_url, secret, pacer, scheme="token" if remote.kind is Kind.GITEA else "Bearer")
        match remote.kind:
            case Kind.GITHUB:
                from .github import Github

                return Github(remote, http)
            case Kind.GITLAB:
                from .gitlab import Gitlab

                return Gitlab(remote, http)
            case Kind.GITEA:
                from .gitea import Gitea

                return Gitea(remote, http)
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{error.name} is not installed", hint="pip install 'gorefit[pr]'") from None


def plain(remote: Remote, directory: Path, default_branch: str) -> Forge:
    """The Forge of a plain git remote, whose pull requests are files in `directory` (--pr-dir)."""
    return Bare(directory, remote.slug, remote.git_url, default_branch)
