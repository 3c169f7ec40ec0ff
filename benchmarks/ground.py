"""What the measurements stand on: a private copy of the Go tree, and Go build caches in a known state."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_FIELDS = ("ImportPath", "Dir", "GoFiles", "Imports", "Deps", "TestImports", "XTestImports")


@dataclass(frozen=True)
class Package:
    """A package as go list tells of it: its path, its files, what it and its tests import."""

    path: str
    files: frozenset[str]
    imports: frozenset[str]
    deps: frozenset[str]
    tests: frozenset[str]


@dataclass(frozen=True)
class Ground:
    """A folder of our own; nothing outside of it is written."""

    work: Path
    source: Path  # the GOROOT to copy

    @cached_property
    def goroot(self) -> Path:
        """A private copy of the Go tree, made once."""
        copy = self.work / "goroot"
        if not copy.exists():
            shutil.copytree(self.source, self.work / "copying", symlinks=True)
            (self.work / "copying").rename(copy)
        return copy

    @property
    def go(self) -> Path:
        return self.goroot / "bin" / "go"

    def directory(self, name: str) -> Path:
        """Where the modules `std` and `cmd` lie."""
        return self.goroot / "src" if name == "std" else self.goroot / "src" / "cmd"

    def environment(self, gocache: Path, own: Path) -> dict[str, str]:
        """Settings under which all contenders run alike; `own` is gorefit's cache."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "GOREFIT_"))}
        fixed = {"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOENV": "off", "GOPROXY": "off", "GOREFIT_GO": str(self.go)}
        return {
            **kept,
            **fixed,
            "GOCACHE": str(gocache),
            "GOREFIT_CACHE_DIR": str(own),
            "GOREFIT_STATE_DIR": f"{own}-state",
        }

    @cached_property
    def seed(self) -> Path:
        """A Go build cache that holds the export data of std and its tests, and nothing else."""
        return self.cache("std", lambda env: self.run(env, "list", "-export", "-deps", "-test", "std"))

    def built(self, name: str) -> Path:
        """The seed, and the export data of one tree as a developer has it after a build."""
        directory = self.directory(name)
        return self.cache(f"built-{name}", lambda env: self.run(env, "build", "./...", cwd=directory), base=self.seed)

    def cache(self, name: str, fill: Callable[[Mapping[str, str]], object], base: Path | None = None) -> Path:
        """A build cache by name; filled when first asked for, copied afterwards and never written again."""
        cache = self.work / f"gocache-{name}"
        if not cache.exists():
            filling = self.work / "filling"
            shutil.rmtree(filling, ignore_errors=True)
            if base:
                linked(base, filling)
            fill(self.environment(filling, self.work / "own"))
            filling.rename(cache)
        return cache

    def run(self, env: Mapping[str, str], *args: str, cwd: Path | None = None) -> bytes:
        """Run the private go; its output."""
        where = cwd or self.directory("std")
        done = subprocess.run([str(self.go), *args], env=env, cwd=where, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"go {' '.join(args[:4])}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def packages(self, env: Mapping[str, str], directory: Path) -> list[Package]:
        """The packages below a directory."""
        told = self.run(env, "list", f"-json={','.join(_FIELDS)}", "./...", cwd=directory)
        listed = json.loads(b"[" + told.replace(b"\n}\n{", b"\n},\n{") + b"]")
        return [
            Package(
                path=each["ImportPath"],
                files=frozenset(f"{each['Dir']}/{name}" for name in each.get("GoFiles", ())),
                imports=frozenset(each.get("Imports", ())),
                deps=frozenset(each.get("Deps", ())),
                tests=frozenset([*each.get("TestImports", ()), *each.get("XTestImports", ())]),
            )
            for each in listed
        ]


def linked(source: Path, target: Path) -> None:
    """A copy made of hard links: go replaces and adds files of its cache, it does not write into them."""
    shutil.copytree(source, target, copy_function=os.link)


def removed(paths: Iterable[Path]) -> None:
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
