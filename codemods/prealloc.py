"""`prealloc`: allocate a slice or a map once, before the loop that fills it."""

from __future__ import annotations

from typing import Literal

from ..engine.api import NOT_LOCAL, Append, Decline, Fix, Loop, Node, Options, Site, Start, Tier, Variable, codemod
from ..engine.api import each_time as each_iteration
from ..engine.api import runs_once_per_iteration as every_time
from .prealloc_map import map_hint

QUERY = """
(assignment_statement left: (expression_list . (_) @target .) operator: "="
  right: (expression_list . (call_expression function: (identifier) @append
    arguments: (argument_list . (_) @first)) @call .)
  (#eq? @append "append") (#eq? @target @first)) @site
"""
DECLINES = {code: NOT_LOCAL[code] for code in ("field", "named-result", "package-variable", "parameter")} | {
    "address-taken": "something else may hold a pointer to the slice",
    "captured": "a function literal that may run before the end of the loop, or on another goroutine, uses the slice",
    "capacity": "something depends on how much room the slice has",
    "conditional": "the append does not run in every iteration; the length is only an upper bound",
    "duplicate-keys": "keys may repeat; where they do, a size hint makes the map slower",
    "early-exit": "the loop may end early",
    "element-pointer": "a pointer to an element is taken in the loop; it would start to alias the final slice",
    "late-length": "the length is not known yet, or may change, where the map is made",
    "map-written": "the loop changes the map that it ranges over",
    "nested-loop": "the appending loop is nested in another; its length is only a part of the whole",
    "no-length": "nothing cheap tells how often the loop runs",
    "not-empty": "the slice may hold elements when the loop starts",
    "shadowed": "make, len or append means something else here",
    "small": "up to 32 bytes of elements (8 entries of a map) there is nothing to gain",
    "spread": "each iteration appends a slice whose length is not known before",
    "type-hidden": "the type of the slice cannot be written here",
    "upper-bound": "the number of iterations is only known as an upper bound",
    "used-in-loop": "the loop passes on, stores, slices or assigns the slice",
    "zero-size": "elements of size zero need no memory",
}
_REVIEW = {"conditional", "upper-bound"}


class Prealloc(Options, frozen=True):
    """nil: "keep" never turns nil into empty; "ignore" uses the plain make everywhere (tier review).
    upper-bounds: also size for what may be appended (tier review). A filter that keeps less than half gets slower."""

    nil: Literal["keep", "ignore"] = "keep"
    upper_bounds: bool = False


@codemod(
    "prealloc", query=QUERY, needles=(b"append(",), inside="for_statement", tier=Tier.SAFE, since="0.1",
    options=Prealloc, imports=("slices",), declines=DECLINES, also=(map_hint,),
)  # fmt: skip
def prealloc(site: Site) -> Fix | Decline | None:
    """Allocate a slice or a map once, before the loop that fills it.

    What it does:
        A slice that starts empty and gets the same number of elements in each iteration of a loop with a known length
        is made with that capacity: `make([]T, 0, len(xs))` where nothing can tell nil from empty, `slices.Grow` or a
        guarded make where something can. A map filled with distinct keys is made with a size hint.

    Why:
        1000 appends of 56 bytes take 11 allocations and twice the bytes. Up to 32 bytes there is nothing to gain.

    When it declines:
        When the append is conditional, the loop may end early or has no cheap length; when a pointer to an element, a
        copy or a closure could notice the room; when the slice is a parameter, a field or not empty.

    Tier and risks:
        safe: nil stays nil unless no use can tell; `gorefit why` shows that proof. The options make it review.

    Source:
        https://go.dev/ref/spec#Appending_and_copying_slices, https://pkg.go.dev/slices#Grow; golang/go#73557.
    """
    if not site.is_builtin(site["append"], "append"):
        return site.decline("shadowed", at=site["append"])
    target, var = site["target"], site.variable(site["target"])
    if var is None:
        return site.decline("package-variable" if target.type == "identifier" else "field")
    start, appends = site.slice_start(var), site.appends(var)
    around = site.loops(target, var.declaration.within)
    first = next((a.use.node for a in appends if a.use.loops), None)
    if first != target or start.kind == "sized" or not around or site.sized_before(var, around[0]):
        return None  # the first append in a loop speaks for the variable
    inside = [a for a in appends if any(node == around[0].node for node in a.use.loops)]
    code, place = _forbidden(site, var, start, around[0], inside) or _amount(site, var, around[0], inside)
    if code and not (code in _REVIEW and site.options.upper_bounds and around[0].count is not None):
        return site.decline(code, at=place)
    return _allocate(site, var, start, around[0], each_iteration(inside), upper=bool(code))


