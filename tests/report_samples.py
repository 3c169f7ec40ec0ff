"""Hand-made outcomes and plans for the tests of reports and of the command line."""

from __future__ import annotations

from pathlib import Path

from gorefit.engine.edit.pieces import Pieces
from gorefit.engine.model import Edit, Outcome, RelatedPlace, Status, Tier
from gorefit.engine.packages import Configuration, Package, Workspace
from gorefit.engine.plan.plan import Plan, PlannedFile
from gorefit.engine.source.gofile import GoFile

SOURCE = b"""package m

import "fmt"

func F(xs []int) []int {
\tvar out []int
\tfor _, x := range xs {
\t\tfmt.Println(x)
\t\tout = append(out, x)
\t}
\tfmt.Println("done")
\treturn out
}

func G() {
\tfmt.Println()
}
"""


def outcome(
    file: GoFile,
    needle: bytes,
    status: Status = Status.APPLIED,
    *,
    code: str = "",
    message: str = "allocate `out` once",
    codemod: str = "prealloc",
    tier: Tier = Tier.SAFE,
    edits: tuple[Edit, ...] = (),
    related: tuple[RelatedPlace, ...] = (),
    risks: tuple[str, ...] = (),
) -> Outcome:
    """The outcome of a site that is the first occurrence of `needle`."""
    start = file.text.index(needle)
    place = file.place(start, start + len(needle))
    source = file.line_text(place.line)
    return Outcome(codemod, status, tier, place, code, message, "example.com/m", source, related, risks, edits)


def plan(file: GoFile, edits: tuple[Edit, ...], outcomes: tuple[Outcome, ...] = ()) -> Plan:
    """A plan that makes these edits, all owned by one fix."""
    pieces = Pieces.of(file.text).apply([(edit, frozenset({1})) for edit in edits])
    return Plan({file.path: PlannedFile(file.path, file.text, pieces, pieces.text)}, {}, outcomes)


def workspace(root: Path, *files: Path, broken: tuple[Package, ...] = (), editable: bool = True) -> Workspace:
    """A workspace of one package that holds `files`."""
    package = Package("example.com/m", "m", root, files, editable=frozenset(files if editable else ()))
    packages = (package,) if files else ()
    return Workspace(root, (), Configuration("linux", "amd64"), False, packages, {}, broken, ())
