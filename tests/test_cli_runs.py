"""check, diff, apply, why and undo from a finished run on: what goes where, and with which exit code.

The runs are hand-made; loading, locking, git, writing and undoing are real.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from gorefit.engine.cli.main import run as run_line
from gorefit.engine.model import Edit, Outcome, Status
from gorefit.engine.packages import Package, PackageError
from gorefit.engine.plan.plan import Plan
from gorefit.engine.report.schema import schema
from gorefit.engine.source.gofile import GoFile
from gorefit.engine.verify.findings import CheckResult
from report_samples import SOURCE, outcome, plan, workspace

START = SOURCE.index(b"var out []int")
EDIT = Edit(START, START + 13, b"out := make([]int, 0, len(xs))")
NEW = SOURCE[:START] + EDIT.new + SOURCE[START + 13 :]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GoFile:
    folder = (tmp_path / "m").resolve()
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (folder / "a.go").write_bytes(SOURCE)
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setenv("GOREFIT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("GOREFIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(folder)
    return GoFile(folder / "a.go", SOURCE)


class Runs:
    """Stands in for the engine: answers with the outcomes it was given, and remembers what it was asked."""

    def __init__(self, file: GoFile, outcomes: list[Outcome], broken: tuple[Package, ...] = ()):
        self.file, self.outcomes, self.broken = file, tuple(outcomes), broken
        self.requests: list[Any] = []

    def check(self, request: Any, progress: Any) -> Any:
        self.requests.append(request)
        progress("loading", 0, 0)
        edits = tuple(e for o in self.outcomes if o.status is Status.APPLIED for e in o.edits)
        made = plan(self.file, edits, self.outcomes) if edits else Plan({}, {}, self.outcomes)
        files = () if self.broken and not self.outcomes else (self.file.path,)
        return SimpleNamespace(
            workspace=workspace(self.file.path.parent, *files, broken=self.broken),
            toolchain=SimpleNamespace(version="1.27.3"),
            plan=made,
            outcomes=self.outcomes,
            verdict=None,
            broken=self.broken,
            unused_suppressions=(SimpleNamespace(path=self.file.path, line=3, problem="suppresses nothing"),),
            warnings=(),
            timings={"loading": 0.5},
            failures=(),
        )

    def diff(self, request: Any, progress: Any) -> Any:
        result = self.check(request, progress)
        result.verdict = SimpleNamespace(checks=(CheckResult("build", "linux/amd64", 1, (), 0.5),))
        return result


@pytest.fixture
def runs(file: GoFile, monkeypatch: pytest.MonkeyPatch) -> Runs:
    applied = outcome(file, b"append(out, x)", edits=(EDIT,))
    declined = outcome(file, b"fmt.Println()", Status.DECLINED, code="conditional", message="under a condition")
    made = Runs(file, [declined, applied])
    monkeypatch.setattr("gorefit.engine.run.check", made.check)
    monkeypatch.setattr("gorefit.engine.run.diff", made.diff)
    return made


def valid(text: str) -> Any:
    document = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(schema())).validate(document)
    return document


def test_check_lists_sites_on_stdout_and_warnings_on_stderr(runs: Runs, capfd: pytest.CaptureFixture[str]):
    assert run_line(["check"]) == 0
    out, err = capfd.readouterr()
    assert "a.go:9:9  prealloc  [safe]" in out and "declined(conditional)" in out and "would change" in out
    assert err == "warning: a.go:3: suppresses nothing\n"


def test_check_asks_for_what_the_command_line_says(runs: Runs, capfd: pytest.CaptureFixture[str]):
    line = "--tier review check -c prealloc --skip strings-builder --tags a,b --test all --platforms windows/amd64"
    run_line([*line.split(), "--jobs", "3", "--no-cache", "--include-tests", "./x", "./y/..."])
    request = runs.requests[0]
    assert (request.codemods, request.skip, request.tier.value) == (("prealloc",), ("strings-builder",), "review")
    assert (request.tags, request.tests.value, request.platforms) == (("a", "b"), "all", ("windows/amd64",))
    assert (request.jobs, request.use_cache, request.include_tests) == (3, False, True)
    assert request.patterns == ("./x", "./y/...") and request.directory == runs.file.path.parent
    run_line(["check"])
    assert runs.requests[1].patterns == ("./...",) and runs.requests[1].use_cache


def test_quiet_is_one_line_for_each_change(runs: Runs, capfd: pytest.CaptureFixture[str]):
    assert run_line(["-q", "check"]) == 0
    assert capfd.readouterr() == ("a.go:9:9  prealloc  [safe]  allocate `out` once\n", "")


@pytest.mark.parametrize("command", ["check", "diff"])
def test_exit_codes(runs: Runs, command: str, capfd: pytest.CaptureFixture[str]):
    assert run_line([command]) == 0
    assert run_line([command, "--check"]) == 1
    everything = runs.outcomes
    runs.outcomes = everything[:1]  # the declined one
    assert run_line([command, "--check"]) == 0
    runs.outcomes = (*everything, dataclasses.replace(everything[1], status=Status.DROPPED, code="vet", edits=()))
    assert run_line([command, "--check"]) == 3
    assert run_line([command]) == 3
    assert "dropped(vet)" in "".join(capfd.readouterr())


def test_nothing_that_type_checks_is_4_and_names_what_is_broken(runs: Runs, capfd: pytest.CaptureFixture[str]):
    problem = PackageError("undefined: y", "a.go:3:5")
    runs.broken = (Package("example.com/m/b", "b", runs.file.path.parent, (), errors=(problem,)),)
    assert run_line(["check"]) == 0  # another package was judged
    assert "example.com/m/b does not type-check and is left alone" in capfd.readouterr().err
    runs.outcomes = ()
    for command in ("check", "diff", "apply"):
        assert run_line([command]) == 4
        out, err = capfd.readouterr()
        assert out == "" and "a.go:3:5: undefined: y" in err and "help: " in err
    assert run_line(["check", "--format", "json"]) == 4
    assert valid(capfd.readouterr().out)["summary"]["exit_code"] == 4


def test_diff_is_a_patch_on_stdout_and_the_story_on_stderr(runs: Runs, capfd: pytest.CaptureFixture[str]):
    assert run_line(["diff"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("--- a/a.go\n+++ b/a.go\n@@") and "+\tout := make([]int, 0, len(xs))\n" in out
    assert "verify  build  linux/amd64  ok  1 package" in err and "2 sites in 1 file: 1 verified, 1 declined" in err
    assert runs.file.path.read_bytes() == SOURCE


def test_a_patch_file_holds_the_diff(runs: Runs, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    run_line(["-q", "diff"])
    diff = capfd.readouterr().out
    assert run_line(["diff", "--patch", str(tmp_path / "x.patch")]) == 0
    out, err = capfd.readouterr()
    assert out == "" and (tmp_path / "x.patch").read_text() == diff and "x.patch" in err
    assert run_line(["diff", "--patch", str(tmp_path / "none" / "x.patch")]) == 2


def test_json_forms_are_valid_and_agree(runs: Runs, capfd: pytest.CaptureFixture[str]):
    run_line(["diff", "--format", "json"])
    report = valid(capfd.readouterr().out)
    assert report["summary"]["files"][0]["diff"].startswith("--- a/a.go\n")
    assert report["summary"]["checks"][0]["check"] == "build"
    assert report["summary"]["warnings"] == ["a.go:3: suppresses nothing"]
    run_line(["diff", "--format", "jsonl"])
    *outcomes, summary = [valid(line) for line in capfd.readouterr().out.splitlines()]
    assert outcomes == report["outcomes"] and summary == report["summary"]


def test_apply_writes_what_was_verified_and_undo_puts_it_back(runs: Runs, capfd: pytest.CaptureFixture[str]):
    assert run_line(["apply"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("wrote a.go\n") and "gorefit undo" in out and "1 written" in err
    assert runs.file.path.read_bytes() == NEW
    assert run_line(["undo"]) == 0
    assert capfd.readouterr().out == "put back a.go\n"
    assert runs.file.path.read_bytes() == SOURCE
    assert run_line(["undo"]) == 2
    assert "nothing to undo" in capfd.readouterr().err


def test_apply_from_a_folder_below_is_undone_from_the_root(
    runs: Runs, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (runs.file.path.parent / "sub").mkdir()
    assert run_line(["-C", "sub", "apply"]) == 0
    assert runs.file.path.read_bytes() == NEW
    assert run_line(["undo", "--format", "json"]) == 0
    assert valid(capfd.readouterr().out.split("\n", 2)[-1])["files"] == ["a.go"]


def test_apply_refuses_uncommitted_changes_to_files_it_would_edit(runs: Runs, capfd: pytest.CaptureFixture[str]):
    other = runs.file.path.with_name("b.go")
    other.write_text("package m\n")  # dirty, but not about to be edited
    assert run_line(["apply"]) == 0
    assert run_line(["apply", "--allow-dirty"]) == 2  # the file is no longer what was read
    assert runs.file.path.read_bytes() == NEW
    run_line(["undo"])
    subprocess.run(["git", "rm", "-q", "--cached", "a.go"], check=True)
    capfd.readouterr()
    assert run_line(["apply"]) == 2
    err = capfd.readouterr().err
    assert "uncommitted changes" in err and "\n    a.go\n" in err and "--allow-dirty" in err
    assert runs.file.path.read_bytes() == SOURCE
    assert run_line(["apply", "--allow-dirty"]) == 0
    assert runs.file.path.read_bytes() == NEW


def test_apply_with_nothing_to_do_says_so(runs: Runs, capfd: pytest.CaptureFixture[str]):
    runs.outcomes = ()
    assert run_line(["apply"]) == 0
    assert capfd.readouterr().out == "Nothing to write.\n"


def test_apply_as_json_tells_what_was_written(runs: Runs, capfd: pytest.CaptureFixture[str]):
    assert run_line(["apply", "--format", "json"]) == 0
    summary = valid(capfd.readouterr().out)["summary"]
    assert (summary["command"], summary["files"][0]["path"]) == ("apply", "a.go")


def test_two_writers_at_once_the_second_is_told(runs: Runs, capfd: pytest.CaptureFixture[str]):
    import sys

    from gorefit.engine.deliver.lock import lock

    program = "from gorefit.engine.cli.main import main; main()"
    with lock(runs.file.path.parent):
        done = subprocess.run([sys.executable, "-c", program, "apply"], capture_output=True, text=True)
    assert done.returncode == 2 and "another gorefit run" in done.stderr and "Traceback" not in done.stderr


def test_why_asks_for_the_files_own_package_and_answers(runs: Runs, capfd: pytest.CaptureFixture[str]):
    assert run_line(["why", "a.go:9"]) == 0
    assert "prealloc  [safe]  allocate `out` once" in capfd.readouterr().out
    assert runs.requests[0].patterns == (".",) and runs.requests[0].directory == runs.file.path.parent
    assert run_line(["why", "go.mod:1"]) == 0
    assert "Not a Go file." in capfd.readouterr().out
    assert len(runs.requests) == 1
    assert run_line(["why", "a.go:16", "--format", "json"]) == 0
    assert valid(capfd.readouterr().out)["reason"] == "site"
