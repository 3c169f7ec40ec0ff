"""Fixes that add files: planned, shown, verified for each platform, blamed, written and undone with the rest."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Tree
from end_to_end import GO_MOD, Gorefit, outcomes, plugin, shared_cache, snapshot
from gorefit.engine.toolchain import Toolchain

#: Each codemod turns calls of `plain` into calls of a helper that it adds, one file for each kind of platform.
PLUGIN = '''
from gorefit.engine.api import NewFile, Tier, codemod

CALLS = '((call_expression function: (identifier) @f (#eq? @f "plain")) @site)'

def text(package, rule, result):
    return f"//go:build {rule}\\n\\npackage {package}\\n\\nfunc helped() int {{ return {result} }}\\n".encode()

def helping(id, other, platforms=(), name=None):
    def run(site):
        """Call a helper.

        What it does:
            What its name says.
        """
        known = site.denotes("helped", site.node)
        package, unix = site.file.package_name, "linux || darwin"
        names = site.fresh_files("helped", "_unix.go", "_other.go")
        new = [] if known else [
            NewFile(name or names[0], text(package, unix, "1")),
            NewFile(names[1], text(package, f"!({unix})", other)),
        ]
        return site.fix("call helped", site.replace(site["f"], "helped"), files=new)
    return codemod(id, query=CALLS, needles=(b"plain",), tier=Tier.SAFE, since="1", platforms=platforms)(run)

file = helping("x-file", "2")
everywhere = helping("x-everywhere", "undefinedName", ("linux/amd64", "windows/amd64"))
outside = helping("x-outside", "2", name="../helped.go")
'''
NAMES = {"x-file": "file", "x-everywhere": "everywhere", "x-outside": "outside"}
CODE = "package m\n\nfunc plain() int { return 1 }\n\nfunc One() int { return plain() }\n"
TWO = "package m\n\nfunc Two() int { return plain() }\n"


@pytest.fixture
def gorefit(tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Gorefit:
    made = Gorefit(tmp_path, shared_cache(tmp_path_factory), toolchain)
    made.environment.update(plugin(tmp_path / "plugin", PLUGIN, NAMES))
    return made


def test_new_files_are_shown_verified_written_and_undone(gorefit: Gorefit, tree: Tree, toolchain: Toolchain) -> None:
    root = tree({"go.mod": GO_MOD, "one.go": CODE, "two.go": TWO})
    before = snapshot(root)
    shown = gorefit("-C", root, "diff", "-c", "x-file", "--platforms", "windows/amd64")
    assert shown.code == 0, shown.err
    assert shown.out.count("--- /dev/null\n") == 2 and "+++ b/helped_other.go" in shown.out
    assert "2 sites in 2 files: 2 verified" in shown.err
    assert snapshot(root) == before

    report = gorefit("-C", root, "diff", "-c", "x-file", "--format", "json").document
    added = {one["path"]: one["added"] for one in report["summary"]["files"]}
    assert added == {"helped_other.go": True, "helped_unix.go": True, "one.go": False, "two.go": False}

    written = gorefit("-C", root, "apply", "-c", "x-file")
    assert written.code == 0 and "added helped_unix.go" in written.out, written
    for system in ("linux", "windows"):
        subprocess.run(
            [toolchain.go, "build", "./..."], cwd=root, env={**gorefit.environment, "GOOS": system}, check=True
        )
    assert gorefit("-C", root, "apply", "-c", "x-file").out.startswith("Nothing to write")
    undone = gorefit("-C", root, "undo")
    assert "removed helped_unix.go" in undone.out
    assert {name: entry[0] for name, entry in snapshot(root).items()} == {n: e[0] for n, e in before.items()}


def test_the_patch_applies_with_git(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD, "one.go": CODE})
    assert gorefit("-C", root, "diff", "-c", "x-file", "--patch", "p.diff").code == 0
    subprocess.run(["git", "apply", "p.diff"], cwd=root, check=True)
    assert "helped() int" in (root / "helped_other.go").read_text()
    shutil.rmtree(root)


def test_a_name_that_is_taken_is_not_taken_again(gorefit: Gorefit, tree: Tree) -> None:
    mine = "//go:build ignore\n\npackage main\n"
    root = tree({"go.mod": GO_MOD, "one.go": CODE, "helped_unix.go": mine})
    assert gorefit("-C", root, "apply", "-c", "x-file").code == 0
    assert (root / "helped_unix.go").read_text() == mine
    assert (root / "helped2_unix.go").is_file() and (root / "helped2_other.go").is_file()


def test_a_new_file_that_fails_on_a_platform_drops_the_fixes_that_need_it(gorefit: Gorefit, tree: Tree) -> None:
    """The codemod itself asks for windows; on linux the file with the mistake is not compiled."""
    root = tree({"go.mod": GO_MOD, "one.go": CODE, "two.go": TWO})
    before = snapshot(root)
    assert gorefit("-C", root, "check", "-c", "x-everywhere").code == 0
    done = gorefit("-C", root, "apply", "-c", "x-everywhere", "--format", "json")
    assert done.code == 3, done
    assert [one[3] for one in outcomes(done.document, "dropped")] == ["build", "build"]
    (first, _) = [one["message"] for one in done.document["outcomes"]]
    assert "helped_other.go:5" in first and "undefined: undefinedName" in first
    assert snapshot(root) == before


def test_a_file_outside_of_the_package_is_refused(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD, "one.go": CODE})
    before = snapshot(root)
    done = gorefit("-C", root, "apply", "-c", "x-outside")
    assert done.code == 5 and "no name of a Go file" in done.err
    assert snapshot(root) == before


def test_a_file_of_another_platform_uses_what_the_first_one_added(gorefit: Gorefit, tree: Tree) -> None:
    only = "package m\n\nvar there = plain()\n"
    root = tree({"go.mod": GO_MOD, "one.go": CODE, "only_windows.go": only})
    done = gorefit("-C", root, "apply", "-c", "x-file", "--platforms", "windows/amd64", "--format", "json")
    assert done.code == 0, done.err
    assert sorted(path.name for path in root.glob("*.go")) == [
        "helped_other.go",
        "helped_unix.go",
        "one.go",
        "only_windows.go",
    ]
    assert "there = helped()" in (root / "only_windows.go").read_text()


def test_a_file_that_is_compiled_alone_gets_no_file_beside_it(gorefit: Gorefit, tree: Tree) -> None:
    code = """package main

