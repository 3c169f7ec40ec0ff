"""What a site knows beyond its own file: its package, files beside it, other packages, and what runs once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from facts_module import Loaded
from gorefit.engine.api import Codemod, Decline, Fix, Site, Tier, codemod
from gorefit.engine.model import Outcome
from gorefit.engine.plan.judge import Terms
from gorefit.engine.plan.plan import Plan
from gorefit.engine.plan.planner import Planner
from gorefit.engine.plan.subject import subjects
from gorefit.engine.toolchain import Toolchain

MODULE = {
    "go.mod": "module m\n\ngo 1.22\n",
    "a/a.go": """package a

import "net/http"

var pool = 1

func One() int { return pool } // pool

func Server() *http.Server { return &http.Server{} }

func local() int {
	pool := 2
	return pool
}
""",
    "a/b.go": """package a

import (
	"net/http"
	"time"
)

var other = pool + local()

func configure(s *http.Server, mine *Own) {
	s.IdleTimeout = time.Second
	_ = s.ReadTimeout
	mine.ReadTimeout = 1
}

type Own struct{ ReadTimeout int }
""",
    "a/a_windows.go": "package a\n\nvar onWindows = local()\n",
    "a/a_test.go": "package a\n\nvar testOnly = other\n",
    "b/b.go": """package b

import (
	"net/http"
	"time"

	"m/a"
)

type embedding struct{ *http.Server }

func Start() {
	s := a.Server()
	s.ReadTimeout = time.Second
	p := &s.ReadTimeout
	*p = 0
	e := embedding{s}
	e.ReadTimeout, s.Addr = time.Minute, ""
	var own a.Own
	own.ReadTimeout++
}
""",
    "c/c.go": """package c

import "net/http"

func Unlinked(s *http.Server) { s.ReadTimeout = 1 }
""",
    "d/d.go": """package d

import (
	"net/http"

	"m/b"
)

func init() { b.Start() }

func Own(s *http.Server) {
	own, kept := &http.Server{}, new(http.Server)
	own.ReadTimeout = 1
	kept.IdleTimeout = 1
	var zero struct{ http.Server }
	zero.ReadTimeout = 1
	around := struct{ *http.Server }{s}
	around.ReadTimeout = 1
	given := &http.Server{}
	given = s
	given.ReadTimeout = 1
}
""",
    "once/once.go": """package main

var initial = mark("initialiser")

func init() { mark("init") }

func main() {
	mark("main")
	func() { mark("called literal") }()
	defer func() { mark("deferred literal") }()
	for range 3 {
		mark("loop")
	}
	for i := mark("loop head"); i < 3; i++ {
		looped()
	}
	helper()
	value := byValue
	value()
	recursive(3)
	Exported()
	t{}.method()
	handle(func() { mark("kept literal") })
}

func helper() { mark("helper"); deeper() }

func deeper() { mark("deeper") }

func looped() { mark("looped") }

func byValue() { mark("value") }

func recursive(n int) {
	mark("recursive")
	if n > 0 {
		recursive(n - 1)
	}
}

func Exported() { mark("exported") }

type t struct{}

func (t) method() { mark("method") }

func handle(f func()) { f() }

func unused() { mark("unused") }

