"""What the facts server tells about real Go code, item by item."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from facts_module import Loaded
from gorefit.engine.facts.client import FormatError
from gorefit.engine.toolchain import Toolchain

OBJECTS = """package objects

import (
	"bytes"
	"io"
	. "strings"
	web "unicode/utf8"
	_ "embed"
)

const (
	zero = iota
	one
	text = "a" + "b"
	long = "c" + "d" + "e"
)

type Wrapped struct{ inner }

type inner struct{ bytes.Buffer }

var Global = []inner{}

func params(first int, rest ...string) (sum int, err error) {
	sum = first + len(rest)
	return
}

func (w *Wrapped) method(out io.Writer) {
	w.WriteString("x")
	out.Write(nil)
	println(ToUpper("y"), web.RuneLen('z'), one)
outer:
	for range 3 {
		break outer
	}
}

func cases(v any) int {
	switch chosen := v.(type) {
	case int:
		return chosen + 1
	case string, error:
		_ = chosen
	}
	return 0
}
"""

SELECTIONS = """package selections

type base struct{ n int }

func (b *base) Grow() {}
func (b base) Len() int { return b.n }

type byValue struct{ base }
type byPointer struct{ *base }

func use(v byValue, p byPointer, q *byValue) {
	v.Grow()
	p.Grow()
	q.Grow()
	_ = v.Len
	_ = (*base).Grow
	v.base.n = 1
}
"""

TYPES = """package types

import "net/url"

type Alias = []byte
type Pair[K comparable, V any] struct { Key K; Value V }
type List = map[string][]Alias
type recursive []recursive
type number interface{ ~int | ~int8 }
type bytesLike interface{ ~string | ~[]byte }

func sum[T number, S ~[]E, E any, B bytesLike](t T, s S, b B) T {
	var (
		plain  []byte = nil
		again  Alias  = nil
		nested []Alias
		direct [][]uint8
		pair   Pair[string, *url.URL]
		self   recursive
		array  [4]struct{ a int32; b int64 }
		fn     func(a int, rest ...string) (error, bool)
		empty  interface{}
		send   chan<- int
	)
	type here struct{}
	var local []here
	_, _, _, _, _, _, _, _, _, _, _, _ = plain, again, nested, direct, pair, self, array, fn, empty, send, local, b
	_ = s[0]
	return t
}

var called = sum[int8, []string, string, string]
"""

SCOPES = """package scopes

import "strings"

var top = strings.ToUpper("x")

func shadow(make []int) int {
	before := 1 // here-before
	{
		before := before + len(make) // inner-decl
		_ = before // inner-use
	}
	for i := range before {
		_ = i // loop-body
	}
	if x := before; x > 0 {
		y := x // if-body
		_ = y
	} else {
		_ = x // else-body
	}
	f := func(strings string) string { return strings /* literal */ }
	_ = f("")
	var late = 2
	return late // here-after
}

func generic[T any](v T) { _ = v }
"""

MODERN = """package modern

import "iter"

func seq() iter.Seq[int] { return func(yield func(int) bool) { yield(1) } }

