"""Modules of any size made of real code: copies of packages of the standard library under import paths of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ground import Ground

_UNFIT = re.compile(rb"^//go:(linkname|embed|noescape|nosplit)|^import \"C\"", re.MULTILINE)
_TIED = {"internal", "vendor", "cmd", "unsafe", "builtin"}


@dataclass(frozen=True)
class Part:
    """A package that can stand anywhere: no internal imports, no assembly, nothing linked by name."""

    path: str
    files: tuple[Path, ...]
    lines: int


def parts(ground: Ground, env: Mapping[str, str]) -> list[Part]:
    """What the modules are made of, in the order of import paths."""
    found: list[Part] = []
    for package in ground.packages(env, ground.directory("std")):
        imports = {part for path in (*package.imports, package.path) for part in path.split("/")}
        files = tuple(map(Path, sorted(package.files)))
        if (
            not files
            or imports & {"internal", "vendor", "cmd", "unsafe", "builtin"}
            or any(files[0].parent.glob("*.s"))
        ):
            continue
        texts = [file.read_bytes() for file in files]
        if not any(_UNFIT.search(text) for text in texts):
            found.append(Part(package.path, files, sum(text.count(b"\n") for text in texts)))
    return found


def module(root: Path, ground: Ground, env: Mapping[str, str], known: list[Part], lines: int) -> int:
    """Write a module of at least `lines` lines at `root`; the lines it has."""
    root.mkdir(parents=True)
    version = ".".join(ground.run(env, "env", "GOVERSION").decode().strip().removeprefix("go").split(".")[:2])
    (root / "go.mod").write_text(f"module example.com/size\n\ngo {version}\n")
    written, number = 0, 0
    while written < lines:
        number += 1
        for part in known:
            folder = root / f"copy{number:03}" / part.path
            folder.mkdir(parents=True)
            for file in part.files:
                shutil.copyfile(file, folder / file.name)
            written += part.lines
            if written >= lines:
                break
    return written


def fitting(ground: Ground, env: Mapping[str, str], known: list[Part]) -> list[Part]:
    """Those parts that compile in a module; the others rely on being part of std."""
    root = ground.work / "fitting"
    shutil.rmtree(root, ignore_errors=True)
    module(root, ground, env, known, sum(part.lines for part in known))
    command = [str(ground.go), "list", "-e", "-export", "-f", "{{if not .Error}}{{.ImportPath}}{{end}}", "./..."]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    good = set(done.stdout.split())
    shutil.rmtree(root)
    return [part for part in known if f"example.com/size/copy001/{part.path}" in good]
