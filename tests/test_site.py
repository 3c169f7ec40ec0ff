"""What a site answers about real Go code: variables, loops, growth, names and edits, each checked by go/types."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

import pytest
from facts_module import Asked, Loaded
from gorefit.engine.model import ImportRequest, Tier
from gorefit.engine.plan.subject import import_problem
from gorefit.engine.site.context import Context
from gorefit.engine.site.growth import Growth
from gorefit.engine.site.loop import Loop, runs_once_per_iteration
from gorefit.engine.site.quote import quote_byte, unquote
from gorefit.engine.site.site import Site
from gorefit.engine.site.syntax import below
from gorefit.engine.site.variable import Use, Variable
from gorefit.engine.source.gofile import GoFile
from gorefit.engine.toolchain import Toolchain
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Node

VARIABLES = """package variables

var shared int

type holder struct{ field int }

func (recv *holder) kinds(param int, rest ...string) (result int) {
	var plain, paired int
	var (
		grouped = 1
		other   = 2
	)
	short := 3
	for key, value := range rest {
		_, _ = key, value
	}
	for init := 0; init < 3; init++ {
		_ = init
	}
	if header := short; header > 0 {
		_ = header
	}
	switch tag := short; tag {
	}
	switch typed := any(short).(type) {
	case int:
		_ = typed
	}
	select {
	case got := <-make(chan int):
		_ = got
	default:
	}
	recv.field = param + plain + paired + grouped + other + shared
	return result
}

func roles(x []int, sink func([]int), ch chan []int) []int {
	var y []int
	y = x
	y[0] += x[1]
	sink(y)
	ch <- y
	_ = &y
	_ = y[1:]
	_ = y == nil
	_ = len(y)
	_ = any(y)
	_ = [][]int{y}
	for range y {
	}
	y, z := x, 1
	_ = z
	return (y)
}

type counter struct{ n int }

func (c *counter) bump() {}
func (c counter) get()   {}

func started() {
	var z int
	for range 3 {
		go func() { z++ }()
		defer func() {
			for range 2 {
				z = 1
			}
		}()
		func() { _ = z }()
	}
	for range z {
	}
	bump := func() { z-- }
	go bump()
	var m counter
	m.bump()
	m.get()
}
"""

LOOPS = """package loops

import "iter"

type table struct{ rows []int }

func (t table) all(xs []int, arr [4]int, p *[5]int, m map[string]int, s string, ch chan int, n int,
	seq iter.Seq[int], call func() []int) {
	for range xs { println("slice") }
	for range arr { println("array") }
	for range p { println("pointer") }
	for range m { println("map") }
	for k := range m { delete(m, k); println("shrinking map") }
	for range s { println("string") }
	for range ch { println("channel") }
	for range n { println("integer") }
	for range 7 { println("seven") }
	for range -7 { println("negative") }
	for range len(xs) { println("length") }
	for range len(ch) { println("length of channel") }
	for range seq { println("function") }
	for range t.rows { println("field") }
	for range call() { println("call") }
	for range []int{1, 2, 3} { println("literal") }
	for range []int{5: 1} { println("keyed literal") }
	for i := 0; i < 4; i++ { println("clause") }
	for i := 2; i <= 4; i++ { println("inclusive") }
	for i := 5; i < 4; i++ { println("never") }
	for i := 0; i < len(xs); i++ { println("clause length") }
	for i := 0; i < len(t.rows); i++ { println("clause field") }
	for i := 0; i < 4; i++ { i++; println("skipping") }
	for i := 0; i < 4; i += 2 { println("by two") }
	for n > 0 { println("condition") }
	for { println("bare"); break }
}

func generic[S ~[]E, E any](xs S) {
	for range xs { println("core type") }
}

func shrinking(ys []int) {
	for i := 0; i < len(ys); i++ { ys = ys[1:]; println("shrinking slice") }
}

func exits(xs []int) int {
outer:
	for range xs {
		println("outer")
		for _, x := range xs {
			println("inner")
			switch x {
			case 1:
				break
			case 2:
				continue
			case 3:
				continue outer
			case 4:
				break outer
			case 5:
				goto end
			}
			func() int { return 1 }()
			for {
				break
			}
			select {
			default:
				break
			}
			if x > 9 {
				return 1
			}
			println("last")
		}
	}
end:
	return 0
}

func bounded(n int) {
	for range 3 {
		for range 4 {
			println("twelve")
		}
		for range n {
			println("unknown")
		}
	}
}
"""

GROWTH = """package growth

func grow(a, b string, xs []string) string {
	s := ""
	s += a + b
	s = s + a
	s = s + (a + b)
	s = a + s
	s = (s + a) + b
	s = ""
	s = a
	s, b = a, s
	_ = &s
	return s
}

