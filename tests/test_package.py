"""The wheel: it holds every source file of the repository, in its place, and what it installs runs.

setuptools lists our packages by hand (the folders are not named as the packages are), and forgets new ones in silence.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
SOURCES = re.compile(r"\.(py|go|j2)$|/go\.mod$|/py\.typed$")

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None, reason="the list of files is git's"
)


def tracked(*folders: str) -> list[str]:
    """The files that git knows below the folders, as far as they exist."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network from a copy that holds tracked files only."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in tracked("codemods", "engine", "pyproject.toml", "README.md", "LICENSE"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    built = subprocess.run([sys.executable, "-c", BUILD, str(out)], cwd=copy, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-3000:]
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, as an installer lays them into site-packages."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_every_source_file(unpacked: Path) -> None:
    expected = {f"gorefit/{name}" for name in tracked("codemods", "engine") if SOURCES.search(name)}
    packed = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    code = {name for name in packed if ".dist-info/" not in name}
    assert expected - code == set(), "not in the wheel; name their packages in pyproject.toml, [tool.setuptools]"
    assert code - expected == set(), "in the wheel, but no source of ours"
    assert {"gorefit/codemods/py.typed", "gorefit/engine/facts/server/go.mod"} <= code
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in packed)


def test_every_file_arrives_as_it_is(unpacked: Path) -> None:
    for name in tracked("codemods", "engine"):
        if SOURCES.search(name):
            assert (unpacked / "gorefit" / name).read_bytes() == (ROOT / name).read_bytes(), name


def run(unpacked: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Python in an empty directory, where the unpacked wheel goes before any installed gorefit."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=unpacked.parent,
        env={**os.environ, "PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_and_its_codemods_come_from_the_wheel(unpacked: Path) -> None:
    program = f"""
from importlib.metadata import distribution, entry_points
here = {str(unpacked)!r}
assert str(distribution("gorefit").locate_file("")).startswith(here)
codemods = entry_points(group="gorefit.codemods")
for entry in codemods:
    codemod = entry.load()
    assert codemod.id == entry.name, (codemod.id, entry.name)
    assert codemod.source.startswith(here), codemod.source
print(sorted(entry.name for entry in codemods))
(command,) = entry_points(group="console_scripts", name="gorefit")
command.load()
"""
    done = run(unpacked, program)
    assert done.returncode == 0, done.stderr
    assert "'prealloc'" in done.stdout and "'strings-builder'" in done.stdout


def test_every_module_of_the_wheel_imports(unpacked: Path) -> None:
    names = sorted(p.relative_to(unpacked).with_suffix("").as_posix() for p in (unpacked / "gorefit").rglob("*.py"))
    modules = [name.replace("/", ".").removesuffix(".__init__") for name in names]
    done = run(unpacked, f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")
    assert done.returncode == 0, done.stderr


def test_every_codemod_file_with_a_codemod_is_registered(unpacked: Path) -> None:
    """An entry point for each `@codemod`: a codemod that is not registered is never run, and nothing says so."""
    decorated = {
        f"gorefit.codemods.{path.stem}:{name}"
        for path in (ROOT / "codemods").glob("*.py")
        for name in re.findall(r"^@codemod\((?:.|\n)*?^def (\w+)", path.read_text(), re.MULTILINE)
    }
    registered = run(
        unpacked,
        "from importlib.metadata import entry_points\nfor e in entry_points(group='gorefit.codemods'): print(e.value)",
    )
    assert set(registered.stdout.split()) == decorated
