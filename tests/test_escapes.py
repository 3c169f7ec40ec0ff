"""What the user's own compiler says of the heap, asked of a real module."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import write_tree
from gorefit.engine.configuration import Configuration
from gorefit.engine.evidence.escapes import Escapes, of_package, spoken, verdicts
from gorefit.engine.model import Place
from gorefit.engine.packages import Package, Workspace, load
from gorefit.engine.source.gofile import GoFile
from gorefit.engine.toolchain import Toolchain

HEAP = """package heap

import (
	"bytes"
	"io"
)

func returned() *bytes.Buffer {
	return new(bytes.Buffer)
}

func kept() int {
	local := new(bytes.Buffer)
	return local.Len()
}

func moved() *int {
	away := 1
	stays := 2
	away += stays
	return &away
}

func inlined(w io.Writer) {
	buf := bytes.NewBuffer(make([]byte, 0, 4096))
	w.Write(buf.Bytes())
}
"""
LITERAL = """package literal

import (
	"bytes"
	"fmt"
)

func called(s string) {
	add := func(s string) {
		buf := new(bytes.Buffer)
		fmt.Fprint(buf, s)
	}
	add(s)
	add("again")
}
"""
FILES = {
    "go.mod": "module m\n\ngo 1.21\n",
    "heap/a.go": HEAP,
    "heap/b.go": "package heap\n\nfunc other() *int {\n\tthere := 1\n\treturn &there\n}\n",
    "heap/a_test.go": 'package heap\n\nimport "testing"\n\nfunc TestKept(t *testing.T) { kept() }\n',
    "literal/a.go": LITERAL,
    "tagged/a.go": "package tagged\n\nfunc always() {}\n",
    "tagged/b.go": "//go:build special\n\npackage tagged\n\nfunc special() *int {\n\treturn new(int)\n}\n",
}


class Module:
    """The module on disk, and questions about places that are named by their text."""

    def __init__(self, toolchain: Toolchain, root: Path) -> None:
        self.toolchain, self.root, self.cache = toolchain, write_tree(root / "m", FILES), root / "cache"
        self.configuration = Configuration.native(toolchain)
        self.workspace: Workspace = load(toolchain, self.root, include_tests=True)

    def package(self, name: str) -> Package:
        return next(each for each in self.workspace.packages if each.import_path == name)

    def place(self, text: str, part: str = "", file: str = "heap/a.go") -> Place:
        source = (self.root / file).read_bytes()
        start = source.index(text.encode()) + text.index(part or text)
        return GoFile(self.root / file, source).place(start, start + len(part or text))

    def ask(self, package: Package | None = None) -> Escapes | None:
        return of_package(self.toolchain, package or self.package("m/heap"), self.configuration, self.cache)


@pytest.fixture(scope="module")
def module(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Module:
    return Module(toolchain, tmp_path_factory.mktemp("escapes"))


@pytest.fixture(scope="module")
def escapes(module: Module) -> Escapes:
    found = module.ask()
    assert found is not None
    return found


def test_an_allocation_that_leaves_its_function_escapes(module: Module, escapes: Escapes) -> None:
    assert escapes.within(module.place("return new(bytes.Buffer)", "new(bytes.Buffer)"))
    assert escapes.within(module.place("return new(bytes.Buffer)"))  # something inside does


def test_what_an_inlined_call_holds_escapes(module: Module, escapes: Escapes) -> None:
    assert escapes.within(module.place("make([]byte, 0, 4096)"))


def test_what_a_literal_holds_escapes_where_it_is_written(module: Module, tmp_path: Path) -> None:
    """The compiler inlines the literal and tells of its call, and only beside that of the place inside."""
    found = of_package(module.toolchain, module.package("m/literal"), module.configuration, tmp_path)
    assert found is not None
    assert found.within(module.place("new(bytes.Buffer)", file="literal/a.go"))
    assert all(Path(file).parent == module.root / "literal" for file, _, _ in found.places)


def test_an_allocation_that_stays_does_not(module: Module, escapes: Escapes) -> None:
    assert not escapes.within(module.place("local := new(bytes.Buffer)", "new(bytes.Buffer)"))


def test_a_variable_is_moved_to_the_heap(module: Module, escapes: Escapes) -> None:
    assert escapes.within(module.place("away := 1", "away"))
    assert not escapes.within(module.place("stays := 2", "stays"))
    assert not escapes.within(module.place("away := 1", "1"))


def test_verdicts_are_of_the_file_that_they_name(module: Module, escapes: Escapes) -> None:
    there = module.place("there := 1", "there", "heap/b.go")
    assert escapes.within(there)
    assert not escapes.within(replace(there, path=module.root / "heap" / "a.go"))


def test_the_words_of_the_compiler_name_the_same_places(module: Module, escapes: Escapes) -> None:
    """What is asked of a compiler that writes no files."""
    for flag in ("-m", "-m=2"):
        flags = (f"-gcflags={flag}", "-o", os.devnull)
        said = module.toolchain.run("build", *flags, ".", cwd=module.root / "heap").stderr
        assert set(spoken(said, module.root / "heap")) == escapes.places


def test_a_compiler_that_writes_no_files_is_asked_for_words(
    module: Module, escapes: Escapes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "rglob", lambda *_: iter(()))
    heap = module.package("m/heap")
    assert of_package(module.toolchain, heap, module.configuration, tmp_path) == escapes


def test_the_answer_is_kept(module: Module, escapes: Escapes, tmp_path: Path) -> None:
    gone = replace(module.toolchain, go=tmp_path / "no" / "go")
    again = of_package(gone, module.package("m/heap"), module.configuration, module.cache)
    assert again == escapes
    changed = replace(module.package("m/heap"), build_id="another")
    assert of_package(gone, changed, module.configuration, module.cache) is None


def test_a_damaged_memory_is_asked_for_again(module: Module, escapes: Escapes, tmp_path: Path) -> None:
    kept = next((module.cache / "escapes").iterdir())
    copy = tmp_path / "escapes" / kept.name
    copy.parent.mkdir()
    copy.write_bytes(b"[[1")
    heap = module.package("m/heap")
    assert of_package(module.toolchain, heap, module.configuration, tmp_path) == escapes
    assert copy.read_bytes() == kept.read_bytes()
    assert [path.name for path in copy.parent.iterdir()] == [kept.name]  # nothing half written stays


def test_a_second_cache_gets_the_same_answer_though_go_has_built_before(
    module: Module, escapes: Escapes, tmp_path: Path
) -> None:
    heap = module.package("m/heap")
    assert of_package(module.toolchain, heap, module.configuration, tmp_path) == escapes


def test_tags_are_passed_on(module: Module, tmp_path: Path) -> None:
    configuration = Configuration.native(module.toolchain, ("special",))
    workspace = load(module.toolchain, module.root, ("./tagged",), configuration=configuration)
    (package,) = workspace.packages
    found = of_package(module.toolchain, package, configuration, tmp_path)
    assert found is not None
    assert found.within(module.place("new(int)", file="tagged/b.go"))


def test_a_test_variant_has_no_answer(module: Module) -> None:
    variant = module.package("m/heap [m/heap.test]")
    assert module.ask(variant) is None
    answer = verdicts(module.toolchain, variant, module.configuration, module.cache)
    assert answer(module.place("return new(bytes.Buffer)")) is None


def test_a_cgo_file_has_no_answer(module: Module, tmp_path: Path) -> None:
    heap = module.package("m/heap")
    heap = replace(heap, cgo_files=frozenset({module.root / "heap" / "b.go"}))
    answer = verdicts(module.toolchain, heap, module.configuration, tmp_path)
    assert answer(module.place("there := 1", "there", "heap/b.go")) is None
    assert answer(module.place("away := 1", "away")) is True


def test_a_package_that_does_not_build_has_no_answer(toolchain: Toolchain, tmp_path: Path) -> None:
    module = Module(toolchain, tmp_path)
    heap = module.package("m/heap")
    (module.root / "heap" / "a.go").write_text("package heap\n\nfunc broken() int { return unknown }\n")
    assert module.ask(heap) is None
    assert list(module.cache.rglob("*")) == []  # and none is kept: it may build later
    write_tree(module.root, FILES)
    assert module.ask(heap) is not None


def test_the_compiler_is_asked_once_and_only_if_somebody_wants_to_know(module: Module, tmp_path: Path) -> None:
    heap = module.package("m/heap")
    answer = verdicts(module.toolchain, heap, module.configuration, tmp_path)
    assert not (tmp_path / "escapes").exists()
    assert answer(module.place("return new(bytes.Buffer)")) is True
    (kept,) = (tmp_path / "escapes").iterdir()
    kept.unlink()
    assert answer(module.place("local := new(bytes.Buffer)")) is False
    assert not kept.exists()
