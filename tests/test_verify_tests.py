"""Tests before and after a plan, run in a copy of the tree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from gorefit.engine.model import GorefitError
from gorefit.engine.packages import Configuration
from gorefit.engine.toolchain import find
from gorefit.engine.verify.copy import copied
from gorefit.engine.verify.testrun import CHECKPTR, PLAIN, RACE
from gorefit.engine.verify.verify import Tests as Choice
from gorefit.engine.verify.verify import verify
from verify_cases import Change, Run, plan_of, run, write

CODE = """package a

func One(n int) int {
	return n + 1
}

func Two(s []int) int {
	return s[0]
}
"""
TEST = """package a

import (
	"os"
	"testing"
)

func TestOne(t *testing.T) {
	t.Run("sub", func(t *testing.T) {
		if One(1) != 2 {
			t.Errorf("One(1) = %d", One(1))
		}
	})
}

func TestTwo(t *testing.T) {
	if err := os.WriteFile("written.txt", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if Two([]int{3}) != 3 {
		t.Fatal("Two")
	}
}
"""

IMPORTING = """package {package}

import (
	"testing"

	"{path}"
)

func TestOther(t *testing.T) {{
	if {call} {{
		t.Fatal()
	}}
}}
"""


def test_a_failing_test_drops_its_fix_and_what_tests_write_stays_in_the_copy(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": CODE, "a/a_test.go": TEST})
    verdict = run(
        root,
        Change.of("a/a.go", ("return n + 1", "return n + 2")),
        Change.of("a/a.go", ("return s[0]", "return s[len(s)-len(s)]")),
        tests=Choice.AFFECTED,
    )
    assert list(verdict.dropped) == [1]
    dropped = verdict.dropped[1]
    assert dropped.check == "test" and dropped.message.startswith("a/a_test.go:11: TestOne/sub fails")
    assert "One(1) = 3" in dropped.message
    assert [r.packages for r in verdict.checks if r.check == "test"] == [1]


def test_a_panic_is_traced_through_its_stack(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": CODE, "a/a_test.go": TEST})
    fixes = {1: Change.of("a/a.go", ("return n + 1", "return 1 + n")), 2: Change.of("a/a.go", ("s[0]", "s[len(s)]"))}
    trial = Run(root, fixes)
    verdict = trial.verify(tests=Choice.AFFECTED)
    assert list(verdict.dropped) == [2] and "index out of range" in verdict.dropped[2].message
    assert verdict.dropped[2].message.startswith("a/a.go:8: TestTwo fails")
    assert trial.drops == 2  # one trial, one drop


def test_tests_that_failed_before_do_not_count(tmp_path: Path) -> None:
    failing = TEST.replace("!= 2", "!= 7")
    root = write(tmp_path, {"a/a.go": CODE, "a/a_test.go": failing})
    assert not run(root, Change.of("a/a.go", ("return n + 1", "return 1 + n")), tests=Choice.AFFECTED).dropped


def test_a_flaky_test_must_fail_twice(tmp_path: Path) -> None:
    flaky = """package a

import (
	"os"
	"testing"
)

func TestFlaky(t *testing.T) {
	if One(1) == 2 {
		_ = os.Remove("edited")
	}
	if _, err := os.Stat("second"); err != nil && One(2) == 30 {
		_ = os.WriteFile("second", nil, 0o644)
		t.Fatal("first time only")
	}
}
"""
    root = write(tmp_path, {"a/a.go": CODE, "a/a_test.go": flaky})
    assert not run(root, Change.of("a/a.go", ("return n + 1", "return n * 15")), tests=Choice.AFFECTED).dropped


def test_all_runs_packages_that_the_plan_does_not_touch(tmp_path: Path) -> None:
    other = 'package b\n\nimport "testing"\n\nfunc TestB(t *testing.T) {}\n'
    root = write(tmp_path, {"a/a.go": CODE, "a/a_test.go": TEST, "b/b_test.go": other})
    change = Change.of("a/a.go", ("return n + 1", "return 1 + n"))
    for tests, packages in ((Choice.AFFECTED, 1), (Choice.ALL, 2)):
        assert run(root, change, tests=tests).checks[-1].packages == packages


def test_an_importers_test_counts(tmp_path: Path) -> None:
    b = IMPORTING.format(package="b", path="m/a", call="a.One(1) != 2")
    root = write(tmp_path, {"a/a.go": CODE, "b/b_test.go": b})
    verdict = run(
        root,
        Change.of("a/a.go", ("s[0]", "s[:1][0]")),
        Change.of("a/a.go", ("return n + 1", "return n + 2")),
        tests=Choice.AFFECTED,
    )
    assert list(verdict.dropped) == [2] and "b/b_test.go:11" in verdict.dropped[2].message


def test_tests_of_another_platform_are_refused(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": CODE})
    toolchain = find()
    case = Run(root, {1: Change.of("a/a.go", ("n + 1", "1 + n"))})
    workspace = case.workspace(toolchain)
    object.__setattr__(workspace, "configuration", Configuration("plan9", "386"))
    with pytest.raises(GorefitError, match="plan9/386"):
        verify(toolchain, workspace, plan_of(root, case.changes), drop=case.drop, tests=Choice.ALL)


COUNTED = """package a

import "sync"

func Count() int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			n++
			mu.Unlock()
		}()
	}
	wg.Wait()
	return n
}
"""
COUNTED_TEST = """package a