import "os"

func main() {
	data, err := os.ReadFile("x")
	if err == nil {
		println(len(data))
	}
}
"""
    root = tree({"main.go": code})
    done = gorefit("-C", root, "apply", "-c", "mmap-readfile", "main.go", "--format", "json")
    (outcome,) = done.document["outcomes"]
    assert done.code == 0 and (outcome["status"], outcome["code"]) == ("declined", "no-helper")
    assert [path.name for path in root.iterdir()] == ["main.go"]


@pytest.mark.parametrize("option", ['helper = "map file"', 'helper = "func"', 'file = "../mmap"', "threshold = -1"])
def test_names_that_go_would_refuse_are_refused_before(gorefit: Gorefit, tree: Tree, option: str) -> None:
    root = tree({"go.mod": GO_MOD, "one.go": CODE, "gorefit.toml": f"[mmap-readfile]\n{option}\n"})
    said = gorefit("-C", root, "check")
    assert said.code == 2 and f"gorefit.toml:2: `mmap-readfile.{option.partition(' ')[0]}`" in said.err


def test_what_must_be_named_takes_no_part_in_other_runs(gorefit: Gorefit, tree: Tree) -> None:
    body = "\tdata, _ := os.ReadFile(path)\n\treturn len(data)\n"
    code = f'package m\n\nimport "os"\n\nfunc Size(path string) int {{\n{body}}}\n'
    root = tree({"go.mod": GO_MOD, "m.go": code})
    unnamed = gorefit("-C", root, "check", "--tier", "review", "--format", "json").document["outcomes"]
    assert "mmap-readfile" not in {o["codemod"] for o in unnamed}
    named = gorefit("-C", root, "check", "-c", "mmap-readfile", "--format", "json").document["outcomes"]
    assert [(o["status"], o["tier"]) for o in named] == [("applied", "review")]
