"""The command line: options in both places, streams kept apart, exit codes, and errors that say what to do."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from gorefit.engine.cli.main import run as run_line
from gorefit.engine.model import GorefitError

PROGRAM = [sys.executable, "-c", "from gorefit.engine.cli.main import main; main()"]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module to stand in, with state and caches of its own."""
    folder = tmp_path / "m"
    (folder / ".git").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (folder / "a.go").write_text("package m\n")
    monkeypatch.setenv("GOREFIT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("GOREFIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(folder)
    return folder


def settings(capfd: pytest.CaptureFixture[str], args: Sequence[str]) -> dict[str, object]:
    code = run_line([*args, "--format", "json"])
    out, err = capfd.readouterr()
    assert code == 0, err
    return {row["name"]: row["value"] for row in json.loads(out)["settings"]}


@pytest.mark.parametrize(
    "args",
    [
        ["config", "-c", "prealloc,strings-builder", "--tier", "review", "--jobs", "0", "--include-tests"],
        ["-c", "prealloc", "--tier", "review", "--include-tests", "--jobs", "0", "config", "-c", "strings-builder"],
        [
            *("--tier", "safe", "--no-include-tests", "config", "-cprealloc", "-cstrings-builder"),
            *("--tier=review", "--include-tests", "--jobs=0"),
        ],
    ],
)
def test_options_stand_before_or_after_the_command(
    module: Path, capfd: pytest.CaptureFixture[str], args: list[str]
) -> None:
    (module / "gorefit.toml").write_text("jobs = 7\n")
    found = settings(capfd, args)
    assert found["codemods"] == ["prealloc", "strings-builder"]
    assert (found["tier"], found["include-tests"], found["jobs"]) == ("review", True, 0)


def test_the_folder_given_with_C_rules(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (module / "sub").mkdir()
    (module / "sub" / "gorefit.toml").write_text('tier = "review"\n')
    assert settings(capfd, ["config"])["tier"] == "safe"
    assert settings(capfd, ["-C", "sub", "config"])["tier"] == "review"
    assert settings(capfd, ["config", "-C", "sub"])["tier"] == "review"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["chekc"], "did you mean `check`?"),
        (["frobnicate"], "known: apply, check"),
        (["check", "--tires"], "--tier"),
        (["check", "--tier", "reckless"], "'safe', 'review'"),
        (["check", "--jobs", "-1"], "--jobs"),
        (["check", "-c", "preallok"], "did you mean `prealloc`?"),
        (["--skip", "preallok", "check"], "did you mean `prealloc`?"),
        (["check", "--platforms", "windows"], "platforms"),
        (["explain", "preallok"], "did you mean `prealloc`?"),
        (["explain"], "CODEMOD"),
        (["apply", "--check"], "--check goes with"),
        (["-C", "nowhere", "check"], "nowhere"),
        (["why", "a.go"], "FILE:LINE"),
        (["why", "a.go:2"], "no line 2"),
        (["why", "none.go:1"], "cannot be read"),
        (["check", "--go", "/nowhere/go"], "/nowhere/go"),
    ],
)
def test_wrong_usage_is_told_on_stderr_with_code_2(
    module: Path, capfd: pytest.CaptureFixture[str], args: list[str], words: str
) -> None:
    before = sorted(module.rglob("*"))
    assert run_line(args) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: ") and "help: " in err and words in err and "Traceback" not in err
    assert sorted(module.rglob("*")) == before


