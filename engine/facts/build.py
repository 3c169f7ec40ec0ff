"""Compile the facts server with the user's own go, once per server source and toolchain.

1. The name of the program holds a hash of its source, of the toolchain's version and of the go command's own file.
2. A program of that name in the cache is used as it is.
3. Otherwise it is compiled beside its final name and moved there in one step, so that two runs at once each find
   either nothing or a whole program.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from ..model import GorefitError
from ..toolchain import NoRoom, Toolchain
from .errors import FactsError

SOURCE = Path(__file__).parent / "server"

#: Nothing of the user's settings reaches this build: no network, no module flags, no cross-compilation, no go.work.
_CLEAN = {
    "GO111MODULE": "on",
    "GOFLAGS": "",
    "GOENV": "off",
    "GOWORK": "off",
    "GOPROXY": "off",
    "GOTOOLCHAIN": "local",
    "GOOS": "",
    "GOARCH": "",
    "GOEXPERIMENT": "",
    "GODEBUG": "",
    "CGO_ENABLED": "0",
}


def server_program(toolchain: Toolchain, cache: Path) -> Path:
    """The compiled server for this toolchain, from the cache or built now. Raises FactsError."""
    folder = cache / "facts"
    suffix = ".exe" if os.name == "nt" else ""
    program = folder / f"server-{_key(toolchain)}{suffix}"
    if program.exists():
        return program
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="build-", dir=folder) as workshop:
            _build(toolchain, Path(workshop) / program.name, program)
    except OSError as error:
        raise FactsError(
            f"cannot write the facts server to {folder}: {error.strerror or error}",
            hint="free some space there, or set GOREFIT_CACHE_DIR to another directory",
        ) from error
    return program


def _build(toolchain: Toolchain, target: Path, program: Path) -> None:
    env = {**_CLEAN, "GOCACHE": str(toolchain.gocache)}
    # no -trimpath: the cache holds std as users build it, and would be asked for another std of 145 packages
    arguments = ["build", "-ldflags=-s -w", "-o", str(target), "."]
    if toolchain.minor >= (1, 18):
        arguments.insert(1, "-buildvcs=false")
    try:
        toolchain.run(*arguments, cwd=SOURCE, env=env)
    except NoRoom:
        raise
    except GorefitError as error:
        raise FactsError(
            f"cannot compile gorefit's facts server with go {toolchain.version}: {error.message}",
            hint=error.hint or "check that this Go installation is complete: `go build go/types` must work",
            detail=error.detail,
        ) from error
    # Windows refuses to replace a program that runs: another run finished the same build first, which is as good.
    with contextlib.suppress(PermissionError) if program.exists() else contextlib.nullcontext():
        target.replace(program)


def _key(toolchain: Toolchain) -> str:
    digest = hashlib.sha256()
    for file in sorted(SOURCE.iterdir()):
        if file.suffix == ".go" or file.name == "go.mod":
            digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    go = toolchain.go.resolve()
    status = go.stat()  # development toolchains change without changing their version
    digest.update(f"{toolchain.version}\0{go}\0{status.st_size}\0{status.st_mtime_ns}".encode())
    return digest.hexdigest()[:24]
