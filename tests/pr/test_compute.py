"""From real Go to commits: what is split holds alone, codemods have a commit each, and the base alone has a say."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from end_to_end import grows, shared_cache, valid
from gorefit.engine.toolchain import Toolchain

from .test_command import MODULE, Site, site_of
from .world import git, write

BOTH = """package {name}

// Names has a site of each codemod.
func Names(xs []string) ([]string, string) {{
	var out []string
	s := ""
	for _, x := range xs {{
		out = append(out, x)
		s += x + ";"
	}}
	return out, s
}}
"""
#: Holds before, and after both packages have changed; not in between.
TOGETHER = """package c

import (
	"bytes"
	"os"
	"testing"
)

func TestTogether(t *testing.T) {
	a, err := os.ReadFile("../a/a.go")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../b/b.go")
	if err != nil {
		t.Fatal(err)
	}
	builder := []byte("strings.Builder")
	if bytes.Contains(a, builder) != bytes.Contains(b, builder) {
		t.Fatal("a and b are to be changed together")
	}
}
"""


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_cache(tmp_path_factory)


def requests(site: Site, *words: str) -> list[dict[str, object]]:
    code, out, err = site.plan("--format", "json", *words)
    assert code == 0, err
    return valid(out)["requests"]


def push(site: Site, files: dict[str, str]) -> None:
    write(site.clone, files)
    git(site.clone, "add", "-A")
    git(site.clone, "commit", "-qm", "more")
    git(site.clone, "push", "-q", "origin", "HEAD:main")


def test_what_holds_only_together_becomes_one_request(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    files = {**MODULE, "c/c_test.go": TOGETHER, "d/d.go": grows("d", "Third")}
    site = site_of(tmp_path, toolchain, cache, files)
    made = requests(site, "--split", "package", "--test", "all")
    assert [one["files"] for one in made] == [["a/a.go", "b/b.go"], ["d/d.go"]]
    made = requests(site, "--split", "package")
    assert [one["files"] for one in made] == [["a/a.go"], ["b/b.go"], ["d/d.go"]], "without tests nobody could know"


def test_each_codemod_has_a_commit_that_builds(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    files = {"go.mod": MODULE["go.mod"], "a/a.go": BOTH.format(name="a"), "b/b.go": grows("b", "Second")}
    site = site_of(tmp_path, toolchain, cache, files)
    assert site.publish()[0] == 0
    (branch,) = (name for name in site.heads() if name != "main")
    commits = git(site.remote, "rev-list", "--reverse", f"main..{branch}").split()
    codemods = [
        git(site.remote, "log", "-1", "--format=%(trailers:key=Gorefit-Codemod,valueonly)", one) for one in commits
    ]
    assert codemods == ["prealloc", "strings-builder"]
    first, last = (git(site.remote, "show", f"{one}:a/a.go") for one in commits)
    assert "slices.Grow(out, len(xs))" in first and "strings.Builder" not in first and "s += x" in first
    assert "slices.Grow(out, len(xs))" in last and "strings.Builder" in last
    assert git(site.remote, "diff", "--name-only", "main", commits[0]) == "a/a.go"
    for number, one in enumerate(commits):
        folder = tmp_path / f"at{number}"
        git(tmp_path, "clone", "-q", str(site.remote), str(folder))
        git(folder, "checkout", "-q", one)
        subprocess.run([str(toolchain.go), "vet", "./..."], cwd=folder, check=True)


def test_codemods_that_share_a_file_share_a_request(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    files = {"go.mod": MODULE["go.mod"], "a/a.go": BOTH.format(name="a"), "b/b.go": grows("b", "Second")}
    site = site_of(tmp_path, toolchain, cache, files)
    made = requests(site, "--split", "codemod")
    assert [(one["codemods"], one["files"]) for one in made] == [
        (["prealloc", "strings-builder"], ["a/a.go"]),
        (["strings-builder"], ["b/b.go"]),
    ]


def test_modules_and_limits(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    files = {
        "go.work": "go 1.21\n\nuse (\n\t./one\n\t./two\n)\n",
        "one/go.mod": "module example.com/one\n\ngo 1.21\n",
        "two/go.mod": "module example.com/two\n\ngo 1.21\n",
        **{f"one/p{n}/p.go": grows(f"p{n}", "F") for n in range(3)},
        "two/q/q.go": grows("q", "F"),
    }
    site = site_of(tmp_path, toolchain, cache, files)
    made = requests(site, "--split", "module", "./one/...", "./two/...")
    assert [(one["key"], len(list(one["files"]))) for one in made] == [("one", 3), ("two", 1)]  # pyright: ignore[reportArgumentType]  # a list
    made = requests(site, "--max-files", "2", "./one/...", "./two/...")
    assert [(one["key"], one["files"]) for one in made] == [
        ("part 1", ["one/p0/p.go", "one/p1/p.go"]),
        ("part 2", ["one/p2/p.go", "two/q/q.go"]),
    ]
    assert len({one["branch"] for one in made}) == 2


def test_the_base_alone_has_a_say(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    """Owners, code and templates are those of the commit, whatever lies in the checkout."""
    site = site_of(tmp_path, toolchain, cache, MODULE)
    git(site.clone, "push", "-q", "origin", "main:release")
    push(site, {"CODEOWNERS": "* @new\n", "a/a.go": "package a\n"})
    (site.clone / "CODEOWNERS").write_text("* @dirty\n")
    made = requests(site)
    assert (made[0]["files"], made[0]["owners"]) == (["b/b.go"], ["@new"])
    made = requests(site, "--base", "release")
    assert made[0]["files"] == ["a/a.go", "b/b.go"] and "@alice" in str(made[0]["owners"])


def test_a_package_that_broke_closes_nothing(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    site = site_of(tmp_path, toolchain, cache, MODULE)
    assert site.publish("--split", "package")[0] == 0
    push(site, {"a/broken.go": 'package a\n\nvar x int = ""\n'})
    code, out, err = site.publish("--split", "package")
    assert code == 0 and "no request is closed" in err
    assert len(site.heads()) == 3 and "closed" not in out
    push(site, {"a/broken.go": "package a\n", "a/a.go": "package a\n"})
    code, out, _ = site.publish("--split", "package")
    assert code == 0 and out.count("closed") == 1 and len(site.heads()) == 2


def test_links_are_left_alone(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    site = site_of(tmp_path, toolchain, cache, MODULE)
    (tmp_path / "outside.go").write_text(grows("e", "Outside"))
    (site.clone / "e").mkdir()
    (site.clone / "e" / "e.go").symlink_to(tmp_path / "outside.go")
    (site.clone / "pull_request_template.md").symlink_to("/etc/passwd")
    push(site, {})
    before = (tmp_path / "outside.go").read_text()
    code, out, err = site.plan()
    assert code == 0 and re.search(r"create +\S+ +2 +2 ", out), err
    assert (tmp_path / "outside.go").read_text() == before
    plan = json.loads(next((tmp_path / "run" / "state").rglob("plan.json")).read_text())
    assert "root:" not in json.dumps(plan)


def test_odd_names_of_files(tmp_path: Path, toolchain: Toolchain, cache: Path) -> None:
    files = {"go.mod": MODULE["go.mod"], "a/c d.go": grows("a", "F"), "b/é #1 @x (closes #2).go": grows("b", "F")}
    site = site_of(tmp_path, toolchain, cache, files)
    code, out, err = site.publish()
    assert code == 0 and out.count("created") == 1, err
    (branch,) = (name for name in site.heads() if name != "main")
    changed = git(site.remote, "-c", "core.quotePath=false", "diff", "--name-only", "-z", "main", branch)
    assert set(changed.rstrip("\0").split("\0")) == files.keys() - {"go.mod"}
    message = git(site.remote, "log", "-1", "--format=%B", branch)
    assert "#" not in message and "@" not in message
