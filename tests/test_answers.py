"""Answers of earlier runs: a repeat asks nobody, and whatever an answer depends on makes it an old one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from gorefit.engine.toolchain import Toolchain

MODULE = """
-- go.mod --
module example.com/m

go 1.21
-- a/a.go --
package a

import "example.com/m/b"

func Names(rows []string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r)
	}
	return append(out, b.Last())
}

func Join(rows []string) string {
	s := ""
	for _, r := range rows {
		s += r
	}
	return s
}
-- b/b.go --
package b

func Last() string { return "last" }

func Copy(rows []int) []int {
	var out []int
	for _, r := range rows {
		out = append(out, r)
	}
	return out
}
-- b/b_tagged.go --
//go:build special

package b

func Join(rows []string) string {
	s := ""
	for _, r := range rows {
		s += r
	}
	return s
}
-- b/b_test.go --
package b

func joined(rows []string) string {
	s := ""
	for _, r := range rows {
		s += r
	}
	return s
}
"""

#: Runs the command line and writes to $ASKED the packages that the facts server was asked about. With $REFUSE, nothing
#: is verified, but the first fix is refused.
_DRIVER = """
import os
from gorefit.engine.facts.client import FactsServer
check = FactsServer.check
def told(self, request):
    with open(os.environ["ASKED"], "a") as file:
        file.write(request.import_path + chr(10))
    return check(self, request)
FactsServer.check = told
from gorefit.engine import run
from gorefit.engine.plan.plan import Dropped
from gorefit.engine.verify.verify import Verdict
def refuse_the_first(toolchain, workspace, plan, *, drop, **_):
    def ids(plan):
        return {n: (fix.path, fix.fix.codemod, fix.outcome.place) for n, fix in plan.fixes.items()}
    first = {min(plan.fixes): Dropped("vet", "refused")}
    smaller = drop(plan, first)
    assert ids(smaller).items() < ids(plan).items() and not first.keys() & smaller.fixes.keys()
    return Verdict(smaller, (), first, 2)
if "REFUSE" in os.environ:
    run.verify = refuse_the_first
