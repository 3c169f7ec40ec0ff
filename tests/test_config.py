"""gorefit.toml: found, strict, merged, and honest about where a setting comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from gorefit.engine.api import Duration, Size
from gorefit.engine.config import ConfigError, Settings, effective, find, load, merge


class Prealloc(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    nil: Literal["keep", "ignore"] = "keep"
    upper_bounds: bool = False
    least: Annotated[int, msgspec.Meta(ge=0)] = 3


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


OPTIONS: dict[str, type[msgspec.Struct]] = {"prealloc": Prealloc, "strings-builder": Empty}


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "gorefit.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(folder: Path, text: str | bytes) -> ConfigError:
    written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(folder, OPTIONS)
    return caught.value


def test_without_a_file_every_codemod_has_its_defaults(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    config = load(tmp_path, OPTIONS)
    assert config.path is None
    assert config.settings == Settings()
    assert config.options["prealloc"] == Prealloc()


def test_the_nearest_file_upwards_rules(tmp_path: Path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    written(tmp_path, "")
    assert find(inner) == tmp_path / "gorefit.toml"
    near = written(tmp_path / "a", "")
    assert find(inner) == near


def test_the_search_ends_at_the_root_of_the_repository(tmp_path: Path):
    written(tmp_path, "nonsense = 1")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert find(tmp_path / "repo") is None
    assert find(tmp_path) is not None


def test_all_settings_and_options_are_read(tmp_path: Path):
    written(
        tmp_path,
        """
