"""The house rules of codemods/ and engine/, read from the source with libcst.

A codemod reads like its own specification: documented under fixed headings, pure, short, and it asks the engine through
one module. The engine is built in floors: a module sees the floors below its own, and none above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import libcst as cst
import pytest
from libcst import metadata

ROOT = Path(__file__).resolve().parent.parent
CODEMODS = sorted(p for p in (ROOT / "codemods").glob("*.py") if p.name != "__init__.py")
ENGINE = sorted((ROOT / "engine").rglob("*.py"))

HEADINGS = ["What it does:", "Why:", "When it declines:", "Tier and risks:", "Source:"]
LENGTH = range(30, 151)  # lines; one that needs more shows a word missing in Site

#: What a codemod may import of the standard library: words, no means to reach outside.
WORDS = {"__future__", "collections.abc", "dataclasses", "enum", "functools", "itertools", "re", "string", "typing"}
#: Builtins that print, open, or run what cannot be read here.
IMPURE = {"print", "open", "input", "exec", "eval", "compile", "__import__", "breakpoint", "globals", "vars"}

#: The floors, top to bottom. A room sees itself and every room on a lower floor; rooms of one floor do not see each
#: other. A room is made of packages and modules of engine/.
FLOORS: tuple[Mapping[str, tuple[str, ...]], ...] = (
    {"cli": ("cli",)},
    {"pr": ("pr",)},
    {"report": ("report",), "deliver": ("deliver",)},
    {"run": ("run", "answers")},
    {"verify": ("verify",), "evidence": ("evidence",)},
    {"plan": ("plan",)},
    {"registry": ("registry",)},
    {"api": ("api",)},
    {"site": ("site",)},
    {"edit": ("edit",), "facts": ("facts",)},
    {"forge": ("forge",)},
    {"source": ("source",), "packages": ("packages", "brokenness", "configuration", "editable", "golist", "workspace")},
    {"toolchain": ("toolchain", "gosearch", "goerrors", "goversion", "process", "workfile"), "config": ("config",)},
    {"model": ("model",), "interrupts": ("interrupts",), "tempdirs": ("tempdirs",)},
)
ROOMS = [room for floor in FLOORS for room in floor]
ROOM_OF = {module: room for floor in FLOORS for room, modules in floor.items() for module in modules}
HEIGHT = {room: -number for number, floor in enumerate(FLOORS) for room in floor}

#: Who may start programs. GitPython, which the modules of GIT use, starts git itself.
STARTERS = {"engine/process.py"}
#: Who may import GitPython: one asks about the user's tree, the other works in a clone of our own.
GIT = {"engine/deliver/git.py", "engine/pr/git.py"}


@dataclass(frozen=True)
class Import:
    """One import statement of one module; `level` counts the leading dots, `names` what is taken from it."""

    node: cst.CSTNode
    level: int
    module: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"imports {'.' * self.level}{self.module} {', '.join(self.names)}".rstrip()


class Source(cst.CSTVisitor):
    """A parsed file, and what one walk over it found."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.name = path, path.relative_to(ROOT).as_posix()
        self.module = cst.parse_module(path.read_bytes())
        self.imports: list[Import] = []
        self.calls: list[tuple[cst.CSTNode, str]] = []  # with the callee's dotted name, "" where it has none
        self.strings: list[cst.SimpleString] = []
        self.state: list[cst.CSTNode] = []  # global and nonlocal statements
        self.declines: list[cst.Dict] = []  # what is assigned to DECLINES
        self.module.visit(self)

    def at(self, node: cst.CSTNode, problem: object) -> str:
        """A problem with its place. Positions cost more than all the rest, and are asked for only here."""
        wrapper = metadata.MetadataWrapper(self.module, unsafe_skip_copy=True)
        line = wrapper.resolve(metadata.PositionProvider)[node].start.line
        return f"{self.name}:{line} {problem}"

    def visit_Import(self, node: cst.Import) -> None:
        self.imports += [Import(node, 0, dotted(alias.name), ()) for alias in node.names]

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        names = () if isinstance(node.names, cst.ImportStar) else tuple(dotted(a.name) for a in node.names)
        self.imports.append(Import(node, len(node.relative), dotted(node.module) if node.module else "", names))

    def visit_Call(self, node: cst.Call) -> None:
        self.calls.append((node, dotted(node.func)))

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.strings.append(node)

    def visit_Global(self, node: cst.Global) -> None:
        self.state.append(node)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.state.append(node)

    def visit_Assign(self, node: cst.Assign) -> None:
        value = node.value.right if isinstance(node.value, cst.BinaryOperation) else node.value  # shared | own
        if isinstance(value, cst.Dict) and any(dotted(t.target) == "DECLINES" for t in node.targets):
            self.declines.append(value)


