"""`strings-builder`: += in a loop becomes a strings.Builder."""

from __future__ import annotations

from ..engine.api import Decline, Edit, Fix, Growth, Node, Role, Site, Tier, Use, Variable, codemod

QUERY = """
(assignment_statement
  left: (expression_list . (_) @target .) operator: "+="
  right: (expression_list . [(identifier) (binary_expression) (call_expression) (selector_expression)
    (index_expression) (slice_expression) (interpreted_string_literal) (raw_string_literal) (unary_expression)
    (parenthesized_expression) (type_conversion_expression) (type_assertion_expression)] @value .)) @site
(assignment_statement
  left: (expression_list . (identifier) @target .) operator: "="
  right: (expression_list . (binary_expression operator: "+") @value .)) @site
"""
DECLINES = {
    "address-taken": "something else may hold a pointer to the string",
    "assigned": "the string is also assigned in a way that a Builder has no word for",
    "declaration-shape": "it is not declared on its own by `s := …` or `var s string`",
    "few-iterations": "the loop runs three times or less, where += is faster",
    "field": "a field or an element belongs to its container, not to this function",
    "for-init": "each iteration has its own copy of a loop variable, and a Builder must not be copied",
    "go-version": "strings.Builder needs Go 1.10",
    "goroutine": "another goroutine uses the string",
    "if-init": "it is declared in the header of an if or switch",
    "named-result": "a named result is the caller's variable as well",
    "named-type": "its type is not string itself",
    "order-of-evaluation": "the appended value calls something that may write the string first",
    "package-variable": "a package variable is not this function's to change",
    "parameter": "a parameter keeps its type",
    "prepended": "text is put in front of the string; a Builder only appends",
    "shadowed": "package strings cannot be named here",
    "type-parameter": "a type parameter may stand for any string type",
}
_KINDS = {
    "field": "field", "for": "for-init", "if": "if-init", "switch": "if-init", "package": "package-variable",
    "parameter": "parameter", "receiver": "parameter", "result": "named-result",
}  # fmt: skip


@codemod(
    "strings-builder", query=QUERY, needles=(b"+=", b" + "), inside="for_statement", tier=Tier.SAFE, since="0.1",
    imports=("strings",), declines=DECLINES,
)  # fmt: skip
def strings_builder(site: Site) -> Fix | Decline | None:
    """Build a string that grows in a loop with strings.Builder.

    What it does:
        `s += x` and `s = s + x` become WriteString, WriteByte or WriteRune, one for each operand; `s = ""` becomes
        Reset, `len(s)` and tests for "" ask Len, any other read becomes String. Where every iteration writes the same
        number of bytes, Grow allocates once. A loop that only joins a slice of strings becomes strings.Join.

    Why:
        Each += copies all that was written so far. A Builder grows by doubling: with pieces of 8 bytes it is about
        nine times faster at 64 pieces and ninety times at 1000, but slower up to three.

    When it declines:
        When the string is not a plain local of type string; when anything but an append, a reset or a read happens
        to it; when another goroutine uses it; when the loop provably runs three times or less; when an appended
        value calls something that may itself write the string.

    Tier and risks:
        safe. Reads are sound anywhere: String() costs nothing, and later writes never change what it returned.

    Source:
        https://pkg.go.dev/strings#Builder; golang/go#75283 and #76476 tell what happens without these checks.
    """
    target, known = site["target"], site.type(site["target"])
    if known is None or known.kind != "string" and (known.core is None or known.core.kind != "string"):
        return None
    var = site.variable(target)
    if var is None:
        return site.decline(code := "field" if target.type != "identifier" else "package-variable", DECLINES[code])
    writes = site.growth(var)
    first = next((w.use.node for w in writes if w.concatenates and (w.use.loops or not var.local)), None)
    if first != target:
        return None  # the variable's first site speaks for it
    code, place = _reason(site, var, writes)
    if code:
        return site.decline(code, DECLINES[code], at=place)
    joined = _join(site, var, writes)
    if joined is None and all(site.at_most(w.use.loops, 3) for w in writes if w.use.loops and w.concatenates):
        return site.decline("few-iterations", DECLINES["few-iterations"])
    return joined or _build(site, var, writes)


