"""The functions of package http that serve without timeouts, for `http-server-timeouts`."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from ..engine.api import Decline, Fix, Node, Site, rule

QUERY = """
([(selector_expression field: (field_identifier) @name) (identifier) @name] @site
  (#any-of? @name "ListenAndServe" "ListenAndServeTLS" "Serve" "ServeTLS" "NewUnstartedServer"))
"""
HTTP = "net/http."
#: By function: for each parameter, the field of the server that takes it, or "" where the method takes it.
PARAMETERS = {
    "net/http.ListenAndServe": ("Addr", "Handler"),
    "net/http.ListenAndServeTLS": ("Addr", "", "", "Handler"),
    "net/http.Serve": ("", "Handler"),
    "net/http.ServeTLS": ("", "Handler", "", ""),
}
REMARKS = "ReadHeaderTimeout|ReadTimeout|IdleTimeout|[Gg]osec|nosec|G11[24]|[Ss]lowloris"
RISK = "clients that take longer to send a header, or to ask again, are disconnected"


@rule(QUERY, needles=(b"net/http",))
def package_functions(site: Site) -> Fix | Decline | None:
    """`http.ListenAndServe(addr, h)` becomes `(&http.Server{Addr: addr, Handler: h, …}).ListenAndServe()`."""
    function = site.object(site["name"])
    name = "" if function is None else function.full_name
    if name == "net/http/httptest.NewUnstartedServer":
        return site.decline("httptest")
    missing = wanted(site, ())
    if name not in PARAMETERS or site.facts.path == "net/http" or not missing:
        return None
    call = site.call_of(site.node)
    if call is None:
        return site.decline("function-value")
    given, parameters = site.arguments(call), PARAMETERS[name]
    if len(given) != len(parameters):
        return site.decline("arguments", at=given[0])
    remark = site.remark(call, REMARKS)
    if remark is not None:
        return site.decline("commented", at=remark)
    fields = [(field, node) for field, node in zip(parameters, given, strict=True) if field]
    rest = [node for field, node in zip(parameters, given, strict=True) if not field]
    moved = next((node for node in rest if not site.exchangeable(node, fields[-1][1])), None)
    if moved is not None:
        return site.decline("order-of-evaluation", at=moved)
    return _serve(site, call, fields, rest, missing)


def _serve(
    site: Site, call: Node, fields: list[tuple[str, Node]], rest: list[Node], missing: Mapping[str, str]
) -> Fix | Decline:
    http, pairs = site.use("net/http", call, "Server"), spelled(site, missing, call)
    if http is None or pairs is None:
        return site.decline("shadowed", site.import_problem("time"))
    set_ = [(field, node) for field, node in fields if not site.is_builtin(node, "nil")]
    # http.Serve(l, h)
    # (&http.Server{Handler: h, IdleTimeout: 120 * time.Second}).Serve(l)
    tail = f").{site.text(site['name'])}({', '.join(site.text(node) for node in rest)})"
    edits = site.replace_by_literal(call, f"(&{http}Server", [*set_, *pairs], tail)
    return site.fix(promise(missing), *edits, risks=[RISK])


def wanted(site: Site, fields: Container[str]) -> dict[str, str]:
    """The fields that are missing beside those that are set, with the value that the options have for them."""
    options, read = site.options, f"{HTTP}ReadTimeout" in fields  # what is not set falls back to ReadTimeout
    found = {
        "ReadHeaderTimeout": "" if read else options.read_header_timeout,
        "IdleTimeout": "" if read else options.idle_timeout,
        "MaxHeaderBytes": str(options.max_header_bytes),
    }
    return {name: value for name, value in found.items() if re.search("[1-9]", value) and HTTP + name not in fields}


def spelled(site: Site, missing: Mapping[str, str], at: Node) -> list[tuple[str, str]] | None:
    """Field and Go expression of what is missing; None where package time cannot be named."""
    found = [(name, site.duration(v, at) if name != "MaxHeaderBytes" else v) for name, v in missing.items()]
    pairs = [(name, text) for name, text in found if text is not None]
    return pairs if len(pairs) == len(found) else None


def promise(missing: Mapping[str, str]) -> str:
    """What a fix does, in a sentence."""
    return "set " + " and ".join(f"{name} to {value}" for name, value in missing.items())
