"""`mmap-readfile`: map a large file instead of reading it."""

from __future__ import annotations

from ..engine.api import (
    Decline,
    FileStem,
    Fix,
    GoName,
    Mention,
    Natural,
    Node,
    Options,
    Role,
    Site,
    Tier,
    Variable,
    codemod,
    role_of,
)
from .mmap_readfile_advice import template_advice
from .mmap_readfile_cut import cut_short
from .mmap_readfile_helper import helper, is_helper

QUERY = """
(call_expression function: (selector_expression field: (field_identifier) @f (#eq? @f "ReadFile"))) @site
(call_expression function: (identifier) @f (#eq? @f "ReadFile")) @site
"""
DECLINES = {
    "aliased": "something else refers to its memory",
    "assigned": "the variable that holds the content is assigned anew",
    "capacity": "something looks at how much room the slice has",
    "captured": "a function literal or a deferred call, which may run too late, uses the content",
    "declaration-shape": "the content is not given to a new variable by a short declaration (:=) on lines of its own",
    "embed": "the file lies in the module: go:embed takes it into the program, without a file to read",
    "filled": "the content is written to; mapped memory must not be",
    "go-version": "the helper's build constraints need Go 1.17",
    "goroutine": "another goroutine uses the content",
    "grown": "the content is appended to",
    "handed-on": "a function that may keep or change the content gets it",
    "in-loop": "it is read in a loop, where a deferred unmap would wait for the end of the function",
    "no-helper": "no helper can stand beside this file: it is compiled alone, or must not import syscall",
    "returned": "the content is returned, or memory of it is",
    "rewritten": "a file that may be this one is written; mapped memory vanishes with a file that is cut short",
    "sent": "the content is sent on a channel",
    "special": "the file is no regular one; it can only be read",
    "stored": "the content is stored where it outlives the call",
    "test": "test code",
}


RISK = "if the file is truncated while it is mapped, the program ends with SIGBUS; what is written to it shows"
_READS = {"os.ReadFile", "io/ioutil.ReadFile"}
_FINE = {"read", "beyond-length", "nil-observed", "resliced"}
_UNBOUND = {Role.RETURN: "returned", Role.ARGUMENT: "handed-on"}


class MmapReadfile(Options, frozen=True):
    """threshold: files of so many bytes are mapped, smaller ones read. helper: the name of the function that does it.
    file: how the names of its two files begin."""

    threshold: Natural = 1 << 20
    helper: GoName = "mapFile"
    file: FileStem = "mmap"


@codemod(
    "mmap-readfile", query=QUERY, needles=(b"ReadFile",), tier=Tier.REVIEW, since="0.2", only_named=True,
    about=("byte", "uint8", "Create", "OpenFile", "Truncate", "WriteFile"), options=MmapReadfile,
    imports=("os", "syscall"), declines=DECLINES, platforms=("linux/amd64", "darwin/arm64", "windows/amd64"),
    also=(template_advice,),
)  # fmt: skip
def mmap_readfile(site: Site) -> Fix | Decline | None:
    """Map a large file into memory instead of reading it.

    What it does:
        `data, err := os.ReadFile(path)` becomes a call of a helper that maps regular files from 1 MiB on, and reads all
        others as before; the mapping ends with the function. Two files bring the helper to the package, one of them
        for systems without mappings, where it reads.

    Why:
        A mapped file costs no heap: reading 1 MiB takes 5 allocations and 1.06 MB, mapping it 344 bytes, in a third of
        the time. Below 64 KiB mapping is slower. A file that is used again and again is better read once, and kept.

    When it declines:
        When the content is written to, kept, aliased or returned, or given to a function that may do so; in loops; when
        the package itself writes the file. Files of the module are better embedded: it says so.

    Tier and risks:
        review, and only where it is named (-c mmap-readfile): a file that another process truncates while it is mapped
        ends the program with SIGBUS, which no recover catches; what is written into it shows in the content. That
        Writers and Unmarshalers keep nothing of what they are given is their contract, and taken for granted.

    Source:
        https://pkg.go.dev/os#ReadFile, https://pkg.go.dev/syscall#Mmap; golang/go#13357: why os has no mapping.
    """
    call, path = site.node, site.arguments(site.node)
    if site.callee(call) not in _READS or len(path) != 1 or site.discards(call) or is_helper(site):
        return None
    place: Node | Mention | None
    code, place = _unfit(site, path[0])
    var = site.declared_by(call)
    if not code and (var is None or not site.in_list(var.declaration.statement)):
        code = _UNBOUND.get(role_of(call)[0], "declaration-shape")
    if var is not None and not code:
        code, place = _kept(site, var, path[0])
    if code or var is None:
        return site.decline(code, at=place)
    name, files = helper(site, site.options.helper, site.options.file, site.options.threshold)
    statement, function = var.declaration.statement, call.child_by_field_name("function")
    error, unmap = site.text(site.targets(statement)[1]), site.fresh("unmap")
    assert function is not None
    # data, err := os.ReadFile(path); if err != nil { return err }
    # data, unmap, err := mapFile(path); if err != nil { return err }; defer unmap()
    edits = [
        site.insert(var.declaration.identifier.end_byte, f", {unmap}"),
        site.replace(function, name),
        site.insert_after(site.behind_checks(statement, error, var.name), f"defer {unmap}()"),
    ]
    notes = [site.note("a file of the module: go:embed may serve better", path[0])] if site.in_package(path[0]) else []
    risks = [RISK]
    return site.fix(f"map the file with {name}", *edits, files=files, binds=[var], risks=risks, notes=notes)


def _unfit(site: Site, path: Node) -> tuple[str, Node | None]:
    """What speaks against a mapping, whatever is done with the content."""
    function, constant = site.function, (site.const(path) or "").strip('"')
    if site.path.name.endswith("_test.go"):
        return "test", None
    if site.go_version < (1, 17):
        return "go-version", None
    if site.context.package == "command-line-arguments" or site.import_problem("syscall") or site.import_problem("os"):
        return "no-helper", None
    if constant.startswith(("/proc/", "/sys/", "/dev/")):
        return "special", path
    if function is None:
        return "declaration-shape", None
    loops = site.loops(site.node)
    return ("in-loop", loops[0].node if loops else function.node) if loops or function.labels else ("", None)


def _kept(site: Site, var: Variable, path: Node) -> tuple[str, Node | Mention | None]:
    """The first use for which the content must stay, or be one's own; then what may cut the file short."""
    late = (use.node for use in var.uses if use.literals or site.deferred(use.node))
    fate = next((fate for fate in site.slice_fates(var) if fate.word not in _FINE), None)
    captured = next(late, None)
    if fate is not None or captured is not None:
        return (fate.word, fate.at) if fate is not None else ("captured", captured)
    cut = cut_short(site, var, path)
    return ("rewritten", cut) if cut else ("", None)