from gorefit.engine.cli.main import main
main()
"""


@dataclass
class Runs:
    """gorefit over one tree with a cache of its own; `asked` holds the packages whose types the last run needed."""

    root: Path
    place: Path
    asked: frozenset[str] = frozenset()
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def cache(self) -> Path:
        return self.place / "cache"

    def __call__(self, *args: str, command: str = "check", root: Path | None = None) -> list[tuple[object, ...]]:
        """What became of each site."""
        log = self.place / "asked"
        log.unlink(missing_ok=True)
        env = {**os.environ, "GOREFIT_CACHE_DIR": str(self.cache), "ASKED": str(log), **self.environment}
        env["GOREFIT_STATE_DIR"] = str(self.place / "state")
        line = [sys.executable, "-c", _DRIVER, "-C", str(root or self.root), command, "--format", "json", *args]
        done = subprocess.run(line, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in (0, 3), done.stderr
        names = log.read_text().split("\n") if log.exists() else []
        self.asked = frozenset(name.rpartition("/")[2] for name in names if name)
        report = json.loads(done.stdout)
        return [
            (
                o["codemod"],
                o["status"],
                o["code"],
                o["range"]["path"],
                o["range"]["start"]["line"],
                o["message"],
                str(o["edits"]),
            )
            for o in report["outcomes"]
        ]

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        path = self.root / name
        path.write_text(change(path.read_text()))


@pytest.fixture
def runs(tree: Callable[..., Path], tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setenv("GOREFIT_GO", str(toolchain.go))
    place = tmp_path / "place"
    shared = Path(os.environ.get("GOREFIT_CACHE_DIR") or place) / "facts"
    if shared.is_dir():
        shutil.copytree(shared, place / "cache" / "facts")  # the server need not be compiled for every test
    return Runs(tree(MODULE), place)


def test_a_repeat_asks_nobody_and_says_the_same(runs: Runs) -> None:
    first = runs()
    assert runs.asked == {"a", "b"} and {o[0] for o in first} == {"prealloc", "strings-builder"}
    assert runs() == first and not runs.asked
    assert runs("--jobs", "1") == first and not runs.asked
    assert runs(root=runs.root / "a") == [o for o in first if str(o[3]).startswith("a")] or not runs.asked
    assert runs("--no-cache") == first and runs.asked == {"a", "b"}


def test_an_edit_asks_again_for_the_package_and_for_its_importers(runs: Runs) -> None:
    before = runs()
    runs.edit("a/a.go", lambda text: "// Package a.\n" + text)
    moved = runs()
    assert runs.asked == {"a"}
    assert [o[4] for o in moved] == [o[4] + ("a/" in str(o[3])) for o in before]  # type: ignore[operator]
    runs.edit(
        "b/b.go",
        lambda text: text.replace("Last() string", "Last() (s string)").replace('return "last"', 's = "x"; return'),
    )
    runs()
    assert runs.asked == {"a", "b"}


def test_a_file_put_back_is_known_again_but_not_with_other_bytes_under_its_old_time(runs: Runs) -> None:
    first, path = runs(), runs.root / "b/b.go"
    text, status = path.read_bytes(), path.stat()
    path.write_bytes(text.replace(b"append(out, r)", b"append(out,r )"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    runs()
    assert "b" in runs.asked
    path.write_bytes(text)
    assert runs() == first and not runs.asked


def test_options_tier_names_and_exclusions_are_part_of_the_question(runs: Runs) -> None:
    runs()
    config = runs.root / "gorefit.toml"
    config.write_text('[prealloc]\nnil = "ignore"\n')
    with_option = runs("--tier", "review")
    assert runs.asked
    config.unlink()
    assert runs("--tier", "review") != with_option and runs.asked
    only = runs("-c", "prealloc")
    assert runs.asked and {o[0] for o in only} == {"prealloc"}
    config.write_text('exclude = ["b/**"]\n')
    assert {str(o[3])[0] for o in runs()} == {"a"}
    config.unlink()
    assert {str(o[3])[0] for o in runs()} == {"a", "b"}


def test_tags_tests_and_platforms_are_part_of_the_question(runs: Runs) -> None:
    plain = runs()
    special = runs("--tags", "special")
    assert any("b_tagged" in str(o[3]) for o in special)
    tested = runs("--include-tests")
    assert any("b_test" in str(o[3]) for o in tested)
    assert runs() == plain and not runs.asked
    assert runs("--platforms", "windows/amd64") == plain
    runs.edit("b/b_tagged.go", lambda text: text.replace("go:build special", "go:build windows"))
    both = runs("--platforms", "windows/amd64")
    assert [o for o in both if "b_tagged" in str(o[3])] and [o for o in both if "b/b.go" in str(o[3])]
    runs.environment = {"GOOS": "windows"}
    assert sorted(map(str, runs())) == sorted(map(str, both)), "an answer for files that the first platform covered"


def test_a_tree_that_moved_is_another_tree(runs: Runs) -> None:
    first = runs()
    moved = runs.root.with_name("moved to élsewhere")
    shutil.copytree(runs.root, moved)
    assert runs(root=moved) == first and runs.asked == {"a", "b"}
    shutil.rmtree(runs.root)
    assert runs(root=moved) == first and not runs.asked


@pytest.mark.parametrize("damage", ["truncated", "emptied", "flipped", "directory", "swapped"])
def test_a_damaged_answer_counts_as_none(runs: Runs, damage: str) -> None:
    first = runs()
    kept = [path for path in (runs.cache / "answers").rglob("*") if path.is_file()]
    assert len(kept) == 2
    contents = [path.read_bytes() for path in kept]
    for path, content, other in zip(kept, contents, reversed(contents), strict=True):
        if damage == "directory":
            path.unlink()
            path.mkdir()
        else:
            middle = len(content) // 2
            flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
            path.write_bytes({"truncated": content[:-7], "emptied": b"", "flipped": flipped, "swapped": other}[damage])
    assert runs() == first and runs.asked == {"a", "b"}
    assert runs() == first and bool(runs.asked) == (damage == "directory")


def test_a_cache_that_takes_nothing_costs_time_only(runs: Runs) -> None:
    first = runs("--no-cache")
    (runs.cache / "answers").write_text("in the way")
    assert runs() == first and runs.asked == {"a", "b"}
    assert runs() == first and runs.asked == {"a", "b"}


def test_another_codemod_source_is_another_codemod(runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from gorefit.engine import answers

    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "mine.py").write_text("x = 1\n")
    before = answers._folder_digest(folder)  # pyright: ignore[reportPrivateUsage]
    answers._folder_digest.cache_clear()  # pyright: ignore[reportPrivateUsage]
    (folder / "beside.py").write_text("y = 2\n")
    assert answers._folder_digest(folder) != before  # pyright: ignore[reportPrivateUsage]


def test_fixes_keep_their_ids_when_a_recalled_package_is_planned_again(runs: Runs) -> None:
    """Verification drops by id: with others, it would drop the fix that it did not refuse."""
    runs.environment = {"REFUSE": "yes"}
    fresh = runs(command="diff")
    assert [o[1] for o in fresh].count("dropped") == 1
    assert runs(command="diff") == fresh


SERVERS = {
    "go.mod": "module example.com/m\n\ngo 1.21\n",
    "a/a.go": """package a

