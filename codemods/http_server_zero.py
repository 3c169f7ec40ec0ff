"""Servers that are made by var or new, for `http-server-timeouts`; and what holds for servers however they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..engine.api import Decline, Edit, Filling, Fix, Node, Sighting, Site, rule
from .http_server_functions import HTTP, REMARKS, RISK, promise, spelled, wanted

ZERO = """
((var_spec name: (identifier) @site type: (_) @type !value) (#match? @type "(^|[.])[A-Za-z]*Server$|^[A-Za-z_0-9]+$"))
((call_expression function: (identifier) @new arguments: (argument_list . (_) @type .)) @site
  (#eq? @new "new") (#match? @type "(^|[.])[A-Za-z]*Server$|^[A-Za-z_0-9]+$"))
"""
SERVER = "net/http.Server"
FIELDS = ("ReadHeaderTimeout", "ReadTimeout", "IdleTimeout")
TIMEOUTS = {f"{HTTP}{name}" for name in FIELDS}
#: Packages that keep or print what they get, and a function that looks at a server's timeouts and sets none.
KEEPERS = {
    "container/list", "container/ring", "context", "errors", "fmt", "log", "log/slog", "sync", "sync/atomic", "testing",
}  # fmt: skip
HARMLESS = {"golang.org/x/net/http2.ConfigureServer"}
LEFT = "whoever gets this server may set a ReadTimeout, which its other timeouts then no longer follow"


@rule(ZERO, needles=(b"net/http",), about=FIELDS, beyond=FIELDS)
def zero_values(site: Site) -> Fix | Decline | None:
    """`var s http.Server` gets its timeouts behind its other fields; `new(http.Server)` may become a literal."""
    made, type_ = site.type(site["type"]), site["type"]
    if made is None or made.name != SERVER or site.facts.path == "net/http":
        return None
    if "new" in site and not site.is_builtin(site["new"], "new"):
        return None
    var = None if "new" in site else site.variable(site.node)
    if var is not None and any(use.role == "assign" for use in var.uses):
        return None  # it holds what it is assigned
    line, text = site.filling_of(site.node), site.text(type_)
    if line is None and "new" not in site and not site.declared_alone(site.node):
        return site.decline("declaration-shape")
    grouped = [] if var is None else [use.node for use in var.uses if site.among(use.node, [var.declaration.statement])]
    if grouped:
        return site.decline("declaration-shape", "what is declared with it uses it at once", at=grouped[0])

    def edits(pairs: list[tuple[str, str]]) -> list[Edit]:
        if line is not None and (line.statements or "new" not in site):
            return assignments(site, line, pairs)
        if "new" not in site:
            # var s http.Server
            # var s = http.Server{IdleTimeout: 120 * time.Second}
            return site.replace_by_literal(type_, f"= {text}", pairs, "")
        # new(http.Server)
        # &http.Server{IdleTimeout: 120 * time.Second}
        head, tail = ("(&", ")") if site.needs_parentheses(site.node) else ("&", "")
        return site.replace_by_literal(site.node, f"{head}{text}", pairs, tail)

    return equip(site, {} if line is None else line.values, line, site.sightings(site.node, SERVER), edits)


def equip(
    site: Site,
    fields: Mapping[str, Node],
    line: Filling | None,
    found: tuple[Sighting, ...],
    edits: Callable[[list[tuple[str, str]]], list[Edit]],
    shadowed: frozenset[str] = frozenset(),
) -> Fix | Decline | None:
    """The answer for a server with these fields that is filled further in `line`, and of which `found` is known.

    `edits` writes what is missing; the names in `shadowed` mean something else where it writes them.
    """
    given = fields if line is None else {**line.values, **fields}
    off = next((node for name, node in given.items() if name in TIMEOUTS and _off(site, node)), None)
    if off is not None:
        return site.decline("disabled", at=off)
    if not wanted(site, fields):
        return None
    remark = site.remark(site.node, REMARKS)
    if remark is not None:
        return site.decline("commented", at=remark)
    missing = wanted(site, given)
    if not missing:
        first = next((node for name, node in given.items() if name not in fields and name in TIMEOUTS), None)
        return site.decline("set-later", at=first, because="set here")
    elsewhere = _elsewhere(site, found, () if line is None else line.statements)
    if elsewhere is not None:
        return elsewhere
    pairs = spelled(site, missing, site.node)
    if pairs is None:
        return site.decline("shadowed", site.import_problem("time"))
    hidden = next((name for name in missing if name in shadowed), None)
    if hidden is not None:
        return site.decline("shadowed", f"{hidden} is another field of the struct that embeds the server, or ambiguous")
    risks = [RISK] if all(one.kind == "set" for one in found) else [RISK, LEFT]
    return site.fix(promise(missing), *edits(pairs), risks=risks)


def assignments(site: Site, line: Filling, pairs: list[tuple[str, str]]) -> list[Edit]:
    """Further assignments behind those that fill a server."""
    # s.Addr = addr
    # s.IdleTimeout = 120 * time.Second
    return [site.insert_after(line.last, *(f"{line.operand}.{name} = {value}" for name, value in pairs))]


def _off(site: Site, value: Node) -> bool:
    """Whether a duration is a constant that is zero or negative."""
    known = site.const_int(value)
    return known is not None and known <= 0


def _elsewhere(site: Site, found: tuple[Sighting, ...], inline: tuple[Node, ...]) -> Decline | None:
    """Why the timeouts of a server may be set after it is made and filled."""
    for one in found:
        if one.kind == "replaced" or (one.kind == "set" and one.field in TIMEOUTS and not site.among(one.node, inline)):
            return site.decline("set-later", at=one.node, because="set here")
        if one.taker is not None and one.taker.full_name == "net/http/httptest.Config":
            return site.decline("httptest", at=one.node)
        if one.kind in {"passed", "stored"} and not _seen(site, one):
            return site.decline("passed", at=one.node, because="handed over here")
    if all(one.kind == "set" for one in found):
        return None
    for mention in site.field_writes(SERVER, *FIELDS):
        if mention.path != site.path or not site.among(mention.node, inline):
            return site.decline("set-elsewhere", at=mention, because="set here")
    unbuilt = next((field for field in FIELDS if site.named_beside(field, tests=False)), None)
    told = f"a file of this directory that is not part of this build mentions {unbuilt}"
    return None if unbuilt is None else site.decline("set-elsewhere", told)


def _seen(site: Site, one: Sighting) -> bool:
    """Whether this run sees the code that gets a server, or knows that it leaves the server as it is."""
    taker = one.taker
    if taker is None or taker.package in KEEPERS or taker.full_name in HARMLESS:
        return taker is not None or one.kind == "stored"
    vague = one.kind == "passed" and (one.taken_as is None or one.taken_as.kind == "interface")
    return site.looked_at(taker.package) and not vague
