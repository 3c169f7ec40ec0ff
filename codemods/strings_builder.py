"""`strings-builder`: += in a loop becomes a strings.Builder."""

from __future__ import annotations

from ..engine.api import NOT_LOCAL, Decline, Edit, Fix, Growth, Node, Part, Site, Tier, Use, Variable, codemod

QUERY = """
((assignment_statement
  left: (expression_list . (_) @target .) operator: "+=" right: (expression_list . (_) @value .)) @site
  (#not-match? @value "^[0-9'-]"))
(assignment_statement left: (expression_list . (identifier) @target .) operator: "="
  right: (expression_list . (binary_expression operator: "+") @value .)) @site
"""
DECLINES = NOT_LOCAL | {
    "address-taken": "something else may hold a pointer to the string",
    "assigned": "the string is also assigned in a way that a Builder has no word for",
    "declaration-shape": "it is not declared on its own by `s := …` or `var s string`",
    "few-iterations": "the loop runs three times or less, where += is faster",
    "go-version": "strings.Builder needs Go 1.10",
    "goroutine": "another goroutine uses the string",
    "named-type": "its type is not string itself",
    "order-of-evaluation": "the appended value calls something that may write the string first",
    "prepended": "text is put in front of the string; a Builder only appends",
    "shadowed": "package strings cannot be imported or named here",
    "type-parameter": "a type parameter may stand for any string type",
}


@codemod(
    "strings-builder", query=QUERY, needles=(b"+=", b" + ", b" +\n", b" +\r"), inside="for_statement",
    tier=Tier.SAFE, since="0.1", imports=("strings",), declines=DECLINES,
)  # fmt: skip
def strings_builder(site: Site) -> Fix | Decline | None:
    """Build a string that grows in a loop with strings.Builder.

    What it does:
        `s += x` and `s = s + x` become WriteString, WriteByte or WriteRune, one for each operand; `s = ""` becomes
        Reset, `len(s)` and tests for "" ask Len, any other read becomes String. Where every iteration writes the same
        number of bytes, Grow allocates once. A loop that only joins a slice of strings becomes strings.Join.

    Why:
        Each += copies all that was written. A Builder is about 9 times faster at 64 pieces, but slower up to three.

    When it declines:
        When the string is not a plain local; when anything but an append, a reset or a read happens to it; when
        another goroutine uses it; when the loop runs three times or less; when an operand may write the string.

    Tier and risks:
        safe: String() costs nothing, and later writes never change what it returned.

    Source:
        https://pkg.go.dev/strings#Builder; golang/go#75283 and #76476 tell what happens without these checks.
    """
    target, known = site.bare("target"), site.type(site["target"])
    if known is None or known.core_kind != "string":
        return None
    var = site.variable(target)
    if var is None:
        return site.decline("field" if target.type != "identifier" else "package-variable")
    writes = site.growth(var)
    first = next((w.use.node for w in writes if w.concatenates and (w.use.loops or not var.local)), None)
    if first != target:
        return None  # the variable's first site speaks for it
    code, place = _reason(site, var, writes)
    if code:
        return site.decline(code, at=place)
    joined = _join(site, var, writes)
    if joined is None and all(site.at_most(w.use.loops, 3) for w in writes if w.use.loops and w.concatenates):
        return site.decline("few-iterations")
    return joined or _build(site, var, writes)


def _reason(site: Site, var: Variable, writes: tuple[Growth, ...]) -> tuple[str, Node | None]:
    """The first thing that forbids the rewrite, and where it stands."""
    declared = var.declaration.identifier
    named = "type-parameter" if var.type.kind == "typeparam" else "named-type" if var.type.name else ""
    shape = "" if site.can_redeclare(var) else "declaration-shape"
    if code := site.not_plain_local(var) or named or shape:
        return code, declared
    forbidden = {"prepend": "prepended", "assign": "assigned", "regrouped": "assigned", "address": "address-taken"}
    places = [("goroutine", use.node) for use in var.uses if site.concurrent(use)]
    places += [(forbidden[w.kind], w.use.node) for w in writes if w.kind in forbidden]
    places += [("order-of-evaluation", call) for call in site.interfering_calls(var, writes)]
    if not places and (site.go_version < (1, 10) or site.use("strings", declared, "Builder", "Join") is None):
        return "go-version" if site.go_version < (1, 10) else "shadowed", declared
    return min(places, key=lambda place: place[1].start_byte, default=("", None))


def _join(site: Site, var: Variable, writes: tuple[Growth, ...]) -> Fix | None:
    loop = site.joining_loop(var, writes)
    if loop is None or loop.operand is None:
        return None
    # s := ""; for _, x := range xs { s += x }
    # s := strings.Join(xs, "")
    start, strings = var.declaration.statement.start_byte, site.use("strings", var.declaration.statement)
    edits = site.recompose(start, loop.node.end_byte, f"{var.name} := {strings}Join(", loop.operand, ', "")')
    return site.fix(f"join {site.text(loop.operand)} with strings.Join", *edits, binds=[var])


def _build(site: Site, var: Variable, writes: tuple[Growth, ...]) -> Fix:
    strings, value = site.use("strings", var.declaration.identifier), var.declaration.value
    edits = site.redeclare(var, f"{strings}Builder", [] if value is None else _write(site, var, value))
    steady = site.steady_loop(writes)
    if steady is not None:
        edits.append(site.insert_before(steady.loop.node, f"{var.name}.Grow({steady.bytes})"))
    for write in writes:
        edits += _rewrite(site, var, write)
    for use in var.uses:
        edits += [] if use.writes or site.is_own_operand(use) else _read(site, var, use)
    return site.fix(f"build {var.name} with a strings.Builder", *edits, binds=[var])


def _rewrite(site: Site, var: Variable, write: Growth) -> list[Edit]:
    statement, operands = write.use.construct, write.operands
    if write.kind == "reset":
        return [site.replace(statement, f"{var.name}.Reset()")]
    # s += a + ","
    # s.WriteString(a); s.WriteByte(',')
    parts: list[Part] = [f"{var.name}.WriteString(", write.added, ")"]
    if len(operands) == 1:
        parts = _write(site, var, operands[0])
    elif (
        not write.constant
        and site.in_list(statement)
        and not site.has_comment(statement, statement)
        and all(site.apart(operand, var) for operand in operands)
    ):
        parts = [p for o in operands for p in (f"\n{site.indent(statement)}", *_write(site, var, o))][1:]
    return site.recompose(statement.start_byte, statement.end_byte, *parts)


def _write(site: Site, var: Variable, operand: Node) -> list[Part]:
    """The call that appends one operand."""
    byte, rune = site.one_byte_literal(operand), site.converted_rune(operand)
    if byte is not None:
        return [f"{var.name}.WriteByte({byte})"]
    return [f"{var.name}.WriteRune(", rune, ")"] if rune is not None else [f"{var.name}.WriteString(", operand, ")"]


def _read(site: Site, var: Variable, use: Use) -> list[Edit]:
    empty = site.compared_with_empty(use)
    if use.builtin == "len":
        return [site.replace(use.construct, f"{var.name}.Len()")]
    if empty is None:
        return [site.replace(use.node, f"{var.name}.String()")]
    # s != ""
    # s.Len() != 0
    first, second = sorted([use.node, empty], key=lambda node: node.start_byte)
    return [site.replace(first, f"{var.name}.Len()"), site.replace(second, "0")]
