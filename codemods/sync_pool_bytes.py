"""The byte slices of `sync-pool`: scratch space of constant size, and slices that are appended to."""

from __future__ import annotations

from ..engine.api import Decline, Edit, Fix, Node, Pool, Site, Variable, rule
from .sync_pool_fit import first_kept, unfit

BYTES = {
    "grown": "it is appended to, and the result goes elsewhere",
}
QUERY = """
(short_var_declaration
  left: (expression_list . (identifier) @name .)
  right: (expression_list . (call_expression function: (identifier) @make) @value .)
  (#eq? @make "make") (#match? @value "^make\\\\(\\\\[\\\\](byte|uint8),")) @site
(var_spec . name: (identifier) @name
  value: (expression_list . (call_expression function: (identifier) @make) @value .)
  (#eq? @make "make") (#match? @value "^make\\\\(\\\\[\\\\](byte|uint8),")) @site
"""
NEEDLES = (b"make([]byte,", b"make([]uint8,")


@rule(QUERY, needles=NEEDLES, about=("@function",))
def scratch_bytes(site: Site) -> Fix | Decline | None:
    """`b := make([]byte, n)` becomes a slice of an array from a pool, cleared as make clears it."""
    var, sizes = site.variable(site["name"]), site.arguments(site["value"])[1:]
    length = site.const_int(sizes[0]) if sizes else None
    if var is None or len(sizes) != 1 or length is None or length <= 0 or not _plain(site, var):
        return None
    code, place = unfit(site, var, site["value"], length)
    if not code:
        code, place = first_kept(site.slice_fates(var), "filled", "capacity")
    if not all(site.builtin_visible(name, site.node) for name in ("byte", "new")):
        code = code or "shadowed"
    size = site.constant_text(sizes[0])
    array = f"[{size}]byte"
    name = f"array{_short(length)}Pool"
    pool = None if code else site.pool(name, f"arrays of {length} bytes", f"return new({array})", site.node)
    if pool is None:
        return site.decline(code or "shadowed", at=place)
    whole = site.fresh("array")
    # b := make([]byte, 32<<10)
    # array := array32KPool.Get().(*[32 << 10]byte); defer array32KPool.Put(array); *array = […]byte{}; b := array[:]
    edits = site.replace_statement(
        var.declaration.statement,
        f"{whole} := {pool.name}.Get().(*{array})",
        f"defer {pool.name}.Put({whole})",
        f"*{whole} = {array}{{}}",
        f"{var.name} := {whole}[:]",
    )
    return _fix(site, var, pool, edits, f"arrays of {length} bytes stay in memory between calls")


@rule(QUERY, needles=NEEDLES, about=("@function",))
def growing_bytes(site: Site) -> Fix | Decline | None:
    """`b := make([]byte, 0, n)`, to which the function appends, is taken from a pool and put back as it has grown."""
    var, sizes = site.variable(site["name"]), site.arguments(site["value"])[1:]
    room = site.const_int(sizes[1]) if len(sizes) == 2 else None
    if var is None or room is None or site.const_int(sizes[0]) != 0 or not _plain(site, var):
        return None
    code, place = unfit(site, var, site["value"], room)
    if not code:
        code, place = _kept(site, var)
    limit = site.options.max_capacity
    new = f"b := make([]byte, 0, {site.constant_text(sizes[1])}); return &b"
    visible = all(site.builtin_visible(name, site.node) for name in ("byte", "cap"))
    pool = None if code or not visible else site.pool(f"bytes{_short(room)}Pool", "byte slices", new, site.node)
    if pool is None:
        return site.decline(code or "shadowed", at=place)
    pooled = site.fresh("pooled")
    back = [f"*{pooled} = {var.name}", f"{pool.name}.Put({pooled})"]
    if limit:
        back = [f"if cap({var.name}) <= {site.size_text(limit)} {{", *(f"\t{line}" for line in back), "}"]
    # b := make([]byte, 0, 4096)
    # pooled := bytes4KPool.Get().(*[]byte); b := (*pooled)[:0]; defer func() { … bytes4KPool.Put(pooled) … }()
    edits = site.replace_statement(
        var.declaration.statement,
        f"{pooled} := {pool.name}.Get().(*[]byte)",
        f"{var.name} := (*{pooled})[:0]",
        "defer func() {",
        *(f"\t{line}" for line in back),
        "}()",
    )
    return _fix(site, var, pool, edits, f"slices of up to {limit} bytes stay in memory between calls")


def _plain(site: Site, var: Variable) -> bool:
    return var.type.string == "[]byte" and not site.fills_pool()


def _kept(site: Site, var: Variable) -> tuple[str, Node | None]:
    """As `first_kept`; what is appended to the slice and assigned to it again stays in its hands."""
    fates = [fate for fate, use in zip(site.slice_fates(var), var.uses, strict=True) if not site.grows_in_place(use)]
    spare = next((use.node for use in var.uses if site.reaches_spare_room(use) and not site.grows_in_place(use)), None)
    code, place = first_kept(fates, "filled")
    return (code, place) if code or spare is None else ("capacity", spare)


def _fix(site: Site, var: Variable, pool: Pool, edits: list[Edit], risk: str) -> Fix:
    notes = [
        site.note("the contract of io.Reader and io.Writer: they do not keep this", fate.at)
        for fate in site.slice_fates(var)
        if fate.contract
    ]
    message = f"take {var.name} from {pool.name}"
    return site.fix(message, *edits, *pool.edits, declares=pool.declares, binds=[var], risks=[risk], notes=notes)


def _short(size: int) -> str:
    """4K for 4096."""
    return f"{size >> 10}K" if size % 1024 == 0 else str(size)
