"""The diff that `gorefit diff` prints: git and patch take it from the folder it was made for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from gorefit.engine.edit.pieces import Pieces
from gorefit.engine.model import Edit
from gorefit.engine.plan.plan import Plan, PlannedFile
from gorefit.engine.report.diff import base_of, coloured, diffs, verification
from gorefit.engine.report.style import Style
from gorefit.engine.source.gofile import GoFile
from gorefit.engine.verify.findings import CheckResult
from report_samples import SOURCE, plan

EDIT = Edit(SOURCE.index(b"var out []int"), SOURCE.index(b"var out []int") + 13, b"out := make([]int, 0, len(xs))")


def in_repository(tmp_path: Path, name: str, text: bytes) -> GoFile:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    path = tmp_path / "svc" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    return GoFile(path, text)


@pytest.mark.parametrize("command", [["git", "apply"], ["patch", "-p1", "-s"]], ids=["git", "patch"])
@pytest.mark.parametrize("name", ["a.go", "with space/ä.go"])
@pytest.mark.parametrize(
    "text", [SOURCE, SOURCE.replace(b"\n", b"\r\n"), SOURCE.rstrip(b"\n")], ids=["lf", "crlf", "no-nl"]
)
def test_the_diff_applies_in_a_folder_below_the_top_of_the_repository(
    tmp_path: Path, command: list[str], name: str, text: bytes
):
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    file = in_repository(tmp_path, name, text)
    start = text.index(b"var out []int")
    made = plan(file, (Edit(start, start + 13, b"out := make([]int, 0, len(xs))"),))
    folder = tmp_path / "svc"
    diff = b"".join(diffs(made, base_of(made, folder, tmp_path)).values())
    if command[0] == "patch" and b"\r\n" in text:
        command = [*command, "--binary"]
    subprocess.run(command, cwd=folder, input=diff, check=True)
    assert file.path.read_bytes() == made.files[file.path].new


def test_a_new_file_is_part_of_the_diff(tmp_path: Path):
    file = in_repository(tmp_path, "a.go", SOURCE)
    added, text = tmp_path / "svc" / "b.go", b"package m\n"
    pieces = Pieces.of(b"").apply([(Edit(0, 0, text), frozenset({1}))])
    made = plan(file, (EDIT,))
    both = Plan({**made.files, added: PlannedFile(added, None, pieces, text)}, {}, ())
    diff = b"".join(diffs(both, tmp_path / "svc").values())
    assert b"--- /dev/null\n+++ b/b.go\n" in diff
    subprocess.run(["git", "apply"], cwd=tmp_path / "svc", input=diff, check=True)
    assert added.read_bytes() == text


def test_the_root_is_the_base_where_a_file_lies_elsewhere(tmp_path: Path):
    made = plan(GoFile(tmp_path / "a.go", SOURCE), (EDIT,))
    assert base_of(made, tmp_path / "sub", tmp_path) == tmp_path
    assert base_of(made, tmp_path, tmp_path.parent) == tmp_path


def test_a_coloured_diff_shows_escapes_and_loses_no_line():
    diff = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\x1b[2J\x0c\n+b\xe2\x80\xa8c\n"
    shown = coloured(diff, Style(True))
    assert "\x1b[2J" not in shown and "␛[2J" in shown
    assert shown.count("\n") == diff.count(b"\n")
    assert coloured(diff, Style()).startswith("--- a/x\n+++ b/x\n")


def test_verification_lines_name_check_configuration_packages_and_seconds():
    lines = verification(
        [CheckResult("build", "linux/amd64", 1, (), 1.26), CheckResult("vet", "w/x", 12, (), 0)], Style()
    )
    assert lines[0].split() == ["verify", "build", "linux/amd64", "ok", "1", "package", "1.3", "s"]
    assert lines[1].split()[4:6] == ["12", "packages"]
