"""A Go module whose packages the facts tests ask about, and shorthands for asking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from conftest import write_tree
from gorefit.engine.facts.client import CheckRequest, FactsServer
from gorefit.engine.facts.facts import Expr, Object, PackageFacts
from gorefit.engine.packages import Package, Workspace, load
from gorefit.engine.toolchain import Toolchain


def request(package: Package, toolchain: Toolchain, **changes: object) -> CheckRequest:
    """All declarations of all files of a package."""
    spans = {path: ((0, path.stat().st_size),) for path in package.files}
    values: dict[str, object] = {
        "import_path": package.import_path,
        "go_version": package.go_version,
        "files": package.files,
        "import_map": package.import_map,
        "overlay": {},
        "spans": spans,
        "goarch": toolchain.goarch,
        "goos": toolchain.goos,
        "cgo_files": package.cgo_files,
        "variant": bool(package.for_test),
        **changes,
    }
    return CheckRequest(**values)  # pyright: ignore[reportArgumentType]  # field by field, as the test chose


class Loaded:
    """A module on disk, loaded by the real go, with a server for it."""

    def __init__(self, toolchain: Toolchain, root: Path, cache: Path, files: Mapping[str, str | bytes]) -> None:
        self.toolchain, self.cache = toolchain, cache
        self.root = write_tree(root, files)
        self.workspace: Workspace = load(toolchain, self.root, include_tests=True)
        self.packages = {each.import_path: each for each in self.workspace.packages}
        self.server = self.start()

    def start(self, **options: object) -> FactsServer:
        return FactsServer.start(
            self.toolchain,
            cache=self.cache,
            exports=self.workspace.exports,
            **options,  # pyright: ignore[reportArgumentType]
        )

    def request(self, package: str, **changes: object) -> CheckRequest:
        return request(self.packages[package], self.toolchain, **changes)

    def ask(self, package: str, **changes: object) -> Asked:
        asked = self.request(package, **changes)
        return Asked(self.server.check(asked).result(timeout=120), asked)


class Asked:
    """The facts of one package; places are named by the text that stands there."""

    def __init__(self, facts: PackageFacts, asked: CheckRequest) -> None:
        self.facts = facts
        self.path = asked.files[0]
        self.texts = {path: asked.overlay.get(path) or path.read_bytes() for path in asked.files}

    def at(self, text: str, part: str = "", path: Path | None = None) -> int:
        """The offset of `part` within the one occurrence of `text`."""
        source = self.texts[path or self.path]
        assert source.count(text.encode()) == 1, f"{text!r} stands there {source.count(text.encode())} times"
        return source.index(text.encode()) + (text.encode().index(part.encode()) if part else 0)

    def object(self, text: str, part: str = "") -> Object:
        found = self.facts.object(self.path, self.at(text, part))
        assert found is not None
        return found

    def expr(self, text: str, part: str = "") -> Expr:
        start = self.at(text, part)
        found = self.facts.expr(self.path, start, start + len((part or text).encode()))
        assert found is not None, f"no expression {part or text!r}"
        return found

    def lookup(self, text: str, part: str, name: str) -> Object | None:
        return self.facts.lookup(self.path, self.at(text, part), name)
