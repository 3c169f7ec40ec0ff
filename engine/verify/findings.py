"""What build, vet and gofmt say, read from their output: one Finding per complaint, in the user's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from .scene import Scene, decoded

_PLACE = re.compile(r"^(?:vet: )?(?P<path>\S.*?\.\w+):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>.*)$")
_INNER = re.compile(r"(?P<path>[^\s:()]+\.go):(?P<line>\d+)")
_LOADED = re.compile(r"^package (?P<package>\S+)$")  # an import cycle follows, or a forbidden import
_ON_LINE = re.compile(r"\bon line (\d+)\b")


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint of one check. `path` is None (and line 0) where the tool names no place.

    `package` is the import path without the test variant's suffix. `analyzer` is vet's; empty for compile errors.
    `also` are further places that the message names: the other declaration, the variable's line. `tested` is the
    package whose test variant showed it, "" for ordinary packages.
    """

    check: str
    package: str
    path: Path | None
    line: int
    column: int
    message: str
    analyzer: str = ""
    also: tuple[tuple[Path, int], ...] = ()
    tested: str = ""

    def words(self) -> str:
        """What the tool said, without the place."""
        return f"{self.analyzer}: {self.message}" if self.analyzer else self.message


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check of one configuration ("linux/amd64") over so many packages; `findings` are new ones only."""

    check: str
    configuration: str
    packages: int
    findings: tuple[Finding, ...]
    seconds: float


def split_variant(name: str) -> tuple[str, str]:
    """The import path and the tested package in go's names: "m/p_test [m/p.test]" -> m/p, m/p; "m/p" -> m/p, ""."""
    name, _, variant = name.removeprefix("[").removesuffix("]").partition(" [")
    tested = variant.removesuffix(".test")
    return (tested if tested and name == tested + "_test" else name), tested


def read_text(check: str, text: str, scene: Scene) -> list[Finding]:
    """Findings in plain output: `# package` headers, `file:line:col: message`, indented lines that go on.

    What stands outside any known form becomes a finding without a place, so that nothing said is lost.
    """
    package, blocks = "", list[tuple[str, list[str]]]()  # variant names
    for line in text.splitlines():
        if line.startswith("# "):
            package = line[2:].strip()
        elif not line.strip() or line.endswith("too many errors"):
            continue
        elif line[0] in " \t" and blocks:
            blocks[-1][1].append(line)
        elif loaded := _LOADED.match(line):
            blocks.append((loaded["package"], [line]))
        else:
            blocks.append((package, [line]))
    return list(dict.fromkeys(_block(check, package, lines, scene) for package, lines in blocks))


def _block(check: str, name: str, lines: list[str], scene: Scene) -> Finding:
    package, tested = split_variant(name)
    also = tuple(_inner("\n".join(lines[1:]), scene))
    found = _PLACE.match(lines[0])
    if found is None:
        return Finding(check, package, None, 0, 0, scene.brief("\n".join(lines)), "", also, tested)
    message = "\n".join([found["message"], *lines[1:]])
    also += tuple(_inner(found["message"], scene))
    column = int(found["column"] or 0)
    path = scene.locate(found["path"])
    return Finding(check, package, path, int(found["line"]), column, scene.brief(message), "", also, tested)


def read_vet(output: bytes, scene: Scene) -> list[Finding]:
    """Findings of `go vet -json`: JSON objects in a row, between `#` lines and plain compile errors."""
    text = decoded(output)
    found, plain, at = list[Finding](), list[str](), 0
    decoder = json.JSONDecoder()
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        if text.startswith("{", at):
            try:
                value, end = decoder.raw_decode(text, at)
                found += _diagnostics(cast("object", value), scene)
            except ValueError:
                plain.append(text[at:end])
        else:
            plain.append(text[at:end])
        at = end
    return list(dict.fromkeys(found + read_text("vet", scene.text("".join(plain)), scene)))


def _diagnostics(value: object, scene: Scene) -> Iterator[Finding]:
    """package -> analyzer -> [{posn, message}] | {error}"""
    for package, analyzers in _items(value):
        for analyzer, told in _items(analyzers):
            entries = cast("list[object]", told) if isinstance(told, list) else [told]
            for entry in entries:
                fields = dict(_items(entry))
                message = scene.text(str(fields.get("message") or fields.get("error") or ""))
                yield _diagnostic(package, analyzer, message, scene.text(str(fields.get("posn", ""))), scene)


def _diagnostic(name: str, analyzer: str, message: str, position: str, scene: Scene) -> Finding:
    package, tested = split_variant(name)
    place = _PLACE.match(position + ": ")
    if place is None:
        return Finding("vet", package, None, 0, 0, scene.brief(message), analyzer, (), tested)
    path = scene.locate(place["path"])
    also = [(path, int(line)) for line in _ON_LINE.findall(message)]
    for inner, line in _inner(message, scene):
        # vet shortens "also at" to a base name: it means a file beside this one.
        also.append((path.parent / inner.name, line))
    column = int(place["column"] or 0)
    return Finding(
        "vet", package, path, int(place["line"]), column, scene.brief(message), analyzer, tuple(also), tested
    )


def _items(value: object) -> list[tuple[str, object]]:
    return list(cast("dict[str, object]", value).items()) if isinstance(value, dict) else []


def _inner(text: str, scene: Scene) -> Iterator[tuple[Path, int]]:
    for match in _INNER.finditer(text):
        yield scene.locate(match["path"]), int(match["line"])
