"""What may run after a statement: told by the blocks around it, checked against what a run of the code does."""

from __future__ import annotations

from random import Random

import pytest
from gorefit.engine.site.flow import runs_after
from gorefit.engine.site.syntax import below
from gorefit.engine.source.gofile import parse
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Node

CASES = {
    "straight on": ("put(); use()", "use"),
    "before": ("use(); put()", ""),
    "returned": ("if x { put(); return }; use()", ""),
    "not returned": ("if x { put() }; use()", "use"),
    "other branch": ("if x { put() } else { use() }", ""),
    "else branch": ("if x { use() } else if y { put() } else { use() }", ""),
    "other case": ("switch x { case 1: put(); case 2: use() }", ""),
    "next case": ("switch x { case 1: put(); fallthrough; case 2: use() }", "put"),
    "behind a switch": ("switch x { case 1: put(); break; case 2: }; use()", "use"),
    "left a switch, then returned": ("switch x { case 1: put(); if y { break }; return }; use()", "use"),
    "select": ("select { case <-c: put(); default: use() }", ""),
    "in a loop": ("for x { put() }", "put"),
    "in a loop that it leaves": ("for x { put(); return }; use()", ""),
    "in a loop that it may leave otherwise": ("for x { put(); if y { break }; return }; use()", "put"),
    "continued inside": ("for x { put(); continue }", "put"),
    "goto": ("again: put(); if x { goto again }", "put"),
    "behind a block": ("{ put() }; use()", "use"),
    "literal": ("func() { put() }(); use()", ""),
    "in the same literal": ("func() { put(); use() }()", "use"),
    "only a comment": ("put(); return // use()", ""),
}
#: The scope is the body of a loop: to go on with the loop is to leave it.
LOOPED = {
    "continued": ("if x { put(); continue }; use()", ""),
    "continued with a label": ("if x { put(); continue outer }; use()", ""),
    "broken off": ("if x { put(); break }; use()", ""),
    "broken off a switch": ("switch x { case 1: put(); break }; use()", "use"),
    "continued from a switch": ("switch x { case 1: put(); continue }; use()", ""),
    "continued outside from an inner loop": ("for y { put(); continue outer }; use()", ""),
    "broken off from an inner loop": ("for y { put(); break outer }; use()", ""),
    "continued with an inner label": ("inner: for y { for z { put(); continue inner } }; use()", "put"),
    "broken off with an inner label": ("inner: for y { for z { put(); break inner } }; use()", "put"),
    "continued in an inner loop": ("for y { put(); continue }; use()", "put"),
    "next iteration": ("use(); put()", ""),
}


def calls(node: Node, name: bytes) -> list[Node]:
    found = [one for one in below(node) if one.type == "expression_statement" and one.text is not None]
    return [one for one in found if one.text is not None and one.text.startswith(name)]


def asked(source: str, *, loop: bool) -> str:
    """The name of the call that may run after put(), or ""."""
    body = "outer: for { " + source + " }" if loop else source
    root = parse(f"package p\nfunc f() {{ {body}\n}}\n".encode()).root_node
    assert not root.has_error, source
    blocks = [node for node in below(root) if node.type == "block"]
    scope = blocks[1] if loop else blocks[0]
    found = runs_after(calls(root, b"put")[0], calls(root, b"use"), scope)
    return "" if found is None or found.text is None else found.text.decode().partition("(")[0]


@pytest.mark.parametrize("source, expected", CASES.values(), ids=CASES.keys())
def test_what_runs_after_a_statement(source: str, expected: str) -> None:
    assert asked(source, loop=False) == expected


@pytest.mark.parametrize("source, expected", LOOPED.values(), ids=LOOPED.keys())
def test_a_loop_around_the_scope_begins_a_new_one(source: str, expected: str) -> None:
    assert asked(source, loop=True) == expected


def bodies(depth: int = 3) -> st.SearchStrategy[str]:
    """The statements of a loop's body, as Go."""
    leaf = st.sampled_from(["put()", "use()", "use()", "return", "break", "continue"])
    if depth == 0:
        return st.lists(leaf, max_size=3).map("\n".join)
    inner = bodies(depth - 1)
    case = st.builds("case x:\n{}\n{}".format, inner, st.sampled_from(["", "fallthrough"]))
    compound = st.one_of(
        st.builds("if x {{\n{}\n}}".format, inner),
        st.builds("if x {{\n{}\n}} else {{\n{}\n}}".format, inner, inner),
        st.builds("for x {{\n{}\n}}".format, inner),
        st.lists(case, min_size=1, max_size=3).map(lambda cases: "switch {\n" + "\n".join(cases) + "\n}"),
    )
    return st.lists(leaf | compound, min_size=1, max_size=4).map("\n".join)


class Run:
    """One run of a block, with every choice made by chance: the calls it comes by, and how it ends."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.called = chance, list[Node]()

    def block(self, block: Node) -> str:
        """Run a block or a case; "" or what it ends with: return, break, continue, fallthrough."""
        for listed in block.named_children:
            for statement in listed.named_children if listed.type == "statement_list" else ():
                if end := self.statement(statement):
                    return end
        return ""

    def statement(self, statement: Node) -> str:
        match statement.type:
            case "expression_statement":
                self.called.append(statement)
            case "if_statement":
                ways = [statement.child_by_field_name("consequence"), statement.child_by_field_name("alternative")]
                way = self.chance.choice(ways)
                return "" if way is None else self.block(way)
            case "for_statement":
                return self.loop(statement.named_children[-1])
            case "expression_switch_statement":
                cases = [child for child in statement.named_children if child.type == "expression_case"]
                return self.switch(cases[self.chance.randrange(len(cases) + 1) :])
            case jump:
                return jump.removesuffix("_statement")
        return ""

    def loop(self, body: Node) -> str:
        while self.chance.random() < 0.6:
            end = self.block(body)
            if end in {"return", "break"}:
                return "" if end == "break" else end
        return ""

    def switch(self, cases: list[Node]) -> str:
        for case in cases:
            end = self.block(case)
            if end != "fallthrough":
                return "" if end == "break" else end
        return ""


@given(bodies(), st.integers(0, 1 << 30))
@settings(max_examples=200, deadline=None)
def test_nothing_runs_after_a_statement_that_is_not_told(body: str, seed: int) -> None:
    root = parse(f"package p\nfunc f() {{\nfor {{\n{body}\n}}\n}}\n".encode()).root_node
    assert not root.has_error, body
    scope = [node for node in below(root) if node.type == "block"][1]
    nodes = [*calls(root, b"put"), *calls(root, b"use")]
    silent = [put for put in calls(root, b"put") if runs_after(put, nodes, scope) is None]
    for number in range(20):
        run = Run(Random(seed + number))
        run.block(scope)
        for put in silent:
            assert put not in run.called[:-1], f"{body}\n\nafter {put}: {[one.text for one in run.called]}"
