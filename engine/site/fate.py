"""What becomes of memory that must not outlive its function: it is read, filled, or somebody may keep it.

1. Every use of the variable is judged (memory.py for a []byte, stream.py for a bytes.Buffer, scratch.py for a struct).
2. A local variable that gets the value is followed, and so is the parameter of a function of this package: what
   becomes of the value there is told with the rest.
3. Anything else that is not known only to borrow it (borrow.py) may keep it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from tree_sitter import Node

from ..source.regions import is_conditional
from .closure import outlives
from .mentions import Mention
from .roles import Role
from .syntax import arguments, called_name, unparen
from .targets import target_of
from .variable import Use, Variable

if TYPE_CHECKING:
    from .site import Site


@dataclass(frozen=True, slots=True)
class Fate:
    """`word`: read, filled (written through), grown (appended to), resliced, beyond-length (what lies there is read),
    capacity (its room is looked at), nil-observed (nil is told from empty), or what would keep it: returned, sent,
    stored, aliased, copied, assigned, captured, goroutine, handed-on. `contract`: the interface whose contract alone
    says that it is not kept."""

    word: str
    at: Node
    contract: str = ""
    inside: Mention | None = None  # the place itself, where that lies in a function that `at` is given to

    @property
    def place(self) -> Node | Mention:
        return self.inside or self.at


@dataclass(frozen=True, slots=True)
class Trail:
    """A search: the file that it has come to, and the variables that it follows already."""

    site: Site
    seen: set[int]


Follow: TypeAlias = Callable[[Trail, Variable], list[Fate]]


def each_use(trail: Trail, var: Variable, judge: Callable[[Use], list[Fate]]) -> list[Fate]:
    """The fates of every use of a variable, in source order; a use in a function literal may come too late."""
    trail.seen.add(var.object.id)
    found: list[Fate] = []
    for use in var.uses:
        late = outlives(trail.site, var, use)
        found += [Fate(late, use.node)] if late else judge(use)
    return found


def bound(trail: Trail, value: Node, construct: Node, follow: Follow) -> list[Fate] | None:
    """What becomes of a value that a statement gives to a local variable; None where that is none.

    A variable that was there before may be used by a literal that runs later still.
    """
    target = target_of(value, construct)
    if target is not None and target.text == b"_":
        return [Fate("read", value)]
    var = None if target is None else trail.site.variable(target)
    if var is not None and var.object.id in trail.seen:
        return [Fate("read", value)]
    if var is None or not var.local:
        return None
    if var.declaration.identifier != target and any(use.literals for use in var.uses):
        return None
    return follow(trail, var)


def lent(trail: Trail, value: Node, call: Node, follow: Follow) -> list[Fate] | None:
    """What a function of this package does with an argument, told of the argument; None for functions of others and
    methods of interfaces.

    What other builds may compile in its stead nobody knows.
    """
    site, name, given = trail.site, called_name(call), [unparen(each) for each in arguments(call)]
    declared = site.called(call)
    kind = None if declared is None or declared.node.parent is None else declared.node.parent.type
    if name is None or declared is None or kind == "method_elem":
        return None
    there = site.within(declared.file)
    selection = site.facts.selection(site.path, name.start_byte)
    shifted = selection is not None and selection.kind == "method-expr"
    elsewhere = is_conditional(declared.file) and declared.path != site.path
    known = value in given and not shifted and not elsewhere
    var = there.parameter(declared.node, given.index(value)) if known else None
    if var is None:
        return [Fate("handed-on", value)]
    if var.object.id in trail.seen:
        return [Fate("read", value)]
    return [moved(fate, value, there) for fate in follow(Trail(there, trail.seen), var)]


def moved(fate: Fate, value: Node, there: Site) -> Fate:
    """A fate that was found in another function, as that of the value which that is given."""
    return replace(fate, at=value, inside=fate.inside or Mention(there.file, fate.at))


def kept(site: Site, node: Node, role: Role, construct: Node) -> list[Fate]:
    """What keeps memory that is used in a way that nothing is known to borrow."""
    if role is not Role.COPY:
        return [Fate(_KEEPING.get(role, "aliased"), node)]
    target = target_of(node, construct)
    found = None if target is None else site.object(target)
    lasting = found is None or found.scope == "package"  # a field, an element
    return [Fate("stored" if lasting else "aliased", node)]


_KEEPING = {
    Role.RETURN: "returned",
    Role.SEND: "sent",
    Role.ELEMENT: "stored",
    Role.DEREFERENCE: "copied",
    Role.ASSIGN: "assigned",
    Role.OP_ASSIGN: "assigned",
}
