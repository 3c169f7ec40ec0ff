"""Loading packages as the go command sees them, from every kind of tree, without changing a byte of it."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Tree, write_tree
from gorefit.engine.brokenness import MissingModules
from gorefit.engine.packages import Configuration, NoModule, NothingMatched, Package, Workspace, list_ids, load
from gorefit.engine.toolchain import GoError, NewerGoNeeded, Toolchain, find

MOD = "-- go.mod --\nmodule example.com/m\n\ngo 1.20\n"
TESTED = (
    MOD
    + """-- a/a.go --
package a

import "strings"

var X = strings.ToUpper("x")
-- a/a_test.go --
package a

import "testing"

func TestA(t *testing.T) {}
-- a/x_test.go --
package a_test

import (
	"testing"

	"example.com/m/b"
)

func TestX(t *testing.T) { _ = b.Y }
-- b/b.go --
package b

import "example.com/m/a"

var Y = a.X
-- only/only_test.go --
package only
"""
)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOFLAGS", "GOWORK"):
        monkeypatch.delenv(name, raising=False)


def paths(workspace: Workspace) -> list[str]:
    return [each.import_path for each in workspace.packages]


def package(workspace: Workspace, path: str) -> Package:
    return next(each for each in (*workspace.packages, *workspace.broken) if each.import_path == path)


def names(files: object) -> set[str]:
    assert isinstance(files, tuple | frozenset)
    return {str(getattr(file, "name", file)) for file in files}


def fingerprint(root: Path) -> dict[str, str]:
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }


@pytest.fixture
def module_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module cache that holds example.com/dep v1.0.0 and nothing else."""
    cache = tmp_path / "modcache"
    folder = cache / "cache/download/example.com/dep/@v"
    mod = "module example.com/dep\n\ngo 1.18\n"
    write_tree(folder, {"v1.0.0.mod": mod, "v1.0.0.info": '{"Version":"v1.0.0"}', "list": "v1.0.0\n"})
    with zipfile.ZipFile(folder / "v1.0.0.zip", "w") as archive:
        archive.writestr("example.com/dep@v1.0.0/go.mod", mod)
        archive.writestr("example.com/dep@v1.0.0/dep.go", "package dep\n\nvar D = 1\n")
    monkeypatch.setenv("GOMODCACHE", str(cache))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")  # so that pytest can remove it
    yield cache
    shutil.rmtree(cache)