func steady(xs []int) string {
	s := ""
	for range xs {
		s += "ab"
		s += "c"
	}
	return s
}

func unsteady(xs []int) string {
	s := ""
	for _, x := range xs {
		if x > 0 {
			continue
		}
		s += "ab"
	}
	return s
}

func joined(xs []string) string {
	s := ""
	for _, x := range xs {
		s += x
	}
	return s
}

func commented(xs []string) string {
	s := ""
	for _, x := range xs {
		s += x // why
	}
	return s
}
"""

EXPRESSIONS = """package expressions

import (
	. "strconv"
	str "strings"
	"bytes"
)

type text string
type pair struct{ left int; right *pair }
type local = func(int) int

const comma = ","

func pures(a, b int, f float64, xs []int, p *pair, v pair, i, j any) {
	use(a+b*2, len(xs), v.left, float64(a), comma, string(rune(a)))
	use(a/b, xs[0], p.left, i == j, cap(xs), *(p), v.right.left, Itoa(a), <-make(chan int))
}

func use(...any) {}

func generic[T any](v T) T { return v }

func callees(s string, b *bytes.Buffer, f local) {
	_ = str.ToUpper(s)
	_ = Itoa(1)
	b.WriteString(s)
	_ = (str.ToLower)(s)
	_ = generic[int](1)
	_ = f(2)
	_ = func() int { return 3 }()
	_ = text(s)
	_ = []byte(s)
	_ = (text)(s)
	_ = len(s)
}

func shadow(len func(string) int, s string) {
	_ = len(s)
}

func runes(r rune, b byte, n int, s string, c int32) {
	use(string(r), string(b), string(c), text(r), string('x'), string(s))
	use(",", "\\n", `'`, "\\x7f", "é", "ab", "", "\\xff", comma)
}
"""

SLICES = """package slices

import "sort"

type list []int

func starts(size int) (named []int) {
	var implicit []int
	var null []int = nil
	empty := []int{}
	filled := []int{1}
	zero := make([]int, 0)
	zeroes := make([]int, 0, 0)
	roomy := make([]int, 0, size)
	long := make([]int, size)
	ten := make([]int, 10)
	converted := list(nil)
	called := starts(1)
	_, _, _, _, _, _, _, _, _, _, _ = implicit, null, empty, filled, zero, zeroes, roomy, long, ten, converted, called
	return
}

func kept(xs []int) int {
	var out []int
	for _, x := range xs {
		out = append(out, x)
	}
	sort.Ints(out)
	total := 0
	for _, x := range out {
		total += x
	}
	return total + len(out) + out[0]
}

func returned(xs []int) []int {
	var out []int
	for _, x := range xs {
		out = append(out, x)
	}
	return out
}

func addressed(xs []int) *[]int {
	var out []int
	for _, x := range xs {
		out = append(out, x)
	}
	return &out
}

func captured(xs []int) func() []int {
	var out []int
	get := func() []int { return out }
	for _, x := range xs {
		out = append(out, x)
	}
	return get
}

func capacity(xs []int) int {
	var out []int
	for _, x := range xs {
		out = append(out, x)
	}
	return cap(out)
}

func spare(xs []int) []int {
	var out []int
	for _, x := range xs {
		out = append(out, x)
	}
	return out[:cap(xs)]
}

func shorter(xs []int) []int {
	var out []int
	for _, x := range xs {
		out = append(out, x)
	}
	return out[:len(out)-1]
}

func pointed(xs []int) (p *int) {
	var out []int
	for _, x := range xs {
		out = append(out, x)
		p = &out[0]
	}
	return p
}

func looped(xs []int, sink func([]int)) {
	var out []int
	for _, x := range xs {
		out = append(out, x)
		sink(out)
	}
}

func compared(xs []int) bool {
	var out []int
	for _, x := range xs {
		out = append(out, x)
	}
	return out == nil
}

func measured(xs []int) int {
	var out []int
	for _, x := range xs {
		out = append(out, x, len(out))
	}
	return len(out)
}
"""

NAMES = """package names

import (
	. "strconv"
	str "strings"
	"unicode/utf8"
	_ "embed"
)

type inner struct{}

func used(first int) {
	_ = Itoa(first)
	_ = str.ToUpper("a")
	_ = utf8.RuneLen('a')
	println("open")
	{
		str, first, Itoa, slices, len := 1, 2, 3, 4, 5
		_, _, _, _, _ = str, first, Itoa, slices, len
		type inner struct{ n int }
		println("shadowed")
	}
	buf, buf2 := 1, 2
	_, _ = buf, buf2
	go func() { _ = first }()
}

