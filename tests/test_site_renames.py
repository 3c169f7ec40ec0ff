"""A codemod made of a table: where members of another package are mentioned, and how their successors are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from facts_module import Loaded
from gorefit.engine.api import Codemod, Decline, Fix, Site, Tier, codemod, mentions_of
from gorefit.engine.plan.judge import Terms
from gorefit.engine.plan.plan import Plan
from gorefit.engine.plan.planner import Planner
from gorefit.engine.plan.subject import subjects
from gorefit.engine.toolchain import Toolchain

MODULE = {
    "go.mod": "module m\n\ngo 1.22\n",
    "old/old.go": """package old

type Old int

const Limit = 3

var Mode = 1

func Do(n int) int { return n }

func own() int { return Do(Limit) }
""",
    "old/old_test.go": """package old_test

import (
	"testing"

	"m/old"
)

func TestDo(t *testing.T) {
	if old.Do(1) != 1 {
		t.Fatal()
	}
}
""",
    "fresh/fresh.go": """package fresh

type Fresh int

const Most = 3

var State = 1

func Make(n int) int { return n }
""",
    "use/use.go": """package use

import "m/old"

type Doer struct{ old.Old }

func (d Doer) Limit() int { return d.use(map[int]func(int) int{old.Limit: old.Do}) }

func (Doer) use(m map[int]func(int) int) int { return m[old.Limit](old.Mode) + (old.Do)(1) }
""",
    "use/write.go": """package use

import . "m/old"

func write() { Mode++ }

var _ Old = Old(Limit)
""",
    "hidden/hidden.go": """package hidden

import "m/old"

func Twice(fresh int) int { return old.Do(fresh) }
""",
}
TABLE = {
    "m/old.Do": "m/fresh.Make",
    "m/old.Limit": "m/fresh.Most",
    "m/old.Mode": "m/fresh.State",
    "m/old.Old": "m/fresh.Fresh",
}


@pytest.fixture(scope="module")
def plan(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    go = Loaded(toolchain, tmp_path_factory.mktemp("renames"), tmp_path_factory.mktemp("cache"), MODULE)
    known = subjects(go.workspace, lambda _: False, set(), lambda _: lambda _: None, 0)
    mod = renaming()
    terms = Terms((mod,), {mod.id: mod.options()}, Tier.SAFE, frozenset())
    yield Planner(known, terms, lambda asked: go.server.check(asked).result(120), lambda texts: dict(texts)).run()
    go.server.close()


def renaming() -> Codemod:
    @codemod(
        "rename", query=mentions_of(TABLE), needles=(b"m/old",), tier=Tier.SAFE, since="1", about=("Mode",),
        declines={"assigned": "", "hidden": ""},
    )  # fmt: skip
    def mod(site: Site) -> Fix | Decline | None:
        """Rename."""
        name = site.member(site["member"])
        if name not in TABLE:
            return None
        written = site.assigned(site["member"])
        if written is not None:
            return site.decline("assigned", at=written)
        edits = site.renamed(site.node, TABLE[name])
        return site.decline("hidden") if edits is None else site.fix(name, *edits)

    return mod


def test_functions_and_constants_are_renamed_wherever_they_stand_and_types_are_not(plan: Plan) -> None:
    texts = {path.name: file.new.decode() for path, file in plan.files.items()}
    assert texts == {
        "use.go": MODULE["use/use.go"]
        .replace('import "m/old"', 'import (\n\t"m/fresh"\n\t"m/old"\n)')
        .replace("old.Limit", "fresh.Most")
        .replace("old.Do", "fresh.Make"),
        "write.go": MODULE["use/write.go"]
        .replace('import . "m/old"', 'import (\n\t"m/fresh"\n\t. "m/old"\n)')
        .replace("Limit", "fresh.Most"),
    }


def test_a_variable_that_any_file_of_the_package_assigns_is_declined_in_all_of_them(plan: Plan) -> None:
    declined = [(o.place.path.name, o.place.line, o.related[0].place) for o in plan.outcomes if o.code == "assigned"]
    assert [(name, line) for name, line, _ in declined] == [("use.go", 9), ("write.go", 5)]
    causes = {(place.path.name, place.line, place.column) for _, _, place in declined if place is not None}
    assert causes == {("write.go", 5, 16)}


def test_a_hidden_package_is_no_reason_for_an_alias(plan: Plan) -> None:
    assert [o.place.path.name for o in plan.outcomes if o.code == "hidden"] == ["hidden.go"]


def test_a_package_and_its_tests_keep_its_own_names(plan: Plan) -> None:
    assert not any(Path("old") in o.place.path.parents or o.place.path.parent.name == "old" for o in plan.outcomes)
