"""Build, vet, baseline and blame, with the real go command on small modules."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from gorefit.engine.packages import Configuration, Workspace, load
from gorefit.engine.toolchain import Toolchain, find
from verify_cases import Change, Run, run, write

A = """package a

import "fmt"

func One(n int) int {
	return n + 1
}

func Two(s string) string {
	return s + "!"
}

func Three() {
	fmt.Println("three")
}
"""
B = """package b

import "m/a"

func Use() int { return a.One(2) }
"""


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    own = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    yield
    left = [path.name for path in own.iterdir() if "-work-" not in path.name]
    assert left == [], "temporary directories were left behind"


def test_keeps_a_plan_that_compiles(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A, "b/b.go": B})
    verdict = run(root, Change.of("a/a.go", ("n + 1", "1 + n")), Change.of("b/b.go", ("One(2)", "One(3)")))
    assert not verdict.dropped and verdict.rounds == 1
    counts = {result.check: (result.packages, result.findings) for result in verdict.checks}
    assert counts == {"gofmt": (2, ()), "build": (2, ()), "vet": (2, ())}


def test_drops_only_the_fix_that_breaks_the_build(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A, "b/b.go": B, "a/more.go": "package a\n\nfunc More() int { return 1 }\n"})
    verdict = run(
        root,
        Change.of("a/a.go", ("n + 1", "1 + n")),
        Change.of("a/a.go", ('s + "!"', "s + 1")),
        Change.of("a/more.go", ("return 1", "return 2")),
    )
    assert list(verdict.dropped) == [2]
    dropped = verdict.dropped[2]
    assert dropped.check == "build"
    assert dropped.message.startswith("a/a.go:10:") and '"' in dropped.message + '"'
    assert "mismatched types" in dropped.message or "cannot convert" in dropped.message


def test_drops_the_fixes_of_several_packages_in_one_round(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A, "c/c.go": "package c\n\nfunc C() int { return 1 }\n"})
    bad = run(
        root,
        Change.of("a/a.go", ('s + "!"', "s + 1")),
        Change.of("c/c.go", ("return 1", 'return ""')),
        Change.of("a/a.go", ("n + 1", "1 + n")),
    )
    assert sorted(bad.dropped) == [1, 2] and bad.rounds == 2


def test_a_vet_finding_drops_its_fix(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A})
    verdict = run(
        root,
        Change.of("a/a.go", ('fmt.Println("three")', 'fmt.Printf("%d\\n", "three")')),
        Change.of("a/a.go", ("n + 1", "1 + n")),
    )
    assert list(verdict.dropped) == [1]
    assert verdict.dropped[1].check == "vet"
    assert verdict.dropped[1].message.startswith("a/a.go:14:") and "printf: " in verdict.dropped[1].message


UNCLEAN = """package a

import (
	"context"
	"fmt"
)

func F(n int) int {
	return n + 1
}

func Leak(x bool) {
	fmt.Printf("%d\\n", "old")
	ctx, cancel := context.WithCancel(context.Background())
	_ = ctx
	if x {
		return
	}
	cancel()
}

