"""The maps of `prealloc`: a size hint for a map that a loop fills."""

from __future__ import annotations

from ..engine.api import Decline, Fix, Loop, Node, Site, Tier, Use, Variable, role_of, rule
from ..engine.api import runs_once_per_iteration as every_time

QUERY = """
(assignment_statement
  left: (expression_list . (index_expression operand: (identifier) @target index: (_) @key) .) operator: "="
  right: (expression_list . (_) .)) @site
"""
_SMALL = 8  # entries: up to here a map is one group, whatever the hint (MapGroupSlots of internal/abi)


@rule(QUERY, needles=(b"make(map[", b"map["), inside="for_statement")
def map_hint(site: Site) -> Fix | Decline | None:
    """`m := make(map[K]V)` before `for k := range x { m[k] = … }` becomes `make(map[K]V, len(x))`."""
    var = site.variable(site["target"])
    if var is None or var.type.kind != "map" or not var.local:
        return None
    fills = [use for use in var.uses if use.loops and _fills(use)]
    made = _unsized(site, var)
    if made is None or not fills or fills[0].node != site["target"]:
        return None
    around = site.loops(site.node, var.declaration.within)
    if not around:
        return None  # inside a function literal: nothing tells how often that runs
    code, place = _reason(site, var, around[0], len(around) > 1)
    review = code == "duplicate-keys" and site.options.upper_bounds
    if code and not review:
        return site.decline(code, at=place)
    count = around[0].count
    assert count is not None
    # m := make(map[K]V)
    # m := make(map[K]V, len(x))
    edit = site.replace(made[0], f"make({site.text(made[1])}, {count.text})")
    risks = ["keys may repeat: where they do, the hint makes the map slower and larger"] if review else []
    tier = Tier.REVIEW if review else Tier.SAFE
    return site.fix(f"size {var.name} for {count.text} entries", edit, binds=[var], risks=risks, tier=tier)


def _fills(use: Use) -> bool:
    """Whether a use is the m of `m[k] = v`."""
    role, construct = role_of(use.construct)
    return use.role == "index" and role == "assign" and construct.type == "assignment_statement"


def _unsized(site: Site, var: Variable) -> tuple[Node, Node] | None:
    """The initial value and its type, where it is `make(map[K]V)` or `map[K]V{}`."""
    value = var.declaration.value
    if value is None:
        return None
    if value.type == "call_expression" and site.callee(value) == "make" and len(site.arguments(value)) == 1:
        return value, site.arguments(value)[0]
    type_, body = value.child_by_field_name("type"), value.child_by_field_name("body")
    if (
        value.type != "composite_literal"
        or type_ is None
        or body is None
        or any(child.type != "comment" for child in body.named_children)
    ):
        return None
    return value, type_


def _reason(site: Site, var: Variable, loop: Loop, nested: bool) -> tuple[str, Node | None]:
    if nested:
        return "nested-loop", loop.node
    left = next((e.node for e in loop.exits if e.kind in {"break", "goto"} or e.outer), None)
    if left is not None:
        return "early-exit", left
    if loop.count is None:
        written = loop.kind == "map" and loop.operand is not None and site.is_stable(loop.operand)
        return "map-written" if written else "no-length", loop.node
    if not loop.count.exact:
        return "upper-bound", loop.node
    if not site.sizable_at_declaration(var, loop):
        return "late-length", loop.node
    if loop.count.constant is not None and loop.count.constant <= _SMALL:
        return "small", loop.node
    if not every_time(loop, site.node):
        return "conditional", site.node
    return ("", None) if _distinct(site, loop) else ("duplicate-keys", site["key"])


def _distinct(site: Site, loop: Loop) -> bool:
    """Whether each iteration has a key of its own: the key of a map, the index of a slice, untouched by the body."""
    if loop.kind not in {"map", "slice", "array", "integer"} or loop.key is None or not site.defines(loop):
        return False
    key = site.variable(loop.key)
    return key is not None and site.same_object(loop.key, site["key"]) and not site.written_inside(key, loop.body)