tier = "review"
codemods = ["prealloc"]
skip = ["strings-builder"]
tags = ["integration"]
include-tests = true
test = "affected"
platforms = ["windows/amd64"]
jobs = 4
exclude = ["gen/**"]
[prealloc]
nil = "ignore"
upper-bounds = true
""",
    )
    config = load(tmp_path, OPTIONS)
    assert config.settings == Settings(
        tier="review",
        codemods=("prealloc",),
        skip=("strings-builder",),
        tags=("integration",),
        include_tests=True,
        test="affected",
        platforms=("windows/amd64",),
        jobs=4,
        exclude=("gen/**",),
    )
    assert config.options["prealloc"] == Prealloc(nil="ignore", upper_bounds=True)


@pytest.mark.parametrize(
    ("text", "line", "words", "hint"),
    [
        ('\ntire = "safe"', 2, "unknown key `tire`", "`tier`"),
        ("[preallok]\nnil = 1", 1, "unknown key `preallok`", "`prealloc`"),
        ('[prealloc]\n\nnill = "keep"', 3, "unknown key `nill` in [prealloc]", "`nil`"),
        ('prealloc.nill = "keep"', 1, "unknown key `nill` in [prealloc]", "`nil`"),
        ('jobs = 1\n[prealloc]\nnil = "ignor"', 3, "`prealloc.nil`: Invalid enum value 'ignor'", "`ignore`"),
        ('tier = "saef"', 1, "`tier`: Invalid enum value 'saef'", "`safe`"),
        ("# x\njobs = -1", 2, "`jobs`: Expected `int` >= 0", ""),
        ('jobs = "4"', 1, "`jobs`: Expected `int`, got `str`", ""),
        ('tags = "x"', 1, "`tags`: Expected `array`, got `str`", ""),
        ('platforms = ["windows"]', 1, "`platforms`: Expected `str` matching", ""),
        ('skip = ["preallok"]', 1, "unknown codemod `preallok`", "`prealloc`"),
        ('codemods = [\n  "nothing-like-it"]', 1, "unknown codemod", "known: prealloc, strings-builder"),
        ('prealloc = "yes"', 1, "`prealloc` must be a table", "[prealloc]"),
        ("[prealloc]\nleast = -3", 2, "`prealloc.least`: Expected `int` >= 0", ""),
    ],
)
def test_a_mistake_names_its_line_and_the_right_word(tmp_path: Path, text: str, line: int, words: str, hint: str):
    error = refusal(tmp_path, text)
    assert error.message.startswith(f"{tmp_path / 'gorefit.toml'}:{line}: ")
    assert words in error.message
    assert hint in error.hint
    assert error.exit_code == 2


class Server(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    idle: Duration = "1s"
    size: Size = 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('idle = "90"', '`server.idle`: expected a Go duration such as "10s", "1m30s" or "500ms"'),
        ("idle = 90", "`server.idle`: expected a Go duration"),
        ("size = -1", "`server.size`: expected a number of bytes, from 0 to"),
        ('size = "1k"', "`server.size`: expected a number of bytes"),
    ],
)
def test_a_value_with_a_meaning_of_its_own_is_told_by_it(tmp_path: Path, text: str, words: str):
    written(tmp_path, '[server]\nidle = "1m30s"\nsize = 512')
    assert load(tmp_path, {"server": Server}).options["server"] == Server("1m30s", 512)
    written(tmp_path, f"[server]\n{text}")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {"server": Server})
    assert caught.value.message.startswith(f"{tmp_path / 'gorefit.toml'}:2: {words}")


def test_what_is_not_toml_or_not_utf8_is_an_error_that_names_the_file(tmp_path: Path):
    assert "line 1" in refusal(tmp_path, "tier = = 1").message
    assert "not UTF-8 (byte 8)" in refusal(tmp_path, b'tier = "\xff"').message


def test_bom_and_crlf_are_fine(tmp_path: Path):
    written(tmp_path, b'\xef\xbb\xbftier = "review"\r\n[prealloc]\r\nnil = "ignore"\r\n')
    config = load(tmp_path, OPTIONS)
    assert config.settings.tier == "review"
    assert config.where("prealloc", "nil").endswith(":3")


def test_the_command_line_outweighs_the_file_and_is_named_as_the_source(tmp_path: Path):
    path = written(tmp_path, 'tier = "review"\njobs = 2\n[prealloc]\nnil = "ignore"\n')
    config = load(tmp_path, OPTIONS)
    given: dict[str, object] = {"tier": "safe", "codemods": ["prealloc"]}
    assert merge(config, given) == Settings(tier="safe", codemods=("prealloc",), jobs=2)
    sources = {setting.name: (setting.value, setting.source) for setting in effective(config, given)}
    assert sources["tier"] == ("safe", "command line")
    assert sources["jobs"] == (2, f"{path}:2")
    assert sources["test"] == ("off", "default")
    assert sources["prealloc.nil"] == ("ignore", f"{path}:4")
    assert sources["prealloc.upper-bounds"] == (False, "default")


def test_a_codemod_named_on_the_command_line_outweighs_a_skip_in_the_file(tmp_path: Path):
    written(tmp_path, 'skip = ["prealloc", "strings-builder"]')
    config = load(tmp_path, OPTIONS)
    assert merge(config, {"codemods": ["prealloc"]}).skip == ("strings-builder",)
    assert merge(config, {"codemods": ["prealloc"], "skip": ["prealloc"]}).skip == ("prealloc",)


def test_a_bad_value_on_the_command_line_is_told(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    with pytest.raises(ConfigError, match=r"command line: .*platforms"):
        merge(load(tmp_path, OPTIONS), {"platforms": ["windows"]})


@pytest.mark.parametrize(
    ("pattern", "covered", "free"),
    [
        ("gen/**", "gen/a/b.go", "lib/gen/b.go"),
        ("gen", "lib/gen/b.go", "lib/general/b.go"),
        ("gen/", "gen/b.go", "gen.go"),
        ("*_gen.go", "a/b/x_gen.go", "a/b/x_gen.go.go"),
        ("a/*.go", "a/x.go", "a/b/x.go"),
        ("**/mocks/*.go", "a/b/mocks/x.go", "a/mocks/b/x.go"),
        ("**/mocks/*.go", "mocks/x.go", "mocksx.go"),
        ("a/?.go", "a/b.go", "a/bc.go"),
        ("a+b.go", "x/a+b.go", "x/aab.go"),
    ],
)
def test_exclude_patterns(tmp_path: Path, pattern: str, covered: str, free: str):
    written(tmp_path, f'exclude = ["{pattern}"]')
    config = load(tmp_path, OPTIONS)
    assert config.excludes(tmp_path / covered) == pattern
    assert config.excludes(tmp_path / free) is None
    assert config.excludes(tmp_path.parent / covered) is None