def _forbidden(
    site: Site, var: Variable, start: Start, loop: Loop, inside: list[Append]
) -> tuple[str, Node | None] | None:
    """The first thing that would notice the rewrite, and where it stands."""
    declared, function = var.declaration, site.function
    result = declared.kind == "result"
    if site.not_plain_local(var) in {"parameter", "package-variable"} or (result and function and function.defers):
        return site.not_plain_local(var), declared.identifier
    noticed = site.capacity_observer(var, loop)
    if noticed is not None:
        return noticed
    if any(len(a.use.loops) > 1 for a in inside):
        return "nested-loop", loop.node
    before = next((u.node for u in var.between(declared.identifier, loop.node) if not site.only_looks(u)), None)
    if before is not None or start.kind == "other":
        return "not-empty", before or declared.identifier
    spread = next((a.statement for a in inside if a.spread), None)
    bare = next((e.node for e in loop.exits if result and site.bare_return(e.node)), None)
    left = next((e.node for e in loop.exits if e.kind in {"break", "goto"} or e.outer), None)
    jumps = loop.node if function is not None and function.labels else left
    found = {"spread": spread, "used-in-loop": bare, "early-exit": jumps}
    return next(((code, node) for code, node in found.items() if node is not None), None)


def _amount(site: Site, var: Variable, loop: Loop, inside: list[Append]) -> tuple[str, Node | None]:
    """Why the number of elements is not known, or not worth it; upper bounds come last."""
    count, width = loop.count, None if var.type.elem is None else var.type.elem.size
    if count is None:
        written = loop.kind == "map" and loop.operand is not None and site.is_stable(loop.operand)
        bound = loop.kind == "three-clause" and site.counted(loop)
        return "map-written" if written else "upper-bound" if bound else "no-length", loop.node
    if width == 0 or site.without_size(loop):
        return "zero-size", var.declaration.identifier
    if not all(site.builtin_visible(name, loop.node) for name in ("make", "len")):
        return "shadowed", loop.node
    if count.constant is not None:
        if count.constant == 0 or (width is not None and count.constant * width * each_iteration(inside) <= 32):
            return "small", loop.node
        if count.operand is None and (loop.exits or count.constant > 1 << 16):
            return "upper-bound", loop.node  # no memory stands behind the number
    rare = next((a.statement for a in inside if not every_time(loop, a.statement)), None)
    if rare is not None:
        return "conditional", rare
    return ("", None) if count.exact else ("upper-bound", loop.node)


def _allocate(site: Site, var: Variable, start: Start, loop: Loop, each: int, *, upper: bool) -> Fix | Decline:
    count, ignored = loop.count, site.options.nil == "ignore"
    assert count is not None
    constant = count.constant is not None and count.operand is None
    size = str((count.constant or 0) * each) if constant else count.text + (f" * {each}" if each > 1 else "")
    observer = site.nil_observer(var) if start.kind == "nil" else None
    edits = site.allocate(var, start, loop, size, None if ignored else observer)
    if edits is None:
        return site.decline("type-hidden")
    risks = ["the capacity is only an upper bound: where less than half is kept this is slower"] if upper else []
    risks += ["a nil slice may become an empty one"] if observer is not None and (upper or ignored) else []
    tier, message = Tier.REVIEW if risks else Tier.SAFE, f"make room for {size} elements of {var.name} once"
    return site.fix(message, *edits, risks=risks, notes=site.nil_notes(var, observer), binds=[var], tier=tier)
