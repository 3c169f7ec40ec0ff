"""What a site answers about structs: keys and how they are laid out, where a value goes, what fills it, durations."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from conftest import write_tree
from facts_module import Asked, Loaded
from gorefit.engine.edit.edits import apply
from gorefit.engine.facts.facts import PackageFacts
from gorefit.engine.model import Tier
from gorefit.engine.site.context import Context
from gorefit.engine.site.durations import Duration, expression, nanoseconds
from gorefit.engine.site.site import Site
from gorefit.engine.source.gofile import GoFile
from gorefit.engine.toolchain import Toolchain
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Node

STRUCTS = """package structs

import "net/url"

type outer struct {
	url.URL
	kept *url.URL
	same url.URL
}

type inner struct{ outer }

type nearer struct {
	inner
	Host string
	*other
}

type other struct{ Scheme, Port string }

func (nearer) Path() {}

var global = &url.URL{Host: "global"}

func ways(ch chan *url.URL, table map[string]*url.URL, use func(*url.URL, ...any)) (result *url.URL) {
	member := url.URL{Host: "member"}
	member.Path, member.Fragment = "a", "b"
	println(member.String())
	alias := &member
	alias.Scheme += "s"
	flag(&alias.RawQuery)
	*alias = url.URL{}
	passed := &url.URL{Host: "passed"}
	use(passed, 1)
	use(nil, passed)
	func(u *url.URL) { u.Host = "" }(passed)
	ch <- &url.URL{Host: "sent"}
	table["x"] = &url.URL{Host: "stored"}
	around := &outer{kept: &url.URL{Host: "held"}}
	around.URL.Host = "embedded"
	around.Path = "promoted"
	around.kept.Path = "its own"
	around.method()
	var face any = &url.URL{Host: "face"}
	face.(*url.URL).Path = "asserted"
	list := append([]*url.URL{}, (&url.URL{Host: "listed"}))
	result = &url.URL{Host: "result"}
	quiet := (*url.URL)(&url.URL{Host: "quiet"})
	if quiet != nil && quiet.Host == "" {
		_ = len(quiet.Path)
	}
	_ = list
	return result
}

func (o *outer) method() {}

func flag(*string) {}

func filled(o outer, u *url.URL) {
	var one url.URL // a comment
	one.Host = "h"
	println("between")

	one.Path, one.Scheme = "p", "s"
	one.User = url.User(one.Host)
	one.String()
	one.Fragment = "late"
	o.same.Host = "h"
	o.kept = nil
	o.same.Path = "p"
	o.method()
	u.Host, o.same.Scheme = "mixed", "x"
}

func order(p *outer, xs []string, ch chan int) {
	local, changed, known := "l", "c", "k"
	change := func() string { changed = ""; return "x" }
	pair(local, change())
	pair(changed, change())
	pair(p.Host, change())
	pair(p.Host, p.Path)
	pair(xs[0], p.Path)
	pair(change(), change())
	pair(func() string { return change() }, change())
	pair(<-ch, <-ch)
	pair(&known, known)
	pair(known, change())
	pair("constant", change())
	pair(string([]byte(local)), local)
}

