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


TOLD_BY = (f"{HTTP}Addr", f"{HTTP}Handler")


@rule(QUERY, needles=(b".Addr", b".Handler"), about=(*FIELDS, "@holder"), beyond=FIELDS)
def fieldwise(site: Site) -> Fix | Decline | None:
    """`s.Addr = …`, where s is a struct that embeds a server, or a field that holds one."""
    field, struct, server = site.object(site["field"]), site.type(site["server"]), site["server"]
    holder = site.object(site["holder"]) if "holder" in site else None
    if field is None or field.full_name not in TOLD_BY or struct is None or site.facts.path == "net/http":
        return None
    if holder is not None and holder.full_name == "net/http/httptest.Config":
        return site.decline("httptest")
    owner = struct.elem if struct.kind == "pointer" and struct.elem is not None else struct
    held = holder is not None and holder.field and struct.name == SERVER
    if not held and not site.embeds(owner, SERVER):
        return None
    operand = site.chain(server)
    if not operand:
        return site.decline("field", at=server)
    around = operand.rpartition(".")[0] if holder is not None and holder.embedded else ""
    if site.filled(operand, *TOLD_BY)[0] != site.node or (around and site.filled(around, *TOLD_BY)):
        return None  # the first assignment speaks for the server, and app.Addr for app.Server.Addr
    var = _made_here(site, server if holder is None else server.named_children[0])
    if var is None:
        return _borrowed(site, operand, holder if held else None)
    return _local(site, operand, holder, var, frozenset() if held else owner.shadowed)


def _local(
    site: Site, operand: str, holder: Object | None, var: Variable, shadowed: frozenset[str]
) -> Fix | Decline | None:
    """A server in a struct that a local holds and nobody else made."""
    if _given(site, var.declaration.value, holder):
        return None  # the literal of the server speaks for it
    line = site.filling(operand, var.declaration.statement)
    found = site.sightings(var.declaration.identifier, SERVER)
    return equip(site, line.values, line, found, lambda pairs: assignments(site, line, pairs), shadowed)


def _borrowed(site: Site, operand: str, holder: Object | None) -> Fix | Decline | None:
    """A server in a struct that is made elsewhere: only this function fills it, and nobody has it as a whole."""
    line = site.filling(operand, site.node)
    stray = next((one for one in site.filled(operand, *TOLD_BY) if one not in line.statements), None)
    if stray is not None or holder is None or not site.kept_inside(holder):
        return site.decline("field", at=stray)
    return equip(site, line.values, line, (Sighting("left", site.node),), lambda pairs: assignments(site, line, pairs))


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