import "testing"

func TestCount(t *testing.T) {
	if n := Count(); n == 0 {
		t.Fatal(n)
	}
}
"""


@pytest.mark.skipif(not shutil.which("gcc"), reason="the race detector needs a C compiler")
def test_a_race_drops_its_fix_where_tests_run_under_the_race_detector(tmp_path: Path) -> None:
    root = write(
        tmp_path, {"a/a.go": COUNTED, "a/a_test.go": COUNTED_TEST, "b/b.go": CODE.replace("package a", "package b")}
    )
    unlocked = Change.of(
        "a/a.go", ("\t\t\tmu.Lock()\n\t\t\tn++\n\t\t\tmu.Unlock()\n", "\t\t\tn++\n"), ("\tvar mu sync.Mutex\n", "")
    )
    harmless = Change.of("b/b.go", ("n + 1", "1 + n"))
    assert not run(root, unlocked, harmless, tests=Choice.AFFECTED).dropped
    verdict = run(root, unlocked, harmless, tests=Choice.AFFECTED, variants=(PLAIN, RACE))
    assert list(verdict.dropped) == [1] and verdict.dropped[1].check == "test-race"
    assert "DATA RACE" in verdict.dropped[1].message
    assert [result.check for result in verdict.checks][-2:] == ["test", "test-race"]


def test_a_wild_pointer_drops_its_fix_where_tests_check_pointers(tmp_path: Path) -> None:
    code = """package a

import "unsafe"

func Word(b []byte) byte {
	p := unsafe.Pointer(&b[0])
	return *(*byte)(p)
}
"""
    test = """package a

import "testing"

var sink []byte

func TestWord(t *testing.T) {
	sink = make([]byte, len(t.Name())*4)
	if Word(sink) != 0 {
		t.Fatal()
	}
}
"""
    root = write(tmp_path, {"a/a.go": code, "a/a_test.go": test})
    wild = Change.of("a/a.go", ("return *(*byte)(p)", "wide := (*[8]uint64)(p)\n\treturn byte(wide[0])"))
    assert not run(root, wild, tests=Choice.AFFECTED).dropped
    verdict = run(root, wild, tests=Choice.AFFECTED, variants=(PLAIN, CHECKPTR))
    assert list(verdict.dropped) == [1] and verdict.dropped[1].check == "test-checkptr"
    assert "checkptr" in verdict.dropped[1].message


def test_no_race_detector_is_said_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CGO_ENABLED", "0")
    root = write(tmp_path, {"a/a.go": CODE, "a/a_test.go": TEST})
    with pytest.raises(GorefitError, match="race detector") as refused:
        run(root, Change.of("a/a.go", ("n + 1", "1 + n")), tests=Choice.AFFECTED, variants=(PLAIN, RACE))
    assert "cgo" in refused.value.message and "--test-race" in refused.value.hint


def test_the_copy_keeps_links_and_leaves_out_history(tmp_path: Path) -> None:
    files = {"app/a/a.go": CODE, "app/go.mod": "module m\n\ngo 1.21\n\nrequire x v0.0.0\n\nreplace x => ../x\n"}
    write(tmp_path, {**files, "x/go.mod": "module x\n", "x/x.go": "package x\n", "app/.git/HEAD": "ref"})
    root = tmp_path / "app"
    (root / "inside").symlink_to(root / "a" / "a.go")
    (root / "outside").symlink_to("../x/x.go")
    (root / "locked").mkdir(mode=0o500)
    toolchain = find()
    workspace = Run(root, {}).workspace(toolchain)
    with copied(toolchain, workspace) as copy:
        here = copy.mirror(root)
        assert (here / "inside").resolve() == here / "a" / "a.go"
        assert (here / "outside").resolve() == tmp_path / "x" / "x.go"
        assert (here.parent / "x" / "x.go").is_file()
        assert not (here / ".git").exists()
        plan = plan_of(
            root, {1: Change.of("a/a.go", ("n + 1", "1 + n")), 2: Change.of("a/new.go", ("", "package a\n"))}
        )
        scene = copy.show(plan)
        assert b"1 + n" in (here / "a" / "a.go").read_bytes() and (here / "a" / "new.go").is_file()
        assert scene.locate(str(here / "a" / "a.go")) == root / "a" / "a.go"
        copy.show(None)
        assert (here / "a" / "a.go").read_text() == CODE and not (here / "a" / "new.go").exists()
    assert not copy.base.exists()


def test_tests_in_a_workspace_of_several_modules(tmp_path: Path) -> None:
    test = IMPORTING.format(package="app", path="lib", call="lib.F() != 1")
    files = {
        "go.work": "go 1.21\n\nuse (\n\t./app\n\t./lib\n)\n",
        "app/go.mod": "module app\n\ngo 1.21\n",
        "app/app_test.go": test,
        "lib/go.mod": "module lib\n\ngo 1.21\n",
        "lib/lib.go": "package lib\n\nfunc F() int { return 1 }\n\nfunc G() int { return 1 }\n",
    }
    root = write(tmp_path, files)
    fixes = [Change.of("lib/lib.go", (f"{name}() int {{ return 1", f"{name}() int {{ return 2")) for name in "FG"]
    verdict = run(root, *fixes, tests=Choice.AFFECTED)
    assert list(verdict.dropped) == [1] and verdict.dropped[1].message.startswith("app/app_test.go:11: TestOther fails")