type T struct {
	A int `json:"a"`
	B int `json:"a"`
}
"""


def test_findings_of_the_untouched_tree_do_not_count_though_their_lines_move(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": UNCLEAN})
    moves = Change.of("a/a.go", ("	return n + 1\n", "	// one\n	// two\n	return 1 + n\n"))
    assert not run(root, moves).dropped


def test_a_rewritten_line_keeps_its_old_finding(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": UNCLEAN})
    printf, context = (
        '	fmt.Printf("%d\\n", "old")\n',
        "	ctx, cancel := context.WithCancel(context.Background())\n",
    )
    rewritten = Change.of("a/a.go", (printf + context, context + printf))
    assert not run(root, rewritten).dropped


def test_what_vet_repeats_from_an_earlier_run_is_known(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": UNCLEAN})
    moves = Change.of("a/a.go", ("	return n + 1\n", "	// one\n	// two\n	return 1 + n\n"))
    breaks = Change.of("a/a.go", ("	return n + 1\n", '	fmt.Printf("%d\\n", "new")\n	return n + 1\n'))
    for _ in range(2):
        assert not run(root, moves).dropped
        dropped = run(root, breaks).dropped
        assert list(dropped) == [1] and dropped[1].message.startswith("a/a.go:"), dropped


def test_a_second_finding_of_a_known_kind_is_new(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": UNCLEAN})
    verdict = run(root, Change.of("a/a.go", ("	return n + 1", '	fmt.Printf("%d\\n", "old")\n	return n + 1')))
    assert list(verdict.dropped) == [1] and verdict.dropped[1].check == "vet"


def test_an_error_on_a_line_that_nobody_owns_is_traced_by_bisection(tmp_path: Path) -> None:
    body = "".join(f"func F{i}() int {{\n\tunused{i} := {i}\n\treturn unused{i}\n}}\n\n" for i in range(20))
    root = write(tmp_path, {"a/a.go": "package a\n\n" + body})
    changes = {i + 1: Change.of("a/a.go", (f"return unused{i}\n", f"return {i} + unused{i}\n")) for i in range(20)}
    changes[8] = Change.of("a/a.go", ("return unused7\n", "return 7\n"))
    trial = Run(root, changes)
    verdict = trial.verify()
    assert list(verdict.dropped) == [8] and "unused7" in verdict.dropped[8].message
    assert trial.drops <= 6


def test_an_import_without_uses_drops_the_fix_that_took_the_last_one(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A, "b/b.go": B})
    verdict = run(
        root,
        Change.of("a/a.go", ('	fmt.Println("three")\n', "")),
        Change.of("a/a.go", ("n + 1", "1 + n")),
        Change.of("b/b.go", ("One(2)", "One(3)")),
    )
    assert list(verdict.dropped) == [1] and '"fmt" imported and not used' in verdict.dropped[1].message


def test_a_fix_that_breaks_an_importer_is_dropped(tmp_path: Path) -> None:
    c = "package c\n\nfunc C() int { return 1 }\n"
    root = write(tmp_path, {"a/a.go": A, "b/b.go": B, "c/c.go": c})
    verdict = run(
        root,
        Change.of("c/c.go", ("return 1", "return 2")),
        Change.of("a/a.go", ("One(n int) int", "One(n int8) int8"), ("n + 1", "1 + n")),
        Change.of("a/a.go", ('s + "!"', '"!" + s')),
    )
    # b still compiles: 2 is an int8 too, but its result is not an int.
    assert list(verdict.dropped) == [2]
    assert verdict.dropped[2].message.startswith("b/b.go:5:")


def test_an_importer_outside_the_patterns_counts_and_so_do_its_tests(tmp_path: Path) -> None:
    test = (
        'package c\n\nimport (\n\t"testing"\n\n\t"m/a"\n)\n\nfunc TestC(t *testing.T) { var n int = a.One(1); _ = n }\n'
    )
    root = write(tmp_path, {"a/a.go": A, "c/c_test.go": test})
    changes = {1: Change.of("a/a.go", ("One(n int) int", "One(n int8) int8")), 2: Change.of("a/a.go", ('"!"', '"?"'))}

    class Narrow(Run):
        def workspace(self, toolchain: Toolchain) -> Workspace:
            return load(toolchain, self.root, ["./a"])

    verdict = Narrow(root, changes).verify()
    assert list(verdict.dropped) == [1]
    assert verdict.dropped[1].check == "vet" and verdict.dropped[1].message.startswith("c/c_test.go:9:")


def test_an_import_cycle_that_names_no_line_is_traced(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A, "b/b.go": B, "c/c.go": "package c\n\nfunc C() int { return 1 }\n"})
    verdict = run(
        root,
        Change.of("c/c.go", ("return 1", "return 2")),
        Change.of("a/a.go", ('import "fmt"', 'import "fmt"\nimport _ "m/b"')),
    )
    assert list(verdict.dropped) == [2] and "import cycle" in verdict.dropped[2].message


def test_two_owners_of_one_line_are_told_apart(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": "package a\n\nfunc F(x, y int) int { return x + y }\n"})
    verdict = run(root, Change.of("a/a.go", ("x + y", "y + x")), Change.of("a/a.go", ("int {", "string {")))
    assert list(verdict.dropped) == [2]


def test_a_new_file_is_part_of_the_package(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A})
    fresh = Change.of("a/fresh.go", ("", "package a\n\nfunc helper(n int) int { return n + 1 }\n"))
    verdict = run(root, fresh, Change.of("a/a.go", ("n + 1", "helper(n)")))
    assert not verdict.dropped and not (root / "a/fresh.go").exists()


def test_a_file_that_was_gofmt_clean_stays_so(tmp_path: Path) -> None:
    unclean = "package c\n\nfunc   C() int { return 1 }\n"
    root = write(tmp_path, {"a/a.go": A, "c/c.go": unclean})
    verdict = run(
        root,
        Change.of("a/a.go", ("n + 1", "n  +  1")),
        Change.of("a/a.go", ('s + "!"', '"!" + s')),
        Change.of("c/c.go", ("return 1", "return   2")),
    )
    assert list(verdict.dropped) == [1] and verdict.dropped[1].check == "gofmt"


def test_paths_with_spaces_letters_and_symlinks(tmp_path: Path) -> None:
    real = write(tmp_path / "mañana größe" / "real", {"pkg/ä b.go": A})
    link = tmp_path / "link"
    link.symlink_to(real)
    for root in (real, link):
        verdict = run(root, Change.of("pkg/ä b.go", ('s + "!"', "s + 1")), Change.of("pkg/ä b.go", ("n + 1", "1 + n")))
        assert list(verdict.dropped) == [1]
        assert verdict.dropped[1].message.startswith("pkg/ä b.go:10:")


def test_what_no_check_compiles_is_not_vouched_for(tmp_path: Path) -> None:
    hidden = "//go:build never\n\npackage a\n\nfunc H() int { return 1 }\n"
    root = write(tmp_path, {"a/a.go": A, "a/h.go": hidden})
    verdict = run(root, Change.of("a/h.go", ("return 1", 'return ""')), Change.of("a/a.go", ("n + 1", "1 + n")))
    assert list(verdict.dropped) == [1] and "no package that go can build" in verdict.dropped[1].message


def test_a_package_that_does_not_link_as_it_stands_is_not_vouched_for(tmp_path: Path) -> None:
    broken = "package a\n\nfunc F() int { return 1 }\n\nfunc G() int { return missing }\n"
    root = write(tmp_path, {"a/a.go": broken, "b/b.go": "package b\n\nfunc B() int { return 1 }\n"})
    verdict = run(root, Change.of("a/a.go", ("return 1", "return 2")), Change.of("b/b.go", ("return 1", "return 2")))
    assert list(verdict.dropped) == [1] and "as it stands" in verdict.dropped[1].message


def test_another_platform_has_its_own_findings(tmp_path: Path) -> None:
    files = {
        "a/a.go": "package a\n\nfunc F() int { return Size() }\n",
        "a/size_linux.go": "package a\n\nfunc Size() int { return 1 }\n",
        "a/size_windows.go": "package a\n\nfunc Size() int { return 2 }\n",
        "a/size_darwin.go": "package a\n\nfunc Size() int { return 2 }\n",
    }
    root = write(tmp_path, files)
    toolchain = find()
    other = "windows" if toolchain.goos != "windows" else "linux"
    changes = [
        Change.of("a/a.go", ("Size()", "Size() + sizeOf")),
        Change.of(f"a/size_{toolchain.goos}.go", ("package a\n", "package a\n\nconst sizeOf = 1\n")),
    ]
    assert not run(root, *changes).dropped
    verdict = run(root, *changes, platforms=[Configuration(other, "amd64")])
    assert 1 in verdict.dropped and "sizeOf" in verdict.dropped[1].message
    assert [r.configuration for r in verdict.checks if r.check == "vet"][-1] == f"{other}/amd64"


def test_what_breaks_a_platform_anyway_is_not_new(tmp_path: Path) -> None:
    """Of a dependency go vet shows all errors, of a package that it is asked about the first one alone."""
    toolchain = find()
    other = "windows" if toolchain.goos != "windows" else "linux"
    files = {
        "a/a.go": 'package a\n\nimport "m/sys"\n\nfunc F() int { return sys.F() }\n',
        f"sys/f_{toolchain.goos}.go": "package sys\n\nfunc F() int { return 1 }\n",
        f"sys/f_{other}.go": "package sys\n\nfunc F() int { return one + two + three }\n",
    }
    root = write(tmp_path, files)
    change = Change.of("a/a.go", ("sys.F()", "1 + sys.F()"))
    verdict = run(root, change, platforms=[Configuration(other, "amd64")])
    assert not verdict.dropped and verdict.checks[-1].findings == ()


def test_a_package_with_embeds_is_verified(tmp_path: Path) -> None:
    text = 'package a\n\nimport _ "embed"\n\n//go:embed a.txt\nvar Text string\n\nfunc F() int { return 1 }\n'
    root = write(tmp_path, {"a/a.go": text, "a/a.txt": "hello"})
    verdict = run(root, Change.of("a/a.go", ("return 1", "return 2")))
    assert not verdict.dropped
    assert list(run(root, Change.of("a/a.go", ("return 1", 'return ""'))).dropped) == [1]


@pytest.mark.skipif(not shutil.which("gcc"), reason="cgo needs a C compiler")
def test_a_cgo_package_is_verified(tmp_path: Path) -> None:
    text = 'package a\n\n// int one(void) { return 1; }\nimport "C"\n\nfunc F() int { return int(C.one()) }\n'
    plain = "package a\n\nfunc G() int { return 1 }\n"
    root = write(tmp_path, {"a/a.go": text, "a/g.go": plain})
    verdict = run(
        root,
        Change.of("a/a.go", ("return int(C.one())", "return 1 + int(C.one())")),
        Change.of("a/g.go", ("return 1", 'return ""')),
    )
    assert list(verdict.dropped) == [2] and verdict.dropped[2].message.startswith("a/g.go:3:")


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/a.go": A})

    def progress(phase: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(root, Change.of("a/a.go", ("n + 1", "1 + n")), progress=progress)
    assert not list(Path(tempfile.gettempdir()).iterdir())


def test_a_package_of_single_files(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main\n\nfunc main() { println(f() + 1) }\n\nfunc f() int { return 1 }\n")

    class Single(Run):
        def workspace(self, toolchain: Toolchain) -> Workspace:
            return load(toolchain, self.root, ["main.go"])

    changes = {1: Change.of("main.go", ("f() + 1", "1 + f()")), 2: Change.of("main.go", ("return 1", 'return ""'))}
    assert list(Single(tmp_path, changes).verify().dropped) == [2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.go"]
