"""Servers that are made without a literal, for `http-server-timeouts`: var, new, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..engine.api import Decline, Edit, Filling, Fix, Mention, Node, Sighting, Site, rule
from .http_server_functions import HTTP, REMARKS, RISK, promise, spelled, wanted

ZERO = """
((var_spec name: (identifier) @site type: (_) @type !value) (#match? @type "(^|[.])[A-Za-z]*Server$|^[A-Za-z_0-9]+$"))
((call_expression function: (identifier) @new arguments: (argument_list . (_) @type .)) @site
  (#eq? @new "new") (#match? @type "(^|[.])[A-Za-z]*Server$|^[A-Za-z_0-9]+$"))
"""
FILLED = """
((assignment_statement left: (expression_list . (selector_expression operand: (_) @server field: (_) @field) .)) @site
  (#any-of? @field "Addr" "Handler"))
"""
SERVER = "net/http.Server"
#: Functions elsewhere that are known to look at a server's timeouts and not to set them.
HARMLESS = {"golang.org/x/net/http2.ConfigureServer"}


FIELDS = ("ReadHeaderTimeout", "ReadTimeout", "IdleTimeout")
TIMEOUTS = {f"{HTTP}{name}" for name in FIELDS}


@rule(ZERO, needles=(b"net/http",), about=FIELDS, beyond=FIELDS)
def zero_values(site: Site) -> Fix | Decline | None:
    """`var s http.Server` gets its timeouts behind its other fields; `new(http.Server)` becomes a literal."""
    made = site.type(site["type"])
    if made is None or made.name != SERVER or site.facts.path == "net/http":
        return None
    if "new" in site and not site.is_builtin(site["new"], "new"):
        return None
    return equip(site, site.node, {}, lambda pairs, line: _lines(site, line, pairs) or _literal(site, pairs))


def _lines(site: Site, line: Filling | None, pairs: list[tuple[str, str]]) -> list[Edit]:
    """Further assignments behind those that fill the server."""
    if line is None or ("new" in site and not line.statements):
        return []
    # s.Addr = addr
    # s.IdleTimeout = 120 * time.Second
    return [site.insert_after(line.last, *(f"{line.operand}.{name} = {value}" for name, value in pairs))]


def _literal(site: Site, pairs: list[tuple[str, str]]) -> list[Edit]:
    if "new" in site:
        # new(http.Server)
        # &http.Server{IdleTimeout: 120 * time.Second}
        head, tail = ("(&", ")") if site.in_header(site.node) else ("&", "")
        return site.replace_by_literal(site.node, head + site.text(site["type"]), pairs, tail)
    # var s http.Server
    # var s = http.Server{IdleTimeout: 120 * time.Second}
    return site.replace_by_literal(site["type"], f"= {site.text(site['type'])}", pairs, "")


@rule(FILLED, needles=(b".Addr", b".Handler"), about=FIELDS, beyond=FIELDS)
def fieldwise(site: Site) -> Fix | Decline | None:
    """`s.Addr = …`, where s is a struct that embeds a server or has one as a field."""
    return None


def equip(
    site: Site,
    value: Node,
    fields: Mapping[str, Node],
    edits: Callable[[list[tuple[str, str]], Filling | None], list[Edit]],
) -> Fix | Decline | None:
    """The answer for a server that `value` makes with these fields; `edits` writes what is missing."""
    bound = site.bound(value)
    line = None if bound is None else site.filling(site.text(bound[0]), bound[1])
    later = {} if line is None else {name: node for name, node in line.values.items() if node is not None}
    off = next((node for name, node in {**fields, **later}.items() if name in TIMEOUTS and _off(site, node)), None)
    if off is not None:
        return site.decline("disabled", at=off)
    if not wanted(site, fields):
        return None
    remark = site.remark(value, REMARKS)
    if remark is not None:
        return site.decline("commented", at=remark)
    found = site.sightings(value, SERVER)
    code, place = _elsewhere(site, found, line)
    missing = wanted(site, fields if line is None else {**fields, **line.fields})
    if code or not missing:
        assert line is not None or code
        first = [] if line is None else [node for name, node in line.fields.items() if name in TIMEOUTS]
        return site.decline(code or "set-later", at=place or first[0])
    pairs = spelled(site, missing, value)
    if pairs is None:
        return site.decline("shadowed", site.import_problem("time"))
    return site.fix(promise(missing), *edits(pairs, line), risks=[RISK])


def _off(site: Site, value: Node) -> bool:
    """Whether a duration is a constant that is zero or negative."""
    known = site.const_int(value)
    return known is not None and known <= 0


def _elsewhere(site: Site, found: tuple[Sighting, ...], line: Filling | None) -> tuple[str, Node | Mention | None]:
    """Why its timeouts may be set after it is made, and where."""
    inline = () if line is None else line.statements
    for one in found:
        taker, inside = one.taker, any(s.start_byte <= one.node.start_byte < s.end_byte for s in inline)
        if one.kind == "replaced" or (one.kind == "set" and one.field in TIMEOUTS and not inside):
            return "set-later", one.node
        if taker is not None and taker.full_name == "net/http/httptest.Config":
            return "httptest", one.node
        foreign = taker is not None and not site.looked_at(taker.package)
        if one.kind == "passed" and (taker is None or taker.full_name not in HARMLESS):
            vague = one.taken_as is None or one.taken_as.kind == "interface"
            if foreign or vague:
                return "passed", one.node
        elif foreign and one.kind == "stored":
            return "passed", one.node
    if any(one.kind in {"stored", "left", "passed"} for one in found):
        for mention in site.field_writes(SERVER, *FIELDS):
            return "set-elsewhere", mention
    return "", None
