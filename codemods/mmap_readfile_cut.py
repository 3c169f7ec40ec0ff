"""Whether the program itself may cut a file short while it is mapped: reading what is gone then ends it with SIGBUS.

Two names may be one file: `format -o x x` reads and writes the same. So a file of another name counts too, where it is
written before the last use of the content; of names in other functions only those that are spelled alike do.
"""

from __future__ import annotations

from ..engine.api import Mention, Node, Site, Variable, role_of

_WRITES = ("os.Create", "os.OpenFile", "os.Truncate", "os.WriteFile", "io/ioutil.WriteFile")
_READS = 0  # os.O_RDONLY


def cut_short(site: Site, var: Variable, path: Node) -> Node | Mention | None:
    """What may truncate the file at `path` while its content, in `var`, is in use."""
    alike = site.calls_with(path, *_WRITES)
    if alike or site.function is None:
        return alike[0] if alike else None
    calls = [call for call in site.calls(site.function.node) if _truncates(site, call)]
    doubtful = (call for call in calls if not _differs(site, site.arguments(call)[0], path))
    during = (call for call in doubtful if _used_then(site, var, call))
    return next(during, None) or _written_out(site, var)


def _truncates(site: Site, call: Node) -> bool:
    given, name = site.arguments(call), site.callee(call)
    return name in _WRITES and not (name == "os.OpenFile" and len(given) > 1 and site.const_int(given[1]) == _READS)


def _used_then(site: Site, var: Variable, call: Node) -> bool:
    """Whether the content is among what a call is given, or is used behind it."""
    uses = [use.node for use in var.uses]
    return any(site.among(use, [call]) for use in uses) or site.runs_after(site.statement(call), uses, var) is not None


def _differs(site: Site, name: Node, path: Node) -> bool:
    """Whether a name is plainly not the path: another constant, or the path with a constant behind it."""
    constants = site.const(name), site.const(path)
    if None not in constants:
        return constants[0] != constants[1]
    left, right = (name.child_by_field_name(side) for side in ("left", "right"))
    longer = right is not None and site.const(right) not in {None, '""'}
    return longer and left is not None and site.text(left) == site.text(path)


def _written_out(site: Site, var: Variable) -> Node | None:
    """Where a function of the package gets the content and writes it to a file."""
    for fate in site.slice_fates(var):
        if fate.inside is not None:
            call = role_of(fate.inside.node)[1].parent  # of its list of arguments
            if call is not None and site.within(fate.inside.file).callee(call) in _WRITES:
                return fate.at
    return None
