"""What the rest of the package, and of the workspace, says of an object: every identifier that denotes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tree_sitter import Node

from ..facts.facts import Object, PackageFacts, Type
from ..source.gofile import GoFile
from ..source.words import name_at, named
from .growth import assigned_value
from .roles import WRITES, Role, role_of
from .syntax import above, arguments, called_name, contains
from .variable import variable
from .zero import makes_struct

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Mention:
    """One identifier, in whichever file of the package or of the workspace."""

    file: GoFile
    node: Node

    @property
    def path(self) -> Path:
        return self.file.path


def occurrences(site: Site, obj: Object) -> tuple[Mention, ...] | None:
    """Every identifier of the package that denotes `obj`, its declaration included, in the order of the files.

    None where the facts may not know all of them: the rule does not name it among the words that it is `about`.
    """
    if obj.name.encode() not in site.context.words:
        return None
    places = site.facts.occurrences(obj)
    found = (_mention(site, path, at, obj.name) for path, at in places)
    return tuple(one for one in found if one is not None)


def declaration(site: Site, obj: Object) -> Mention | None:
    """The identifier that declares an object of this package."""
    if obj.path is None or obj.offset is None:
        return None
    return _mention(site, obj.path, obj.offset, obj.name)


def called(site: Site, call: Node) -> Mention | None:
    """The name of the function or method of this package that a call calls, where it is declared; None for others."""
    name = called_name(call)
    found = None if name is None else site.object(name)
    return None if found is None or found.kind != "func" else declaration(site, found)


def start_of(site: Site, declared: Node) -> int:
    """Where a top-level declaration starts, the comment lines right above it included."""
    start, before = declared, declared.prev_sibling
    while before is not None and before.type == "comment" and before.end_point[0] + 1 == start.start_point[0]:
        if not site.starts_line(before):
            break
        start, before = before, before.prev_sibling
    return start.start_byte


def declared_text(site: Site, obj: Object) -> str:
    """The top-level declaration of an object of this package with the comment above it; "" for anything else."""
    found = declaration(site, obj) if obj.scope == "package" else None
    declared = None if found is None else found.file.declaration_at(found.node.start_byte)
    if found is None or declared is None:
        return ""
    start = start_of(site.within(found.file), declared)
    return found.file.text[start : declared.end_byte].decode("utf-8", "replace")


def field_writes(site: Site, owner: str, *fields: str) -> list[Mention]:
    """Where the workspace assigns one of these fields of the struct type `owner` ("net/http.Server"), or takes its
    address: in this package, for fields that the rule is `about`, and in every other one that this run looks at.

    Not told of are the fields of a local that holds nothing but structs which its own function makes, unless the site
    lies in what makes them: they are no other's.
    """
    words = frozenset(field.encode() for field in fields)
    own = [(file, site.facts) for path in site.facts.files if (file := site.context.file(path)) is not None]
    return [
        Mention(file, node)
        for file, facts in [*own, *site.context.elsewhere(words)]
        for node in named(file, words)
        if owner_of(facts, file, node) == owner and _written(node) and not _of_another(site, facts, file, node)
    ]


def kept_inside(site: Site, field: Object) -> bool:
    """Whether a struct in an unexported field of this package is nowhere given as a whole, taken or addressed: all
    that happens to it is x.f.g. Needs the field's name among what the rule is `about`."""
    found = occurrences(site, field)
    if found is None or field.package != site.facts.path or field.name[:1].isupper():
        return False
    around = (one.node.parent for one in found)
    return all(
        parent is not None
        and (parent.type == "field_declaration" or parent.type == "selector_expression")
        and (parent.type == "field_declaration" or role_of(parent)[0] is Role.MEMBER)
        for parent in around
    )


def calls_with(site: Site, argument: Node, *names: str) -> list[Mention]:
    """The calls of these functions in the package whose first argument is spelled like `argument`, blanks aside, or is
    the same constant; by the function's name."""
    words, found = {name.rpartition(".")[2].encode() for name in names}, list[Mention]()
    spelled, constant = "".join(site.text(argument).split()), site.const(argument)
    for path in site.facts.files:
        file = site.context.file(path)
        there = None if file is None else site.within(file)
        for node in named(file, words) if file is not None and there is not None else ():
            call = above(node, {"call_expression"})
            given = [] if call is None or called_name(call) != node else arguments(call)
            if given and there is not None and call is not None and there.callee(call) in names:
                same = "".join(there.text(given[0]).split()) == spelled
                if same or (constant is not None and there.const(given[0]) == constant):
                    found.append(Mention(there.file, node))
    return found


def owner_of(facts: PackageFacts, file: GoFile, field: Node) -> str:
    """The defined type ("net/http.Server") whose own field the f of a selection x.f is; "" for anything else."""
    selection = facts.selection(file.path, field.start_byte)
    if selection is None or selection.kind != "field":
        return ""
    holder: Type | None = selection.through[-1].type if selection.through else selection.receiver
    if holder is not None and holder.kind == "pointer":
        holder = holder.elem
    return "" if holder is None else holder.name


def _written(field: Node) -> bool:
    selector = field.parent
    return selector is not None and selector.type == "selector_expression" and role_of(selector)[0] in WRITES


def _of_another(site: Site, facts: PackageFacts, file: GoFile, field: Node) -> bool:
    """Whether the x of x.f is a local whose every value is a literal, a `new(T)` or the zero value of a struct, made
    without the site; the field is the struct's own, or that of a struct in it."""
    operand = None if field.parent is None else field.parent.child_by_field_name("operand")
    var = None if operand is None or operand.type != "identifier" else variable(file, facts, operand)
    selection = facts.selection(file.path, field.start_byte)
    through = () if selection is None else selection.through
    if var is None or not var.local or any(one.type is None or one.type.kind == "pointer" for one in through):
        return False
    if any(use.role is Role.ADDRESS for use in var.uses):
        return False
    values = [var.declaration.value, *(assigned_value(use) for use in var.uses if use.role is Role.ASSIGN)]
    if values[0] is None:
        values = values[1:] if var.type.kind == "struct" and var.declaration.kind == "var" else values
    if file.path == site.path and any(value is not None and contains(value, site.node) for value in values):
        return False
    return all(value is not None and makes_struct(facts, file, value) for value in values)


def _mention(site: Site, path: Path, at: int, name: str) -> Mention | None:
    file = site.context.file(path)
    node = None if file is None else name_at(file, at, at + len(name.encode()))
    return None if file is None or node is None else Mention(file, node)
