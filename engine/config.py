"""gorefit.toml: found, read strictly, merged with the command line, and able to say where each setting comes from.

1. The file is the nearest gorefit.toml upwards; the search ends at the directory that holds `.git` (a file in
   somebody's home must not rule a repository), else at the root of the file system.
2. Its top level holds the settings below and one table per codemod with that codemod's own options.
3. Every key and value is checked before anything runs; a mistake names file:line and the nearest right word.
4. What the command line gives replaces the file's value, whole; nothing is appended.
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar, cast, get_args

import msgspec

from .model import GorefitError

NAME = "gorefit.toml"

T = TypeVar("T", bound=msgspec.Struct)

Platform = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+/[a-z0-9]+$")]


class ConfigError(GorefitError):
    """A gorefit.toml, or a setting on the command line, that cannot be obeyed."""


class Settings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """All settings with their defaults; the same names in gorefit.toml and, as options, on the command line."""

    tier: Literal["safe", "review"] = "safe"
    codemods: tuple[str, ...] = ()  # empty: every codemod whose tier is allowed
    skip: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    include_tests: bool = False
    test: Literal["off", "affected", "all"] = "off"
    test_race: bool = False  # the same tests under the race detector too
    test_checkptr: bool = False  # and with checks of unsafe.Pointer
    platforms: tuple[Platform, ...] = ()
    jobs: Annotated[int, msgspec.Meta(ge=0)] = 0  # 0: as many as there are processors
    exclude: tuple[str, ...] = ()


_ADVICE = {"platforms": "a platform is GOOS/GOARCH, for example windows/amd64"}
SETTINGS = tuple(field.encode_name for field in msgspec.structs.fields(Settings))


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective setting; `source` is "command line", "<file>:<line>" or "default"."""

    name: str
    value: object
    source: str


@dataclass(frozen=True, slots=True)
class Config:
    """What a gorefit.toml says (or an empty one: `path` None). `document` holds only the keys it really has."""

    path: Path | None
    settings: Settings
    options: Mapping[str, msgspec.Struct]
    document: Mapping[str, object]
    lines: Mapping[tuple[str, ...], int]

    def excludes(self, path: Path) -> str | None:
        """The `exclude` pattern that covers `path`, or None. Patterns are relative to the file's directory."""
        if self.path is None or not path.is_relative_to(self.path.parent):
            return None
        relative = path.relative_to(self.path.parent).as_posix()
        return next((p for p in self.settings.exclude if _glob(p).fullmatch(relative)), None)

    def where(self, *key: str) -> str:
        """`file:line` of a key, or the file alone where the line is not known."""
        line = self.lines.get(key)
        return f"{self.path}:{line}" if line else str(self.path or NAME)


EMPTY = Config(None, Settings(), MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))


def find(directory: Path) -> Path | None:
    """The gorefit.toml that rules `directory`, or None."""
    for parent in (directory, *directory.parents):
        if (parent / NAME).is_file():
            return parent / NAME
        if (parent / ".git").exists():
            return None
    return None


