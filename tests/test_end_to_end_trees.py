"""Source trees of every shape: each is read as the go command reads it, and nothing but what was asked for changes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Tree
from end_to_end import GO_MOD, Gorefit, grows, outcomes, shared_cache, snapshot, texts
from gorefit.engine.toolchain import Toolchain

BUILDER = b"strings.Builder"


@pytest.fixture
def gorefit(tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Gorefit:
    return Gorefit(tmp_path, shared_cache(tmp_path_factory), toolchain)


def edited(root: Path) -> set[str]:
    return {name for name, text in texts(root).items() if BUILDER in text}


def test_tags_and_platforms_choose_the_files(gorefit: Gorefit, tree: Tree) -> None:
    """Files of another platform are covered, checked for that platform, by --platforms; those of a tag by --tags."""
    root = tree(
        {
            "go.mod": GO_MOD,
            "m.go": grows(),
            "w_windows.go": grows(name="Windows"),
            "t.go": "//go:build special\n\n" + grows(name="Special"),
            "d_darwin.go": grows(name="Darwin"),
        }
    )
    native = gorefit("-C", root, "diff", "--format", "json").document
    assert [one[0] for one in outcomes(native)] == ["m.go"]
    done = gorefit(
        "-C", root, "apply", "--tags", "special", "--platforms", "linux/amd64,windows/amd64", "--format", "json"
    )
    assert done.code == 0, done
    assert edited(root) == {"m.go", "w_windows.go", "t.go"}
    assert {c["configuration"].split()[0] for c in done.document["summary"]["checks"] if c["check"] == "build"} >= {
        "linux/amd64",
        "windows/amd64",
    }
    assert "Not in this build configuration" in gorefit("-C", root, "why", "d_darwin.go:6").out


def test_a_platform_that_is_none(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD, "m.go": grows()})
    assert "GOOS/GOARCH" in gorefit.refused(2, "-C", root, "diff", "--platforms", "windows")
    assert "plan10/amd64" in gorefit("-C", root, "diff", "--platforms", "plan10/amd64").err


def test_a_workspace_and_what_is_not_in_it(gorefit: Gorefit, tree: Tree) -> None:
    root = tree(
        {
            "go.work": "go 1.21\n\nuse (\n\t./a\n\t./b\n)\n",
            "go.work.sum": "",
            "a/go.mod": "module example.com/a\n\ngo 1.21\n",
            "a/a.go": grows("a"),
            "b/go.mod": "module example.com/b\n\ngo 1.21\n\nrequire example.com/a v0.0.0\n",
            "b/b.go": grows("b").replace("\n\n", '\n\nimport "example.com/a"\n\nvar J = a.Joined\n\n', 1),
            "c/go.mod": "module example.com/c\n\ngo 1.21\n",
            "c/c.go": grows("c"),
        }
    )
    sums = {name: snapshot(root)[name] for name in ("go.work", "go.work.sum", "a/go.mod", "b/go.mod")}
    done = gorefit("-C", root, "apply")
    assert done.code == 0 and done.out.startswith("wrote a/a.go\nwrote b/b.go\n"), done
    assert edited(root) == {"a/a.go", "b/b.go"}
    assert {name: snapshot(root)[name] for name in sums} == sums
    assert gorefit("-C", root / "a", "undo").code == 0 and edited(root) == set(), "one workspace, one undo"


def test_nested_and_vendored_modules_and_testdata_are_not_entered(gorefit: Gorefit, tree: Tree) -> None:
    user = grows().replace("\n\n", '\n\nimport "example.org/v"\n\nvar J = v.Joined\n\n', 1)
    root = tree(
        {
            "go.mod": GO_MOD + "\nrequire example.org/v v1.0.0\n",
            "go.sum": "",
            "m.go": user,
            "nested/go.mod": "module example.com/m/nested\n",
            "nested/n.go": grows("nested"),
            "vendor/modules.txt": "# example.org/v v1.0.0\n## explicit; go 1.21\nexample.org/v\n",
            "vendor/example.org/v/v.go": grows("v"),
            "testdata/t.go": grows("t"),
            "_ignored/i.go": grows("i"),
        }
    )
    stamps = {name: stamp for name, stamp in snapshot(root).items() if name not in (".", "m.go")}
    done = gorefit("-C", root, "apply")
    assert done.code == 0 and edited(root) == {"m.go"}, done
    assert {name: stamp for name, stamp in snapshot(root).items() if name not in (".", "m.go")} == stamps
    for place, words in (
        ("vendor/example.org/v/v.go:6", "vendor"), ("testdata/t.go:6", "testdata"), ("nested/n.go:6", ""),
    ):  # fmt: skip
        why = gorefit("-C", root, "why", place)
        assert why.code == 0 and words in why.out, why


def test_cgo(gorefit: Gorefit, tree: Tree) -> None:
    if not shutil.which("gcc") and not shutil.which("cc"):
        pytest.skip("no C compiler")
    text = grows().replace("\n\n", '\n\n// int three() { return 3; }\nimport "C"\n\nvar Three = int(C.three())\n\n', 1)
    root = tree({"go.mod": GO_MOD, "m.go": text})
    done = gorefit("-C", root, "apply", env={"CGO_ENABLED": "1"})
    assert done.code == 0 and edited(root) == {"m.go"}, done
    assert '// int three() { return 3; }\nimport "C"\n' in (root / "m.go").read_text()


@pytest.mark.parametrize(
    "folder", ["with space", "mit ümläut 世界", "-dash", "a'quote", 'b"quote', "per%cent", "[x]{y}"]
)
def test_odd_paths(gorefit: Gorefit, tree: Tree, folder: str) -> None:
    root = tree({"go.mod": GO_MOD, "m.go": grows(), "p/ä b.go": grows("p")}, folder)
    before = texts(root)
    done = gorefit("-C", root, "apply", "--test", "affected")
    assert done.code == 0 and edited(root) == {"m.go", "p/ä b.go"}, done
    assert gorefit("-C", root, "why", "p/ä b.go:4").code == 0
    assert gorefit("-C", root, "undo").code == 0 and texts(root) == before


def test_the_diff_of_odd_paths_applies(gorefit: Gorefit, tree: Tree, tmp_path: Path) -> None:
    root = tree({"go.mod": GO_MOD, "p/ä b.go": grows("p"), "q/q q.go": grows("q")})
    patch = gorefit("-C", root, "diff").out
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run(["git", "-C", root, "apply", "-"], input=patch.encode(), check=True)
    assert edited(root) == {"p/ä b.go", "q/q q.go"}


def test_a_symlinked_checkout(gorefit: Gorefit, tree: Tree, tmp_path: Path) -> None:
    root = tree({"go.mod": GO_MOD, "m.go": grows(), "p/p.go": grows("p")})
    link = tmp_path / "link"
    link.symlink_to(root)
    assert gorefit("-C", link, "why", "p/p.go:6").out.startswith("p/p.go:6")
    assert "build s with" in gorefit("why", f"{link}/p/p.go:6", cwd=link).out
    done = gorefit("-C", link / "p", "apply", "./..")
    assert done.code == 0 and edited(root) == {"m.go"}, done
    assert gorefit("-C", root, "apply").code == 0 and link.is_symlink()
    assert gorefit("-C", link, "undo").code == 0 and edited(root) == {"m.go"}


DRESSES = {
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "BOM": lambda text: b"\xef\xbb\xbf" + text,
    "no final newline": lambda text: text.rstrip(b"\n"),
    "CRLF, BOM and no final newline": lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
}


@pytest.mark.parametrize("kind", DRESSES)
def test_line_ends_marks_and_last_lines_are_kept(gorefit: Gorefit, tree: Tree, kind: str) -> None:
    text = DRESSES[kind](grows().encode() + b"\nvar last = 1\n")
    root = tree({"go.mod": GO_MOD, "m.go": text})
    patch = gorefit("-C", root, "diff").out
    assert gorefit("-C", root, "apply").code == 0
    after = (root / "m.go").read_bytes()
    assert BUILDER in after and after.startswith(text[:9]) and after.endswith(text[-14:])
    if "CRLF" in kind:
        assert after.count(b"\n") == after.count(b"\r\n") > 5
    else:
        assert b"\r" not in after
    assert gorefit("-C", root, "undo").code == 0 and (root / "m.go").read_bytes() == text
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run(["git", "-C", root, "apply", "-"], input=patch.encode(), check=True)
    assert (root / "m.go").read_bytes() == after


def test_files_that_are_not_gofmt_clean_keep_every_other_line(gorefit: Gorefit, tree: Tree) -> None:
    text = 'package  m\n\nimport   "fmt"\nfunc  Odd( a int )  int{ return a ;}\n\n\n\n' + grows().removeprefix(
        "package m\n\n"
    )
    text += "var   x=fmt.Sprint( 1,2 )   \n"
    root = tree({"go.mod": GO_MOD, "m.go": text})
    done = gorefit("-C", root, "diff")
    removed = [line[1:] for line in done.out.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert gorefit("-C", root, "apply").code == 0
    after = (root / "m.go").read_text().splitlines()
    assert BUILDER.decode() in "".join(after)
    kept = [line for line in text.splitlines() if line not in removed]
    assert [line for line in after if line in kept] == kept
    assert not any("Odd" in line or "var   x" in line or "package" in line for line in removed), removed


def test_test_files_are_edited_only_when_asked_for(gorefit: Gorefit, tree: Tree) -> None:
    root = tree(
        {
            "go.mod": GO_MOD,
            "m.go": grows(),
            "in_test.go": grows(name="Inside"),
            "ex_test.go": grows("m_test", "Outside"),
        }
    )
    assert "--include-tests" in gorefit("-C", root, "why", "in_test.go:6").out
    assert gorefit("-C", root, "apply").code == 0 and edited(root) == {"m.go"}
    assert gorefit("-C", root, "apply", "--include-tests").code == 0
    assert edited(root) == {"m.go", "in_test.go", "ex_test.go"}


def test_single_files(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"main.go": grows("main") + "\nfunc main() {}\n", "other.go": grows("other")})
    done = gorefit("-C", root, "apply", "main.go")
    assert done.code == 0 and edited(root) == {"main.go"}, done
    assert gorefit("-C", root, "undo").code == 0 and edited(root) == set()


# -- comments and settings --------------------------------------------------------------------------------------


def test_suppressions_used_unused_and_malformed(gorefit: Gorefit, tree: Tree) -> None:
    site = grows(name="One").removeprefix("package m\n")
    text = (
        "package m\n"
        + site.replace("\t\ts +=", "\t\t//gorefit:ignore strings-builder -- short\n\t\ts +=")
        + site.replace("One", "Two").replace("\t\ts +=", "\t\t//gorefit:ignore strings-builder\n\t\ts +=")
        + "\n//gorefit:ignore prealloc -- nothing here\nvar x = 1\n"
    )
    root = tree(
        {"go.mod": GO_MOD, "m.go": text, "f.go": "//gorefit:ignore-file strings-builder -- all\n\n" + grows("m", "F")}
    )
    line = {number: content.strip() for number, content in enumerate(text.splitlines(), 1)}
    at = {content: number for number, content in line.items()}
    done = gorefit("-C", root, "check", "--format", "json")
    found = [(o["range"]["path"], o["status"], o["message"]) for o in done.document["outcomes"]]
    assert ("f.go", "suppressed", "suppressed: all") in found and ("m.go", "suppressed", "suppressed: short") in found
    assert sum(status == "applied" for _, status, _ in found) == 1
    err = gorefit("-C", root, "check").err
    malformed, unused = at["//gorefit:ignore strings-builder"], at["//gorefit:ignore prealloc -- nothing here"]
    assert f"m.go:{malformed}: gives no reason; write //gorefit:ignore strings-builder -- reason" in err
    assert f"m.go:{unused}: unused suppression of prealloc" in err
    assert err.count("warning:") == 2


def test_a_suppression_of_an_unknown_codemod_is_told(gorefit: Gorefit, tree: Tree) -> None:
    text = grows().replace("\t\ts +=", "\t\t//gorefit:ignore strings-bilder -- why not\n\t\ts +=")
    err = gorefit("-C", tree({"go.mod": GO_MOD, "m.go": text}), "check").err
    assert "m.go:6: " in err and "did you mean `strings-builder`?" in err


@pytest.mark.parametrize(
    ("toml", "words", "hint"),
    [
        ("teir = 'review'\n", "gorefit.toml:1: unknown key `teir`", "did you mean `tier`?"),
        ("\ntier = 'revew'\n", "gorefit.toml:2: `tier`:", "did you mean `review`?"),
        ("[prealoc]\n", "gorefit.toml:1: unknown key `prealoc`", "did you mean `prealloc`?"),
        ("[prealloc]\nnill = 'keep'\n", "gorefit.toml:2: unknown key `nill` in [prealloc]", "did you mean `nil`?"),
        ("[prealloc]\nnil = 'kep'\n", "gorefit.toml:2: `prealloc.nil`:", "did you mean `keep`?"),
        ("skip = ['string-builder']\n", "unknown codemod `string-builder`", "did you mean `strings-builder`?"),
        ("tier = \n", "gorefit.toml:", "must be TOML"),
    ],
)
def test_a_typo_in_gorefit_toml_stops_the_run(gorefit: Gorefit, tree: Tree, toml: str, words: str, hint: str) -> None:
    root = tree({"go.mod": GO_MOD, "m.go": grows(), "gorefit.toml": toml})
    before = snapshot(root)
    err = gorefit.refused(2, "-C", root, "apply")
    assert words in err and hint in err and snapshot(root) == before


def test_gorefit_toml_rules_from_above_and_yields_to_the_command_line(gorefit: Gorefit, tree: Tree) -> None:
    toml = "skip = ['strings-builder']\nexclude = ['gen/**']\n"
    root = tree({"gorefit.toml": toml, "m/go.mod": GO_MOD, "m/m.go": grows(), "m/gen/g.go": grows("gen")})
    assert gorefit("-C", root / "m", "check", "--check").code == 0
    done = gorefit("-C", root / "m", "check", "-c", "strings-builder", "--format", "json")
    assert {one[0] for one in outcomes(done.document, "applied")} == {"m.go", "gen/g.go"}, (
        "gen/** is relative to the file"
    )
    (root / "gorefit.toml").write_text("exclude = ['gen']\n")
    done = gorefit("-C", root / "m", "check", "--format", "json")
    assert [one[0] for one in outcomes(done.document)] == ["m.go"]
    assert "Excluded by `gen`" in gorefit("-C", root / "m", "why", "gen/g.go:6").out
    assert "gorefit.toml:1" in gorefit("-C", root / "m", "config").out


def test_the_environment_cannot_make_go_write_or_fetch(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD + "\nrequire example.org/unused v1.0.0\n", "m.go": grows()})
    before = {name: stamp for name, stamp in snapshot(root).items() if name not in ("m.go", ".")}
    env = {"GOFLAGS": "-mod=mod -x -json", "GOPROXY": "https://example.invalid", "GO111MODULE": "off"}
    done = gorefit("-C", root, "apply", env=env)
    assert {name: stamp for name, stamp in snapshot(root).items() if name not in ("m.go", ".")} == before
    assert done.code in (0, 2, 4), done