def test_a_module(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(TESTED)
    before = fingerprint(root)
    workspace = load(toolchain, root)
    assert paths(workspace) == ["example.com/m/a", "example.com/m/b", "example.com/m/only"]
    assert workspace.root == root
    assert [(each.path, each.dir, each.go_version) for each in workspace.modules] == [("example.com/m", root, "1.20")]
    a, b = package(workspace, "example.com/m/a"), package(workspace, "example.com/m/b")
    assert a.files == (root / "a/a.go",) and a.editable == {root / "a/a.go"}
    assert (a.name, a.dir, a.go_version, a.imports) == ("a", root / "a", "1.20", ("strings",))
    assert set(a.test_imports) == {"testing", "example.com/m/b"}
    assert {"example.com/m/a", "strings", "unicode/utf8"} <= b.deps and "testing" not in b.deps
    assert a.build_id and a.export and workspace.exports["example.com/m/a"] == a.export and a.export.is_file()
    assert not workspace.broken and not workspace.in_goroot
    assert fingerprint(root) == before


def test_variants_have_their_own_exports_and_their_own_files(toolchain: Toolchain, tree: Tree) -> None:
    workspace = load(toolchain, tree(TESTED), include_tests=True)
    variant, external = "example.com/m/a [example.com/m/a.test]", "example.com/m/a_test [example.com/m/a.test]"
    assert paths(workspace)[:4] == ["example.com/m/a", variant, external, "example.com/m/b"]
    assert names(package(workspace, variant).files) == {"a.go", "a_test.go"}
    assert names(package(workspace, variant).editable) == {"a_test.go"}
    assert names(package(workspace, external).editable) == {"x_test.go"}
    recompiled = "example.com/m/b [example.com/m/a.test]"
    assert package(workspace, external).import_map["example.com/m/b"] == recompiled
    assert workspace.exports[recompiled] != workspace.exports["example.com/m/b"]
    assert "example.com/m/only [example.com/m/only.test]" in paths(workspace)
    every = [file for each in workspace.packages for file in each.editable]
    assert len(every) == len(set(every))


def test_what_may_be_imported_has_exports_and_unknown_names_do_no_harm(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(MOD + "-- m.go --\npackage m\n")
    for tests in (False, True):
        exports = load(toolchain, root, may_import=("strings", "nosuchpackage"), include_tests=tests).exports
        assert {"strings", "unicode/utf8"} <= exports.keys()
        assert "nosuchpackage" not in exports
    assert paths(load(toolchain, root, may_import=("strings",))) == ["example.com/m"]


def test_broken_packages_are_named_and_the_others_go_on(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(
        TESTED
        + """-- types/t.go --
package types

var a int = "x"
var b string = 1
-- syntax/s.go --
package syntax

func (
-- user/u.go --
package user

import _ "example.com/m/types"
-- missing/m.go --
package missing

import _ "example.org/gone"
-- mixed/a.go --
package mixed
-- mixed/b.go --
package other
"""
    )
    workspace = load(toolchain, root)
    assert paths(workspace) == ["example.com/m/a", "example.com/m/b", "example.com/m/only"]
    assert {each.import_path.rpartition("/")[2] for each in workspace.broken} == {
        *("types", "syntax", "user", "missing", "mixed")
    }
    first, second = package(workspace, "example.com/m/types").errors
    assert (first.position, second.position) == ("types/t.go:3:13", "types/t.go:4:16")
    assert "cannot use" in first.message
    assert "needs example.com/m/types" in package(workspace, "example.com/m/user").errors[0].message
    assert "example.org/gone" in package(workspace, "example.com/m/missing").errors[0].message
    assert all(each.errors[0].message for each in workspace.broken)


def test_single_files(toolchain: Toolchain, tree: Tree) -> None:
    root = tree({"x.go": 'package x\n\nimport "fmt"\n\nvar X = fmt.Sprint(1)\n', "y.go": "package y\n"})
    workspace = load(toolchain, root, ["x.go"], may_import=("strings",))
    (only,) = workspace.packages
    assert only.editable == {root / "x.go"} and only.go_version == ""
    assert {"fmt", "strings"} <= workspace.exports.keys()
    assert workspace.root == root and workspace.modules == ()
    with pytest.raises(NothingMatched, match=r"nope\.go"):
        load(toolchain, root, ["nope.go"])


def test_single_files_of_a_module(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(TESTED + "-- nested/go.mod --\nmodule example.com/nested\n-- nested/n.go --\npackage n\n")
    workspace = load(toolchain, root, ["a/a.go"])
    assert workspace.packages[0].editable == {root / "a/a.go"}
    assert workspace.root == root
    assert load(toolchain, root, ["nested/n.go"]).packages[0].editable == frozenset()


def test_no_module(toolchain: Toolchain, tree: Tree) -> None:
    root = tree({"x.go": "package x\n"})
    with pytest.raises(NoModule) as caught:
        load(toolchain, root)
    assert caught.value.exit_code == 2 and "go mod init" in caught.value.hint


def test_nested_vendored_and_testdata_files_are_not_ours(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(
        """-- go.mod --
module example.com/m

go 1.20

require example.com/dep v1.0.0
-- m.go --
package m

import "example.com/dep"

var D = dep.D
-- vendor/modules.txt --
# example.com/dep v1.0.0
## explicit; go 1.18
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep

var D = 1
-- testdata/t/t.go --
package t
-- nested/go.mod --
module example.com/nested
-- nested/n.go --
package nested
"""
    )
    before = fingerprint(root)
    workspace = load(toolchain, root, ["./...", "example.com/dep", "./testdata/t"])
    assert paths(workspace) == ["example.com/dep", "example.com/m", "example.com/m/testdata/t"]
    assert [file for each in workspace.packages for file in each.editable] == [root / "m.go"]
    assert fingerprint(root) == before


def test_build_constraints(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(
        MOD
        + """-- m.go --
package m
-- m_windows.go --
package m
-- tagged.go --
//go:build special

package m
-- win/win_windows.go --
package win
"""
    )
    native = Configuration(toolchain.goos, toolchain.goarch)
    workspace = load(toolchain, root, configuration=native)
    assert names(workspace.packages[0].files) == {"m.go"}
    assert names(workspace.excluded) == names(workspace.packages[0].ignored_files) == {"m_windows.go", "tagged.go"}
    tagged = load(toolchain, root, configuration=Configuration.native(toolchain, ["special"]))
    assert names(tagged.packages[0].files) == {"m.go", "tagged.go"}
    windows = load(toolchain, root, configuration=Configuration.parse("windows/amd64", toolchain))
    assert [names(each.files) for each in windows.packages] == [{"m.go", "m_windows.go"}, {"win_windows.go"}]
    assert names(load(toolchain, root, ["./...", "./win"]).excluded) == {"m_windows.go", "tagged.go", "win_windows.go"}
    with pytest.raises(NothingMatched, match="build constraints exclude every"):
        load(toolchain, root, ["./win"])


def test_tags_of_goflags_add_up(toolchain: Toolchain, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-tags=one")
    configuration = Configuration.native(find(toolchain.go), ["two", "one"])
    assert configuration.tags == ("one", "two")
    root = tree(MOD + "-- m.go --\n//go:build one && two\n\npackage m\n")
    assert paths(load(find(toolchain.go), root, configuration=configuration)) == ["example.com/m"]


def test_cgo(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(MOD + '-- c.go --\npackage m\n\n// int one(void) { return 1; }\nimport "C"\n\nvar One = C.one()\n')
    write_tree(root, {"go_only.go": "package m\n"})
    on, off = (Configuration(toolchain.goos, toolchain.goarch, cgo=cgo) for cgo in (True, False))
    if shutil.which("gcc") or shutil.which("cc"):
        (package_,) = load(toolchain, root, configuration=on).packages
        assert package_.cgo_files == {root / "c.go"} and names(package_.files) == {"c.go", "go_only.go"}
        assert "C" not in package_.imports
    (package_,) = load(toolchain, root, configuration=off).packages
    assert not package_.cgo_files and names(package_.files) == {"go_only.go"}
    assert names(package_.ignored_files) == {"c.go"}


WORKSPACE = """-- go.work --
go 1.20

use (
	./a
	"./b c"
)

replace example.com/x => ./a
-- a/go.mod --
module example.com/a

go 1.20
-- a/a.go --
package a
-- a/sub/s.go --
package sub
-- b c/go.mod --
module example.com/b

go 1.19

require example.com/a v0.0.0
-- b c/b.go --
package b

import _ "example.com/a"
-- unused/go.mod --
module example.com/unused
-- unused/u.go --
package unused
"""


def test_a_workspace_root_means_its_modules(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(WORKSPACE)
    workspace = load(toolchain, root)
    assert paths(workspace) == ["example.com/a", "example.com/a/sub", "example.com/b"]
    assert workspace.root == root
    assert [each.go_version for each in workspace.packages] == ["1.20", "1.20", "1.19"]
    assert all(each.editable for each in workspace.packages)
    assert list_ids(toolchain, root).keys() == set(paths(workspace))
    inside = load(toolchain, root / "a")
    assert paths(inside) == ["example.com/a", "example.com/a/sub"] and inside.root == root


def test_a_workspace_can_be_switched_off(toolchain: Toolchain, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(WORKSPACE)
    monkeypatch.setenv("GOWORK", "off")
    workspace = load(toolchain, root / "a")
    assert workspace.root == root / "a" and [each.path for each in workspace.modules] == ["example.com/a"]


@pytest.mark.usefixtures("module_cache")
def test_missing_sums_of_a_workspace_are_not_written(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(
        """-- go.work --
go 1.20

use ./a
-- a/go.mod --
module example.com/a

go 1.20

require example.com/dep v1.0.0
-- a/a.go --
package a

import "example.com/dep"

var D = dep.D
"""
    )
    here = find(toolchain.go)
    before = fingerprint(root)
    for _ in range(2):
        workspace = load(here, root / "a")
        assert paths(workspace) == ["example.com/a"] and "example.com/dep" in workspace.exports
    here.run("vet", "./...", cwd=root / "a")
    assert fingerprint(root) == before
    with pytest.raises(GoError) as caught:
        here.run("list", "example.com/none", cwd=root)
    assert "gorefit-work" not in caught.value.message


@pytest.mark.usefixtures("module_cache")
def test_a_module_that_was_not_downloaded(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(MOD + 'require example.com/other v1.0.0\n-- m.go --\npackage m\n\nimport _ "example.com/other"\n')
    before = fingerprint(root)
    with pytest.raises((MissingModules, GoError)) as caught:
        load(find(toolchain.go), root)
    assert "go mod download" in caught.value.hint and "example.com/other" in caught.value.message
    assert fingerprint(root) == before


def test_a_go_mod_that_cannot_be_read(toolchain: Toolchain, tree: Tree) -> None:
    with pytest.raises(GoError, match=r"go\.mod:1: unknown directive"):
        load(toolchain, tree({"go.mod": "modul x\n", "x.go": "package x\n"}))


def test_a_newer_go_line(toolchain: Toolchain, tree: Tree) -> None:
    if toolchain.minor < (1, 21):
        pytest.skip("go before 1.21 just tries")
    with pytest.raises(NewerGoNeeded, match=r"1\.99"):
        load(toolchain, tree(MOD.replace("1.20", "1.99") + "-- m.go --\npackage m\n"))


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("./nope", "./nope names no Go package", id="directory-missing"),
        pytest.param("./empty", "no Go files", id="directory-without-go"),
        pytest.param("./empty/...", "no packages match in module example.com/m", id="wildcard"),
        pytest.param("example.com/m/nope", "example.com/m/nope", id="import-path"),
        pytest.param("nosuch", "nosuch", id="not-in-std"),
        pytest.param("-x", "-x", id="looks-like-a-flag"),
    ],
)
def test_a_pattern_that_names_nothing(toolchain: Toolchain, tree: Tree, pattern: str, words: str) -> None:
    root = tree(MOD + "-- m.go --\npackage m\n-- empty/readme --\n")
    with pytest.raises(NothingMatched, match=words) as caught:
        load(toolchain, root, [".", pattern])
    assert caught.value.exit_code == 2 and caught.value.hint


def test_an_empty_module(toolchain: Toolchain, tree: Tree) -> None:
    with pytest.raises(NothingMatched, match="in module example"):
        load(toolchain, tree(MOD))


def test_spaces_letters_and_symlinked_checkouts(toolchain: Toolchain, tree: Tree, tmp_path: Path) -> None:
    root = tree(TESTED, "mein Gerät/中文 (1)")
    (tmp_path / "link").symlink_to(root)
    for start in (root, tmp_path / "link", tmp_path / "link" / "a"):
        workspace = load(toolchain, start)
        assert workspace.root == root
        assert package(workspace, "example.com/m/a").editable == {root / "a/a.go"}


def test_symlinks_that_must_not_be_edited(toolchain: Toolchain, tree: Tree, tmp_path: Path) -> None:
    root = tree(MOD + "-- m.go --\npackage m\n-- shared/s.go --\npackage m\n-- templates/t.txt --\npackage m\n")
    write_tree(tmp_path / "outside", {"o.go": "package m\n"})
    (root / "out.go").symlink_to(tmp_path / "outside/o.go")
    (root / "twice.go").symlink_to(root / "shared/s.go")
    (root / "inside.go").symlink_to(root / "templates/t.txt")
    workspace = load(toolchain, root)
    assert names(package(workspace, "example.com/m").files) == {"m.go", "out.go", "twice.go", "inside.go"}
    assert names(package(workspace, "example.com/m").editable) == {"m.go", "inside.go"}
    assert package(workspace, "example.com/m/shared").editable == frozenset()


def test_inside_the_go_tree(toolchain: Toolchain) -> None:
    source = toolchain.goroot / "src"
    workspace = load(toolchain, source, ["strings", "vendor/golang.org/x/net/idna", "cmd/internal/edit"])
    assert workspace.in_goroot and [each.path for each in workspace.modules] == ["std"]
    strings = package(workspace, "strings")
    assert strings.standard and source.resolve() / "strings/builder.go" in strings.editable
    assert strings.go_version == workspace.modules[0].go_version
    assert not package(workspace, "vendor/golang.org/x/net/idna").editable
    assert not package(workspace, "cmd/internal/edit").editable
    command = load(toolchain, source / "cmd", ["./internal/edit", "strings"])
    assert package(command, "cmd/internal/edit").editable
    assert not package(command, "strings").editable


def test_std_seen_from_outside_is_not_ours(toolchain: Toolchain, tree: Tree) -> None:
    workspace = load(toolchain, tree(MOD + "-- m.go --\npackage m\n"), ["strings"])
    assert paths(workspace) == ["strings"] and not workspace.packages[0].editable and not workspace.in_goroot


def test_ids_change_with_content_and_dependencies(toolchain: Toolchain, tree: Tree) -> None:
    root = tree(TESTED)
    before = list_ids(toolchain, root)
    assert before["example.com/m/a"][1:] == (str(root / "a/a.go"),)
    assert before == list_ids(toolchain, root)
    (root / "a/a.go").write_text("package a\n\nvar X = 1\n")
    after = list_ids(toolchain, root)
    assert after["example.com/m/a"][0] != before["example.com/m/a"][0]
    assert after["example.com/m/b"][0] != before["example.com/m/b"][0]
    assert after["example.com/m/only"] == before["example.com/m/only"]
    assert "example.com/m/a_test [example.com/m/a.test]" in list_ids(toolchain, root, include_tests=True)


def test_a_package_travels_to_another_process(toolchain: Toolchain, tree: Tree) -> None:
    b = package(load(toolchain, tree(TESTED)), "example.com/m/b")
    copy = pickle.loads(pickle.dumps(b))
    assert copy == b and "strings" in copy.deps


def test_another_go_loads_the_same(other_go: Path, tree: Tree) -> None:
    root = tree(TESTED + '-- types/t.go --\npackage types\n\nvar a int = "x"\n')
    workspace = load(find(other_go), root, include_tests=True, may_import=("strings",))
    assert package(workspace, "example.com/m/types").errors[0].position == "types/t.go:3:13"
    assert "example.com/m/a_test [example.com/m/a.test]" in paths(workspace)
