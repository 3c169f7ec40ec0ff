"""Codemods of a third party that go wrong in every way: what they break is dropped and told, the rest is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import Tree
from end_to_end import GO_MOD, Gorefit, grows, outcomes, plugin, shared_cache, snapshot
from gorefit.engine.toolchain import Toolchain

#: Each codemod of this distribution looks for calls of one function, and rewrites them as its name says.
PLUGIN = '''
from gorefit.engine.api import Edit, Fix, Options, Site, Tier, codemod
from gorefit.engine.model import ImportRequest
import dataclasses

def calls(name):
    return '((call_expression function: (identifier) @f (#eq? @f "' + name + '")) @site)'

def rewriting(id, name, new, tier=Tier.SAFE, imports=()):
    def run(site):
        """Rewrite a call.

        What it does:
            What its name says.
        """
        fix = site.fix(f"call {new}", site.replace(site.node, new))
        return dataclasses.replace(fix, imports=tuple(ImportRequest(path) for path in imports))
    return codemod(id, query=calls(name), needles=(name.encode(),), tier=tier, since="1", imports=imports)(run)

types = rewriting("x-types", "typesHere", "undefinedName()")
vet = rewriting("x-vet", "vetHere", 'fmt.Sprintf("%d", "x")', imports=("fmt",))
test = rewriting("x-test", "testHere", "2")
importer = rewriting("x-importer", "importerHere", "struct{ A, B int }{}")
shadow = rewriting("x-shadow", "shadowHere", 'strings.ToUpper("x")', imports=("strings",))
ping = rewriting("x-ping", "ping", "pong()")
pong = rewriting("x-pong", "pong", "ping()")
again = rewriting("x-again", "again", "again(again())")
review = rewriting("x-review", "reviewHere", "3", tier=Tier.REVIEW)
syntax = rewriting("x-syntax", "syntaxHere", "((")
windows = rewriting("x-windows", "windowsHere", "onlyUnix()")
comment = rewriting("x-comment", "commentHere", "4")

@codemod("x-raise", query=calls("raiseHere"), needles=(b"raiseHere",), tier=Tier.SAFE, since="1")
def raises(site):
    """Fail."""
    return {}["a secret key"]

@codemod("x-wild", query=calls("wildHere"), needles=(b"wildHere",), tier=Tier.SAFE, since="1")
def wild(site):
    """Edit what is not there."""
    return dataclasses.replace(site.fix("wild"), edits=(Edit(site.node.start_byte, 10**9, b""),))

@codemod("x-other", query=calls("otherHere"), needles=(b"otherHere",), tier=Tier.SAFE, since="1")
def other(site):
    """Answer something else."""
    return "a string"
'''
NAMES = {
    f"x-{name}": attribute
    for name, attribute in {
        **{name: name for name in ("types", "vet", "test", "importer", "shadow", "ping", "pong", "again", "review")},
        **{name: name for name in ("syntax", "windows", "comment", "wild", "other")},
        "raise": "raises",
    }.items()
}


@pytest.fixture
def gorefit(tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Gorefit:
    made = Gorefit(tmp_path, shared_cache(tmp_path_factory), toolchain)
    made.environment.update(plugin(tmp_path / "plugin", PLUGIN, NAMES))
    return made


def calling(name: str, result: str = "int", body: str = "return 1") -> str:
    """A function and a call of it."""
    return f"\nfunc {name}() {result} {{\n\t{body}\n}}\n\nfunc Use{name}() any {{\n\treturn {name}()\n}}\n"


def write(tree: Tree, *more: str, **files: str) -> Path:
    others = {name.replace("__", "/") + ".go": text for name, text in files.items()}
    return tree({"go.mod": GO_MOD, "m.go": grows() + "".join(more), **others})


def test_a_third_partys_codemod_is_listed_and_explained(gorefit: Gorefit) -> None:
    assert "x-vet" in gorefit("list").out and "What its name says." in gorefit("explain", "x-vet").out


DROPPED: Mapping[str, tuple[str, str, str]] = {
    "types": ("typesHere", "types", "undefined: undefinedName"),
    "vet": ("vetHere", "vet", "format %d has arg"),
    "shadow": ("shadowHere", "types", "strings.ToUpper undefined"),
    "syntax": ("syntaxHere", "types", "expected"),
}


@pytest.mark.parametrize("kind", DROPPED)
def test_a_fix_that_breaks_something_is_dropped_and_the_rest_is_kept(gorefit: Gorefit, tree: Tree, kind: str) -> None:
    name, check, words = DROPPED[kind]
    call = calling(
        name,
        "string" if kind in ("vet", "shadow") else "int",
        'return "x"' if kind in ("vet", "shadow") else "return 1",
    )
    if kind == "shadow":
        call = call.replace("any {\n", "any {\n\tstrings := 1\n\t_ = strings\n")
    root = write(tree, call)
    line = grows().count("\n") + call.rstrip().count("\n")
    done = gorefit("-C", root, "apply", "--format", "json", "-c", f"strings-builder,x-{kind}")
    assert done.code == 3 and outcomes(done.document, "dropped") == [("m.go", line, "dropped", check)], done.err
    (message,) = [one["message"] for one in done.document["outcomes"] if one["status"] == "dropped"]
    assert words in message and str(gorefit.temporary) not in message
    text = (root / "m.go").read_text()
    assert "strings.Builder" in text and text.endswith(call), "the fix beside it is kept"
    again = gorefit("-C", root, "diff", "-c", f"x-{kind}")
    assert again.code == 3 and f"dropped({check})" in again.err and words in again.err and again.out == ""


def test_a_fix_that_breaks_an_importer_is_dropped_by_the_build(gorefit: Gorefit, tree: Tree) -> None:
    call = "\nfunc importerHere() int {\n\treturn 1\n}\n\nvar V = importerHere()\n"
    user = 'package p\n\nimport "example.com/m"\n\nvar W int = m.V\n'
    root = write(tree, call, p__p=user)
    before = snapshot(root / "p")
    done = gorefit("-C", root, "apply", "--format", "json")
    assert done.code == 3 and [one[2:] for one in outcomes(done.document, "dropped")] == [("dropped", "build")]
    assert snapshot(root / "p") == before and "var V = importerHere()" in (root / "m.go").read_text()
    assert "p/p.go:5" in next(o["message"] for o in done.document["outcomes"] if o["status"] == "dropped")


def test_a_fix_that_fails_a_test_is_dropped_only_when_tests_are_asked_for(gorefit: Gorefit, tree: Tree) -> None:
    body = 'if UsetestHere() != 1 {\n\t\tt.Error("not one")\n\t}'
    unit = f'package m\n\nimport "testing"\n\nfunc TestOne(t *testing.T) {{\n\t{body}\n}}\n'
    root = write(tree, calling("testHere"), m_test=unit)
    without = gorefit("-C", root, "diff", "--format", "json")
    assert without.code == 0 and outcomes(without.document, "dropped") == []
    done = gorefit("-C", root, "apply", "--format", "json", "--test", "affected")
    assert done.code == 3 and [one[2:] for one in outcomes(done.document, "dropped")] == [("dropped", "test")]
    assert "TestOne" in next(o["message"] for o in done.document["outcomes"] if o["status"] == "dropped")
    text = (root / "m.go").read_text()
    assert "strings.Builder" in text and "return testHere()" in text


def test_exit_3_wins_over_1_and_why_still_answers(gorefit: Gorefit, tree: Tree) -> None:
    root = write(tree, calling("vetHere", "string", 'return "x"'))
    assert gorefit("-C", root, "diff", "--check").code == 3
    assert gorefit("-C", root, "check", "--check").code == 1
    line = (root / "m.go").read_text().splitlines().index("\treturn vetHere()") + 1
    assert "x-vet" in gorefit("-C", root, "why", f"m.go:{line}").out


def test_another_platform_refuses_what_builds_here(gorefit: Gorefit, tree: Tree) -> None:
    unix = "//go:build !windows\n\npackage m\n\nfunc onlyUnix() int { return 1 }\n"
    root = write(tree, calling("windowsHere"), u=unix)
    assert gorefit("-C", root, "diff").code == 0
    done = gorefit("-C", root, "apply", "--format", "json", "--platforms", "windows/amd64")
    assert done.code == 3 and [one[2:] for one in outcomes(done.document, "dropped")] == [("dropped", "build")], done
    assert "undefined: onlyUnix" in done.out and "strings.Builder" in (root / "m.go").read_text()


def test_a_fix_of_another_platform_alone_is_dropped(gorefit: Gorefit, tree: Tree) -> None:
    vetted = "package m\n" + calling("vetHere", "string", 'return "x"')
    root = write(tree, w_windows=vetted)
    done = gorefit("-C", root, "apply", "--format", "json", "--platforms", "windows/amd64")
    assert done.code == 3, done
    assert [(one[0], one[3]) for one in outcomes(done.document, "dropped")] == [("w_windows.go", "vet")], done
    assert [one[0] for one in outcomes(done.document, "applied")] == ["m.go"]


def test_a_codemod_that_raises_is_5_with_a_report(gorefit: Gorefit, tree: Tree) -> None:
    root = write(tree, calling("raiseHere"))
    before = snapshot(root)
    for command in ("check", "diff", "apply"):
        err = gorefit.refused(5, "-C", root, command)
        line = grows().count("\n") + calling("raiseHere").rstrip().count("\n")
        assert f"codemod x-raise failed at {root}/m.go:{line}: KeyError('a secret key')" in err
        assert "--skip x-raise" in err
    assert snapshot(root) == before
    report = max(gorefit.state.glob("reports/*.txt"))
    assert str(report) in err and "Traceback" in report.read_text() and "thirdparty.py" in report.read_text()
    assert gorefit("-C", root, "apply", "--skip", "x-raise").code == 0, "the hint works"


@pytest.mark.parametrize("kind", ["wild", "other"])
def test_a_codemod_that_answers_nonsense_is_5_and_named(gorefit: Gorefit, tree: Tree, kind: str) -> None:
    root = write(tree, calling(f"{kind}Here"))
    before = snapshot(root)
    err = gorefit.refused(5, "-C", root, "apply", "--no-cache")
    assert f"x-{kind}" in err and f"{root}/m.go" in err and snapshot(root) == before
    assert gorefit("-C", root, "apply", "--skip", f"x-{kind}").code == 0


def test_two_codemods_that_fight_are_both_named(gorefit: Gorefit, tree: Tree) -> None:
    root = write(tree, "\nfunc ping() int { return 1 }\n\nfunc pong() int { return 1 }\n\nvar P = ping()\n")
    before = snapshot(root)
    err = gorefit.refused(5, "-C", root, "apply")
    assert (
        f"{root}/m.go: the codemods " in err and "x-ping and x-pong undo each other's work" in err and "--skip" in err
    )
    assert snapshot(root) == before
    assert gorefit("-C", root, "apply", "--skip", "x-pong").code == 0
    assert "var P = pong()" in (root / "m.go").read_text()


def test_a_codemod_that_never_ends_is_stopped(gorefit: Gorefit, tree: Tree) -> None:
    root = write(tree, "\nfunc again(...int) int { return 1 }\n\nvar A = again()\n")
    done = gorefit("-C", root, "diff", "-c", "x-again")
    assert done.code in (0, 5) and len(done.out) < 20_000


def test_a_review_tier_is_taken_when_asked_for(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD, "m.go": "package m\n" + calling("reviewHere")})
    assert gorefit("-C", root, "check", "--check").code == 0
    assert gorefit("-C", root, "check", "--check", "--tier", "review").code == 1
    assert gorefit("-C", root, "check", "--check", "-c", "x-review").code == 1
    assert "--tier review or -c x-review" in gorefit("-C", root, "why", "m.go:8").out


def test_a_comment_that_would_be_lost_declines(gorefit: Gorefit, tree: Tree) -> None:
    root = write(tree, calling("commentHere").replace("return commentHere()", "return commentHere( /* kept */ )"))
    done = gorefit("-C", root, "apply", "--format", "json", "-c", "x-comment")
    assert done.code == 0 and [one[2:] for one in outcomes(done.document)] == [("declined", "comment")]


def test_a_distribution_that_does_not_load_is_named(gorefit: Gorefit, tree: Tree, tmp_path: Path) -> None:
    env = plugin(tmp_path / "broken", "import nothing_of_this_name\n", {"x-broken": "x"})
    err = gorefit.refused(2, "-C", write(tree), "check", env=env)
    assert "x-broken of thirdparty does not load: No module named 'nothing_of_this_name'" in err


def test_what_was_dropped_once_is_dropped_from_the_cache_too(gorefit: Gorefit, tree: Tree) -> None:
    root = write(tree, calling("vetHere", "string", 'return "x"'))
    first, second = (gorefit("-C", root, "diff", "--format", "json") for _ in range(2))
    assert first.code == second.code == 3 and first.document["outcomes"] == second.document["outcomes"]


def test_a_broken_package_with_several_errors_drops_nothing_of_others(gorefit: Gorefit, tree: Tree) -> None:
    """The tools name now this error of it, now that one: none of them is the fault of a fix elsewhere."""
    broken = 'package bad\n\nfunc A() int { return "a" }\n\nfunc B() int { return "b" }\n'
    imports = 'import (\n\t"example.com/m/bad"\n\t"example.com/m/good"\n)\n\n'
    main = f"package main\n\n{imports}func main() {{ println(bad.A(), bad.B(), good.Joined(nil)) }}\n"
    root = tree({"go.mod": GO_MOD, "bad/a.go": broken, "good/a.go": grows("good"), "main.go": main})
    done = gorefit("-C", root, "diff", "--format", "json")
    assert done.code == 0, done
    assert [one[0] for one in outcomes(done.document, "applied")] == ["good/a.go"]
