"""The world that a test of pull requests plays in: a remote of the kind that the test names, and a user of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from forges import canary
from forges.fixtures import NewHost
from gorefit.engine.forge.forge import Kind

from .world import World, any_world, stand_alone


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A fresh folder, in memory where there is such a place: git makes many small files. At the end, no file in it may
    hold a token of the fake forges."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="gorefit-", dir=memory, ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()
        found = list(canary.leaks(Path(folder)))
    assert not found, f"a token in a file: {found}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without any git config, with a token, and with state and caches of their own."""
    return stand_alone(tmp_path, monkeypatch)


@pytest.fixture
def world(kind: Kind, tmp_path: Path, new_forge_host: NewHost, home: Path) -> World:
    return any_world(kind, tmp_path, new_forge_host)


@pytest.fixture(autouse=True)
def impatient() -> None:
    """Reads are repeated as often as outside of tests, but at once."""
    stamina.set_testing(True, attempts=3)