import "net/http"

func Server() *http.Server { return &http.Server{Addr: ":80"} }
""",
    "b/b.go": 'package b\n\nimport "example.com/m/a"\n\nfunc Serve() error { return a.Server().ListenAndServe() }\n',
}
SETTING = """package b

import (
	"time"

	"example.com/m/a"
)

func Serve() error {
	s := a.Server()
	s.ReadTimeout = time.Second
	return s.ListenAndServe()
}
"""


def test_an_answer_that_looked_at_other_packages_depends_on_them(runs: Runs, tree: Callable[..., Path]) -> None:
    """What b does with the server of a is none of a's business for go, but it is for the codemod."""
    runs.root = tree(SERVERS)
    args = ("-c", "http-server-timeouts")
    assert [o[1] for o in runs(*args)] == ["applied"] and "a" in runs.asked
    assert [o[1] for o in runs(*args)] == ["applied"] and not runs.asked
    runs.edit("b/b.go", lambda _: SETTING)
    assert [(o[1], o[2]) for o in runs(*args)] == [("declined", "set-elsewhere")] and {"a", "b"} <= runs.asked
    runs.edit("b/b.go", lambda text: text.replace("time.Second", "time.Minute"))
    assert [o[1] for o in runs(*args)] == ["declined"] and "a" in runs.asked


def test_an_answer_that_looked_at_files_beside_the_package_depends_on_them(runs: Runs) -> None:
    """A test file is no part of the package, but may have the name that a fix would add."""
    body = "\tdata, _ := os.ReadFile(path)\n\treturn len(data)\n"
    code = f'package c\n\nimport "os"\n\nfunc Size(path string) int {{\n{body}}}\n'
    (runs.root / "c").mkdir()
    (runs.root / "c" / "c.go").write_text(code)
    args = ("-c", "mmap-readfile")
    assert [o[5] for o in runs(*args)] == ["map the file with mapFile"] and "c" in runs.asked
    assert [o[5] for o in runs(*args)] == ["map the file with mapFile"] and not runs.asked
    (runs.root / "c" / "c_test.go").write_text("package c\n\nvar mapFile = 1\n")
    assert [o[5] for o in runs(*args)] == ["map the file with mapFile2"] and "c" in runs.asked
