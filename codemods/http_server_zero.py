"""Servers that are made by var or new, for `http-server-timeouts`; and what holds for servers however they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..engine.api import Decline, Edit, Filling, Fix, Mention, Node, Sighting, Site, rule
from .http_server_functions import HTTP, REMARKS, RISK, promise, spelled, wanted

ZERO = """
((var_spec name: (identifier) @site type: (_) @type !value) (#match? @type "(^|[.])[A-Za-z]*Server$|^[A-Za-z_0-9]+$"))
((call_expression function: (identifier) @new arguments: (argument_list . (_) @type .)) @site
  (#eq? @new "new") (#match? @type "(^|[.])[A-Za-z]*Server$|^[A-Za-z_0-9]+$"))
"""
SERVER = "net/http.Server"
FIELDS = ("ReadHeaderTimeout", "ReadTimeout", "IdleTimeout")
TIMEOUTS = {f"{HTTP}{name}" for name in FIELDS}
#: Functions elsewhere that are known to look at a server's timeouts and not to set them.
HARMLESS = {"golang.org/x/net/http2.ConfigureServer"}


@rule(ZERO, needles=(b"net/http",), about=FIELDS, beyond=FIELDS)
def zero_values(site: Site) -> Fix | Decline | None:
    """`var s http.Server` gets its timeouts behind its other fields; `new(http.Server)` may become a literal."""
    made, type_ = site.type(site["type"]), site["type"]
    if made is None or made.name != SERVER or site.facts.path == "net/http":
        return None
    if "new" in site and not site.is_builtin(site["new"], "new"):
        return None
    line, text = site.filling_of(site.node), site.text(type_)

    def edits(pairs: list[tuple[str, str]]) -> list[Edit]:
        if line is not None and (line.statements or "new" not in site):
            return assignments(site, line, pairs)
        if "new" not in site:
            # var s http.Server
            # var s = http.Server{IdleTimeout: 120 * time.Second}
            return site.replace_by_literal(type_, f"= {text}", pairs, "")
        # new(http.Server)
        # &http.Server{IdleTimeout: 120 * time.Second}
        head, tail = ("(&", ")") if site.in_header(site.node) else ("&", "")
        return site.replace_by_literal(site.node, f"{head}{text}", pairs, tail)

    return equip(site, {} if line is None else line.values, line, site.sightings(site.node, SERVER), edits)


def equip(
    site: Site,
    fields: Mapping[str, Node],
    line: Filling | None,
    found: tuple[Sighting, ...],
    edits: Callable[[list[tuple[str, str]]], list[Edit]],
) -> Fix | Decline | None:
    """The answer for a server with these fields that is filled further in `line`, and of which `found` is known.

    `edits` writes what is missing.
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
    code, place = _elsewhere(site, found, () if line is None else line.statements)
    missing = wanted(site, given)
    if code or not missing:
        first = next((node for name, node in given.items() if name in TIMEOUTS), None)
        return site.decline(code or "set-later", at=place or first)
    pairs = spelled(site, missing, site.node)
    if pairs is None:
        return site.decline("shadowed", site.import_problem("time"))
    return site.fix(promise(missing), *edits(pairs), risks=[RISK])


def assignments(site: Site, line: Filling, pairs: list[tuple[str, str]]) -> list[Edit]:
    """Further assignments behind those that fill a server."""
    # s.Addr = addr
    # s.IdleTimeout = 120 * time.Second
    return [site.insert_after(line.last, *(f"{line.operand}.{name} = {value}" for name, value in pairs))]


def _off(site: Site, value: Node) -> bool:
    """Whether a duration is a constant that is zero or negative."""
    known = site.const_int(value)
    return known is not None and known <= 0


def _elsewhere(site: Site, found: tuple[Sighting, ...], inline: tuple[Node, ...]) -> tuple[str, Node | Mention | None]:
    """Why the timeouts of a server may be set after it is made and filled, and where."""
    for one in found:
        taker = one.taker
        if one.kind == "replaced" or (one.kind == "set" and one.field in TIMEOUTS and not site.among(one.node, inline)):
            return "set-later", one.node
        if taker is not None and taker.full_name == "net/http/httptest.Config":
            return "httptest", one.node
        foreign = taker is not None and not site.looked_at(taker.package) and taker.full_name not in HARMLESS
        vague = one.taken_as is None or one.taken_as.kind == "interface"
        if (foreign and one.kind in {"passed", "stored"}) or (vague and one.kind == "passed"):
            return "passed", one.node
    if any(one.kind in {"stored", "left", "passed"} for one in found):
        writes = (
            m for m in site.field_writes(SERVER, *FIELDS) if m.path != site.path or not site.among(m.node, inline)
        )
        return next((("set-elsewhere", mention) for mention in writes), ("", None))
    return "", None
