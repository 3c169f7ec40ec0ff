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
    names = [site.const(each) for each in given]
    if site.callee(site.node) not in _PARSE or not names or not all(name and name[1:2] not in "/." for name in names):
        return None  # not known, or outside of the module
    return site.decline("embed")
