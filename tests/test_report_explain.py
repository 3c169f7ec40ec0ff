"""A codemod's page: its docstring under the fixed headings, its options as gorefit.toml has them."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

import jsonschema
import msgspec
import pytest
from gorefit.engine.config import Setting
from gorefit.engine.report import explain, json, listing, records
from gorefit.engine.report.schema import schema
from gorefit.engine.report.style import Style, View


class Mode(enum.Enum):
    FAST = "fast"


class Options(msgspec.Struct, frozen=True, rename="kebab"):
    nil: Literal["keep", "ignore"] = "keep"
    upper_bounds: bool = False
    least: Annotated[int, msgspec.Meta(ge=0)] = 3
    names: tuple[str, ...] = ("a",)
    mode: Mode = Mode.FAST


DOC = """Allocate a slice once.

    What it does
    ------------
    Finds loops:

        var out []int

    ## Why:
    Growth copies.
    Why not: this is no heading.

    WHEN IT DECLINES:
      Indented text.
    """


def test_sections_are_found_however_headings_are_written():
    assert explain.sections(DOC) == {
        "What it does": "Finds loops:\n\n    var out []int",
        "Why": "Growth copies.\nWhy not: this is no heading.",
        "When it declines": "Indented text.",
    }


def test_text_without_headings_gives_no_sections():
    assert explain.sections("One line.") == {}


def test_options_read_as_in_gorefit_toml():
    assert [(o.name, o.type, explain.show(o.default)) for o in explain.options(Options)] == [
        ("nil", '"keep" | "ignore"', '"keep"'),
        ("upper-bounds", "true | false", "false"),
        ("least", "integer", "3"),
        ("names", "list of string", '["a"]'),
        ("mode", '"fast"', '"fast"'),
    ]


@pytest.mark.parametrize("colour", [False, True])
def test_every_installed_codemod_has_a_page_a_row_and_a_valid_record(colour: bool):
    from gorefit.engine import registry

    codemods = registry.load()
    table = listing.codemods_text(codemods.values(), Style(colour))
    validator = jsonschema.Draft202012Validator(msgspec.json.decode(schema()))
    validator.validate(msgspec.json.decode(json.encode(listing.codemods_record(codemods.values()))))
    for name, codemod in codemods.items():
        page = explain.text(codemod, Style(colour))
        assert codemod.title in page and codemod.title in table and name in table
        for code in codemod.declines:
            assert code in page
        validator.validate(msgspec.json.decode(json.encode(explain.record(codemod))))


def test_settings_are_listed_with_value_and_source(tmp_path):
    file = tmp_path / "gorefit.toml"
    settings = [Setting("tags", ("a", "b"), f"{file}:3"), Setting("jobs", 0, "default")]
    shown = listing.settings_text(settings, file, View(tmp_path))
    assert 'tags     ["a", "b"]  gorefit.toml:3' in shown and "jobs     0           default" in shown
    assert listing.settings_record(settings, file).settings[0] == records.SettingRecord("tags", ("a", "b"), f"{file}:3")
