"""The byte slices of `sync-pool`: scratch space of constant size, and slices that are appended to."""

from __future__ import annotations

from ..engine.api import Decline, Fix, New, Node, Site, Variable, rule
from .sync_pool_fit import DIRTY, first_kept, fix, in_question, pool_name, put_back, unfit, within

BYTES = {
    "beyond-length": "what lies beyond its length may be read, which would be what earlier calls left there",
    "capacity": "something looks at how much room it has",
    "resliced": "it becomes a part of itself, and the pool would lose the room before and behind that",
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
ABOUT = ("@function", "@calls", "Pool")


@rule(QUERY, needles=NEEDLES, about=ABOUT)
def scratch_bytes(site: Site) -> Fix | Decline | None:
    """`b := make([]byte, n)` becomes a slice of an array from a pool, cleared as make clears it."""
    var, sizes = site.variable(site["name"]), site.arguments(site["value"])[1:]
    length = site.const_int(sizes[0]) if sizes else None
    if var is None or len(sizes) != 1 or length is None or length <= 0 or not _plain(site, var):
        return None
    code, place = unfit(site, var, site["value"], length)
    fates = [] if code else site.slice_fates(var)
    if not code:
        code, place = first_kept(fates, "assigned", "beyond-length", "capacity", "nil-observed", "resliced")
    size = _size(site, sizes[0])
    array, pool = f"[{size}]byte", None
    if not code and size:
        name, holds = pool_name("array", size, length), f"arrays of {size} bytes{DIRTY}"
        pool = site.pool(name, holds, _made(site, sizes[0], f"return new({array})"), site.node)
    if pool is None:
        return site.decline(code or "shadowed", at=place)
    pointer = site.fresh(f"{var.name}p")
    # b := make([]byte, 32<<10)
    # bp := array32KPool.Get().(*[32 << 10]byte); defer array32KPool.Put(bp); *bp = […]byte{}; b := bp[:]
    edits = site.replace_statement(
        var.declaration.statement,
        f"{pointer} := {pool.name}.Get().(*{array})",
        f"defer {pool.name}.Put({pointer})",
        f"*{pointer} = {array}{{}}",
        f"{var.name} := {pointer}[:]",
    )
    return fix(site, var, pool, edits, fates, f"arrays of {length} bytes stay in memory between calls")


@rule(QUERY, needles=NEEDLES, about=ABOUT)
def growing_bytes(site: Site) -> Fix | Decline | None:
    """`b := make([]byte, 0, n)`, to which the function appends, is taken from a pool and put back as it has grown."""
    var, sizes = site.variable(site["name"]), site.arguments(site["value"])[1:]
    room = site.const_int(sizes[1]) if len(sizes) == 2 else None
    if var is None or room is None or site.const_int(sizes[0]) != 0 or not _plain(site, var):
        return None
    code, place = unfit(site, var, site["value"], room)
    fates = [] if code else site.slice_fates(var)
    if not code:
        code, place = first_kept(fates, "nil-observed")
    if not code and (second := site.outgrown(var)) is not None:
        code, place = "aliased", second
    size, pool = _size(site, sizes[1]), None
    if not code and size:
        new = f"b := make([]byte, 0, {size}); return &b"
        pool = site.pool(pool_name("bytes", size, room), f"byte slices{DIRTY}", _made(site, sizes[1], new), site.node)
    if pool is None:
        return site.decline(code or "shadowed", at=place)
    pointer, limit = site.fresh(f"{var.name}p"), site.options.max_capacity
    # b := make([]byte, 0, 4096)
    # bp := bytes4KPool.Get().(*[]byte); b := (*bp)[:0]; defer func() { … bytes4KPool.Put(bp) … }()
    edits = site.replace_statement(
        var.declaration.statement,
        f"{pointer} := {pool.name}.Get().(*[]byte)",
        f"{var.name} := (*{pointer})[:0]",
        *put_back(within(site, f"cap({var.name})"), f"*{pointer} = {var.name}", f"{pool.name}.Put({pointer})"),
    )
    return fix(site, var, pool, edits, fates, f"slices of up to {limit} bytes stay in memory between calls")


def _plain(site: Site, var: Variable) -> bool:
    return var.type.string == "[]byte" and in_question(site, var)


def _size(site: Site, size: Node) -> str:
    """The size as it can be written at package level; "" where that, or make and its kin, cannot be written there."""
    home = site.file.declaration_at(size.start_byte)
    return "" if home is None or not _builtins(site, site.node) else site.constant_text(size, home) or ""


def _made(site: Site, size: Node, body: str) -> New:
    """The body of New, in files where the size means the same: that of another package only surely in this one."""
    imported = "." in site.text(size)
    return lambda there, at: body if _builtins(there, at) and (there.path == site.path or not imported) else None


def _builtins(site: Site, at: Node) -> bool:
    return all(site.builtin_visible(name, at) for name in ("byte", "cap", "make", "new"))