func loops() (n int) {
	for v := range seq() {
		n += v
	}
	for i := range 10 {
		n += i
	}
	n = max(n, 3)
	return n
}
"""

FILES: dict[str, str | bytes] = {
    "go.mod": "module m\n\ngo 1.23\n",
    "objects/a.go": OBJECTS,
    "selections/a.go": SELECTIONS,
    "types/a.go": TYPES,
    "scopes/a.go": SCOPES,
    "modern/a.go": MODERN,
    "modern/old.go": "//go:build go1.21\n\npackage modern\n\nvar x = 1\n",
    "crlf/a.go": (
        '\ufeffpackage crlf\r\n\r\n//line other.go:77\r\nvar s = `a\r\nb` + "c"\r\n\r\nvar t = len(s)\r\n'
    ).encode(),
    "pruned/a.go": (
        'package pruned\n\nimport (\n\t"bytes"\n\t"strings"\n)\n\n'
        "func asked() int { return bad() }\n\n"
        'func other() { var b bytes.Buffer; _ = b; strings.ToUpper("") }\n\nfunc bad() int { return 1 }\n'
    ),
    "p/p.go": "package p\n\ntype T struct{}\n",
    "p/p_test.go": 'package p\n\nimport "testing"\n\nfunc (T) Extra() {}\n\nfunc Test(t *testing.T) { T{}.Extra() }\n',
    "p/x_test.go": 'package p_test\n\nimport (\n\t"m/p"\n\t"m/q"\n)\n\nfunc use() { var t p.T = q.New(); t.Extra() }\n',
    "q/q.go": 'package q\n\nimport "m/p"\n\nfunc New() p.T { return p.T{} }\n',
}


@pytest.fixture(scope="module")
def go(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    root = tmp_path_factory.mktemp("facts")
    loaded = Loaded(toolchain, root / "m", root / "cache", FILES)
    with loaded.server:
        yield loaded


def test_objects_tell_kind_scope_and_full_name(go: Loaded) -> None:
    asked = go.ask("m/objects")
    assert asked.facts.errors == ()
    assert asked.object("len(rest)").kind == "builtin"
    assert asked.object("len(rest)").scope == "universe"
    assert asked.object("w.WriteString", "WriteString").full_name == "(*bytes.Buffer).WriteString"
    assert asked.object("out.Write(", "Write").full_name == "(io.Writer).Write"
    assert asked.object("ToUpper(").full_name == "strings.ToUpper"  # through a dot import
    package = asked.object("web.RuneLen", "web")
    assert (package.kind, package.imported, package.scope) == ("package", "unicode/utf8", "file")
    assert asked.object("web.RuneLen", "RuneLen").package == "unicode/utf8"
    assert asked.object("break outer", "outer").kind == "label"
    assert asked.object("Global").scope == "package"
    inner = asked.object("Wrapped struct{ inner }", "inner")
    assert (inner.kind, inner.full_name) == ("type", "m/objects.inner")  # what an embedded field uses


def test_constants_have_exact_values(go: Loaded) -> None:
    asked = go.ask("m/objects")
    assert asked.object("'z'), one", "one").value == "1"  # iota
    assert asked.object("text =", "text").value == '"ab"'
    assert asked.expr('"a" + "b"').value == '"ab"'
    assert asked.expr('"c" + "d" + "e"').value == '"cde"'
    inner = asked.expr('"c" + "d" + "e"', '"c" + "d"')
    assert (inner.value, inner.is_constant) == (None, True)  # or a sum of n terms would spell out n prefixes
    assert asked.expr("'z'").value == "122"
    assert asked.expr("first + len(rest)").value is None


def test_parameters_results_and_receivers_are_marked(go: Loaded) -> None:
    asked = go.ask("m/objects")
    first, total = asked.object("first + len", "first"), asked.object("sum = first", "sum")
    assert (first.is_param, first.is_result, first.is_receiver) == (True, False, False)
    assert (total.is_param, total.is_result) == (False, True)
    assert asked.object("w.WriteString", "w").is_receiver
    assert not asked.object("Global").is_param


def test_occurrences_are_all_identifiers_of_an_object(go: Loaded) -> None:
    asked = go.ask("m/objects")
    total = asked.object("sum = first", "sum")
    assert asked.facts.occurrences(total) == (
        (asked.path, asked.at("(sum int", "sum")),
        (asked.path, asked.at("sum = first")),
    )
    assert (total.path, total.offset) == (asked.path, asked.at("(sum int", "sum"))


def test_each_clause_of_a_type_switch_has_its_own_variable(go: Loaded) -> None:
    asked = go.ask("m/objects")
    declared = asked.at("chosen :=")
    as_int, as_other = asked.object("chosen + 1", "chosen"), asked.object("_ = chosen", "chosen")
    assert as_int != as_other
    assert as_int.implicit and as_other.implicit
    assert as_int.offset == as_other.offset == declared
    assert as_int.type and as_int.type.string == "int"
    assert as_other.type and as_other.type.string == "any"
    assert asked.facts.object(asked.path, declared) is None
    assert asked.facts.declared_at(asked.path, declared) == (as_int, as_other)


def test_imports_of_a_file(go: Loaded) -> None:
    asked = go.ask("m/objects")
    assert asked.facts.imports[asked.path] == {"bytes": "bytes", "io": "io", "web": "unicode/utf8"}
    assert asked.facts.dot_imports[asked.path] == ("strings",)
    assert asked.facts.blank_imports[asked.path] == ("embed",)
    assert {"zero", "Wrapped", "params", "Global"} <= asked.facts.names
    assert "method" not in asked.facts.names


def test_selections_tell_when_an_address_is_taken(go: Loaded) -> None:
    asked = go.ask("m/selections")

    def selection(text: str, part: str) -> tuple[str, bool, bool, bool, list[str]]:
        found = asked.facts.selection(asked.path, asked.at(text, part))
        assert found
        through = [each.name for each in found.through]
        return found.kind, found.indirect, found.pointer_receiver, found.implicit_address, through

    assert selection("v.Grow", "Grow") == ("method", False, True, True, ["base"])
    assert selection("p.Grow", "Grow") == ("method", True, True, False, ["base"])
    assert selection("q.Grow", "Grow") == ("method", True, True, False, ["base"])
    assert selection("v.Len", "Len") == ("method", False, False, False, ["base"])
    assert selection("(*base).Grow", "Grow") == ("method-expr", True, True, False, [])
    assert selection("base.n", "n") == ("field", False, False, False, [])


def test_types_compare_by_identity_not_by_spelling(go: Loaded) -> None:
    asked = go.ask("m/types")

    def declared(text: str):
        found = asked.object(text).type
        assert found
        return found

    assert declared("plain  []byte") == declared("again  Alias")
    assert declared("nested []Alias") == declared("direct [][]uint8")
    assert declared("direct [][]uint8").string == "[][]byte"
    assert declared("plain  []byte") != declared("nested []Alias")
    assert declared("empty  interface{}").string == "any"
    assert declared("send   chan<-").string == "chan<- int"


def test_types_tell_their_parts(go: Loaded) -> None:
    asked = go.ask("m/types")

    def declared(text: str):
        found = asked.object(text).type
        assert found
        return found

    pair = declared("pair   Pair")
    assert (pair.kind, pair.name) == ("struct", "m/types.Pair")
    assert pair.string == "m/types.Pair[string,*net/url.URL]"
    assert pair.packages == ("m/types", "net/url")
    assert not pair.pointer_free
    self = declared("self   recursive")
    assert self.elem == self and self.kind == "slice" and self.size == go_word(go) * 3
    array = declared("array  [4]struct")
    assert (array.length, array.size, array.pointer_free, array.comparable) == (4, 4 * 16, True, True)
    fn = declared("fn     func")
    assert [each.string for each in fn.params] == ["int", "[]string"] and fn.variadic
    assert [each.string for each in fn.results] == ["error", "bool"]
    assert declared("local []here").local and not array.local
    assert not declared("plain  []byte").comparable


def go_word(go: Loaded) -> int:
    return 4 if go.toolchain.goarch in ("386", "arm", "mips", "mipsle") else 8


def test_type_parameters_tell_their_terms_and_core(go: Loaded) -> None:
    asked = go.ask("m/types")
    t, s, b = (asked.object(text, text[:1]).type for text in ("t T,", "s S,", "b B)"))
    assert t and s and b
    assert (t.kind, t.name, [each.string for each in t.terms], t.core, t.size) == (
        "typeparam",
        "T",
        ["int", "int8"],
        None,
        None,
    )
    assert (s.core_kind, s.elem and s.elem.name) == ("slice", "E")
    assert b.core_kind == "" and [each.kind for each in b.terms] == ["string", "slice"]
    arguments = asked.facts.type_arguments(asked.path, asked.at("= sum[int8", "sum"))
    assert [each.string for each in arguments] == ["int8", "[]string", "string", "string"]


def test_expressions_are_found_by_their_exact_bytes(go: Loaded) -> None:
    asked = go.ask("m/scopes")
    call = asked.expr('strings.ToUpper("x")')
    assert (call.type.string, call.is_value, call.is_type, call.addressable) == ("string", True, False, False)
    start = asked.at('strings.ToUpper("x")')
    assert asked.facts.expr(asked.path, start, start + 3) is None
    assert asked.expr("len(make)").type.string == "int"
    assert asked.expr("len(make)", "len").is_builtin
    assert asked.expr("before := before + len(make)", "before + len(make)").type.string == "int"


def test_lookup_follows_scoping_rules(go: Loaded) -> None:
    asked = go.ask("m/scopes")

    def scope(text: str, name: str) -> str | None:
        found = asked.facts.lookup(asked.path, asked.at(text), name)
        return f"{found.kind} {found.scope}" if found else None

    def offset(text: str, name: str) -> int | None:
        found = asked.facts.lookup(asked.path, asked.at(text), name)
        return found.offset if found else None

    assert scope("// here-before", "make") == "var local"  # a parameter
    assert scope("func generic", "make") == "builtin universe"
    assert scope("// here-before", "strings") == "package file"
    assert scope("/* literal */", "strings") == "var local"
    assert scope("// here-before", "top") == "var package"
    outer, inner = asked.at("before := 1"), asked.at("before := before")
    assert offset("before + len", "before") == outer  # not yet visible in its own declaration
    assert offset("// inner-use", "before") == inner
    assert offset("// here-after", "before") == outer
    assert scope("// here-before", "late") is None
    assert scope("// here-after", "late") == "var local"
    assert scope("// here-after", "i") is None
    assert scope("// loop-body", "i") == "var local"
    assert scope("// else-body", "x") == "var local"
    assert scope("// else-body", "y") is None
    assert scope("_ = v }", "T") == "type local"
    assert scope("_ = v }", "nothing") is None


def test_scope_names_are_what_a_fresh_name_must_avoid(go: Loaded) -> None:
    asked = go.ask("m/scopes")
    start, end = asked.at("func shadow"), asked.at("func generic")
    everything = asked.facts.scope_names(asked.path, start, end)
    assert everything == {"make", "before", "i", "x", "y", "f", "strings", "late"}
    body = asked.at("// loop-body")
    assert asked.facts.scope_names(asked.path, body, body) == {"make", "before", "i", "f", "late"}


def test_newest_go(go: Loaded) -> None:
    asked = go.ask("m/modern")
    assert asked.facts.errors == ()
    assert asked.expr("range seq()", "seq()").type.string == "iter.Seq[int]"
    assert asked.expr("max(n, 3)", "max").is_builtin
    versions = {path.name: version for path, version in asked.facts.go_versions.items()}
    assert versions["a.go"] == "1.23"
    assert versions["old.go"] in ("1.21", "1.23")  # releases before 1.22 do not tell


def test_offsets_count_bom_and_carriage_returns_and_ignore_line_directives(go: Loaded) -> None:
    asked = go.ask("m/crlf")
    raw = b"`a\r\nb`"
    start = asked.texts[asked.path].index(raw)
    for length, kind in ((len(raw), "string"), (len(raw + b' + "c"'), "string")):
        found = asked.facts.expr(asked.path, start, start + length)
        assert found and found.type.kind == kind
    assert asked.object("len(s)", "s").offset == asked.at("s = `a")


def test_only_asked_bodies_are_checked(go: Loaded) -> None:
    path = go.packages["m/pruned"].files[0]
    text = path.read_bytes().replace(b"return 1 }", b'return "no" }')
    span = ((text.index(b"func asked"), text.index(b"func other")),)
    pruned = go.ask("m/pruned", overlay={path: text}, spans={path: span})
    assert pruned.facts.errors == ()  # imports that only other bodies use count as used
    assert pruned.object("return bad", "bad").full_name == "m/pruned.bad"
    whole = go.ask("m/pruned", overlay={path: text}, spans={path: span}, whole=True)
    assert [each.line for each in whole.facts.errors if not each.soft] == [12]
    assert [each.line for each in go.ask("m/pruned", overlay={path: text}, spans={}).facts.errors] == [12]
    unused = text.replace(b'strings.ToUpper("")', b"_ = 1")
    found = go.ask("m/pruned", overlay={path: unused}, spans={path: span}).facts.errors
    assert [(each.line, each.soft) for each in found] == [(5, True)]


def test_broken_code_has_errors_and_facts(go: Loaded) -> None:
    path = go.packages["m/scopes"].files[0]
    text = (
        path.read_bytes() + b"\nfunc broken() { undefined() ; var s []int; s.x() }\n\nfunc ok() int { return 1 + 2 }\n"
    )
    asked = go.ask("m/scopes", overlay={path: text}, spans={path: ((0, len(text)),)})
    assert ["undefined" in each.message for each in asked.facts.errors] == [True, True]
    assert asked.facts.errors[0].offset == asked.at("undefined()")
    assert asked.expr("1 + 2").value == "3"
    syntax = go.ask("m/scopes", overlay={path: b"package scopes\n\nfunc f( {\n"}, spans={path: ((0, 30),)})
    assert syntax.facts.errors[0].line == 3
    gone = go.root / "scopes" / "gone.go"
    missing = go.server.check(go.request("m/scopes", files=(path, gone), spans={})).result(timeout=60)
    assert missing.errors[0].path == gone


def test_test_variants_do_not_mix_with_their_packages(go: Loaded) -> None:
    plain = go.ask("m/p")
    inside = go.ask("m/p [m/p.test]")
    outside = go.ask("m/p_test [m/p.test]")
    assert [plain.facts.errors, inside.facts.errors, outside.facts.errors] == [(), (), ()]
    assert outside.object("t.Extra", "Extra").full_name == "(m/p.T).Extra"
    variable = outside.object("var t p.T", "t").type
    assert variable and variable.string == "m/p.T"
    # The same source against the ordinary m/p: no Extra there.
    ordinary = go.request("m/p_test [m/p.test]", import_path="m/p_test", import_map={}, variant=False)
    wrong = go.server.check(ordinary).result(timeout=60)
    assert any("Extra" in each.message for each in wrong.errors)
    assert go.ask("m/q").facts.errors == ()


def test_language_version_of_the_module_is_enforced(go: Loaded) -> None:
    old = go.ask("m/modern", go_version="1.21", whole=True)
    assert any("range over" in each.message or "requires go1.2" in each.message for each in old.facts.errors)


def test_cgo_files_have_facts_where_types_are_known(go: Loaded) -> None:
    path = go.packages["m/modern"].files[0]
    text = b'package modern\n\n// int f();\nimport "C"\n\nfunc g() int { x := C.f(); _ = x; return len("abc") }\n'
    asked = go.ask("m/modern", files=(path,), overlay={path: text}, spans={path: ((0, len(text)),)}, cgo_files={path})
    assert asked.facts.errors == ()
    assert asked.expr('len("abc")').value == "3"
    known = asked.object("x := C").type
    assert known and known.kind == "invalid"


def test_format_is_gofmt(go: Loaded) -> None:
    good, bad = go.root / "good.go", go.root / "bad.go"
    done = go.server.format({good: b"package a\nfunc  f( ) {}\n", bad: b"package a\n\nfunc f( {\n"})
    assert done[good] == b"package a\n\nfunc f() {}\n"
    problem = done[bad]
    assert isinstance(problem, FormatError) and problem.line == 3
    many = {go.root / f"{n}.go": b"package a\nvar  x=%d\n" % n for n in range(70)}
    assert go.server.format(many)[go.root / "69.go"] == b"package a\n\nvar x = 69\n"