func pair(a, b any) {}
"""

FILES: dict[str, str | bytes] = {"go.mod": "module m\n\ngo 1.22\n", "structs/a.go": STRUCTS}


def site_in(file: GoFile, facts: PackageFacts, node: Node) -> Site:
    context = Context("m/structs")
    return Site(
        "a", Tier.SAFE, file, {"site": [node]}, facts, context=context, options=None, version=(1, 22), declines={}
    )


class Code:
    """One file with its facts, and sites in it."""

    def __init__(self, asked: Asked) -> None:
        assert asked.facts.errors == ()
        self.asked, self.file = asked, GoFile(asked.path, asked.path.read_bytes())

    def site(self, node: Node) -> Site:
        return site_in(self.file, self.asked.facts, node)

    def node(self, text: str, part: str = "", kind: str = "") -> Node:
        start = self.asked.at(text, part)
        found = self.file.root.named_descendant_for_byte_range(start, start + len((part or text).encode()))
        while found is not None and kind and found.type != kind:
            found = found.parent
        assert found is not None
        return found

    def told(self, node: Node) -> list[str]:
        """Each sighting of the value of a node, with the source of its place."""
        site = self.site(node)
        return [f"{one.kind} {site.text(one.node)}" for one in site.sightings(node, "net/url.URL")]


@pytest.fixture(scope="module")
def go(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    root = tmp_path_factory.mktemp("structs")
    loaded = Loaded(toolchain, root / "m", root / "cache", FILES)
    with loaded.server:
        yield loaded


@pytest.fixture(scope="module")
def code(go: Loaded) -> Code:
    return Code(go.ask("m/structs"))


def test_a_type_tells_what_it_embeds(code: Code) -> None:
    site = code.site(code.file.root)
    inner = code.asked.object("type inner", "inner").type
    assert inner is not None
    assert [one.name for one in inner.embedded] == ["m/structs.outer"]
    nearer = code.asked.object("type nearer", "nearer").type
    assert nearer is not None
    assert inner.shadowed == frozenset()
    assert nearer.shadowed == {"Host", "Path", "Scheme"}  # a field, a method, and a field of what is embedded as well
    assert site.embeds(inner, "net/url.URL") and not site.embeds(inner.embedded[0].embedded[0], "net/url.URL")


@pytest.mark.parametrize(
    ("host", "sightings"),
    [
        ("member", "set member.Path; set member.Fragment; set alias.Scheme; set &alias.RawQuery; replaced *alias"),
        ("passed", "passed use(passed, 1); passed use(nil, passed); left func(u *url.URL)"),
        ("sent", "left ch <- "),
        ("stored", 'stored table["x"]'),
        ("held", "stored kept: "),
        ("face", "left face; set face.(*url.URL).Path"),
        ("listed", "stored append("),
        ("result", "left result; left return result"),
        ("quiet", ""),
        ("global", "stored global"),
    ],
)
def test_a_value_is_followed_to_all_that_happens_to_it(code: Code, host: str, sightings: str) -> None:
    told = code.told(code.node(f'Host: "{host}"', kind="composite_literal"))
    wanted = sightings.split("; ") if sightings else []
    assert len(told) == len(wanted) and all(one.startswith(w) for one, w in zip(told, wanted, strict=True)), told


def test_a_struct_around_it_is_followed_too(code: Code) -> None:
    assert code.told(code.node("around := &outer", "around")) == [
        "set around.URL.Host", "set around.Path", "set around.kept.Path", "left around.method",
    ]  # fmt: skip


def test_what_an_argument_is_passed_as(code: Code) -> None:
    literal = code.node('Host: "passed"', kind="composite_literal")
    site = code.site(literal)
    taken = [one.taken_as for one in site.sightings(literal, "net/url.URL") if one.kind == "passed"]
    assert [None if t is None else t.string for t in taken] == ["*net/url.URL", "any"]


def test_a_struct_is_filled_up_to_the_first_other_use(code: Code) -> None:
    site = code.site(code.node("var one url.URL", "one"))
    line = site.filling_of(site.node)
    assert line is not None
    assert {name: site.text(value) for name, value in line.values.items()} == {
        "net/url.Host": '"h"', "net/url.Path": '"p"', "net/url.Scheme": '"s"', "net/url.User": "url.User(one.Host)",
    }  # fmt: skip
    assert site.text(line.last) == "one.User = url.User(one.Host)"
    held = site.filling("o.same", code.node('o.same.Host = "h"', kind="assignment_statement"))
    assert [*held.values] == ["net/url.Host", "net/url.Path"]


@pytest.mark.parametrize(
    ("arguments", "exchangeable"),
    [
        ("(local, change())", True),
        ("(changed, change())", False),
        ("(p.Host, change())", False),
        ("(p.Host, p.Path)", True),
        ("(xs[0], p.Path)", True),
        ("(change(), change())", False),
        ("(func() string { return change() }, change())", True),
        ("(<-ch, <-ch)", False),
        ("(known, change())", False),  # its address is known: somebody may write it
        ("(&known, known)", True),
        ('("constant", change())', True),
        ("(string([]byte(local)), local)", True),
    ],
)
def test_order_of_evaluation(code: Code, arguments: str, exchangeable: bool) -> None:
    call = code.node(f"pair{arguments}", kind="call_expression")
    site = code.site(call)
    first, second = site.arguments(call)
    assert site.exchangeable(first, second) is exchangeable
    assert site.exchangeable(second, first) is exchangeable


# -- layout, in files that gofmt does not touch --------------------------------------------------------------------

PAIRS = [("RawQuery", '"q"'), ("OmitHost", "true")]
LONG = "x" * 70


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('u{Host:"h"}', 'u{Host:"h", RawQuery: "q", OmitHost: true}'),
        ('u{Host: "h",}', 'u{Host: "h", RawQuery: "q", OmitHost: true,}'),
        ('u{Host: "h" /* h */ }', 'u{Host: "h" /* h */, RawQuery: "q", OmitHost: true }'),
        ("u{}", 'u{RawQuery: "q", OmitHost: true}'),
        ("u{ /* none */ }", 'u{ /* none */ RawQuery: "q", OmitHost: true }'),
        (
            f'u{{Host: "{LONG}" ,Path:"p"}}',
            f'u{{\n\t\tHost:     "{LONG}" ,\n\t\tPath:     "p",\n\t\tRawQuery: "q",\n\t\tOmitHost: true,\n\t}}',
        ),
        (
            'u{Host: "h", Path: f(`\na`,\n\t\t"b")}',
            'u{\n\t\tHost: "h",\n\t\tPath: f(`\na`,\n\t\t\t"b"),\n\t\tRawQuery: "q",\n\t\tOmitHost: true,\n\t}',
        ),
        (
            'u{\n\tHost:"h",\n\tPath:   "p", // p\n\t// last\n\t}',
            'u{\n\tHost:"h",\n\tPath:   "p", // p\n\tRawQuery: "q",\n\tOmitHost: true,\n\t// last\n\t}',
        ),
        (
            'u{\n\t\tHost: "h",\n\t\tPath: "p",\n\t}',
            'u{\n\t\tHost:     "h",\n\t\tPath:     "p",\n\t\tRawQuery: "q",\n\t\tOmitHost: true,\n\t}',
        ),
        ('u{Host: "h",\n\t\tPath: "p" }', 'u{Host: "h",\n\t\tPath:     "p",\n\t\tRawQuery: "q",\n\t\tOmitHost: true }'),
        ("u{ // none\n\t}", 'u{ // none\n\t\tRawQuery: "q",\n\t\tOmitHost: true,\n\t}'),
    ],
)
def test_keys_are_added_in_the_style_of_the_literal(go: Loaded, before: str, after: str) -> None:
    text = f"package a\n\nfunc _() {{\n\tx := {before}\n}}\n"
    assert _added(go, text) == text.replace(before, after)


def test_an_indentation_of_blanks_is_kept(go: Loaded) -> None:
    text = f'package a\n\nfunc _() {{\n  x := u{{Host: "{LONG}"}}\n}}\n'
    wanted = f'  x := u{{\n    Host:     "{LONG}",\n    RawQuery: "q",\n    OmitHost: true,\n  }}\n'
    assert wanted in _added(go, text)


def _added(go: Loaded, text: str) -> str:
    """The text with PAIRS in its only literal."""
    file = GoFile(Path("a.go"), text.encode())
    stack, body = [file.root], None
    while stack and body is None:
        node = stack.pop()
        body = node if node.type == "literal_value" else None
        stack += reversed(node.children)
    assert body is not None
    site = site_in(file, go.ask("m/structs").facts, body)
    return apply(file.text, sorted(site.add_keys(body, PAIRS))).decode()


# -- durations -----------------------------------------------------------------------------------------------------

UNITS = {"Hour": 3600 * 10**9, "Minute": 60 * 10**9, "Second": 10**9, "Millisecond": 10**6, "Microsecond": 10**3}
PARTS = [("h", 9), ("m", 9), ("s", 9), ("ms", 6), ("us", 3), ("ns", 0)]


@st.composite
def durations(draw: st.DrawFn) -> str:
    """Go durations: some of the units in order, each with a number of as many decimals as are whole nanoseconds."""
    text = ""
    for unit, most in draw(st.lists(st.sampled_from(PARTS), unique=True, min_size=1)):
        decimals = draw(st.text("0123456789", max_size=most))
        text += f"{draw(st.integers(0, 9999))}{'.' if decimals else ''}{decimals}{unit}"
    order = [unit for unit, _ in PARTS]
    parts = re.findall(r"([\d.]+)([a-z]+)", text)
    return "".join(number + unit for number, unit in sorted(parts, key=lambda part: order.index(part[1])))


@given(durations())
def test_a_duration_is_written_as_what_it_is(text: str) -> None:
    assert msgspec.convert(text, Duration) == text
    match = re.fullmatch(r"(?:(\d+) \* )?t\.(\w+)|0", expression(text, "t."))
    assert match is not None
    value = int(match[1] or 1) * (1 if match[2] == "Nanosecond" else UNITS[match[2]]) if match[2] else 0
    assert value == nanoseconds(text)


@pytest.mark.parametrize(
    "text", ["", "5", "-1s", "+1s", " 1s", "1s ", "1s\n", "1S", "1s1m", "1.5ns", "1000000s", "1d", ".5s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Duration)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("10s", "10 * time.Second"), ("120s", "120 * time.Second"), ("1m30s", "90 * time.Second"),
        ("1m", "time.Minute"), ("0.5s", "500 * time.Millisecond"), ("0", "0"), ("0s", "0"),
        ("1500us", "1500 * time.Microsecond"),
    ],
)  # fmt: skip
def test_durations_read_as_a_programmer_writes_them(text: str, written: str) -> None:
    assert expression(text, "time.") == written


PROGRAM = """package main

import "time"

func main() {
	for _, s := range []string{%s} {
		d, err := time.ParseDuration(s)
		if err != nil {
			panic(err)
		}
		println(int64(d))
	}
}
"""


def test_go_reads_durations_as_we_do(toolchain: Toolchain, tmp_path: Path) -> None:
    texts = ["10s", "1h2m3.000000004s", "0.000000001h", "7.5m", "1.000001ms", "0.001us", "999999h", "0"]
    listed = ", ".join(f'"{text}"' for text in texts)
    root = write_tree(tmp_path, {"go.mod": "module m\n\ngo 1.22\n", "main.go": PROGRAM % listed})
    done = subprocess.run([toolchain.go, "run", "."], cwd=root, capture_output=True, text=True, timeout=300, check=True)
    assert [int(line) for line in done.stderr.split()] == [nanoseconds(text) for text in texts]
