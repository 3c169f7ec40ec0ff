"""`sync-pool`: take a short-lived buffer from a sync.Pool."""

from __future__ import annotations

from ..engine.api import Decline, Fix, Natural, New, Node, Options, Pool, Site, Tier, Variable, codemod
from .sync_pool_bytes import BYTES, growing_bytes, scratch_bytes
from .sync_pool_fit import DIRTY, KEPT, UNFIT, first_kept, fix, in_question, pool_name, put_back, unfit, within
from .sync_pool_struct import STRUCTS, scratch_structs

QUERY = """
(short_var_declaration
  left: (expression_list . (identifier) @name .) right: (expression_list . (_) @value .)
  (#match? @value "Buffer")) @site
(var_spec . name: (identifier) @name value: (expression_list . (_) @value .) (#match? @value "Buffer")) @site
(var_spec . name: (identifier) @name type: (_) @type !value (#match? @type "Buffer")) @site
"""
DECLINES = (
    UNFIT | KEPT | BYTES | STRUCTS | {"nil-observed": "where nothing is written, its bytes would no longer be nil here"}
)


_GROWS = "the compiler keeps it on the stack: a pool would only save what it grows to (Grow, or the option on-stack)"


class SyncPool(Options, frozen=True):
    """max-capacity: buffers with more room than so many bytes are not put back (0: all are). on-stack: also buffers
    that the compiler keeps on the stack, of which a pool saves what they grow to."""

    max_capacity: Natural = 64 << 10
    on_stack: bool = False


@codemod(
    "sync-pool", query=QUERY, needles=(b"Buffer",), about=("@function", "@calls", "Pool"),
    tier=Tier.REVIEW, since="0.2", options=SyncPool, imports=("sync", "bytes"), declines=DECLINES,
    also=(scratch_bytes, growing_bytes, scratch_structs),
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
    if var is None or made is None or not in_question(site, var):
        return None
    room = 0 if made[1] is None else site.const_int(made[1]) or 0
    code, place = unfit(site, var, made[0], room, anywhere=made[1] is None and site.options.on_stack)
    fates = [] if code else site.buffer_fates(var)
    if not code:
        code, place = first_kept(fates, *(["nil-observed"] if made[1] is not None else []))
        if code == "nil-observed" and all(site.written_before(var, f.at) for f in fates if f.word == code):
            code, place = first_kept(fates, code)
    here = site.use("bytes", site.node, "Buffer")
    pool = None if code or here is None else _pool(site, made[1])
    if pool is None:
        return site.decline(code or "shadowed", _GROWS if code == "stays-on-stack" else "", at=place)
    limit = site.options.max_capacity
    put = put_back(within(site, f"{var.name}.Cap()"), f"{pool.name}.Put({var.name})")
    # buf := new(bytes.Buffer)
    # buf := bufferPool.Get().(*bytes.Buffer); buf.Reset(); defer func() { … bufferPool.Put(buf) … }()
    taken = [f"{var.name} := {pool.name}.Get().(*{here}Buffer)", f"{var.name}.Reset()"]
    edits = site.replace_statement(var.declaration.statement, *taken, *put)
    edits += [site.replace(site.with_parentheses(u.construct), var.name) for u in var.uses if u.role == "address"]
    risk = f"buffers of up to {limit} bytes stay in memory between calls" if limit else "buffers stay in memory"
    return fix(site, var, pool, edits, fates, risk)


def _made(site: Site, var: Variable) -> tuple[Node, Node | None] | None:
    """What allocates a buffer without content, and the capacity that it starts with, where it has one."""
    value = var.declaration.value
    if var.type.name == "bytes.Buffer" and (value is None or site.is_zero_literal(value)):
        return var.declaration.identifier, None
    pointed = var.type.elem
    if value is None or var.type.kind != "pointer" or pointed is None or pointed.name != "bytes.Buffer":
        return None
    if site.makes_zero(value):
        return value, None
    given = site.arguments(value) if value.type == "call_expression" else []
    if site.callee(value) not in {"bytes.NewBuffer", "bytes.NewBufferString"} or len(given) != 1:
        return None
    if site.is_builtin(given[0], "nil") or site.const(given[0]) == '""' or site.is_zero_literal(given[0]):
        return value, None
    sizes = site.arguments(given[0])[1:] if site.callee(given[0]) == "make" else []
    empty = len(sizes) == 2 and site.const_int(sizes[0]) == 0 and site.const_int(sizes[1]) is not None
    return (value, sizes[1]) if empty else None


def _pool(site: Site, room: Node | None) -> Pool | None:
    """The pool of buffers that start empty, or with this capacity."""
    if room is None:
        return site.pool("bufferPool", f"buffers{DIRTY}", _new("new({}Buffer)", "new"), site.node)
    home = site.file.declaration_at(room.start_byte)
    text = None if home is None else site.constant_text(room, home)
    if text is None:
        return None
    made = _new(f"{{}}NewBuffer(make([]byte, 0, {text}))", "make", "byte")
    name = pool_name("buffer", text, site.const_int(room) or 0)
    return site.pool(name, f"buffers that start with {text} bytes{DIRTY}", made, site.node)


def _new(form: str, *builtins: str) -> New:
    def made(there: Site, at: Node) -> str | None:
        package = there.use("bytes", at, "Buffer", "NewBuffer")
        seen = all(there.builtin_visible(name, at) for name in builtins)
        return f"return {form.format(package)}" if seen and package is not None else None

    return made
