"""docs/pull-requests.md names every option and setting that there is, and the example is what gorefit writes now."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import tomllib
from pathlib import Path

import click
import msgspec
import pytest
from gorefit.engine.cli.options import BASIC, RUN
from gorefit.engine.cli.pr import pr
from gorefit.engine.pr.body import FILTERS, Change, Check, Facts, Left
from gorefit.engine.pr.decide import Action
from gorefit.engine.pr.settings import Settings
from gorefit.engine.toolchain import Toolchain

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "pull-requests.md").read_text()


def own_options() -> set[str]:
    """The options of `gorefit pr …` that other commands do not have."""
    blank = click.Command("blank", callback=lambda **_: None)
    for option in (*BASIC, *RUN):
        option(blank)
    common = {name for parameter in blank.params for name in (*parameter.opts, *parameter.secondary_opts)}
    every = {
        name
        for command in pr.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    return every - common


def test_every_option_is_documented() -> None:
    missing = [name for name in own_options() if not re.search(rf"{re.escape(name)}\b", PAGE)]
    assert [name for name in missing if not name.startswith("--no-")] == []


def test_every_setting_can_be_given_as_an_option() -> None:
    options = {name.lstrip("-") for name in own_options()}
    for field in msgspec.structs.fields(Settings):
        name = field.encode_name
        assert name in options or name.removesuffix("s") in options, name


def test_every_action_and_template_name_is_documented() -> None:
    for action in Action:
        assert f"| `{action.value}` |" in PAGE
    kinds = (Facts, Change, Check, Left)
    names = {field.name for kind in kinds for field in dataclasses.fields(kind)}
    for name in (names - {"codemod"}) | FILTERS.keys():
        assert f"`{name}`" in PAGE, name


def test_the_settings_shown_are_settings() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert msgspec.convert(tomllib.loads(shown)["pr"], Settings) != Settings()


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_the_example_is_current(tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for versions and the platform."""
    monkeypatch.setenv("GOREFIT_GO", str(toolchain.go))
    spec = importlib.util.spec_from_file_location("example", ROOT / "docs" / "pull_request_example.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def plain(text: str) -> str:
        text = re.sub(r"\bGo \d+\.\d+(\.\d+)?", "Go VERSION", text)
        return re.sub(r"gorefit \d+\.\d+\.\d+", "gorefit VERSION", re.sub(r"\b[a-z]+/(amd|arm)64\b", "PLATFORM", text))

    made = script.example(tmp_path)
    assert plain(made) == plain((ROOT / "docs" / "pull-request-example.md").read_text()), (
        "write it anew with `python docs/pull_request_example.py`"
    )
