"""Whether the program itself may cut a file short while it is mapped: reading what is gone then ends it with SIGBUS.

Two names may be one file: `format -o x x` reads and writes the same. So a file of another name counts too, where it is
written before the last use of the content, by the function itself or by one of the package that it calls; of names in
other functions only those that are spelled alike do.
"""

from __future__ import annotations

from ..engine.api import Mention, Node, Site, Variable

_NAMED = ("os.Create", "os.OpenFile", "os.Truncate", "os.WriteFile", "io/ioutil.WriteFile")
_CUTS = {
    *_NAMED, "(*os.File).Truncate", "(*os.Root).Create", "(*os.Root).OpenFile", "(*os.Root).WriteFile",
    "syscall.Ftruncate", "syscall.Truncate",
}  # fmt: skip
_OPENS = {"os.OpenFile", "(*os.Root).OpenFile"}
_READS = 0  # os.O_RDONLY
_DEPTH = 3  # calls from function to function that are followed


def cut_short(site: Site, var: Variable, path: Node) -> Node | Mention | None:
    """What may truncate the file at `path` while its content, in `var`, is in use."""
    alike = site.calls_with(path, *_NAMED)
    if alike or site.function is None:
        return alike[0] if alike else None
    uses = [use.node for use in var.uses]
    for call in site.calls(site.function.node):
        given = any(site.among(use, [call]) for use in uses)
        if (given or site.runs_after(site.statement(call), uses, var)) and _cuts(site, call, path, _DEPTH):
            return call
    return None


def _cuts(site: Site, call: Node, path: Node | None, depth: int) -> bool:
    """Whether a call may truncate a file; not one that plainly is none of `path`."""
    given, name = site.arguments(call), site.callee(call)
    if name in _CUTS:
        looks = name in _OPENS and len(given) > 1 and site.const_int(given[1]) == _READS
        return not looks and not (path is not None and given and _differs(site, given[0], path))
    called = site.called(call) if depth else None
    body = None if called is None else called.node.parent
    there = None if called is None else site.within(called.file)
    return there is not None and body is not None and any(_cuts(there, c, None, depth - 1) for c in there.calls(body))


def _differs(site: Site, name: Node, path: Node) -> bool:
    """Whether a name is plainly not the path: a constant with another last element, or the path and a constant."""
    one, other = site.const(name), site.const(path)
    if one is not None and other is not None:
        return one.rpartition("/")[2].strip('"') != other.rpartition("/")[2].strip('"')
    left, right = (name.child_by_field_name(side) for side in ("left", "right"))
    longer = right is not None and site.const(right) not in {None, '""'}
    return longer and left is not None and site.text(left) == site.text(path)
