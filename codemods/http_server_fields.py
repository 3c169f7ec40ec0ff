"""Servers inside structs that are filled field by field, for `http-server-timeouts`."""

from __future__ import annotations

from ..engine.api import Decline, Fix, Node, Object, Sighting, Site, Variable, rule
from .http_server_functions import HTTP
from .http_server_zero import FIELDS, SERVER, assignments, equip

QUERY = """
((assignment_statement left: (expression_list . (selector_expression operand: (identifier) @server field: (_) @field)))
  @site (#any-of? @field "Addr" "Handler"))
((assignment_statement left: (expression_list . (selector_expression
  operand: (selector_expression field: (_) @holder) @server field: (_) @field))) @site
  (#any-of? @field "Addr" "Handler"))
"""


@rule(QUERY, needles=(b".Addr", b".Handler"), about=(*FIELDS, "@holder"), beyond=FIELDS)
def fieldwise(site: Site) -> Fix | Decline | None:
    """`s.Addr = …`, where s is a struct that embeds a server, or a field that holds one."""
    field, struct, server = site.object(site["field"]), site.type(site["server"]), site["server"]
    if field is None or field.package != "net/http" or struct is None or site.facts.path == "net/http":
        return None
    holder = site.object(site["holder"]) if "holder" in site else None
    if holder is not None and holder.full_name == "net/http/httptest.Config":
        return site.decline("httptest")
    owner = struct.elem if struct.kind == "pointer" and struct.elem is not None else struct
    held = holder is not None and holder.field and struct.name == SERVER
    operand = site.chain(server)
    if not (held or site.embeds(owner, SERVER)):
        return None
    if not operand:
        return site.decline("field", at=server)
    if site.filled(operand)[0] != site.node:
        return None  # the first assignment speaks for the server
    var = _made_here(site, server if holder is None else server.named_children[0])
    if holder is not None and holder.embedded and site.filled(operand.rpartition(".")[0]):
        return site.decline("field", at=site.filled(operand.rpartition(".")[0])[0])  # filled under two names
    if var is not None and _given(site, var.declaration.value, holder):
        return None  # the literal of the server speaks for it
    if var is not None:
        line = site.filling(operand, var.declaration.statement)
        found = site.sightings(var.declaration.identifier, SERVER)
    else:
        line, found = site.filling(operand, site.node), (Sighting("left", site.node),)
        stray = next((one for one in site.filled(operand) if one not in line.statements), None)
        if stray is not None or holder is None or not held or not site.kept_inside(holder):
            return site.decline("field", at=stray)
    return equip(site, line.values, line, found, lambda pairs: assignments(site, line, pairs))


def _made_here(site: Site, node: Node) -> Variable | None:
    """The local that an identifier denotes, if it never holds any struct but the one that its declaration makes."""
    var = site.variable(node)
    if var is None or not var.local or any(use.role == "assign" for use in var.uses):
        return None
    zero = var.type.kind == "struct" and site.declared_without_value(var)
    return var if zero or site.is_new(var.declaration.value) else None


def _given(site: Site, made: Node | None, holder: Object | None) -> bool:
    """Whether a literal gives the server that its struct holds or embeds, or fields of it."""
    body = site.body(made)
    if body is None:
        return False
    keys, types = site.keys(body), [site.type(value) for value in site.values(body)]
    if holder is not None and keys:
        return holder.full_name in keys
    return any(name.startswith(HTTP) for name in keys) or any(t is not None and t.name == SERVER for t in types)