def load(directory: Path, options: Mapping[str, type[msgspec.Struct]]) -> Config:
    """The configuration that rules `directory`; `options` has every installed codemod's option struct.

    Raises ConfigError for a file that is not TOML, an unknown key or codemod, or a value of the wrong type.
    """
    path = find(directory)
    if path is None:
        return _with_defaults(EMPTY, options)
    text = _read(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(f"{path}: {err}", hint="the file must be TOML: https://toml.io") from None
    config = Config(path, Settings(), {}, document, _key_lines(text))
    tables = {key: value for key, value in document.items() if key not in SETTINGS}
    _check_keys(config, (), tables, (*SETTINGS, *options))
    settings = {key: value for key, value in document.items() if key in SETTINGS}
    config = Config(path, _convert(config.where, (), settings, Settings), {}, settings, config.lines)
    for key in ("codemods", "skip"):
        check_ids(getattr(config.settings, key), options, config.where(key))
    given = {name: _options(config, name, tables.get(name, {}), kind) for name, kind in options.items()}
    return Config(path, config.settings, given, document, config.lines)


def merge(config: Config, given: Mapping[str, object]) -> Settings:
    """The settings with the command line's `given` (kebab-case names) laid over the file's."""
    document = {key: value for key, value in config.document.items() if key in SETTINGS}
    named = cast("Collection[str]", given.get("codemods", ()))
    if named and "skip" not in given:  # naming a codemod on the command line outweighs a skip in the file
        document["skip"] = [name for name in config.settings.skip if name not in named]
    _convert(lambda *_: "command line", (), given, Settings)
    return msgspec.convert({**document, **given}, Settings)


def effective(config: Config, given: Mapping[str, object]) -> tuple[Setting, ...]:
    """Every setting and codemod option with its value and where it comes from."""
    settings = merge(config, given)
    rows = [
        Setting(field.encode_name, getattr(settings, field.name), _source(config, given, (field.encode_name,)))
        for field in msgspec.structs.fields(Settings)
    ]
    for name, options in sorted(config.options.items()):
        for field in msgspec.structs.fields(options):
            key = (name, field.encode_name)
            value: object = getattr(options, field.name)
            rows.append(Setting(".".join(key), value, _source(config, {}, key)))
    return tuple(rows)


def check_ids(names: Iterable[str], known: Collection[str], where: str) -> None:
    """Raise ConfigError for the first name that no installed codemod has; `where` says who named it."""
    for name in names:
        if name not in known:
            raise ConfigError(f"{where}: unknown codemod `{name}`", hint=did_you_mean(name, known))


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`did you mean …?` with the nearest known word, or the list of all of them."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known)) or 'none'}"


def _with_defaults(config: Config, options: Mapping[str, type[msgspec.Struct]]) -> Config:
    return Config(None, config.settings, {name: kind() for name, kind in options.items()}, {}, {})


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as err:
        raise ConfigError(f"{path}: cannot be read: {err.strerror}") from None
    except UnicodeDecodeError as err:
        raise ConfigError(f"{path}: not UTF-8 (byte {err.start})", hint="save the file as UTF-8") from None


def _options(config: Config, name: str, table: object, kind: type[msgspec.Struct]) -> msgspec.Struct:
    if not isinstance(table, dict):
        raise ConfigError(f"{config.where(name)}: `{name}` must be a table", hint=f"write [{name}]")
    values = cast("dict[str, object]", table)
    _check_keys(config, (name,), values, [field.encode_name for field in msgspec.structs.fields(kind)])
    return _convert(config.where, (name,), values, kind)


def _check_keys(config: Config, table: tuple[str, ...], given: Iterable[str], known: Collection[str]) -> None:
    for key in given:
        if key not in known:
            inside = f" in [{'.'.join(table)}]" if table else ""
            message = f"{config.where(*table, key)}: unknown key `{key}`{inside}"
            raise ConfigError(message, hint=did_you_mean(key, known))


def _convert(where: Callable[..., str], table: tuple[str, ...], values: Mapping[str, object], kind: type[T]) -> T:
    """`values` as a `kind`, key by key, so that a mistake can be told by its line and its allowed values."""
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in values:
            continue
        value = values[field.encode_name]
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError as err:
            allowed = [str(word) for word in get_args(field.type) if isinstance(word, str)]
            hint = did_you_mean(str(value), allowed) if allowed else _ADVICE.get(field.encode_name, "")
            wanted = next((word.description for word in get_args(field.type) if isinstance(word, msgspec.Meta)), None)
            words = f"expected {wanted}" if wanted else str(err).replace(" - at `$", " - at `" + field.encode_name)
            key = (*table, field.encode_name)
            raise ConfigError(f"{where(*key)}: `{'.'.join(key)}`: {words}", hint=hint) from None
    return msgspec.convert(values, kind)


def _source(config: Config, given: Mapping[str, object], key: tuple[str, ...]) -> str:
    if key[0] in given:
        return "command line"
    table = config.document.get(key[0])
    there = key[0] in config.document if len(key) == 1 else isinstance(table, dict) and key[1] in table
    return config.where(*key) if there else "default"


_HEADER = re.compile(r"^\s*\[\s*(?P<keys>[^\[\]]+?)\s*\]")
_ASSIGN = re.compile(r"""^\s*(?P<keys>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def _key_lines(text: str) -> dict[tuple[str, ...], int]:
    """The 1-based line of each key, by a plain look at the lines: tomllib keeps no positions."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = key = _keys(header["keys"])
        elif assign := _ASSIGN.match(line):
            key = (*table, *_keys(assign["keys"]))
        else:
            continue
        for length in range(1, len(key) + 1):
            lines.setdefault(key[:length], number)
    return lines


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


@functools.cache
def _glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within a folder, `**` crosses them; a pattern without a slash matches at any depth.

    What matches a folder covers everything below it.
    """
    body = pattern.strip("/")
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", body)
    special = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    regex = "".join(special.get(part) or re.escape(part) for part in parts)
    anywhere = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    return re.compile(f"{anywhere}{regex}(?:/.*)?")
