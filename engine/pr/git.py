"""Git, run on a repository of gorefit's own: the one module of this room that knows GitPython.

Nothing of the target repository's config is ever in force, so nothing that it names can run:

1. Every call names its repository (`--git-dir`): a bare one of ours, whose config we wrote. The user's config and the
   system's are shut out; what is needed of them (proxy, signing) is carried over key by key (`usersgit`).
2. Hooks, monitors, filters, replaced objects, prompts and helpers for passwords are off; only https, ssh, file and
   http reach out (http: what `remote` lets through). Submodules are not entered.
3. Secrets and whatever may hold one (a proxy's URL) reach git by GIT_CONFIG_* in its environment, never by arguments.
4. While something is published, git is a process group of its own: Ctrl-C cuts no push short, the step decides.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import PrError

_SECONDS = 1800  # a first fetch of a large repository over a slow line; nothing of ours takes longer

_SETTINGS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=",
    "core.untrackedCache=false",
    "core.askPass=",
    "credential.helper=",
    "protocol.ext.allow=never",
    "http.followRedirects=initial",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "push.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "diff.external=",
    "advice.detachedHead=false",
)

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "https:ssh:file:http",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
    "GIT_ASKPASS": "",  # set and empty: asks nobody, not even $SSH_ASKPASS
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NAMESPACE": "",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
    "GIT_PREFIX": "",
    "GIT_TEMPLATE_DIR": "",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_TRACE_REDACT": "1",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git command said."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """stdout without its final newline."""
        return os.fsdecode(self.out).removesuffix("\n")


@dataclass(frozen=True, slots=True)
class Git:
    """A repository of ours. `env` holds the settings that must not show in arguments, the token's among them.

    `apart`: git runs in a process group of its own, which Ctrl-C does not reach.
    """

    directory: Path
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    apart: bool = False

    def __call__(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        check: bool = True,
        settings: Iterable[str] = (),
        work_tree: Path | None = None,
    ) -> Answer:
        """Run one git command. Raises PrError where it fails and `check` is set."""
        place = [f"--git-dir={self.directory}", *([f"--work-tree={work_tree}"] if work_tree else [])]
        options = [part for setting in (*_SETTINGS, *settings) for part in ("-c", setting)]
        full = {**_ENVIRONMENT, **_own(self.directory), **self.env, **(env or {})}
        command = [*place, "--no-pager", *options, *arguments]
        answer = execute(command, self.directory, full, stdin, apart=self.apart)
        if check and answer.code:
            raise failed(arguments, answer)
        return answer


def execute(arguments: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: bytes = b"", *, apart: bool) -> Answer:
    """Run git in `cwd` with these arguments on top of our environment. Raises PrError where it cannot be started."""
    program = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE") or "git"
    if shutil.which(program) is None:  # GitPython would fail to import
        raise PrError("git is not installed", hint="install git 2.31 or newer; pull requests are made with it")
    from git.cmd import Git as Command  # slow to import, and needed only here

    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        code, out, err = Command(str(cwd)).execute(
            [program, *arguments],
            istream=source,
            env=dict(env),
            with_extended_output=True,
            stdout_as_string=False,
            with_exceptions=False,
            strip_newline_in_stdout=False,
            kill_after_timeout=None if os.name == "nt" else _SECONDS,
            start_new_session=apart,
        )
    return Answer(code, out, err.strip())


def environment(config: Mapping[str, str]) -> dict[str, str]:
    """Settings as an environment that git reads them from."""
    env = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def failed(arguments: Sequence[str], answer: Answer) -> PrError:
    """The error for a command that failed, in git's own words."""
    return PrError(
        f"git {arguments[0]} failed", hint="settle what git says and run the command again", detail=answer.err
    )


def _own(directory: Path) -> dict[str, str]:
    """What a hook's environment would say of another repository, said of this one."""
    return {
        "GIT_INDEX_FILE": str(directory / "index"),
        "GIT_OBJECT_DIRECTORY": str(directory / "objects"),
        "GIT_GRAFT_FILE": os.devnull,
    }
