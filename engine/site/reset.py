"""What the Reset method of a struct leaves of its fields: nothing, or memory to be filled again.

1. The type is a struct that this package declares, without type parameters and embedded fields.
2. Its Reset has a pointer receiver and consists of assignments of zero values, `s.f = s.f[:0]`, `clear(s.f)`, loops
   that delete, Reset of buffers, and `*s = T{…}` made of the same. None of these can panic or does anything else.
3. Together they cover every field: a value that was reset is a new one with memory in hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from ..facts.facts import Type
from ..source.regions import is_conditional
from .loop import range_operand, range_variables
from .mentions import Mention
from .syntax import arguments, body_statements, unparen

if TYPE_CHECKING:
    from .site import Site

_ZEROS = frozenset({"0", '""', "false", "(0 + 0i)"})
#: Keys that may differ from themselves (NaN): a loop that deletes them leaves some behind.
_ODD_KEYS = frozenset({"float32", "float64", "complex64", "complex128", "interface", "struct", "array"})

_Cover: TypeAlias = dict[str, bool]  # by field that a statement of Reset covers: whether it keeps its memory


@dataclass(frozen=True, slots=True)
class Scratch:
    """A struct type with a Reset method. `kept` are the fields whose memory Reset keeps: slices, maps, buffers.

    `spoiled`: what keeps Reset from making a new value of a used one.
    """

    name: str
    fields: Mapping[str, Type]
    kept: frozenset[str] = frozenset()
    spoiled: Mention | None = None


def scratch_type(site: Site, name: Node) -> Scratch | None:
    """The struct type that `name` denotes; None where it is no struct of this package that has a Reset method."""
    found = site.object(name)
    declared = None if found is None or found.scope != "package" or found.kind != "type" else site.declaration(found)
    spec = None if declared is None else declared.node.parent
    struct = None if spec is None or spec.type != "type_spec" else spec.child_by_field_name("type")
    method = method_of(site, site.text(name), "Reset")
    if declared is None or spec is None or struct is None or struct.type != "struct_type" or method is None:
        return None
    if spec.child_by_field_name("type_parameters") is not None:
        return None
    fields = dict(_fields(site.within(declared.file), struct))
    whole = None not in fields.values() and not is_conditional(declared.file) and not is_conditional(method.file)
    types = {field: type_ for field, type_ in fields.items() if type_ is not None}
    cover, spoiled = _covered(site.within(method.file), method, types) if whole else ({}, declared)
    if spoiled is None and types.keys() - cover.keys():
        spoiled = method
    return Scratch(site.text(name), types, frozenset(field for field, keeps in cover.items() if keeps), spoiled)


def method_of(site: Site, type_: str, name: str) -> Mention | None:
    """The name in the declaration of a method, with pointer receiver, of a type of this package."""
    for path in site.facts.files:
        file = site.context.file(path)
        if file is None or f" {name}(".encode() not in file.text:
            continue
        for node in file.declarations:
            called, receiver = node.child_by_field_name("name"), node.child_by_field_name("receiver")
            if node.type != "method_declaration" or called is None or receiver is None or called.text != name.encode():
                continue
            if file.slice(receiver).decode("utf-8", "replace").split()[-1] == f"*{type_})":
                return Mention(file, called)
    return None


def _fields(site: Site, struct: Node) -> Iterator[tuple[str, Type | None]]:
    """The fields by name; for an embedded one, or one whose type is not known, None."""
    listed = next((child for child in struct.children if child.type == "field_declaration_list"), None)
    for declared in [] if listed is None else listed.named_children:
        names = declared.children_by_field_name("name") if declared.type == "field_declaration" else []
        if declared.type == "field_declaration" and not names:
            yield site.text(declared), None
        for name in names:
            if name.text != b"_":  # nobody sees it
                known = site.object(name)
                yield site.text(name), None if known is None else known.type


def _covered(site: Site, method: Mention, types: Mapping[str, Type]) -> tuple[_Cover, Mention | None]:
    """The fields that the statements of Reset cover, and the first one that is not understood."""
    declared = method.node.parent
    assert declared is not None
    receiver, body = receiver_of(declared), declared.child_by_field_name("body")
    listed, result = (declared.child_by_field_name(name) for name in ("parameters", "result"))
    if receiver is None or body is None or result is not None or listed is None or listed.named_children:
        return {}, method
    cover: _Cover = {}
    for statement in body_statements(body):
        done = _deed(site, site.text(receiver), statement, types)
        if done is None:
            return {}, Mention(site.file, statement)
        cover |= {field: keeps or cover.get(field, False) for field, keeps in done.items()}
    return cover, None


def receiver_of(declared: Node) -> Node | None:
    """The name of a method's receiver."""
    listed = declared.child_by_field_name("receiver")
    parameter = None if listed is None else next(iter(listed.named_children), None)
    return None if parameter is None else parameter.child_by_field_name("name")


