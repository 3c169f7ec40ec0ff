"""The part of `pool-pointer` that is about slices: the pool holds pointers to them, the code keeps its slices."""

from __future__ import annotations

from ..engine.api import Decline, Edit, Fix, Node, PoolGet, PoolMake, PoolPut, Site, rule

_TYPE = '[(type_identifier) @type (qualified_type name: (type_identifier) @type)] (#eq? @type "Pool")'
_LITERAL = f"(composite_literal type: {_TYPE}) @literal"
_SPECS = [
    f"(var_spec name: (identifier) @pool {what}) @site"
    for what in (
        f"value: (expression_list . {_LITERAL} .)",
        f"value: (expression_list . (unary_expression operand: {_LITERAL}) .)",
        f"type: {_TYPE} !value",
    )
]
_SHORT = "(short_var_declaration left: (expression_list . (identifier) @pool .) right: (expression_list . {} .)) @site"
#: Variables that hold a pool; then all literals, of which some belong to those.
QUERY = "\n".join(
    [
        *_SPECS,
        _SHORT.format(_LITERAL),
        _SHORT.format(f"(unary_expression operand: {_LITERAL})"),
        f"((composite_literal type: {_TYPE}) @site @literal)",
    ]
)
NEEDLES = (b"Pool{", b".Pool")


@rule(query=QUERY, needles=NEEDLES, about=("@pool",))
def slice_pool(site: Site) -> Fix | Decline | None:
    """A pool of slices: `p := pool.Get().(*[]byte); b := *p`, and `*p = b; pool.Put(p)` where the header may differ."""
    pool = site.value_pool("slice")
    if pool is None:
        return None
    if isinstance(pool, tuple):
        return site.decline(pool[0], at=pool[1])
    edits = [edit for make in pool.makes for edit in made(site, make)]
    for got in pool.gets:
        puts = pool.puts_of(got)
        problem = put_again(site, got, puts, [put.use.node for put in puts])
        if problem is not None:
            return site.decline("put-twice", at=problem)
        edits += _rewritten(site, got, puts)
    return site.fix(f"{pool.name} holds *{pool.type.string}", *edits, binds=[got.variable for got in pool.gets])


def put_again(site: Site, got: PoolGet, puts: list[PoolPut], nodes: list[Node]) -> Node | None:
    """The first of `nodes` that may run after something was put back, or what may put it back a second time."""
    for put in puts:
        others = [other.argument for other in puts if other != put]
        if others and (put.early or put.runner is not None):
            return others[0]  # they may come before or after it
        again = None if put.runner is None else site.runs_after(put.runner, [], got.variable)
        again = again or site.runs_after(put.statement, [] if put.early else nodes, got.variable)
        if again is not None:
            return again
    return None


def made(site: Site, make: PoolMake) -> list[Edit]:
    """New returns a pointer to what it returned."""
    if make.form != "sole":
        # return Buf{}
        # return &Buf{}
        return [site.insert(make.value.start_byte, "&")]
    # return make([]byte, 1024)
    # b := make([]byte, 1024); return &b
    function, indent = site.function_at(make.statement), site.indent(make.statement)
    block = None if function is None else function.node.child_by_field_name("body")
    assert function is not None and block is not None, "a return statement stands in a function's body"
    name = site.fresh("b", function.node)
    if site.starts_line(make.statement):
        start, end = make.statement.start_byte, make.statement.end_byte
        return site.recompose(start, end, f"{name} := ", make.value, f"\n{indent}return &{name}")
    first, last = f"{{\n{indent}\t{name} := ", f"\n{indent}\treturn &{name}\n{indent}}}"
    return site.recompose(block.start_byte, block.end_byte, first, make.value, last)


def _rewritten(site: Site, got: PoolGet, puts: list[PoolPut]) -> list[Edit]:
    var = got.variable
    function = site.function_at(got.value)
    pointer = site.fresh(f"{var.name}p", None if function is None else function.node)
    before, kept = site.text(got.value), got.type.start_byte - got.value.start_byte
    # b := pool.Get().([]byte)[:0]
    # bp := pool.Get().(*[]byte); b := (*bp)[:0]
    edits = [
        site.insert_before(var.declaration.statement, f"{pointer} := {before[:kept]}*{before[kept:]}"),
        site.replace(got.value, f"*{pointer}" if got.whole else f"(*{pointer})"),
    ]
    for put in puts:
        written = [
            use for use in var.uses if use.writes and (not put.early or use.literals or use.start < put.use.start)
        ]
        if written or not got.whole or put.argument != put.use.node:
            # pool.Put(b[:0])
            # *bp = b[:0]; pool.Put(bp)
            edits.append(site.insert_before(put.statement, f"*{pointer} = {site.text(put.argument)}"))
        edits.append(site.replace(put.argument, pointer))
    return edits
