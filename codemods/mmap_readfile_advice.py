"""The advice of `mmap-readfile` for templates, which are small, and read once: embed them."""

from __future__ import annotations

from ..engine.api import Decline, Fix, Site, rule

QUERY = """
(call_expression
  function: (selector_expression field: (field_identifier) @f (#match? @f "^Parse(Files|Glob)$"))) @site
"""
_PARSE = {
    f"{where}.{name}"
    for where in ("html/template", "text/template", "(*html/template.Template)", "(*text/template.Template)")
    for name in ("ParseFiles", "ParseGlob")
}


@rule(QUERY, needles=(b"ParseFiles", b"ParseGlob"))
def template_advice(site: Site) -> Fix | Decline | None:
    """`template.ParseFiles("page.html")` is told to be better off with an embed.FS and ParseFS."""
    given = site.arguments(site.node)
    if site.callee(site.node) not in _PARSE or not given or any(site.const(each) is None for each in given):
        return None
    return site.decline("embed")