def _deed(site: Site, receiver: str, statement: Node, types: Mapping[str, Type]) -> _Cover | None:
    """What one statement of Reset covers; None where it does anything else."""
    if statement.type == "assignment_statement":
        return _assigned(site, receiver, statement, types)
    if statement.type == "for_statement":
        return _emptied(site, receiver, statement, types)
    call = next(iter(statement.named_children), None) if statement.type == "expression_statement" else None
    if call is None or call.type != "call_expression":
        return None
    callee, given = site.callee(call), arguments(call)
    if callee in {"(*bytes.Buffer).Reset", "(*strings.Builder).Reset"}:
        function = call.child_by_field_name("function")
        operand = None if function is None else function.child_by_field_name("operand")
        field = "" if operand is None else _field(site, receiver, operand)
        direct = field in types and types[field].name in {"bytes.Buffer", "strings.Builder"}
        return {field: types[field].name == "bytes.Buffer"} if direct else None
    if callee == "clear" and given:
        whole = site.text(given[0]).endswith("[:]")
        sliced = given[0].child_by_field_name("operand") if whole else None
        field = _field(site, receiver, given[0] if sliced is None else sliced)
        kind = types[field].kind if field in types else ""
        return {field: kind == "map"} if (kind, whole) in {("map", False), ("array", True)} else None
    return None


def _assigned(site: Site, receiver: str, statement: Node, types: Mapping[str, Type]) -> _Cover | None:
    operator, *sides = (statement.child_by_field_name(name) for name in ("operator", "left", "right"))
    if operator is None or operator.type != "=":
        return None
    left, right = ([] if side is None else [n for n in side.named_children if n.type != "comment"] for side in sides)
    cover: _Cover = {}
    for target, value in zip(left, right, strict=False):
        if site.text(target) == f"*{receiver}":
            done = _literal(site, receiver, value, types)
        else:
            field = _field(site, receiver, target)
            keeps = _left(site, receiver, field, value, types)
            done = None if keeps is None else {field: keeps}
        if done is None:
            return None
        cover |= done
    return cover if len(left) == len(right) else None


def _literal(site: Site, receiver: str, value: Node, types: Mapping[str, Type]) -> _Cover | None:
    """`*s = T{buf: s.buf[:0]}`: what is not named is zero."""
    body = value.child_by_field_name("body") if value.type == "composite_literal" else None
    if body is None:
        return None
    cover: _Cover = dict.fromkeys(types, False)
    for element in body.named_children:
        if element.type == "comment":
            continue
        key, given = (element.child_by_field_name(name) for name in ("key", "value"))
        inner = None if given is None else next(iter(given.named_children), None)
        keeps = None if key is None or inner is None else _left(site, receiver, site.text(key), inner, types)
        if key is None or keeps is None:
            return None
        cover[site.text(key)] = keeps
    return cover


def _left(site: Site, receiver: str, field: str, value: Node, types: Mapping[str, Type]) -> bool | None:
    """Whether the value that a field gets keeps its memory; None where it is neither zero nor the field cut to none."""
    value, kind = unparen(value), types[field].kind if field in types else ""
    if site.is_builtin(value, "nil"):
        return False
    if kind in {"", "interface"}:
        return None  # any but nil is not zero there
    if site.const(value) in _ZEROS:
        return False
    if site.is_zero_literal(value):
        return kind not in {"struct", "array"}  # empty is not nil
    operand, end = value.child_by_field_name("operand"), value.child_by_field_name("end")
    cut = value.type == "slice_expression" and end is not None and value.child_by_field_name("start") is None
    if not cut or operand is None or end is None or site.const(end) != "0":
        return None
    known = site.type(operand)
    return True if known is not None and known.kind == "slice" and _field(site, receiver, operand) == field else None


def _emptied(site: Site, receiver: str, loop: Node, types: Mapping[str, Type]) -> _Cover | None:
    """`for k := range s.m { delete(s.m, k) }`."""
    operand, body = range_operand(loop), loop.child_by_field_name("body")
    key, value = range_variables(loop)
    field = "" if operand is None else _field(site, receiver, operand)
    statements = [] if body is None else body_statements(body)
    call = next(iter(statements[0].named_children), None) if len(statements) == 1 else None
    if call is None or key is None or value is not None or field not in types or operand is None:
        return None
    known = types[field].key
    given = [site.text(each) for each in arguments(call)] if site.callee(call) == "delete" else []
    plain = known is not None and known.kind not in _ODD_KEYS
    return {field: True} if plain and given == [site.text(operand), site.text(key)] else None


def _field(site: Site, receiver: str, node: Node) -> str:
    """f of `s.f` for the receiver s; "" for anything else."""
    operand, field = (unparen(node).child_by_field_name(name) for name in ("operand", "field"))
    direct = operand is not None and field is not None and site.text(operand) == receiver
    return site.text(field) if direct and field is not None else ""
