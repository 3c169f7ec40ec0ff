"""Ask `go list` and read its answer: many JSON objects in a row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from .goerrors import GoError, NewerGoNeeded
from .model import GorefitError
from .toolchain import Completed, Toolchain


class ListedModule(msgspec.Struct, rename="pascal"):
    path: str = ""
    main: bool = False
    dir: str = ""
    go_version: str = ""


class ListedError(msgspec.Struct, rename="pascal"):
    pos: str = ""
    err: str = ""


class Listed(msgspec.Struct, rename="pascal"):
    """One package as go list prints it; the fields are those of `go help list`."""

    import_path: str
    name: str = ""
    dir: str = ""
    for_test: str = ""
    export: str = ""
    build_id: str = msgspec.field(default="", name="BuildID")
    standard: bool = False
    dep_only: bool = False
    match: list[str] = []
    module: ListedModule | None = None
    go_files: list[str] = []
    cgo_files: list[str] = []
    ignored_go_files: list[str] = []
    test_go_files: list[str] = []
    x_test_go_files: list[str] = msgspec.field(default_factory=list[str], name="XTestGoFiles")
    imports: list[str] = []
    import_map: dict[str, str] = {}
    test_imports: list[str] = []
    x_test_imports: list[str] = msgspec.field(default_factory=list[str], name="XTestImports")
    error: ListedError | None = None


_FIELDS = msgspec.structs.fields(Listed)
ALL_FIELDS = ",".join(field.encode_name for field in _FIELDS)
ID_FIELDS = "ImportPath,Dir,ForTest,BuildID,GoFiles,CgoFiles"

_packages = msgspec.json.Decoder(list[Listed])
_modules = msgspec.json.Decoder(list[ListedModule])
_TOO_NEW = re.compile(r"requires go >= (\d[\w.]*)")
_HEADING = re.compile(r"^# (.+)$")


def list_packages(
    toolchain: Toolchain, directory: Path, arguments: Sequence[str], env: Mapping[str, str], fields: str = ALL_FIELDS
) -> list[Listed]:
    """Run `go list -e -export -json arguments…`; packages that do not build come with an error in them.

    Raises GoError where go gives no answer at all.
    """
    # the choice of fields came with Go 1.19
    json = f"-json={fields}" if toolchain.minor >= (1, 19) else "-json"
    done = toolchain.run("list", "-e", "-export", json, *arguments, cwd=directory, env=env, check=False)
    if done.code and not done.stdout.strip():
        raise _failure("go list failed", done, directory)
    listed = _packages.decode(_array(done.stdout))
    if done.code:
        _spread_errors(listed, done.stderr.decode("utf-8", "replace"))
    return listed


def list_modules(toolchain: Toolchain, directory: Path, env: Mapping[str, str]) -> list[ListedModule]:
    """The main modules in force in a directory; none outside of any module. Raises GoError."""
    done = toolchain.run("list", "-m", "-json", cwd=directory, env=env, check=False)
    if done.code:
        raise _failure("go cannot read the module", done, directory)
    return [module for module in _modules.decode(_array(done.stdout)) if module.dir]


def _failure(what: str, done: Completed, directory: Path) -> GorefitError:
    words = done.stderr.decode("utf-8", "replace")
    if needed := _TOO_NEW.search(words):
        return NewerGoNeeded(
            f"{directory} needs Go {needed[1]} or newer: {words.strip()}",
            hint=f"install Go {needed[1]}, or name it with --go",
        )
    return GoError(what, done.command, directory, words, hint=hint_for(words))


def hint_for(words: str) -> str:
    """What to do about go's complaint, "" if nothing is known."""
    if re.search(r"GOPROXY=off|missing go\.sum entry|GOVCS|disabled by GOFLAGS|no required module provides", words):
        return "gorefit fetches nothing: run `go mod download` (or `go mod tidy`), then try again"
    if "updates to go.mod needed" in words or "inconsistent vendoring" in words:
        return "gorefit never changes go.mod: run `go mod tidy` (or `go mod vendor`), then try again"
    return ""


def _array(stream: bytes) -> bytes:
    """The objects as one JSON array: go indents everything inside an object, so "}" at a line's start ends one."""
    return b"[" + stream.replace(b"\n}\n{", b"\n},\n{") + b"]"


def _spread_errors(listed: Sequence[Listed], stderr: str) -> None:
    """Before Go 1.20 compile errors are on stderr only, under "# import/path" headings: give them to their packages."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in stderr.splitlines():
        heading = _HEADING.match(line)
        if heading:
            lines = sections.setdefault(heading[1], [])
        elif line.startswith("go build "):
            lines = []  # of a package that could not even be read: list has that error itself
        lines.append(line)
    for package in listed:
        if package.error is None and package.import_path in sections:
            package.error = ListedError(err="\n".join(sections[package.import_path]))
