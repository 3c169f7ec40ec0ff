"""A golden case: one txtar file read, its keys checked. golden/README.md says what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import txtar

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
MODULE = "golden.test"
KEYS = ("codemod", "decline", "go", "toolchain", "option", "args", "adds", "requires", "race", "variants")


class CaseError(Exception):
    """A golden file that says something the runner does not understand."""


@dataclass(frozen=True, slots=True)
class Case:
    """One behaviour: what is put in, what must come out, and how the codemod is run."""

    path: Path
    sentence: str
    keys: Mapping[str, tuple[str, ...]]
    files: Mapping[str, str]  # input, by the name below the case's folder
    want: Mapping[str, str]  # only of files that must change or come to be

    @property
    def codemod(self) -> str:
        return self.one("codemod")

    @property
    def id(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def folder(self) -> str:
        """The folder of its package below the module, by which every tool's message is traced back to it."""
        return f"{self.path.parent.name}/{self.path.stem}".replace("-", "_")

    @property
    def go(self) -> str:
        return self.one("go", "1.21")

    @property
    def toolchain(self) -> tuple[int, int]:
        major, minor = self.one("toolchain", "1.21").split(".")
        return int(major), int(minor)

    @property
    def declines(self) -> tuple[str, ...]:
        words = self.one("decline", "none").split()
        return () if words == ["none"] else tuple(words)

    @property
    def terms(self) -> tuple[str, str, tuple[str, ...]]:
        """What a run is asked for: codemod, arguments, options. Cases that agree on them share one run."""
        return self.codemod, self.one("args", ""), self.keys.get("option", ())

    @property
    def adds(self) -> tuple[str, ...]:
        """The files that the run must add, below the case's folder; `want/` may tell what stands in them."""
        return tuple(self.one("adds", "").split())

    @property
    def race(self) -> bool:
        """Whether its tests also run under the race detector."""
        return self.one("race", "no") == "yes"

    @property
    def has_variants(self) -> bool:
        return "variants" not in self.keys

    @property
    def result(self) -> Mapping[str, str]:
        return {**self.files, **self.want}

    def one(self, key: str, default: str = "") -> str:
        return self.keys.get(key, (default,))[-1]


def read(path: Path) -> Case:
    """The case in `path`. Raises CaseError, with the file and what is wrong in it."""
    archive = txtar.parse(path.read_bytes().decode())
    sentence, gap, block = archive.comment.strip().rpartition("\n\n")
    keys: dict[str, tuple[str, ...]] = {}
    for line in block.splitlines():
        key, colon, value = line.partition(":")
        if not colon or key not in KEYS:
            raise CaseError(f"{path}: {line!r} is not a key; known: {', '.join(KEYS)}")
        if key in keys and key != "option":
            raise CaseError(f"{path}: {key} is given twice")
        keys[key] = (*keys.get(key, ()), value.strip())
    if not gap or "codemod" not in keys:
        raise CaseError(f"{path}: needs a sentence, a blank line and at least `codemod:`")
    if not keys.get("variants", ("off -- x",))[0].startswith("off -- "):
        raise CaseError(f"{path}: `variants:` must read `off -- reason`")
    files = {name: text for name, text in archive.files.items() if not name.startswith("want/")}
    want = {name.removeprefix("want/"): text for name, text in archive.files.items() if name not in files}
    if odd := sorted(want.keys() - files.keys() - {*keys.get("adds", ("",))[0].split()}):
        raise CaseError(f"{path}: want/{odd[0]} has no input file {odd[0]}, and `adds:` does not name it")
    if same := sorted(name for name, text in want.items() if files.get(name) == text):
        raise CaseError(f"{path}: want/{same[0]} is the same as its input; leave it out")
    return Case(path, sentence, keys, files, want)


def read_all(folder: Path = GOLDEN) -> tuple[Case, ...]:
    """Every case, sorted; folders that begin with `_` hold something else."""
    paths = sorted(path for path in folder.glob("*/*.txtar") if not path.parent.name.startswith("_"))
    return tuple(read(path) for path in paths)


def updated(case: Case, result: Mapping[str, str], declines: tuple[str, ...]) -> str:
    """The text of the case with its expectations replaced by what happened; all else stays as it is."""
    archive = txtar.parse(case.path.read_bytes().decode())
    sentence, _, block = archive.comment.strip().rpartition("\n\n")
    lines = [line for line in block.splitlines() if declines or not line.startswith("decline:")]
    at = next((i for i, line in enumerate(lines) if line.startswith("decline:")), len(lines))
    if declines:
        lines[at : at + 1] = [f"decline: {' '.join(declines)}"]
    files: dict[str, str] = {}
    for name, text in archive.files.items():
        bare = name.removeprefix("want/")
        if bare == name:
            files[name] = text
        if result.get(bare) not in (case.files.get(bare), None) and (
            bare != name or f"want/{bare}" not in archive.files
        ):
            files[f"want/{bare}"] = result[bare]
    return txtar.form(txtar.Archive(f"{sentence}\n\n" + "\n".join(lines) + "\n", files))
