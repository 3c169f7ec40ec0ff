"""The command on real modules: how the end-to-end tests run gorefit, and how they tell that a tree is whole."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import write_tree
from gorefit.engine.report.schema import schema
from gorefit.engine.toolchain import Toolchain

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-c", "from gorefit.engine.cli.start import main; main()")
GO_MOD = "module example.com/m\n\ngo 1.21\n"

#: A function with one site of strings-builder; {name} tells its copies apart.
GROWS = """package {package}

func {name}(xs []string) string {{
	s := ""
	for _, x := range xs {{
		s += x + ";"
	}}
	return s
}}
"""


def grows(package: str = "m", name: str = "Joined") -> str:
    return GROWS.format(package=package, name=name)


@dataclasses.dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as JSON that the published schema allows."""
        return valid(self.out)


def valid(text: str) -> Any:
    """A JSON document that the published schema allows."""
    document = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(schema())).validate(document)
    return document


def outcomes(document: Any, status: str = "") -> list[tuple[str, int, str, str]]:
    """(path, line, status, code) of each outcome of a report, or of those with one status."""
    ranges = [(one["range"], one) for one in document["outcomes"]]
    found = [(place["path"], place["start"]["line"], one["status"], one["code"]) for place, one in ranges]
    return [one for one in found if not status or one[2] == status]


def snapshot(root: Path, *, folders: bool = True) -> dict[str, tuple[str, int, int]]:
    """Every file and directory below `root`: digest or link target, mode, time of last change in nanoseconds.

    `folders` = False: the times of directories do not count, in which files came and went.
    """
    found: dict[str, tuple[str, int, int]] = {}
    for path in sorted([root, *root.rglob("*")]):
        status = path.lstat()
        if path.is_symlink():
            content = f"-> {path.readlink()}"
        else:
            content = "dir" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
        timeless = content == "dir" and not folders
        found[str(path.relative_to(root))] = (content, status.st_mode, 0 if timeless else status.st_mtime_ns)
    return found


def texts(root: Path) -> dict[str, bytes]:
    """The bytes of every file below `root`, but for those of git."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


class Gorefit:
    """Runs the command with state, temporary files and report files of its own, and a cache shared by all tests."""

    def __init__(self, folder: Path, cache: Path, toolchain: Toolchain) -> None:
        self.temporary, self.state = folder / "tmp", folder / "state"
        self.temporary.mkdir(parents=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "TMPDIR": str(self.temporary),
            "GOREFIT_STATE_DIR": str(self.state),
            "GOREFIT_CACHE_DIR": str(cache),
            "GOREFIT_GO": str(toolchain.go),
        }

    @classmethod
    def beside(cls, other: Gorefit, folder: Path) -> Gorefit:
        """One that shares the state of another, as two shells of one user do, but not its temporary files."""
        made = copy.copy(other)
        made.temporary = folder
        made.temporary.mkdir(parents=True)
        made.environment = {**other.environment, "TMPDIR": str(folder)}
        return made

    def __call__(self, *line: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Done:
        """Run one command line to its end; it must not show a traceback, nor leave temporary files or processes."""
        program = self.start(*line, env=env, cwd=cwd)
        out, err = program.communicate(timeout=120)
        done = Done(program.returncode, out.decode(), err.decode())
        assert "Traceback" not in done.err, done.err
        self.assert_nothing_left(program)
        return done

    def start(
        self, *line: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        command = [*COMMAND, *map(str, line)]
        full = {**self.environment, **(env or {})}
        return subprocess.Popen(
            command,
            env=full,
            cwd=cwd or self.temporary.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def refused(self, code: int, *line: str | Path, env: Mapping[str, str] | None = None) -> str:
        """Run a command that must end with `code` and one error on stderr that says what to do; gives stderr."""
        done = self(*line, env=env)
        assert done.code == code, done
        assert done.out == "" and f"\n{done.err}".count("\nerror: ") == 1 and "help: " in done.err, done
        return done.err

    def assert_nothing_left(self, program: subprocess.Popen[bytes]) -> None:
        left = [path.name for path in self.temporary.iterdir()]
        assert not left, f"temporary files were left behind: {left}"
        assert not self.processes(), f"processes were left behind: {self.processes()}"

    def processes(self, but: int = 0) -> list[str]:
        """The command lines of processes that run in the environment of this test, but for one."""
        mark = f"TMPDIR={self.temporary}".encode()
        found: list[str] = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != but:
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return [line for line in found if line]


def interrupt_when(
    program: subprocess.Popen[bytes], seen: Callable[[], bool], limit: float = 60, *, may_end: bool = False
) -> tuple[Done, float]:
    """Send SIGINT to the command once `seen`; its end, and the seconds that it took."""
    try:
        return _interrupted(program, seen, time.monotonic() + limit, may_end)
    except BaseException:
        program.kill()
        raise


def _interrupted(
    program: subprocess.Popen[bytes], seen: Callable[[], bool], until: float, may_end: bool
) -> tuple[Done, float]:
    while not seen():
        if may_end and program.poll() is not None:
            break
        assert program.poll() is None, f"ended too early: {program.communicate()}"
        assert time.monotonic() < until, "the moment never came"
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGINT)
    began = time.monotonic()
    out, err = program.communicate(timeout=15)
    return Done(program.returncode, out.decode(), err.decode()), time.monotonic() - began


def git(root: Path, *args: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(root), *identity, *args], check=True, capture_output=True, text=True)
    return done.stdout


def committed(root: Path) -> Path:
    """The tree as a git repository with everything in it committed."""
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    return root


def plugin(folder: Path, source: str, names: Mapping[str, str]) -> Mapping[str, str]:
    """A third party's distribution with codemods, {entry: attribute}; gives the environment that brings it in."""
    entries = "".join(f"{entry} = thirdparty:{attribute}\n" for entry, attribute in names.items())
    files = {
        "thirdparty.py": source,
        "thirdparty-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n",
        "thirdparty-1.0.dist-info/entry_points.txt": f"[gorefit.codemods]\n{entries}",
    }
    write_tree(folder, files)
    path = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{folder}{os.pathsep}{path}" if path else str(folder)}


def shared_cache(factory: pytest.TempPathFactory) -> Path:
    """One cache directory for all tests of a session, whatever worker they run on."""
    base = factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "gorefit-cache"
