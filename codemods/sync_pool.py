"""`sync-pool`: take a short-lived buffer from a sync.Pool."""

from __future__ import annotations

from ..engine.api import Decline, Fix, Natural, Node, Options, Site, Tier, Variable, codemod
from .sync_pool_bytes import BYTES, growing_bytes, scratch_bytes
from .sync_pool_fit import KEPT, UNFIT, first_kept, unfit

QUERY = """
(short_var_declaration
  left: (expression_list . (identifier) @name .) right: (expression_list . (_) @value .)
  (#match? @value "Buffer")) @site
(var_spec . name: (identifier) @name value: (expression_list . (_) @value .) (#match? @value "Buffer")) @site
(var_spec . name: (identifier) @name type: (_) @type !value (#match? @type "Buffer")) @site
"""
DECLINES = UNFIT | KEPT | BYTES | {"capacity": "something looks at how much room it has"}


class SyncPool(Options, frozen=True):
    """max-capacity: buffers with more room than so many bytes are not put back (0: all are)."""

    max_capacity: Natural = 64 << 10


@codemod(
    "sync-pool", query=QUERY, needles=(b"Buffer",), about=("@function", "Buffer", "Writer", "Reader"), tier=Tier.REVIEW,
    since="0.2", options=SyncPool, imports=("sync", "bytes"), declines=DECLINES, also=(scratch_bytes, growing_bytes),
)  # fmt: skip
def sync_pool(site: Site) -> Fix | Decline | None:
    """Take a short-lived buffer from a sync.Pool instead of allocating it in every call.

    What it does:
        A local bytes.Buffer, a byte slice of constant size, or a struct with a Reset method that lives as long as the
        call comes from a pool at package level, is reset, and goes back by a deferred Put unless it grew too large.

    Why:
        A buffer that goes to the heap costs an allocation, its growth several more: 1000 bytes written in pieces of 64
        take 5 allocations and 1984 bytes, with a pool none. JSON encoders gain bytes, hardly time.

    When it declines:
        When the compiler keeps the buffer on the stack; when content could outlive the call: returned, stored, sent,
        captured, aliased, or handed to a function that may keep it; when the function runs once, loops around the
        buffer, recovers, or is named after secrets.

    Tier and risks:
        review: results stay the same, but memory stays in use between calls, up to max-capacity for each buffer. That a
        Writer does not keep what it is given is the contract of io.Writer, and taken for granted.

    Source:
        https://pkg.go.dev/sync#Pool; golang/go#23199 tells why there is a limit, staticcheck SA6002 why pointers.
    """
    var = site.variable(site["name"])
    made = None if var is None else _made(site, var)
    if var is None or made is None or site.fills_pool():
        return None
    fates = site.buffer_fates(var)
    code, place = unfit(site, var, made[1], made[2])
    if not code:
        code, place = first_kept(fates)
    home = site.file.declaration_at(site.node.start_byte)
    here, there = site.use("bytes", site.node, "Buffer"), None if home is None else site.use("bytes", home, "Buffer")
    new = "" if there is None else f"return {made[0].format(bytes=there)}"
    pool = None if code or here is None or there is None else site.pool("bufferPool", "buffers", new, site.node)
    if pool is None or code:
        return site.decline(code or "shadowed", at=place)
    limit = site.options.max_capacity
    # buf := new(bytes.Buffer)
    # buf := bufferPool.Get().(*bytes.Buffer); buf.Reset(); defer func() { … bufferPool.Put(buf) … }()
    taken = [f"{var.name} := {pool.name}.Get().(*{here}Buffer)", f"{var.name}.Reset()"]
    edits = site.replace_statement(var.declaration.statement, *taken, *_put(pool.name, var.name, site.size_text(limit)))
    edits += [site.replace(use.construct, var.name) for use in var.uses if use.role == "address"]
    risks = [f"buffers of up to {limit} bytes stay in memory between calls" if limit else "buffers stay in memory"]
    notes = [site.note("the contract of io.Writer: it does not keep this", fate.at) for fate in fates if fate.contract]
    message = f"take {var.name} from {pool.name}"
    return site.fix(message, *edits, *pool.edits, declares=pool.declares, binds=[var], risks=risks, notes=notes)


def _made(site: Site, var: Variable) -> tuple[str, Node, int] | None:
    """How a pool makes such a buffer, what allocates it here, and the capacity that it starts with."""
    value = var.declaration.value
    if var.type.name == "bytes.Buffer" and (value is None or site.is_zero_literal(value)):
        return "new({bytes}Buffer)", var.declaration.identifier, 0
    pointed = var.type.elem
    if value is None or var.type.kind != "pointer" or pointed is None or pointed.name != "bytes.Buffer":
        return None
    if site.makes_zero(value):
        return "new({bytes}Buffer)", value, 0
    given = site.arguments(value) if value.type == "call_expression" else []
    if site.callee(value) not in {"bytes.NewBuffer", "bytes.NewBufferString"} or len(given) != 1:
        return None
    if site.is_builtin(given[0], "nil") or site.const(given[0]) == '""' or site.is_zero_literal(given[0]):
        return "new({bytes}Buffer)", value, 0
    sizes = site.arguments(given[0])[1:] if site.callee(given[0]) == "make" else []
    room = site.const_int(sizes[-1]) if sizes and site.const_int(sizes[0]) == 0 else None
    if room is None:
        return None
    return f"{{bytes}}NewBuffer(make([]byte, 0, {site.constant_text(sizes[-1])}))", value, room


def _put(pool: str, name: str, limit: str) -> list[str]:
    if limit == "0":
        return [f"defer {pool}.Put({name})"]
    return ["defer func() {", f"\tif {name}.Cap() <= {limit} {{", f"\t\t{pool}.Put({name})", "\t}", "}()"]