def dotted(node: cst.CSTNode) -> str:
    """`a.b.c` for names and attributes; "" for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return ""


@cache
def read(path: Path) -> Source:
    return Source(path)


def decorated(source: Source, by: str) -> list[cst.FunctionDef]:
    """The functions at top level under the decorator `by`."""
    return [
        node
        for node in source.module.body
        if isinstance(node, cst.FunctionDef)
        and any(isinstance(d.decorator, cst.Call) and dotted(d.decorator.func) == by for d in node.decorators)
    ]


def report(problems: list[str]) -> None:
    assert not problems, "\n" + "\n".join(problems)


@pytest.fixture(params=CODEMODS, ids=lambda path: path.stem)
def source(request: pytest.FixtureRequest) -> Source:
    """Each file of codemods/ in turn."""
    return read(request.param)


def test_a_codemod_file_is_short(source: Source) -> None:
    lines, least = len(source.path.read_text().splitlines()), LENGTH.start if decorated(source, "codemod") else 1
    assert least <= lines < LENGTH.stop, f"{source.path.name} has {lines} lines, of {least} to {LENGTH.stop - 1}"


def test_a_codemod_file_says_what_it_is(source: Source) -> None:
    assert source.module.get_docstring(), f"{source.path.name} has no docstring"
    part = any(source.path.stem.startswith(f"{other.stem}_") for other in CODEMODS)
    holds = decorated(source, "codemod") or decorated(source, "rule")
    assert holds or part, f"{source.path.name} holds no codemod and no rule, and is no part of one by its name"


def test_codemods_are_documented_under_the_headings(source: Source) -> None:
    for function in decorated(source, "codemod"):
        title, _, rest = (function.get_docstring() or "").partition("\n")
        assert title.endswith("."), f"{function.name.value}: the first line is a sentence: {title!r}"
        found = [line for line in rest.splitlines() if line.endswith(":") and not line.startswith(" ")]
        assert found == HEADINGS, function.name.value
        sections = [part.strip() for part in rest.split("\n\n") if part.strip()]
        empty = [part for part in sections if part in HEADINGS]
        assert not empty, f"{function.name.value}: nothing below {empty}"
    for function in decorated(source, "rule"):
        assert function.get_docstring(), f"{function.name.value} has no docstring"


def test_a_codemod_imports_the_api_and_its_neighbours(source: Source) -> None:
    def allowed(one: Import) -> bool:
        beside = one.level == 1 and "." not in one.module and (source.path.parent / f"{one.module}.py").exists()
        engine = one.level == 2 and one.module == "engine.api"
        return beside or engine or (one.level == 0 and one.module in WORDS)

    report([source.at(one.node, one) for one in source.imports if not allowed(one)])


def test_a_codemod_is_pure(source: Source) -> None:
    report([source.at(node, f"calls {name}") for node, name in source.calls if name in IMPURE])
    report([source.at(node, "keeps state between calls") for node in source.state])


def test_every_decline_code_is_answered(source: Source) -> None:
    """A code in DECLINES that nothing answers is a line of documentation that is not true."""
    keys = {key for path in CODEMODS for table in read(path).declines for key in codes(table)}
    asked = [read(path) for path in (*CODEMODS, *(ROOT / "engine" / "site").glob("*.py"))]
    answered = {text(node) for one in asked for node in one.strings if node not in keys}
    own = [key for table in source.declines for key in codes(table)]
    report([source.at(key, f"nothing answers {text(key)!r}") for key in own if text(key) not in answered])


def codes(table: cst.Dict) -> list[cst.SimpleString]:
    elements = [element for element in table.elements if isinstance(element, cst.DictElement)]
    return [element.key for element in elements if isinstance(element.key, cst.SimpleString)]


def text(node: cst.SimpleString) -> str:
    value = node.evaluated_value
    return value if isinstance(value, str) else ""


def test_the_police_reads_the_codemods_that_there_are() -> None:
    holders = [read(path) for path in CODEMODS if decorated(read(path), "codemod")]
    names = {function.name.value for one in holders for function in decorated(one, "codemod")}
    assert {"prealloc", "strings_builder"} <= names
    assert all(one.declines for one in holders)


def seen(source: Source) -> Iterator[tuple[Import, str]]:
    """The imports of engine modules in an engine file, each with the module's top-level name below engine/."""
    here = source.path.relative_to(ROOT / "engine").parent.parts
    for one in source.imports:
        if one.level == 0:
            continue
        assert one.level <= len(here) + 1, source.at(one.node, "reaches out of engine/")
        base = here[: len(here) - one.level + 1]
        full = (*base, *one.module.split(".")) if one.module else base
        for name in (full[0],) if full else one.names:
            yield one, name


