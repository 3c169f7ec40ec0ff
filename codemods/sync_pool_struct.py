"""The structs of `sync-pool`: a scratch value whose Reset method takes it back to what a new one is."""

from __future__ import annotations

from ..engine.api import Decline, Fix, New, Node, Scratch, Site, Variable, rule
from .sync_pool_fit import first_kept, fix, in_question, put_back, unfit

STRUCTS = {
    "foreign": "a field whose memory Reset keeps gets memory of others, which the next call would write to",
    "reset-incomplete": "its Reset method does not take every field back to zero, or does something else",
}
_VALUES = """
  [(unary_expression operand: (composite_literal type: (type_identifier) @type))
   (composite_literal type: (type_identifier) @type)
   (call_expression function: (identifier) @new arguments: (argument_list (type_identifier) @type))] @value
"""
QUERY = f"""
(short_var_declaration left: (expression_list . (identifier) @name .) right: (expression_list . {_VALUES} .)) @site
(var_spec . name: (identifier) @name value: (expression_list . {_VALUES} .)) @site
(var_spec . name: (identifier) @name type: (type_identifier) @type !value) @site
"""
NEEDLES = (b"{}", b"new(", b"var ")


@rule(QUERY, needles=NEEDLES, about=("@function", "@calls", "Pool", "@type"), near=("type", rb"\*(\w+)\) Reset\(\) \{"))
def scratch_structs(site: Site) -> Fix | Decline | None:
    """`var s scratch`, whose Reset makes a new value of a used one, is taken from a pool and put back after a Reset."""
    var, type_ = site.variable(site["name"]), site["type"]
    made = None if var is None else _made(site, var)
    scratch = None if made is None else site.scratch_type(type_)
    if var is None or made is None or scratch is None or not in_question(site, var):
        return None
    struct = var.type if var.type.kind == "struct" else var.type.elem
    size = 0 if struct is None or struct.size is None or scratch.kept or scratch.spoiled else struct.size
    code, place = unfit(site, var, made, size)
    fates = [] if code else site.scratch_fates(var, scratch)
    if not code:
        code, place = first_kept(fates)
        if scratch.spoiled is not None and code not in {"returned", "sent", "stored"}:
            code, place = "reset-incomplete", scratch.spoiled
    name = scratch.name[0].lower() + scratch.name[1:]
    holds = f"{scratch.name} values for reuse; they are reset before they go back"
    seen = all(site.builtin_visible(builtin, site.node) for builtin in ("cap", "len"))
    pool = None if code or not seen else site.pool(f"{name}Pool", holds, _new(scratch.name, type_), site.node)
    if pool is None:
        return site.decline(code or "shadowed", at=place)
    put = put_back(_room(site, var, scratch), f"{var.name}.Reset()", f"{pool.name}.Put({var.name})")
    # var s scratch
    # s := scratchPool.Get().(*scratch); defer func() { s.Reset(); scratchPool.Put(s) }()
    edits = site.replace_statement(
        var.declaration.statement, f"{var.name} := {pool.name}.Get().(*{scratch.name})", *put
    )
    edits += [site.replace(site.with_parentheses(u.construct), var.name) for u in var.uses if u.role == "address"]
    return fix(site, var, pool, edits, fates, f"{scratch.name} values stay in memory between calls{_held(scratch)}")


def _made(site: Site, var: Variable) -> Node | None:
    """What allocates a struct without content."""
    value = var.declaration.value
    if var.type.kind == "struct":
        return var.declaration.identifier if value is None or site.is_zero_literal(value) else None
    return value if value is not None and site.makes_zero(value) else None


def _new(name: str, type_: Node) -> New:
    def made(there: Site, at: Node) -> str | None:
        known = there.denotes(name, at)
        seen = there.builtin_visible("new", at) and known is not None and known.scope == "package"
        return f"return new({name})" if seen else None

    return made


def _held(scratch: Scratch) -> str:
    """What is kept alive by elements that lie beyond the length of slices that were cut to nothing."""
    elements = {name: scratch.fields[name].elem for name in sorted(scratch.kept) if not scratch.fields[name].key}
    names = [name for name, element in elements.items() if element is not None and not element.pointer_free]
    return f", with what old elements of {' and '.join(names)} refer to" if names else ""


def _room(site: Site, var: Variable, scratch: Scratch) -> list[str]:
    """The conditions that no field has more room than the limit, where there is one."""
    rooms, limit = list[str](), site.options.max_capacity
    for name in sorted(scratch.kept if limit else ()):
        type_, place = scratch.fields[name], f"{var.name}.{name}"
        parts = [part.size or 0 for part in (type_.key, type_.elem) if part is not None]
        most = site.size_text(limit // max(sum(parts), 1))
        called = f"{place}.Cap()" if type_.name == "bytes.Buffer" else f"{'len' if type_.key else 'cap'}({place})"
        rooms.append(f"{called} <= {most}")
    return rooms
