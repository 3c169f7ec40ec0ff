"""How git gets the token: by the environment of one child process, for one origin, and by nothing that outlives it.

Nothing of it stands in argv, in a URL or in a config file. Only the same user can read the environment of a process.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping

from . import redaction
from .forge import Kind
from .secrets import Secret, SecretError

#: Who a token belongs to in Basic authentication; forges look at the password alone, but want a name there.
_USER = {Kind.GITHUB: "x-access-token", Kind.GITLAB: "oauth2", Kind.GITEA: "oauth2", Kind.BARE: "git"}
_ORIGIN = re.compile(r"https?://[^/\s@?#]+")

#: Nobody is there to be asked, and no trace may print what the config below holds.
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",  # empty: neither core.askPass nor SSH_ASKPASS is looked at either
    "GCM_INTERACTIVE": "never",
    "GIT_TRACE_REDACT": "1",
    "GIT_TRACE2": "0",
    "GIT_TRACE2_EVENT": "0",
    "GIT_TRACE2_PERF": "0",
}


def git_environment(
    secret: Secret | None, origin: str, kind: Kind, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """What to add to `environ` for a git that talks to `origin`: "https://github.com", "" for ssh and files.

    Settings that `environ` already gives by GIT_CONFIG_COUNT are kept, and ours come last. Without a secret, git's own
    credential helpers and agents stay in force, but ask nothing. Raises SecretError where `origin` is more than that.
    """
    ssh = environ.get("GIT_SSH_COMMAND") or "ssh"
    settings = _settings(secret, origin, kind) if secret and origin else []
    given = environ.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isascii() and given.isdigit() else 0
    added = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (key, value) in enumerate(settings, start=first):
        added |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**_QUIET, "GIT_SSH_COMMAND": f"{ssh} -oBatchMode=yes", **added}


def _settings(secret: Secret, origin: str, kind: Kind) -> list[tuple[str, str]]:
    if not _ORIGIN.fullmatch(origin):
        raise SecretError(f"{origin!r} is not the origin of a URL")
    login = f"{_USER[kind]}:{secret.reveal()}"
    header = base64.b64encode(login.encode()).decode()
    redaction.register(header)
    here = f"http.{origin}/"
    return [
        (f"{here}.extraHeader", ""),  # forget those of other config: two Authorization headers are an error
        (f"{here}.extraHeader", f"Authorization: Basic {header}"),
        (
            f"{here}.followRedirects",
            "false",
        ),  # "initial" posts the extra headers to whatever host the first answer names
        (f"{here}.sslVerify", "true"),
        ("credential.helper", ""),
    ]