def _reason(site: Site, var: Variable, writes: tuple[Growth, ...]) -> tuple[str, Node | None]:
    """The first thing that forbids the rewrite, and where it stands."""
    declared = var.declaration.identifier
    if var.declaration.kind in _KINDS:
        return _KINDS[var.declaration.kind], declared
    if var.type.name or var.type.kind != "string":
        return "type-parameter" if var.type.kind == "typeparam" else "named-type", declared
    if not site.can_redeclare(var):
        return "declaration-shape", declared
    forbidden = {"prepend": "prepended", "assign": "assigned", "address": "address-taken"}
    places = [("goroutine", use.node) for use in var.uses if use.under_go]
    places += [(forbidden[w.kind], w.use.node) for w in writes if w.kind in forbidden]
    if any(w.use.literals for w in writes):  # some closure writes the string: any call might be the one to run it
        calls = [call for w in writes for operand in w.operands for call in site.calls(operand)]
        calls += [call for use in var.uses for call in site.calls_beside(use)]
        places += [("order-of-evaluation", call) for call in calls]
    if places:
        return min(places, key=lambda place: place[1].start_byte)
    if site.go_version < (1, 10):
        return "go-version", None
    return ("shadowed", None) if site.use("strings", declared) is None else ("", None)


def _join(site: Site, var: Variable, writes: tuple[Growth, ...]) -> Fix | None:
    loop = site.joining_loop(var, writes)
    if loop is None or loop.operand is None:
        return None
    # s := ""; for _, x := range xs { s += x }
    # s := strings.Join(xs, "")
    start, strings = var.declaration.statement.start_byte, site.use("strings", var.declaration.statement)
    parts = (f"{var.name} := {strings}Join(", loop.operand, ', "")')
    edits = site.recompose(start, loop.node.end_byte, *parts)
    return site.fix(f"join {site.text(loop.operand)} with strings.Join", *edits, binds=[var])


def _build(site: Site, var: Variable, writes: tuple[Growth, ...]) -> Fix:
    strings, value = site.use("strings", var.declaration.identifier), var.declaration.value
    edits = site.redeclare(var, f"{strings}Builder", [] if value is None else _write(site, var, value))
    edits += _grow(site, var, writes)
    for write in writes:
        edits += _rewrite(site, var, write)
    for use in var.uses:
        edits += [] if use.writes or site.is_own_operand(use) else _read(site, var, use)
    return site.fix(f"build {var.name} with a strings.Builder", *edits, binds=[var])


def _rewrite(site: Site, var: Variable, write: Growth) -> list[Edit]:
    statement = write.use.construct
    if write.kind == "reset":
        return [site.replace(statement, f"{var.name}.Reset()")]
    # s += a + ","
    # s.WriteString(a); s.WriteByte(',')
    parts: list[str | Node | tuple[int, int]] = [f"{var.name}.WriteString(", write.added, ")"]
    if len(write.operands) == 1:
        parts = _write(site, var, write.operands[0])
    elif not write.constant and site.in_list(statement) and all(site.pure(o) and not site.mentions(o, var.name) for o in write.operands):
        lines = [[f"\n{site.indent(statement)}", *_write(site, var, operand)] for operand in write.operands]
        parts = [part for line in lines for part in line][1:]
    return site.recompose(statement.start_byte, statement.end_byte, *parts)


def _write(site: Site, var: Variable, operand: Node) -> list[str | Node | tuple[int, int]]:
    """The call that appends one operand."""
    byte, rune = site.one_byte_literal(operand), site.converted_rune(operand)
    if byte is not None:
        return [f"{var.name}.WriteByte({byte})"]
    if rune is not None:
        return [f"{var.name}.WriteRune(", rune, ")"]
    return [f"{var.name}.WriteString(", operand, ")"]


def _read(site: Site, var: Variable, use: Use) -> list[Edit]:
    if use.builtin == "len":
        return [site.replace(use.construct, f"{var.name}.Len()")]
    empty = site.compared_with_empty(use)
    if empty is None:
        return [site.replace(use.node, f"{var.name}.String()")]
    # s != ""
    # s.Len() != 0
    first, second = sorted([use.node, empty], key=lambda node: node.start_byte)
    return [site.replace(first, f"{var.name}.Len()"), site.replace(second, "0")]


def _grow(site: Site, var: Variable, writes: tuple[Growth, ...]) -> list[Edit]:
    """Room for all that a loop writes, where that is a number known before the loop."""
    steady = site.steady_loop(writes)
    count = None if steady is None else steady.loop.count
    if steady is None or count is None or not site.starts_line(steady.loop.node):
        return []
    each = f" * {steady.width}" if steady.width > 1 else ""
    total = f"{count.text}{each}" if count.constant is None else str(count.constant * steady.width)
    return [site.insert_before(steady.loop.node, f"{var.name}.Grow({total})")]
