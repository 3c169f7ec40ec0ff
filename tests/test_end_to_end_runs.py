"""check, diff, apply, undo and why over whole modules: they agree, and what is written is sound and can be undone."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from conftest import Tree, write_tree
from end_to_end import GO_MOD, ROOT, Gorefit, committed, git, grows, outcomes, shared_cache, snapshot, texts, valid
from gorefit.engine.toolchain import Toolchain


@pytest.fixture
def gorefit(tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Gorefit:
    return Gorefit(tmp_path, shared_cache(tmp_path_factory), toolchain)


@pytest.fixture
def module(tree: Tree) -> Path:
    return tree({"go.mod": GO_MOD, "m.go": grows(), "p/p.go": grows("p")})


def go(toolchain: Toolchain, root: Path, *args: str) -> str:
    done = subprocess.run([toolchain.go, *args], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_from_check_to_undo(gorefit: Gorefit, toolchain: Toolchain, tmp_path: Path) -> None:
    root = tmp_path / "orders"
    shutil.copytree(ROOT / "examples/orders", root)
    committed(root)
    before, stamps = texts(root), snapshot(root)

    check = gorefit("-C", root, "check", "--format", "json").document
    diffed = gorefit("-C", root, "diff", "--format", "json").document
    patch = gorefit("-C", root, "diff")
    assert check["outcomes"] == diffed["outcomes"]
    assert patch.out == "".join(file["diff"] for file in diffed["summary"]["files"])
    assert {c["check"] for c in diffed["summary"]["checks"]} == {"gofmt", "build", "vet"}
    assert not any(c["findings"] for c in diffed["summary"]["checks"])
    assert gorefit("-C", root, "check", "--check").code == gorefit("-C", root, "diff", "--check").code == 1
    assert snapshot(root) == stamps, "looking must not touch"

    applied = gorefit("-C", root, "apply", "--format", "json").document
    assert applied["outcomes"] == check["outcomes"] and applied["summary"]["files"] == diffed["summary"]["files"]
    changed = {name for name, text in texts(root).items() if before[name] != text}
    assert changed == {file["path"] for file in applied["summary"]["files"]}
    assert all(name.endswith(".go") for name in changed) and len(outcomes(check, "applied")) > 10
    assert go(toolchain, root, "vet", "./...") == ""
    go(toolchain, root, "test", "./...")
    assert subprocess.run([toolchain.goroot / "bin/gofmt", "-l", "."], cwd=root, capture_output=True).stdout == b""
    assert git(root, "diff", "--no-color", "--no-ext-diff").count("\n+") == patch.out.count("\n+")

    after = texts(root)
    again = gorefit("-C", root, "apply", "--allow-dirty")
    assert (again.code, again.out) == (0, "Nothing to write.\n") and texts(root) == after

    assert gorefit("-C", root, "undo").code == 0
    assert texts(root) == before and git(root, "status", "--porcelain") == ""
    subprocess.run(["git", "-C", root, "apply", "-"], input=patch.out.encode(), check=True)
    assert texts(root) == after, "the diff is what apply writes"


def test_why_answers_as_check_does_and_for_every_line(gorefit: Gorefit, tree: Tree) -> None:
    declined = (
        'func Front(xs []string) string {\n\ts := ""\n\tfor _, x := range xs {\n\t\ts = x + s\n\t}\n\treturn s\n}\n'
    )
    root = tree({"go.mod": GO_MOD, "m.go": grows() + "\n" + declined})
    check = gorefit("-C", root, "check", "--format", "json").document
    assert [one[1:] for one in outcomes(check)] == [(6, "applied", ""), (14, "declined", "prepended")]
    text = (root / "m.go").read_text().splitlines()
    reasons = {}
    for number in range(1, len(text) + 1):
        why = gorefit("-C", root, "why", f"m.go:{number}", "--format", "json").document
        reasons[number] = why["reason"]
        assert why["message"] or why["outcomes"], number
    assert reasons[6] == reasons[14] == "site" and reasons[10] == "none"
    assert set(reasons.values()) <= {"site", "near", "none"}
    for line, message in ((6, "build s with a strings.Builder"), (14, "declined(prepended)")):
        assert message in gorefit("-C", root, "why", f"m.go:{line}").out
    assert "there is no line 99" in gorefit.refused(2, "-C", root, "why", "m.go:99")
    assert "cannot be read" in gorefit.refused(2, "-C", root, "why", "none.go:1")
    assert "is not FILE:LINE" in gorefit.refused(2, "-C", root, "why", "m.go")


def test_apply_to_some_packages_leaves_the_others(gorefit: Gorefit, module: Path) -> None:
    before = snapshot(module / "p")
    done = gorefit("-C", module, "apply", ".")
    assert done.out.startswith("wrote m.go\n") and snapshot(module / "p") == before
    assert gorefit("-C", module / "p", "apply", ".").out.startswith("wrote p.go\n")
    assert gorefit("-C", module, "undo").out == "put back p/p.go\n", "undo takes the last apply"


def test_undo_refuses_what_was_edited_since(gorefit: Gorefit, module: Path) -> None:
    gorefit("-C", module, "apply")
    (module / "p/p.go").write_text((module / "p/p.go").read_text() + "\n// mine\n")
    before = snapshot(module)
    err = gorefit.refused(2, "-C", module, "undo")
    assert "p/p.go changed since" in err and snapshot(module) == before


def test_uncommitted_work_is_not_overwritten(gorefit: Gorefit, module: Path) -> None:
    committed(module)
    (module / "p/p.go").write_text(grows("p") + "\n// mine\n")
    (module / "new.go").write_text("package m\n")
    before = snapshot(module)
    err = gorefit.refused(2, "-C", module, "apply")
    assert "1 file about to be edited has uncommitted changes" in err and "\n    p/p.go\n" in err
    assert "new.go" not in err and "--allow-dirty" in err and snapshot(module) == before
    assert gorefit("-C", module, "apply", ".").code == 0, "a dirty file that is not about to be edited is no matter"
    assert gorefit("-C", module, "apply", "--allow-dirty").code == 0
    assert (module / "p/p.go").read_text().endswith("// mine\n") and "strings.Builder" in (
        module / "p/p.go"
    ).read_text()


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for a slow go")
def test_two_runs_at_once(gorefit: Gorefit, module: Path, toolchain: Toolchain, tmp_path: Path) -> None:
    """The second is told of the first, whose work is not disturbed; looking is always allowed."""
    slow = tmp_path / "slow-go"
    wait = (
        f'case "$*" in *build*) touch "{tmp_path}/seen"; while [ ! -e "{tmp_path}/go-on" ]; do sleep 0.1; done;; esac'
    )
    slow.write_text(f'#!/bin/sh\n{wait}\nexec "{toolchain.go}" "$@"\n')
    slow.chmod(0o755)
    first = gorefit.start("-C", module, "apply", "--go", slow)
    until = time.monotonic() + 60
    while not (tmp_path / "seen").exists() and time.monotonic() < until:
        time.sleep(0.02)
    other = Gorefit.beside(gorefit, tmp_path / "other")
    before = snapshot(module)
    err = other.refused(2, "-C", module, "apply")
    assert f"another gorefit run (process {first.pid}) is at work in {module}" in err and snapshot(module) == before
    assert other("-C", module / "p", "check", "--check").code == 1
    assert other("-C", module, "undo").code == 2
    (tmp_path / "go-on").touch()
    out, _ = first.communicate(timeout=60)
    assert first.returncode == 0 and out.startswith(b"wrote m.go\nwrote p/p.go\n")


def test_a_file_that_changes_while_it_is_verified_is_not_overwritten(
    gorefit: Gorefit, module: Path, toolchain: Toolchain, tmp_path: Path
) -> None:
    edit = tmp_path / "editing-go"
    text = f'case "$*" in *vet*) echo "// mine" >> "{module}/p/p.go";; esac'
    edit.write_text(f'#!/bin/sh\n{text}\nexec "{toolchain.go}" "$@"\n')
    edit.chmod(0o755)
    err = gorefit.refused(2, "-C", module, "apply", "--go", edit)
    assert "p/p.go changed since it was read; nothing was changed" in err
    assert (module / "m.go").read_text() == grows() and "// mine" in (module / "p/p.go").read_text()


# -- formats and the command line -------------------------------------------------------------------------------


def test_every_command_speaks_json_that_the_schema_allows(gorefit: Gorefit, module: Path) -> None:
    for line in (["list"], ["explain", "prealloc"], ["config"], ["doctor"], ["check"], ["diff"], ["why", "m.go:6"]):
        for form in ("json", "jsonl"):
            done = gorefit("-C", module, *line, "--format", form)
            assert done.code == 0, done
            parts = done.out.splitlines() if form == "jsonl" else [done.out]
            assert parts and all(valid(part) for part in parts)
    for line in (["apply"], ["undo"]):
        assert valid(gorefit("-C", module, *line, "--format", "json").out)
    assert valid(gorefit("-C", module, "apply", "--format", "jsonl").out.splitlines()[-1])["exit_code"] == 0


def test_lines_and_document_carry_the_same(gorefit: Gorefit, module: Path) -> None:
    document = gorefit("-C", module, "diff", "--format", "json").document
    *rest, last = [valid(line) for line in gorefit("-C", module, "diff", "--format", "jsonl").out.splitlines()]
    assert rest == document["outcomes"]
    for summary in (last, document["summary"]):
        summary["timings"], summary["checks"] = {}, [{**check, "seconds": 0} for check in summary["checks"]]
    assert last == document["summary"]


def test_the_ranges_are_those_of_the_file(gorefit: Gorefit, tree: Tree) -> None:
    text = grows().replace("package m", "package m\n\n// é ü 世界").encode()
    root = tree({"go.mod": GO_MOD, "m.go": text})
    (one,) = gorefit("-C", root, "check", "--format", "json").document["outcomes"]
    start, end = one["range"]["start"], one["range"]["end"]
    assert text[start["offset"] : end["offset"]] == b's += x + ";"'
    assert (start["line"], start["column"]) == (8, 3) and text.split(b"\n")[7][2:] == b's += x + ";"'


def test_options_before_and_after_the_command(gorefit: Gorefit, module: Path) -> None:
    lines = (["--check", "-C", module, "check"], ["check", "-C", module, "--check"], ["-C", module, "check", "--check"])
    assert {gorefit(*line).code for line in lines} == {1}
    assert gorefit("--skip", "strings-builder", "-C", module, "check", "--check").code == 0
    assert gorefit("-c", "prealloc", "check", "-C", module, "--check", "./...").code == 0
    assert gorefit("check", "--check", cwd=module).code == 1


def test_results_do_not_depend_on_jobs_cache_or_order(gorefit: Gorefit, module: Path) -> None:
    whole = gorefit("-C", module, "diff").out
    for more in (
        ["--jobs", "1"],
        ["--no-cache"],
        ["--jobs", "7", "--no-cache"],
        ["./p", "."],
        ["-c", "strings-builder"],
    ):
        assert gorefit("-C", module, "diff", *more).out == whole


def test_no_color_and_no_terminal_mean_plain_text(gorefit: Gorefit, module: Path) -> None:
    assert "\x1b" not in "".join(gorefit("-C", module, "check", env={"NO_COLOR": "1", "TERM": "xterm"}).out)
    assert "\x1b[" in gorefit("-C", module, "check", "--color", "always").out
    plain = gorefit("-C", module, "diff", "--color", "never")
    assert "\x1b" not in plain.out + plain.err


@pytest.mark.skipif(os.name != "posix", reason="pipes break differently elsewhere")
@pytest.mark.parametrize("command", ["check", "diff"])
def test_a_reader_that_goes_away(gorefit: Gorefit, module: Path, command: str) -> None:
    program = gorefit.start("-C", module, "-v", command)
    assert program.stdout and program.stderr
    program.stdout.close()
    err = program.stderr.read().decode()
    assert program.wait(60) in (141, 0), err
    assert "Traceback" not in err and "error" not in err and "Exception" not in err
    gorefit.assert_nothing_left(program)


def test_a_patch_applies_from_where_it_says(gorefit: Gorefit, module: Path, tmp_path: Path) -> None:
    committed(module)
    gorefit("-C", module / "p", "diff", "--patch", tmp_path / "x.patch")
    subprocess.run(["git", "-C", module / "p", "apply", tmp_path / "x.patch"], check=True)
    assert "strings.Builder" in (module / "p/p.go").read_text()


def test_a_killed_apply_is_settled_by_the_next_command(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD, **{f"p{n}/p.go": grows(f"p{n}") for n in range(30)}})
    before = texts(root)
    program = gorefit.start("-C", root, "apply")
    while program.poll() is None and not any(gorefit.state.glob("*/*pending*")):
        time.sleep(0.001)
    program.kill()
    program.communicate()
    for path in gorefit.temporary.iterdir():  # a kill leaves what it leaves; that is the system's to clear
        shutil.rmtree(path)
    gorefit("-C", root, "check")
    after = texts(root)
    new = {name for name in before if after[name] != before[name]}
    assert set(before) == set(after) and len(new) in (0, 30)


def test_the_state_lies_outside_the_tree(gorefit: Gorefit, module: Path) -> None:
    names = set(texts(module))
    gorefit("-C", module, "apply")
    assert set(texts(module)) == names
    write_tree(module, {"m.go": grows()})
    assert "m.go changed since" in gorefit.refused(2, "-C", module, "undo")