func taken() {}
"""

FILES: dict[str, str | bytes] = {
    "go.mod": "module m\n\ngo 1.23\n",
    "variables/a.go": VARIABLES,
    "loops/a.go": LOOPS,
    "growth/a.go": GROWTH,
    "expressions/a.go": EXPRESSIONS,
    "slices/a.go": SLICES,
    "names/a.go": NAMES,
    # a package can be imported anew only if something of the module has it
    "known/a.go": 'package known\n\nimport "slices"\n\nvar _ = slices.Max[[]int]\n',
}


class Code:
    """One package of the module: sites at the places that a text within a function names."""

    def __init__(self, go: Loaded, name: str) -> None:
        self.go, self.package = go, go.packages[f"m/{name}"]
        self.asked: Asked = go.ask(f"m/{name}")
        assert self.asked.facts.errors == ()
        self.file = GoFile(self.asked.path, self.asked.path.read_bytes())

    def start(self, function: str, text: str, nth: int = 0) -> int:
        opening = re.search(rf"^func (\([^)]*\) )?{function}\b", self.file.text.decode(), re.M)
        assert opening is not None
        at = len(self.file.text.decode()[: opening.start()].encode())
        for _ in range(nth + 1):
            at = self.file.text.index(text.encode(), at + 1)
        return at

    def node(self, function: str, text: str, part: str = "", *, nth: int = 0, kind: str = "") -> Node:
        """The node that spans `part` of the nth `text` at or below the head of a function."""
        start = self.start(function, text, nth) + (text.encode().index(part.encode()) if part else 0)
        end = start + len((part or text).encode())
        found = self.file.root.named_descendant_for_byte_range(start, end)
        while found is not None and kind and found.type != kind:
            found = found.parent
        assert found is not None and (kind or (found.start_byte, found.end_byte) == (start, end)), (text, found)
        return found

    def site(self, node: Node, escapes: bool | None = None) -> Site:
        return Site(
            "some-codemod",
            Tier.SAFE,
            self.file,
            {"site": [node]},
            self.asked.facts,
            context=Context(
                package=self.package.import_path,
                importable=lambda path: import_problem(self.go.workspace, self.package, path, (1, 23)),
                escapes=lambda _: escapes,
            ),
            options=None,
            version=(1, 23),
            declines={"known": "the documented sentence"},
        )

    def at(self, function: str, text: str, part: str = "", *, nth: int = 0, kind: str = "") -> tuple[Site, Node]:
        node = self.node(function, text, part, nth=nth, kind=kind)
        return self.site(node), node

    def variable(self, function: str, text: str, part: str = "") -> tuple[Site, Variable]:
        site, node = self.at(function, text, part)
        found = site.variable(node)
        assert found is not None
        return site, found

    def loop(self, function: str, text: str) -> tuple[Site, Loop]:
        """The innermost loop around a text."""
        site, node = self.at(function, text, kind="for_statement")
        return site, site.loop(node)


@pytest.fixture(scope="module")
def go(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    root = tmp_path_factory.mktemp("site")
    loaded = Loaded(toolchain, root / "m", root / "cache", FILES)
    with loaded.server:
        yield loaded


@pytest.fixture(scope="module")
def variables(go: Loaded) -> Code:
    return Code(go, "variables")


@pytest.fixture(scope="module")
def loops(go: Loaded) -> Code:
    return Code(go, "loops")


@pytest.fixture(scope="module")
def growth(go: Loaded) -> Code:
    return Code(go, "growth")


@pytest.fixture(scope="module")
def expressions(go: Loaded) -> Code:
    return Code(go, "expressions")


@pytest.fixture(scope="module")
def slices(go: Loaded) -> Code:
    return Code(go, "slices")


@pytest.fixture(scope="module")
def names(go: Loaded) -> Code:
    return Code(go, "names")


# -- variables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "part", "kind"),
    [
        ("plain, paired int", "plain", "var"),
        ("grouped = 1", "grouped", "var"),
        ("short := 3", "short", ":="),
        ("key, value :=", "key", "range"),
        ("key, value :=", "value", "range"),
        ("init := 0", "init", "for"),
        ("header := short", "header", "if"),
        ("tag := short", "tag", "switch"),
        ("_ = typed", "typed", "switch"),
        ("got := <-", "got", "select"),
        ("recv.field =", "recv", "receiver"),
        ("recv.field =", "field", "field"),
        ("param + plain", "param", "parameter"),
        ("range rest", "rest", "parameter"),
        ("return result", "result", "result"),
        ("other + shared", "shared", "package"),
    ],
)
def test_every_kind_of_declaration_is_told(variables: Code, text: str, part: str, kind: str) -> None:
    _, var = variables.variable("kinds", text, part)
    assert (var.name, var.declaration.kind) == (part, kind)
    assert var.local == (kind in {"var", ":="})


def test_a_declaration_tells_what_it_shares_its_statement_with(variables: Code) -> None:
    def told(text: str, part: str) -> tuple[bool, bool]:
        declared = variables.variable("kinds", text, part)[1].declaration
        return declared.alone, declared.sole

    assert told("short := 3", "short") == (True, True)
    assert told("plain, paired", "plain") == (False, False)
    assert told("grouped = 1", "grouped") == (False, True)
    value = variables.variable("kinds", "grouped = 1", "grouped")[1].declaration.value
    assert value is not None and value.text == b"1"


def test_codes_for_variables_that_are_not_plain_locals(variables: Code) -> None:
    def code(text: str, part: str) -> str:
        site, var = variables.variable("kinds", text, part)
        return site.not_plain_local(var)

    assert code("short := 3", "short") == ""
    assert code("range rest", "rest") == code("recv.field =", "recv") == "parameter"
    assert code("return result", "result") == "named-result"
    assert code("init := 0", "init") == "for-init"
    assert code("header := short", "header") == code("tag := short", "tag") == "if-init"
    assert code("other + shared", "shared") == "package-variable"
    assert code("recv.field =", "field") == "field"


def test_a_name_without_a_variable_is_none(variables: Code) -> None:
    site, node = variables.at("roles", "len(y)", "len")
    assert site.variable(node) is None
    assert site.variable(variables.node("roles", "len(y)")) is None


def test_uses_have_roles_and_the_declaration_is_none_of_them(variables: Code) -> None:
    site, var = variables.variable("roles", "var y", "y")
    assert [use.role.value for use in var.uses] == [
        "assign", "index", "argument", "send", "address", "slice", "compare", "argument", "conversion", "element",
        "range", "assign", "return",
    ]  # fmt: skip
    assert [use.builtin for use in var.uses if use.builtin] == ["len"]
    assert [site.text(use.construct) for use in var.uses if use.conversion] == ["any(y)"]
    _, x = variables.variable("roles", "y = x", "x")
    assert [use.role.value for use in x.uses] == ["copy", "index", "copy"]


def test_uses_know_loops_literals_and_goroutines(variables: Code) -> None:
    site, var = variables.variable("started", "var z", "z")

    def told(use: Use) -> tuple[int, int, bool, bool]:
        return len(use.loops), len(use.literals), use.under_go, use.deferred

    assert [told(use) for use in var.uses] == [
        (1, 1, True, False),  # go func() { z++ }()
        (2, 1, False, True),  # a loop in a deferred literal
        (1, 1, False, False),  # a literal called at once
        (0, 0, False, False),  # a range operand is evaluated once, outside its loop
        (0, 1, False, False),  # a literal with a name …
    ]
    assert [site.concurrent(use) for use in var.uses] == [True, False, False, False, True]  # … that go starts
    first = var.written()
    assert first is not None and site.text(first.construct) == "z++"


def test_a_pointer_method_takes_the_address(variables: Code) -> None:
    _, var = variables.variable("started", "var m", "m")
    assert [(u.role.value, u.implicit_address, u.writes) for u in var.uses] == [
        ("member", True, True),
        ("member", False, False),
    ]


def test_uses_before_inside_and_behind_a_node(variables: Code) -> None:
    site, var = variables.variable("roles", "var y", "y")
    call, last = variables.node("roles", "sink(y)"), variables.node("roles", "return (y)", kind="return_statement")
    assert [site.text(use.statement) for use in var.within(call)] == ["sink(y)"]
    assert len(var.between(var.declaration.identifier, call)) == 2
    assert len(var.after(call)) == len(var.uses) - 3
    assert var.after(last) == ()


# -- loops -------------------------------------------------------------------------------------------------------

_NO = None
TRIPS = [
    ("slice", "slice", ("len(xs)", None, True)),
    ("array", "array", ("len(arr)", 4, True)),
    ("pointer", "array", ("len(p)", 5, True)),
    ("map", "map", ("len(m)", None, True)),
    ("shrinking map", "map", _NO),
    ("string", "string", ("len(s)", None, False)),
    ("channel", "channel", _NO),
    ("integer", "integer", ("n", None, False)),
    ("seven", "integer", ("7", 7, True)),
    ("negative", "integer", ("0", 0, True)),
    ("length", "integer", ("len(xs)", None, True)),
    ("length of channel", "integer", _NO),
    ("function", "function", _NO),
    ("field", "slice", ("len(t.rows)", None, True)),
    ("call", "slice", _NO),
    ("literal", "slice", ("3", 3, True)),
    ("keyed literal", "slice", _NO),
    ("clause", "three-clause", ("4", 4, True)),
    ("inclusive", "three-clause", ("3", 3, True)),
    ("never", "three-clause", ("0", 0, True)),
    ("clause length", "three-clause", ("len(xs)", None, True)),
    ("clause field", "three-clause", _NO),
    ("skipping", "three-clause", _NO),
    ("by two", "three-clause", _NO),
    ("condition", "condition", _NO),
    ("bare", "bare", _NO),
]


@pytest.mark.parametrize(("marker", "kind", "count"), TRIPS, ids=[trip[0] for trip in TRIPS])
def test_loops_tell_kind_and_trip_count(
    loops: Code, marker: str, kind: str, count: tuple[str, int | None, bool] | None
) -> None:
    _, loop = loops.loop("all", f'println("{marker}")')
    assert loop.kind == kind
    found = loop.count
    assert (None if found is None else (found.text, found.constant, found.exact)) == count


def test_a_type_parameter_ranges_like_its_core_type(loops: Code) -> None:
    _, loop = loops.loop("generic", 'println("core type")')
    assert loop.kind == "slice"
    assert loop.count is not None and loop.count.text == "len(xs)"


def test_a_bound_that_the_body_changes_is_no_count(loops: Code) -> None:
    assert loops.loop("shrinking", 'println("shrinking slice")')[1].count is None


def test_exits_are_those_of_this_loop_or_of_one_around_it(loops: Code) -> None:
    site, inner = loops.loop("exits", 'println("inner")')
    assert [exit_.kind for exit_ in inner.exits] == ["continue", "continue", "break", "goto", "return"]
    assert [exit_.outer for exit_ in inner.exits if exit_.kind != "goto"] == [False, True, True, False]
    outer = loops.loop("exits", 'println("outer")')[1]
    assert outer.label == "outer" and inner.label == ""
    assert [exit_.kind for exit_ in outer.exits] == ["continue", "break", "goto", "return"]
    assert not any(exit_.outer for exit_ in outer.exits if exit_.kind != "goto")
    last = loops.node("exits", 'println("last")', kind="expression_statement")
    assert len(inner.exits_before(last)) == 5
    assert not runs_once_per_iteration(inner, last)
    first = loops.node("exits", 'println("inner")', kind="expression_statement")
    assert runs_once_per_iteration(inner, first)
    assert [found.node.id for found in site.loops(last)] == [inner.node.id, outer.node.id]
    assert [found.node.id for found in site.loops(last, outer.node)] == [inner.node.id]


def test_a_bound_on_nested_loops_needs_every_count(loops: Code) -> None:
    site, twelve = loops.at("bounded", 'println("twelve")')
    around = [loop.node for loop in site.loops(twelve)]
    assert site.at_most(around, 12) and not site.at_most(around, 11)
    unknown = [loop.node for loop in site.loops(loops.node("bounded", 'println("unknown")'))]
    assert not site.at_most(unknown, 10**9)


# -- growth ------------------------------------------------------------------------------------------------------


def _grown(code: Code, function: str) -> tuple[Site, Variable, tuple[Growth, ...]]:
    site, var = code.variable(function, 's := ""', "s")
    return site, var, site.growth(var)


def test_every_write_tells_what_it_does_with_the_old_value(growth: Code) -> None:
    site, var, writes = _grown(growth, "grow")
    assert [write.kind for write in writes] == [
        "append", "append", "append", "prepend", "regrouped", "reset", "assign", "assign", "address",
    ]  # fmt: skip
    assert [[site.text(each) for each in write.operands] for write in writes[:3]] == [["a", "b"], ["a"], ["a", "b"]]
    added = [growth.file.text[slice(*write.added)] for write in writes[:3]]
    assert added == [b"a + b", b"a", b"(a + b)"]
    own = [use for use in var.uses if site.is_own_operand(use)]
    assert len(own) == 3  # s + a, s + (a + b) and (s + a) + b


def test_a_steady_loop_knows_its_bytes(growth: Code) -> None:
    site, _, writes = _grown(growth, "steady")
    found = site.steady_loop(writes)
    assert found is not None and found.bytes == "len(xs) * 3"
    site, _, writes = _grown(growth, "unsteady")
    assert site.steady_loop(writes) is None


def test_a_joining_loop_does_nothing_else(growth: Code) -> None:
    site, var, writes = _grown(growth, "joined")
    assert site.joining_loop(var, writes) is not None
    site, var, writes = _grown(growth, "commented")
    assert site.joining_loop(var, writes) is None
    site, var, writes = _grown(growth, "steady")
    assert site.joining_loop(var, writes) is None


# -- expressions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a+b*2", "len(xs)", "v.left", "float64(a)", "comma", "string(rune(a))"])
def test_pure_expressions(expressions: Code, text: str) -> None:
    site, node = expressions.at("pures", text)
    assert site.pure(node)


@pytest.mark.parametrize(
    "text", ["a/b", "xs[0]", "p.left", "i == j", "*(p)", "v.right.left", "Itoa(a)", "<-make(chan int)"]
)
def test_expressions_that_may_panic_call_or_wait_are_not_pure(expressions: Code, text: str) -> None:
    site, node = expressions.at("pures", text)
    assert not site.pure(node)


@pytest.mark.parametrize(
    ("text", "callee"),
    [
        ("str.ToUpper(s)", "strings.ToUpper"),
        ("Itoa(1)", "strconv.Itoa"),
        ("b.WriteString(s)", "(*bytes.Buffer).WriteString"),
        ("(str.ToLower)(s)", "strings.ToLower"),
        ("generic[int](1)", "m/expressions.generic"),
        ("f(2)", ""),
        ("func() int { return 3 }()", ""),
        ("text(s)", ""),
        ("len(s)", "len"),
    ],
)
def test_callees_have_full_names(expressions: Code, text: str, callee: str) -> None:
    site, node = expressions.at("callees", text)
    assert site.callee(node) == callee


def test_a_shadowed_builtin_is_not_the_builtin(expressions: Code) -> None:
    site, node = expressions.at("shadow", "len(s)")
    assert site.callee(node) == ""
    assert not site.builtin_visible("len", node) and site.builtin_visible("cap", node)
    name = expressions.node("shadow", "_ = len(s)", "len")
    assert not site.is_builtin(name, "len")
    assert site.is_builtin(expressions.node("callees", "len(s)", "len"), "len")


def test_only_conversions_have_a_target(expressions: Code) -> None:
    def target(text: str) -> str | None:
        site, node = expressions.at("callees", text)
        found = site.converts_to(node)
        return None if found is None else found.string

    assert target("text(s)") == target("(text)(s)") == "m/expressions.text"
    assert target("[]byte(s)") == "[]byte"
    assert target("len(s)") is None and target("f(2)") is None and target("Itoa(1)") is None


def test_calls_leave_out_conversions_and_builtins(expressions: Code) -> None:
    site, node = expressions.at("callees", "b *bytes.Buffer", kind="function_declaration")
    assert [site.text(call) for call in site.calls(node)] == [
        "str.ToUpper(s)", "Itoa(1)", "b.WriteString(s)", "(str.ToLower)(s)", "generic[int](1)", "f(2)",
        "func() int { return 3 }()",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ('","', "','"),
        (r'"\n"', r"'\n'"),
        ("`'`", r"'\''"),
        (r'"\x7f"', r"'\x7f'"),
        ('"é"', None),
        ('"ab"', None),
        ('""', None),
        (r'"\xff"', None),
        ("comma", None),  # a name may change
    ],
)
def test_one_byte_literals(expressions: Code, text: str, literal: str | None) -> None:
    site, node = expressions.at("runes", text)
    assert site.one_byte_literal(node) == literal


@pytest.mark.parametrize(
    ("text", "rune"),
    [
        ("string(r)", "r"),
        ("string(c)", "c"),
        ("string('x')", "'x'"),
        ("string(b)", None),
        ("text(r)", None),
        ("string(s)", None),
    ],
)
def test_converted_runes(expressions: Code, text: str, rune: str | None) -> None:
    site, node = expressions.at("runes", text)
    found = site.converted_rune(node)
    assert (None if found is None else site.text(found)) == rune


# -- slices ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("named []int", "nil"),
        ("implicit []int", "nil"),
        ("null []int", "nil"),
        ("empty := []int{}", "empty"),
        ("filled := []int{1}", "other"),
        ("zero := make", "empty"),
        ("zeroes := make", "empty"),
        ("roomy := make", "sized"),
        ("long := make", "other"),
        ("ten := make", "other"),
        ("converted := list", "nil"),
        ("called := starts", "other"),
    ],
)
def test_what_a_slice_starts_with(slices: Code, text: str, kind: str) -> None:
    site, var = slices.variable("starts", text, text.split()[0])
    assert site.slice_start(var).kind == kind


@pytest.mark.parametrize(
    ("function", "deed"),
    [
        ("kept", None),
        ("returned", None),
        ("measured", None),
        ("compared", None),
        ("shorter", None),
        ("addressed", "address-taken"),
        ("captured", "captured"),
        ("capacity", "capacity"),
        ("spare", "capacity"),
        ("pointed", "element-pointer"),
        ("looped", "used-in-loop"),
    ],
)
def test_who_could_notice_room_in_a_slice(slices: Code, function: str, deed: str | None) -> None:
    site, var = slices.variable(function, "var out", "out")
    _, loop = slices.loop(function, "append(out")
    found = site.capacity_observer(var, loop)
    assert (None if found is None else found[0]) == deed
    assert found is None or site.text(found[1]) == "out"


def test_who_could_tell_nil_from_empty(slices: Code) -> None:
    def observer(function: str) -> str | None:
        site, var = slices.variable(function, "var out", "out")
        found = site.nil_observer(var)
        return None if found is None else slices.file.line_text(site.line(found)).strip()

    assert observer("kept") is observer("measured") is None
    assert observer("returned") == "return out"
    assert observer("compared") == "return out == nil"
    assert observer("addressed") == "return &out"
    assert observer("looped") == "sink(out)"
    site, var = slices.variable("starts", "named []int", "named")
    assert site.nil_observer(var) == var.declaration.identifier  # the caller sees it


def test_the_proof_names_every_use(slices: Code) -> None:
    site, var = slices.variable("kept", "var out", "out")
    notes = site.nil_notes(var, None)
    assert [note.message for note in notes[1:]] == [
        "an argument of sort.Ints, which does not look",
        "ranged over",
        "an argument of len, which does not look",
        "indexed",
    ]
    assert [note.at for note in notes[1:]] == [use.start for use in var.uses[2:]]
    site, var = slices.variable("compared", "var out", "out")
    seen = site.nil_observer(var)
    assert seen is not None
    assert [note.at for note in site.nil_notes(var, seen)] == [seen.start_byte]


def test_appends_are_told_with_their_values(slices: Code) -> None:
    site, var = slices.variable("measured", "var out", "out")
    (found,) = site.appends(var)
    assert [site.text(value) for value in found.values] == ["x", "len(out)"]
    assert not found.spread


# -- names -------------------------------------------------------------------------------------------------------


def test_what_a_name_denotes_depends_on_the_place(names: Code) -> None:
    site, opened = names.at("used", 'println("open")')
    shadowed = names.node("used", 'println("shadowed")')

    def kinds(name: str) -> tuple[str | None, str | None]:
        there, here = site.denotes(name, opened), site.denotes(name, shadowed)
        return None if there is None else there.kind, None if here is None else here.kind

    assert kinds("str") == ("package", "var")
    assert kinds("Itoa") == ("func", "var")
    assert kinds("first") == ("var", "var")
    assert kinds("len") == ("builtin", "var")
    assert kinds("nothing") == (None, None)


def test_names_are_visible_where_they_denote_the_same(names: Code) -> None:
    site, opened = names.at("used", 'println("open")')
    shadowed = names.node("used", 'println("shadowed")')
    for text in ("Itoa(first)", 'str.ToUpper("a")'):
        expression = names.node("used", text)
        assert site.names_visible(expression, opened), text
        assert not site.names_visible(expression, shadowed), text
    assert site.names_visible(names.node("used", "utf8.RuneLen('a')"), shadowed)


def test_use_writes_a_package_as_the_file_names_it(names: Code) -> None:
    site, opened = names.at("used", 'println("open")')
    assert site.use("strings", opened, "ToLower") == "str."
    assert site.use("unicode/utf8", opened) == "utf8."
    assert site.use("strconv", opened, "Quote") == ""  # the dot import
    assert site.fix("nothing to import").imports == ()


def test_use_asks_for_an_import_that_is_missing(names: Code) -> None:
    site, opened = names.at("used", 'println("open")')
    assert site.use("slices", opened, "Grow") == "slices."
    assert site.fix("one more import").imports == (ImportRequest("slices"),)


def test_use_knows_what_stands_in_the_way(names: Code) -> None:
    site, shadowed = names.at("used", 'println("shadowed")')
    assert site.use("strings", shadowed) is None  # str is a variable there
    assert site.use("strconv", shadowed, "Itoa") is None  # so is Itoa
    assert site.use("strconv", shadowed, "Quote") == ""
    assert site.use("slices", shadowed, alias=False) is None
    assert site.use("m/names", shadowed) is None
    assert "itself" in site.import_problem("m/names")
    assert "not known" in site.import_problem("m/missing")
    assert site.fix("no import").imports == ()


def test_a_fresh_name_is_used_nowhere(names: Code) -> None:
    site, _ = names.at("used", 'println("open")')
    assert site.fresh("unheard") == "unheard"
    assert site.fresh("buf") == "buf3"
    assert site.fresh("taken") == "taken2"  # of the package
    assert site.fresh("str") == "str2"  # of the imports


# -- answers -----------------------------------------------------------------------------------------------------


def test_recompose_keeps_the_bytes_of_its_parts(growth: Code) -> None:
    site, node = growth.at("grow", "s = s + (a + b)", kind="assignment_statement")
    kept = growth.node("grow", "(a + b)", "a + b")
    edits = site.recompose(node.start_byte, node.end_byte, "s.Write(", kept, ")")
    assert all(edit.end <= kept.start_byte or kept.end_byte <= edit.start for edit in edits)
    text = growth.file.text
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    assert text == growth.file.text.replace(b"s = s + (a + b)", b"s.Write(a + b)")
    assert site.recompose(node.start_byte, node.end_byte, node) == []


def test_a_fix_and_a_decline_name_the_site(growth: Code) -> None:
    site, var, writes = _grown(growth, "grow")
    last, first = site.insert(50, "b"), site.insert(40, "a")
    fix = site.fix("message", last, first, binds=[var])
    assert (fix.at, fix.edits, fix.tier) == (site.node.start_byte, (first, last), Tier.SAFE)
    assert fix.binds == {var.declaration.identifier.start_byte}
    decline = site.decline("known", at=writes[0].use.node, because="written")
    assert decline.message == "the documented sentence"
    assert [(n.message, n.at) for n in decline.notes] == [("written", writes[0].use.start)]
    with pytest.raises(KeyError):
        site.decline("unknown")


def test_escapes_pass_the_place_on(growth: Code) -> None:
    node = growth.node("grow", "a + b")
    assert growth.site(node, escapes=True).escapes(node) is True
    assert growth.site(node).escapes(node) is None


# -- literals ----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=40))
def test_unquote_reads_escaped_bytes(content: bytes) -> None:
    assert unquote('"' + "".join(rf"\x{byte:02x}" for byte in content) + '"') == content
    assert unquote('"' + "".join(rf"\{byte:03o}" for byte in content) + '"') == content


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_unquote_reads_text_and_runes(text: str) -> None:
    wide = "".join(rf"\U{ord(char):08x}" for char in text)
    assert unquote(f'"{wide}"') == text.encode()
    plain = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    assert unquote(f'"{plain}"') == text.encode()
    if "`" not in text:
        assert unquote(f"`{text}`") == text.replace("\r", "").encode()


@pytest.mark.parametrize("text", ["", '"', "`", "12", "'a'", '"a', 'a"', "true"])
def test_unquote_refuses_what_is_no_string(text: str) -> None:
    assert unquote(text) is None


@settings(max_examples=128)
@given(st.integers(0, 127))
def test_quoted_bytes_read_back(byte: int) -> None:
    inner = quote_byte(byte)[1:-1]
    assert codecs.decode(inner, "unicode_escape") == chr(byte)


def test_go_reads_quoted_bytes_and_quotes_strings_as_we_read_them(toolchain: Toolchain, go: Loaded) -> None:
    """One program: every ASCII byte as the literal we write, and strings as strconv.Quote writes them."""
    values = ", ".join(quote_byte(byte) for byte in range(128))
    program = go.root / "quoted" / "main.go"
    program.parent.mkdir()
    program.write_text(
        'package main\n\nimport (\n\t"fmt"\n\t"strconv"\n)\n\n'
        f"var all = [...]rune{{{values}}}\n\n"
        "func main() {\n\tfor i, r := range all {\n\t\tif int(r) != i {\n\t\t\tpanic(i)\n\t\t}\n\t}\n"
        "\tfor b := 0; b < 256; b++ {\n\t\tmixed := []byte{byte(b), 'é', 0xff, byte(b)}\n"
        "\t\tfmt.Println(strconv.Quote(string(mixed)))\n\t}\n"
        '\tfmt.Println(strconv.Quote("é\\u200b\\U0010ffff日"))\n}\n'
    )
    printed = toolchain.run("run", "./quoted", cwd=go.root).stdout.decode().splitlines()
    assert [unquote(line) for line in printed[:256]] == [bytes([b, 0xE9, 0xFF, b]) for b in range(256)]
    assert unquote(printed[256]) == "é\u200b\U0010ffff日".encode()


def test_the_samples_are_wholly_parsed(variables: Code, loops: Code, slices: Code) -> None:
    for code in (variables, loops, slices):
        assert not any(node.type == "ERROR" for node in below(code.file.root))
