"""`ioutil-readfile`: the functions of io/ioutil by their names in io and os. A codemod made of a table."""

from __future__ import annotations

from ..engine.api import Decline, Fix, Site, Tier, codemod, mentions_of

#: What is the same function, or the same value, under another name.
RENAMES = {
    "io/ioutil.Discard": "io.Discard",
    "io/ioutil.NopCloser": "io.NopCloser",
    "io/ioutil.ReadAll": "io.ReadAll",
    "io/ioutil.ReadFile": "os.ReadFile",
    "io/ioutil.TempDir": "os.MkdirTemp",
    "io/ioutil.TempFile": "os.CreateTemp",
    "io/ioutil.WriteFile": "os.WriteFile",
}
#: What has a successor of another type.
SUCCEEDED = {"io/ioutil.ReadDir": "os.ReadDir"}
SINCE = (1, 16)

DECLINES = {
    "assigned": "the package assigns to ioutil.Discard or io.Discard, or takes its address; they are two variables",
    "go-version": "io and os have these names since Go 1.16",
    "result-type": "os.ReadDir returns fs.DirEntry values, not fs.FileInfo, and the entries that it read before an "
    "error: use their Name, IsDir and Type, and call Info where more is needed",
    "shadowed": "io or os means something else here; rename that, and run again",
}


@codemod(
    "ioutil-readfile", query=mentions_of([*RENAMES, *SUCCEEDED]), needles=(b'"io/ioutil"', b"`io/ioutil`"),
    tier=Tier.SAFE, since="0.2", about=("Discard",), imports=("io", "os"), declines=DECLINES,
)  # fmt: skip
def ioutil_readfile(site: Site) -> Fix | Decline | None:
    """Call the functions of io/ioutil by their names in io and os.

    What it does:
        `ioutil.ReadFile`, `WriteFile`, `TempFile` and `TempDir` become `os.ReadFile`, `WriteFile`, `CreateTemp` and
        `MkdirTemp`; `ioutil.ReadAll`, `NopCloser` and `Discard` those of io. Called or taken as a value, under an
        alias or a dot import. The import of io/ioutil goes with its last use.

    Why:
        io/ioutil is deprecated: since Go 1.16 its functions only call these. It makes nothing faster.

    When it declines:
        For `ioutil.ReadDir`: `os.ReadDir` returns another type. Where io or os means something else, where the
        package assigns to `ioutil.Discard`, and below Go 1.16.

    Tier and risks:
        safe: the old functions do nothing but call the new ones.

    Source:
        https://go.dev/doc/go1.16#ioutil; https://pkg.go.dev/io/ioutil.
    """
    name = site.member(site["member"])
    if name not in RENAMES and name not in SUCCEEDED:
        return None
    if site.go_version < SINCE:
        return site.decline("go-version")
    if name in SUCCEEDED:
        return site.decline("result-type")
    written = site.assigned(site["member"], RENAMES[name])
    if written is not None:
        return site.decline("assigned", at=written)
    # ioutil.ReadFile(name)
    # os.ReadFile(name)
    edits = site.renamed(site.node, RENAMES[name])
    if edits is None:
        return site.decline("shadowed")
    return site.fix(f"{name.removeprefix('io/')} is {RENAMES[name]}", *edits)