def test_a_wrong_key_in_gorefit_toml_names_its_line(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (module / "gorefit.toml").write_text('[prealloc]\nnill = "keep"\n')
    assert run_line(["check"]) == 2
    err = capfd.readouterr().err
    assert f"{module}/gorefit.toml:2: unknown key `nill` in [prealloc]" in err and "did you mean `nil`?" in err
    assert run_line(["list"]) == 0  # what needs no settings still answers


def test_help_and_version_are_results(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for args in ([], ["--help"], ["check", "-h"], ["--version"]):
        assert run_line(args) == 0
        out, err = capfd.readouterr()
        assert "gorefit" in out and err == ""


def test_list_explain_and_config_answer_in_all_formats(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for command in (["list"], ["explain", "prealloc"], ["config"]):
        assert run_line(command) == 0
        assert "prealloc" in capfd.readouterr().out
        for form in ("json", "jsonl"):
            assert run_line([*command, "--format", form]) == 0
            out = capfd.readouterr().out
            assert json.loads(out)["schema_version"] == 1
            assert (out.count("\n") == 1) == (form == "jsonl")


def test_doctor_names_go_grammar_and_places(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run_line(["doctor"])
    out = capfd.readouterr().out
    for word in ("gorefit", "python", "goroot", "tree-sitter-go", "knows Go up to", str(module.parent / "state")):
        assert word in out
    assert code == 0 and "ready" in out


def test_doctor_without_a_usable_go_says_what_to_do(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_line(["doctor", "--go", "/nowhere/go"]) == 2
    out = capfd.readouterr().out
    assert "✗ go" in out and "help: " in out and "not usable" in out


def test_doctor_tells_of_a_broken_gorefit_toml(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (module / "gorefit.toml").write_text("nonsense = 1\n")
    assert run_line(["doctor"]) == 2
    assert "gorefit.toml:1: unknown key `nonsense`" in capfd.readouterr().out


def test_no_color_and_color_always(module: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_line(["list", "--color", "always"])
    assert "\x1b[" in capfd.readouterr().out
    run_line(["list"])
    assert "\x1b[" not in capfd.readouterr().out


def test_a_defect_leaves_a_report_without_secrets(
    module: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("at https://user:hunter2@example.com with s3cr3t-t0ken")

    monkeypatch.setenv("FORGE_TOKEN", "s3cr3t-t0ken")
    monkeypatch.setattr("gorefit.engine.run.check", broken)
    assert run_line(["check"]) == 5
    err = capfd.readouterr().err
    assert "internal error: ZeroDivisionError" in err and "Traceback" not in err
    report = Path(err.split("described in ")[1].strip())
    text = report.read_text()
    assert "Traceback" in text and "gorefit " in text and "ZeroDivisionError" in text
    assert "hunter2" not in text and "s3cr3t-t0ken" not in text
    assert report.is_relative_to(module.parent / "state")


def test_an_error_of_a_codemod_is_an_internal_error_with_its_own_words(
    module: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class CodemodRaised(GorefitError):
        exit_code = 5

    def broken(*_: object) -> None:
        raise CodemodRaised("prealloc raised at a.go:1", hint="run with --skip prealloc", detail="KeyError: 'x'")

    monkeypatch.setattr("gorefit.engine.run.check", broken)
    assert run_line(["check"]) == 5
    err = capfd.readouterr().err
    assert err.startswith("error: prealloc raised at a.go:1\nhelp: run with --skip prealloc; ")
    assert "KeyError" not in err and "KeyError: 'x'" in Path(err.split("described in ")[1].strip()).read_text()


def test_an_interrupt_is_130_without_a_traceback(
    module: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gorefit.engine.run.check", interrupted)
    assert run_line(["check"]) == 130
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("interrupted") and "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_go_hangs_ends_both(module: Path, number: signal.Signals) -> None:
    go = module.parent / "go"
    go.write_text(f"#!/bin/sh\necho $$ > {module.parent}/pid\nexec sleep 60\n")
    go.chmod(0o755)
    process = subprocess.Popen([*PROGRAM, "check", "--go", go], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pid = module.parent / "pid"
    deadline = time.monotonic() + 30
    while not (pid.exists() and pid.read_text().strip()):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert out == b"" and b"Traceback" not in err and b"interrupted" in err
    time.sleep(0.2)
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
        pytest.fail("go still runs")


def on_terminal(args: Sequence[str], stream: str, **env: str) -> tuple[str, str]:
    """What a run writes to a terminal behind `stream` ("stdout" or "stderr"), and to a pipe behind the other."""
    import pty

    master, terminal = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: terminal}
    environment = {**os.environ, "TERM": "xterm", **env}
    process = subprocess.Popen([*PROGRAM, *args], env=environment, **streams)  # type: ignore[call-overload]
    os.close(terminal)
    seen = b""
    with contextlib.suppress(OSError):  # EIO: the other side has closed
        while data := os.read(master, 4096):
            seen += data
    out, err = process.communicate(timeout=60)
    os.close(master)
    return seen.decode(), (err if stream == "stdout" else out).decode()


@pytest.mark.skipif(os.name == "nt", reason="terminals")
def test_colours_come_by_themselves_on_a_terminal_and_no_color_is_honoured(module: Path) -> None:
    assert "\x1b[" in on_terminal(["list"], "stdout")[0]
    assert "\x1b[" not in on_terminal(["list"], "stdout", NO_COLOR="1")[0]
    assert "\x1b[" in on_terminal(["list", "--color", "always"], "stdout", NO_COLOR="1")[0]


@pytest.mark.skipif(os.name == "nt", reason="terminals")
def test_progress_is_drawn_on_a_terminals_stderr_only(module: Path) -> None:
    seen, out = on_terminal(["check"], "stderr")
    assert "loading" in seen and "loading" not in out and out == "No codemod has a site here.\n"
    assert "loading" not in on_terminal(["check", "-q"], "stderr")[0]
    piped = subprocess.run([*PROGRAM, "check"], capture_output=True, text=True)
    assert "loading" not in piped.stderr and piped.stdout == out


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_a_reader_that_went_away_is_no_error(module: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*PROGRAM, "list"], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert done.returncode == 141 and done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_under_stdout_is_told(module: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*PROGRAM, "list"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2 and b"cannot be written to stdout" in done.stderr and b"Traceback" not in done.stderr
