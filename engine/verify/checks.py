"""Run go build, go vet and gofmt in a scene and read what they say from both output streams, never from exit status."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..packages import Configuration
from ..plan.plan import Plan
from ..toolchain import Completed, GoError, Toolchain, stop
from .findings import Finding, read_text, read_vet
from .graph import FILES, Node
from .scene import Scene
from .scratch import scratch

#: Below this, `go vet` hands the files on disk to the vet tool, whatever -overlay says.
VET_OVERLAY = (1, 24)

_ARGUMENTS = 24_000 if os.name == "nt" else 500_000  # characters of package names in one call
_LIMIT = 3600.0  # seconds for one call: a first build of a large tree with cgo on a slow machine
_HUNK = re.compile(rb"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")


def environment(toolchain: Toolchain, configuration: Configuration) -> dict[str, str]:
    """What a go call needs to build for `configuration`; no cgo where that would need a cross compiler."""
    env = dict(configuration.environment())
    if (configuration.goos, configuration.goarch) != (toolchain.goos, toolchain.goarch):
        env["CGO_ENABLED"] = "0"
    return env


def build(toolchain: Toolchain, scene: Scene, configuration: Configuration, nodes: Sequence[Node]) -> list[Finding]:
    """Compile and link; the result is thrown away. Raises GoError if go fails without saying anything readable."""
    found: list[Finding] = []
    for targets in batches([node for node in nodes if node.builds]):
        args = ("build", "-o", os.devnull, *scene.flags, *configuration.flags(), *targets)
        done = _run(toolchain, scene, configuration, args)
        said = read_text("build", scene.text(done.stdout + b"\n" + done.stderr), scene)
        found += _sure(done, said, scene)
    return found


def vet(
    toolchain: Toolchain, scene: Scene, configuration: Configuration, nodes: Sequence[Node], *, in_goroot: bool = False
) -> list[Finding]:
    """Vet packages and their tests. Raises GoError if go fails without saying anything readable.

    `in_goroot`: without the analyzer that plain `go vet` leaves out in the Go tree, and `go vet -json` does not.
    """
    found: list[Finding] = []
    for targets in batches(nodes):
        quiet = ("-unsafeptr=false",) if in_goroot else ()
        args = ("vet", "-json", *quiet, *scene.flags, *configuration.flags(), *targets)
        done = _run(toolchain, scene, configuration, args)
        said = [f for stream in (done.stdout, done.stderr) for f in read_vet(stream, scene)]
        found += _sure(done, list(dict.fromkeys(said)), scene)
    return found


def batches(nodes: Sequence[Node]) -> Iterator[tuple[str, ...]]:
    """Command lines of bearable length; single files cannot share one with packages."""
    batch, size = list[str](), 0
    for node in nodes:
        if node.path == FILES:
            yield node.targets
            continue
        if batch and size + len(node.path) > _ARGUMENTS:
            yield tuple(batch)
            batch, size = [], 0
        batch += node.targets
        size += len(node.path) + 1
    if batch:
        yield tuple(batch)


def _run(toolchain: Toolchain, scene: Scene, configuration: Configuration, args: tuple[str, ...]) -> Completed:
    env = {**environment(toolchain, configuration), **scene.env}
    return toolchain.run(*args, cwd=scene.directory, env=env, check=False, timeout=_LIMIT)


def _sure(done: Completed, found: list[Finding], scene: Scene) -> list[Finding]:
    """Findings, or an error where go failed for a reason that concerns no package: then nothing was proved."""
    if done.code and not any(f.package or f.path for f in found):
        words = scene.text(done.stderr.strip() or done.stdout.strip())
        raise GoError(f"go {done.command[1]} could not check the tree", done.command[:8], scene.root, words)
    return found


def gofmt(toolchain: Toolchain, plan: Plan, backing: Mapping[Path, Path]) -> list[Finding]:
    """Lines that gofmt would change in files that were gofmt-clean before. Files it cannot parse are build's matter."""
    program = toolchain.goroot / "bin" / ("gofmt.exe" if os.name == "nt" else "gofmt")
    if not program.is_file():
        return []
    unclean = _listed(toolchain, program, {copy: path for path, copy in backing.items()})
    if not unclean:
        return []
    with scratch() as temporary:
        before: dict[Path, Path] = {}
        for number, path in enumerate(sorted(unclean)):
            old = plan.files[path].old
            if old is not None:
                copy = temporary / f"{number}.go"
                copy.write_bytes(old)
                before[copy] = path
        unclean -= _listed(toolchain, program, before)
    return [f for path in sorted(unclean) for f in _misformatted(toolchain, program, plan, path, backing[path])]


def _listed(toolchain: Toolchain, program: Path, files: Mapping[Path, Path]) -> set[Path]:
    names = {str(copy): path for copy, path in files.items()}
    every, listed = list(names), set[Path]()
    for start in range(0, len(every), 500):
        for line in _gofmt(toolchain, program, "-l", *every[start : start + 500]).splitlines():
            name = os.fsdecode(line)
            if name in names:
                listed.add(names[name])
    return listed


def _misformatted(toolchain: Toolchain, program: Path, plan: Plan, path: Path, copy: Path) -> list[Finding]:
    package = next((fix.package for fix in plan.fixes.values() if fix.path == path), "")
    lines, at = list[int](), 0
    for line in _gofmt(toolchain, program, "-d", str(copy)).splitlines():
        if _HUNK.match(line):
            at = int(line.split()[1][1:].split(b",")[0])
        elif at and line[:1] in (b" ", b"-", b"+"):
            if line[:1] != b" ":
                lines.append(at)
            at += line[:1] != b"+"
    message = "gofmt would write this otherwise"
    return [Finding("gofmt", package, path, line, 0, message) for line in sorted(set(lines)) or [1]]


def _gofmt(toolchain: Toolchain, program: Path, *args: str) -> bytes:
    process = toolchain.start(program, *args, cwd=program.parent)
    try:
        return process.communicate()[0]
    finally:
        stop(process, grace=0)
