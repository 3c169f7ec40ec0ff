"""`pool-pointer`: a sync.Pool of values becomes a pool of pointers."""

from __future__ import annotations

from ..engine.api import Decline, Edit, Fix, Node, PoolGet, PoolPut, Role, Site, Tier, Use, ValuePool, codemod
from .pool_slices import NEEDLES, QUERY, made, put_again, slice_pool

DECLINES = {
    "beside": "a test, or a file of another platform, mentions the pool; what it does with it is not known",
    "captured": "a function literal or another goroutine uses the value; only a deferred literal that puts it back may",
    "copied": "the value is copied, compared or passed on as a whole; with a pointer there would be one value, not two",
    "dirty": "`defer pool.Put(v)` puts back what v is at that line; as a pointer it would keep what is written later. "
    "Reset every value that Get returns, or put it back in a deferred function",
    "exported": "the pool is exported: other packages may use it",
    "get-form": "a Get is not of the form `v := pool.Get().(T)`, with the T that New returns",
    "handed-on": "something else than Get and Put is done with the pool",
    "kept": "a pointer into the value is stored, returned, or passed to a function that may keep it",
    "new-form": "New is not a function literal that returns values made there",
    "not-a-variable": "the pool is a field, an element or a result; who uses it is not known",
    "put-form": "what is put back is not the variable that a Get of the same function gave",
    "put-twice": "the value may be put back twice",
    "several-files": "another file uses the pool; a fix can change one file only",
    "small": "a value without bytes, or of one pointer, needs no memory in an interface: there is nothing to gain",
    "used-after-put": "the value may be used after it was put back",
}


@codemod(
    "pool-pointer", query=QUERY, needles=NEEDLES, about=("@pool",), tier=Tier.REVIEW, since="0.2",
    declines=DECLINES, also=(slice_pool,),
)  # fmt: skip
def pool_pointer(site: Site) -> Fix | Decline | None:
    """Hold pointers in a sync.Pool, not values.

    What it does:
        Where all Gets and Puts of a pool are in one file, New returns a pointer and Get is asserted to it. A struct or
        array is used through the pointer from then on. A slice stays what it is in the code; what it has become is
        stored behind the pointer before that is put back.

    Why:
        Put takes an interface. A pointer fits into one; a value is copied to the heap each time, which is the
        allocation that the pool is there to avoid.

    When it declines:
        When anyone else may use the pool; when a value is copied, captured, used after Put or put back twice; when a
        pointer into it may be kept; when `defer pool.Put(v)` would begin to keep what is written after that line.

    Tier and risks:
        review: memory is reused where it was copied. io.Writer, io.Reader and the like are trusted to keep nothing.

    Source:
        https://pkg.go.dev/sync#Pool; https://staticcheck.dev/docs/checks#SA6002.
    """
    pool = site.value_pool("struct", "array")
    if pool is None:
        return None
    if isinstance(pool, tuple):
        return site.decline(pool[0], at=pool[1])
    size = pool.type.size
    if size == 0 or (size is not None and size <= 8 and not pool.type.pointer_free):
        return site.decline("small")
    for got in pool.gets:
        problem = _problem(site, got, pool.puts_of(got))
        if problem is not None:
            return site.decline(problem[0], at=problem[1])
    dirty = next((put for got in pool.gets for put in pool.puts_of(got) if _changed_later(site, got, put)), None)
    put_back = {put.use.start for put in pool.puts}
    if dirty is not None and not all(_reset(site, got, put_back) for got in pool.gets):
        return site.decline("dirty", at=dirty.statement)
    return _fix(site, pool)


def _problem(site: Site, got: PoolGet, puts: list[PoolPut]) -> tuple[str, Node] | None:
    """What forbids a pointer in place of one variable, and where."""
    var, own = got.variable, {put.use.start for put in puts}
    part = next((put.argument for put in puts if put.argument != put.use.node), None)
    if part is not None:
        return "put-form", part
    again = put_again(site, got, puts, [use.node for use in var.uses])
    if again is not None:
        return "put-twice" if again.type != "identifier" or again.start_byte in own else "used-after-put", again
    deferred = [put.runner for put in puts if put.runner is not None and put.runner.type == "defer_statement"]
    escapes = site.escapes(var.declaration.identifier) is not False
    for use in var.uses:
        if any(site.runner(literal) not in deferred for literal in use.literals):
            return "captured", use.node
        pointer = site.pointer_of(use)
        kept = None if pointer is None else site.outlives(pointer, escapes)
        if kept is not None:
            return "kept", kept
        if pointer is None and use.start not in own and _whole(site, use):
            return "copied", use.node
    return None


def _whole(site: Site, use: Use) -> bool:
    """Whether a use takes the value as a whole, other than by giving it a new one."""
    node, role, _ = site.place_of(use)
    if node != use.node or role in {Role.MEMBER, Role.INDEX} or use.builtin in {"len", "cap"}:
        return False
    return role is not Role.ASSIGN or site.assigned_value(use) is None


def _changed_later(site: Site, got: PoolGet, put: PoolPut) -> bool:
    """Whether `defer pool.Put(v)` takes v before the function changes it."""
    return put.early and any(site.changes(use) and use.start > put.use.start for use in got.variable.uses)


def _reset(site: Site, got: PoolGet, put_back: set[int]) -> bool:
    """Whether what Get returned gets another value before anything else happens to it."""
    first = next((use for use in got.variable.uses if use.start not in put_back), None)
    if first is None or first.statement.parent != got.variable.declaration.statement.parent:
        return first is None
    value, calls = site.assigned_value(first), site.calls(first.statement)
    if value is not None and value.type == "composite_literal" and not site.mentions(value, got.variable.name):
        return True
    buffer = got.variable.type.name == "bytes.Buffer"  # not a struct that embeds one
    return buffer and len(calls) == 1 and site.callee(calls[0]) == "(*bytes.Buffer).Reset"


def _fix(site: Site, pool: ValuePool) -> Fix:
    edits = [edit for make in pool.makes for edit in made(site, make)]
    for got in pool.gets:
        # v := pool.Get().(Buf)
        # v := pool.Get().(*Buf)
        edits.append(site.insert(got.type.start_byte, "*"))
        edits += [edit for use in got.variable.uses for edit in _through(site, use)]
    return site.fix(f"{pool.name} holds *{pool.type.string}", *edits, binds=[got.variable for got in pool.gets])


def _through(site: Site, use: Use) -> list[Edit]:
    node, role, construct = site.place_of(use)
    if node != use.node:
        return []
    if role is Role.ASSIGN:
        # v = Buf{}
        # *v = Buf{}
        return [site.insert(node.start_byte, "*")]
    if role is Role.ADDRESS:
        # f(&v)
        # f(v)
        return [site.delete(construct.start_byte, construct.start_byte + 1)]
    return []