@pytest.mark.parametrize("room", ROOMS)
def test_a_module_sees_lower_floors_only(room: str) -> None:
    problems: list[str] = []
    for source in map(read, ENGINE):
        inside = source.path.relative_to(ROOT / "engine").parts[0].removesuffix(".py")
        if ROOM_OF.get(inside) != room:
            continue
        for one, name in seen(source):
            there = ROOM_OF.get(name)
            if there is not None and there != room and HEIGHT[there] >= HEIGHT[room]:
                problems.append(source.at(one.node, f"{room} must not see {there}: {one}"))
    report(problems)


def test_every_module_has_a_floor() -> None:
    top = {path.relative_to(ROOT / "engine").parts[0].removesuffix(".py") for path in ENGINE}
    assert sorted(ROOM_OF) == sorted(top - {"__init__"}), "FLOORS names every module of engine/, each once"


def test_the_engine_knows_no_codemod() -> None:
    """The registry finds them by entry point, as it does those of third parties."""

    def forbidden(one: Import) -> bool:
        return one.module.partition(".")[0] == "gorefit" or "codemods" in (*one.module.split("."), *one.names)

    found = [(source, one) for source in map(read, ENGINE) for one in source.imports]
    report([source.at(one.node, one) for source, one in found if forbidden(one) and one.level != 1])


def test_one_module_starts_programs() -> None:
    starts = {"Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput"}

    def forbidden(name: str) -> bool:
        module, _, function = name.partition(".")
        if module == "os":
            family = ("exec", "spawn", "posix_spawn", "fork")
            return function.startswith(family) or function in {"system", "popen", "startfile"}
        return module == "subprocess" and function in starts

    def smuggled(one: Import) -> bool:
        taken = one.module == "subprocess" and starts & {*one.names}
        return one.level == 0 and bool(taken or one.module in {"asyncio", "multiprocessing", "pty"})

    others = [source for source in map(read, ENGINE) if source.name not in STARTERS]
    report([source.at(node, f"calls {name}") for source in others for node, name in source.calls if forbidden(name)])
    report([source.at(one.node, one) for source in others for one in source.imports if smuggled(one)])


def test_two_modules_know_git() -> None:
    def forbidden(one: Import) -> bool:
        return one.level == 0 and one.module.partition(".")[0] in {"git", "gitdb"}

    others = [source for source in map(read, ENGINE) if source.name not in GIT]
    report([source.at(one.node, one) for source in others for one in source.imports if forbidden(one)])


def test_only_the_command_line_prints() -> None:
    def prints(name: str) -> bool:
        return name in {"print", "input"} or name.startswith(("sys.stdout.", "sys.stderr.", "click."))

    others = [source for source in map(read, ENGINE) if not source.name.startswith("engine/cli/")]
    report([source.at(node, f"calls {name}") for source in others for node, name in source.calls if prints(name)])


def test_no_check_is_switched_off_without_a_reason() -> None:
    """`# type: ignore[…]`, `# noqa: …` and `# pyright: ignore[…]` are followed by a second comment: why."""
    off = re.compile(r"# (?:type: ignore|noqa|pyright: ignore)(?:\[[\w, -]+\]|: ?[A-Z0-9, ]+)?(?P<why>.*)")
    problems: list[str] = []
    for path in (*CODEMODS, *ENGINE):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = off.search(line)
            if found and not re.search(r"\w{3}", found["why"]):
                problems.append(f"{path.relative_to(ROOT)}:{number} switches a check off and does not say why")
    report(problems)