func mark(string) int { return 0 }
""",
}


@pytest.fixture(scope="module")
def go(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    loaded = Loaded(toolchain, tmp_path_factory.mktemp("package"), tmp_path_factory.mktemp("cache"), MODULE)
    yield loaded
    loaded.server.close()


def planned(go: Loaded, mod: Codemod) -> Plan:
    """The plan of one codemod for the whole module, tests left out."""

    def gofmt(texts: Mapping[Path, bytes]) -> Mapping[Path, bytes | None]:
        return {path: text if isinstance(text, bytes) else None for path, text in go.server.format(texts).items()}

    def skip(path: Path) -> bool:
        return path.name.endswith("_test.go")

    known = [each for each in subjects(go.workspace, skip, set(), lambda _: lambda place: None, 0) if each.editable]
    terms = Terms((mod,), {mod.id: mod.options()}, Tier.REVIEW, frozenset())
    return Planner(known, terms, lambda asked: go.server.check(asked).result(120), gofmt).run()


def asked(go: Loaded, query: str, needle: bytes, about: Sequence[str], ask: Callable[[Site], str]) -> list[str]:
    """What a codemod that declines every hit, with the answer to a question as its message, says of the module."""

    @codemod("ask", query=query, needles=(needle,), tier=Tier.SAFE, since="1", about=tuple(about), declines={"x": ""})
    def mod(site: Site) -> Fix | Decline | None:
        """Ask."""
        return site.decline("x", ask(site) or "-")

    return [outcome.message for outcome in planned(go, mod).outcomes]


POOL = '(var_spec name: (identifier) @name (#eq? @name "pool")) @site'


def mentions(site: Site) -> str:
    obj = site.object(site["name"])
    found = None if obj is None else site.occurrences(obj)
    if found is None:
        return "not known"
    return " ".join(f"{m.path.name}:{m.file.lines.position(m.node.start_byte)[0]}" for m in found)


def test_every_mention_in_the_package_is_known_and_nothing_that_shadows(go: Loaded) -> None:
    assert asked(go, POOL, b"pool", ["@name"], mentions) == ["a.go:5 a.go:7 b.go:8"]


def test_mentions_are_not_told_where_the_rule_is_not_about_the_name(go: Loaded) -> None:
    assert asked(go, POOL, b"pool", ["@site"], mentions) == ["not known"]
    assert asked(go, POOL, b"pool", [], mentions) == ["not known"]


def test_files_beside_the_package_are_looked_at_by_words(go: Loaded) -> None:
    def beside(site: Site) -> str:
        return " ".join(name for name in ("pool", "local", "other", "loca", "onWindows") if site.named_beside(name))

    assert asked(go, POOL, b"pool", ["@name"], beside) == ["local other onWindows"]


def test_writes_of_a_field_are_found_in_every_package(go: Loaded) -> None:
    query = '(composite_literal type: (qualified_type name: (type_identifier) @t (#eq? @t "Server"))) @site'

    def writes(site: Site) -> str:
        found = site.field_writes("net/http.Server", "ReadTimeout", "IdleTimeout")
        return " ".join(f"{m.path.name}:{m.file.lines.position(m.node.start_byte)[0]}" for m in found)

    # a/b.go, then b/b.go and d/d.go, for b imports a, and d b; not c/c.go, which no package has beside a, nor the
    # servers that d makes itself
    first, second, *_ = asked(go, query, b"Server{", ["ReadTimeout", "IdleTimeout"], writes)
    assert first == "b.go:11 b.go:14 b.go:15 b.go:18 d.go:18 d.go:21"
    assert second == "d.go:13 d.go:18 d.go:21 b.go:11 b.go:14 b.go:15 b.go:18"  # the first literal of d is its own


def test_the_place_of_a_decline_may_lie_in_another_package(go: Loaded) -> None:
    @codemod("ask", query=POOL, needles=(b"pool",), tier=Tier.SAFE, since="1", declines={"x": ""})
    def mod(site: Site) -> Fix | Decline | None:
        """Ask."""
        return site.decline("x", "no", at=site.field_writes("net/http.Server", "Addr")[0], because="set here")

    outcome: Outcome = planned(go, mod).outcomes[0]
    place = outcome.related[0].place
    assert place is not None
    assert (place.path, place.line, place.column) == (go.root / "b" / "b.go", 18, 19)


def test_what_runs_once(go: Loaded) -> None:
    query = '(call_expression function: (identifier) @f arguments: (argument_list (_) @what) (#eq? @f "mark")) @site'

    def once(site: Site) -> str:
        return site.text(site["what"]).strip('"') if site.runs_once() else ""

    often = {"loop", "looped", "value", "recursive", "exported", "method", "kept literal", "unused"}
    marks = [line.split('mark("')[1].split('"')[0] for line in MODULE["once/once.go"].splitlines() if 'mark("' in line]
    told = asked(go, query, b"mark(", ["@function"], once)
    assert [mark for mark in told if mark != "-"] == [mark for mark in marks if mark not in often]
    assert len(told) == len(marks)


def test_of_fixes_that_declare_one_name_the_first_lands_and_the_others_see_it(go: Loaded) -> None:
    """The function of b.go is asked again although nothing in its file changed."""
    query = '(function_declaration name: (identifier) @f body: (block) @body (#match? @f "^(One|configure)$")) @site'

    @codemod("add", query=query, needles=(b"func ",), tier=Tier.SAFE, since="1", declines={"done": ""})
    def mod(site: Site) -> Fix | Decline | None:
        """Add a name."""
        if site.denotes("fresh", site["body"]) is not None:
            return site.decline("done", "there already")
        return site.fix("add", site.insert(site.node.start_byte, "var fresh = 1\n\n"), declares=["fresh"])

    plan = planned(go, mod)
    assert [(o.status.value, o.place.path.name) for o in plan.outcomes] == [("applied", "a.go"), ("declined", "b.go")]
    assert [path.name for path in plan.files] == ["a.go"]
