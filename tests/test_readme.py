"""README.md is true: its excerpts are what its first command prints, and its names exist. About 10 seconds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from gorefit.engine import registry
from gorefit.engine.cli.main import gorefit
from gorefit.engine.config import load
from gorefit.engine.toolchain import Toolchain

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def fences(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the README's first command prints, stdout and then stderr."""
    state = tmp_path_factory.mktemp("state")
    done = subprocess.run(
        [sys.executable, "-c", "from gorefit.engine.cli.main import main; main()", "-C", "examples/orders", "diff"],
        cwd=ROOT,
        env={**os.environ, "GOREFIT_GO": str(toolchain.go), "GOREFIT_STATE_DIR": str(state), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_first_command_prints_the_diff_shown(printed: str) -> None:
    (shown,) = fences("diff")
    head, _, hunk = shown.partition("@@")
    assert head in printed
    assert hunk in printed


def test_the_first_command_prints_the_summary_shown(printed: str) -> None:
    """Word for word, but for seconds, the platform, blanks, and lines that are cut with an ellipsis."""

    def plain(line: str) -> str:
        line = re.sub(r"\d+\.\d s$", "", line)
        return " ".join(re.sub(r"\b[a-z]+/[a-z0-9]+\b", "PLATFORM", line).split())

    (shown,) = fences("text")
    there = [plain(line) for line in printed.splitlines()]
    for line in filter(None, map(plain, shown.splitlines())):
        if line.endswith("…"):
            assert any(one.startswith(line.removesuffix("…").rstrip()) for one in there), line
        else:
            assert line in there, line


def test_the_commands_named_are_those_there_are() -> None:
    table = README.partition("## Commands")[2].partition("## Codemods")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for cell in cells for name in re.findall(r"`([a-z]+)", cell)} == set(gorefit.commands)


def test_the_codemods_named_are_those_there_are() -> None:
    table = README.partition("## Codemods")[2].partition("## Settings")[0]
    named = dict(re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", table, re.MULTILINE))
    assert named == {codemod.id: codemod.tier.value for codemod in registry.load().values()}


def test_the_settings_shown_are_read(tmp_path: Path) -> None:
    (shown,) = fences("toml")
    (tmp_path / ".git").mkdir()
    (tmp_path / "gorefit.toml").write_text(shown)
    options: dict[str, type[msgspec.Struct]] = {c.id: c.options for c in registry.load().values()}
    config = load(tmp_path, options)
    assert config.document == tomllib.loads(shown)
    assert config.settings.test == "affected"


def test_its_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text()):
            assert (ROOT / target).exists(), f"{page.name}: {target}"
