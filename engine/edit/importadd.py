"""Where one new import goes."""

from __future__ import annotations

from ..model import Edit, ImportRequest
from .directives import is_directive
from .importlist import Declaration, ImportList, Spec, kind


def addition(listed: ImportList, request: ImportRequest) -> list[Edit]:
    """The edits that add one import to a file that lacks it."""
    usable = [d for d in listed.declarations if d.sound and not d.cgo]
    filled = [d for d in usable if d.specs]
    groups = listed.groups(filled)
    empty = next((d for d in usable if not d.specs), None)
    if not groups:
        return _into_empty(listed, empty, request) if empty else _new_declaration(listed, request)
    group = _best_group(groups, request.path)
    host = _declaration_of(filled, (group or groups[0])[0])
    if len(filled) == 1 and not host.block:
        return _into_new_block(listed, host, request)
    if group is not None:
        return _into_group(listed, host, group, request)
    return _new_group(listed, filled, request)


def spelled(request: ImportRequest) -> bytes:
    """The spec in Go."""
    path = f'"{request.path}"'
    return (f"{request.name} {path}" if request.name else path).encode()


def heading(listed: ImportList, group: list[Spec], spec: Spec) -> bool:
    """Whether the comment above a spec heads the imports that follow and does not belong to this import alone."""
    top, index = listed.above(spec), group.index(spec)
    following = group[index + 1 : index + 2]
    if top is None or not following or listed.above(following[0]) is not None:
        return False
    if index > 0:  # within a group it is a heading only where sorting starts anew
        return _key(following[0]) < _key(group[index - 1])
    if spec.name == "_":
        return False
    lines = listed.text[top : spec.start].splitlines()
    return not any(is_directive(line.strip()) for line in lines)


def _key(wanted: Spec | ImportRequest) -> tuple[str, str]:
    """What gofmt sorts imports by."""
    return wanted.path, wanted.name


def _best_group(groups: list[list[Spec]], path: str) -> list[Spec] | None:
    """The group that a reader would look for `path` in: of its kind, sharing most of its path, the first of those."""
    wanted = kind(path)

    def rank(group: list[Spec]) -> tuple[int, int, int, int]:
        kin = [spec for spec in group if (kind(spec.path) == 2) == (wanted == 2)]
        exact = [spec for spec in kin if kind(spec.path) == wanted]
        # A group of blank imports is there for side effects, and one of aliases or dots is no better than another.
        named = any(spec.name != "_" for spec in kin)
        shared = max((_shared(spec.path, path) for spec in kin), default=0)
        in_block = group[0].start == group[0].path_start
        return (2 if exact else 1 if kin else 0), int(named), int(in_block), shared

    best = max(groups, key=rank)
    return best if rank(best)[0] else None


def _shared(a: str, b: str) -> int:
    """How many whole elements two paths start with in common."""
    count = 0
    for one, other in zip(a.split("/"), b.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count


def _declaration_of(declarations: list[Declaration], spec: Spec) -> Declaration:
    return next(d for d in declarations if spec in d.specs)


def _into_group(listed: ImportList, host: Declaration, group: list[Spec], request: ImportRequest) -> list[Edit]:
    new = spelled(request) if host.block else b"import " + spelled(request)
    following = next((spec for spec in group if _key(spec) > _key(request)), None)
    if following is None:
        return [_after(listed, group[-1], new)]
    top = listed.above(following)
    if following is not group[0] and top is not None:
        return [_after(listed, group[group.index(following) - 1], new)]
    if top is not None and not heading(listed, group, following):
        return [_before(listed, top, new if host.block else new + listed.newline)]
    return [_before(listed, following.start, new)]


def _before(listed: ImportList, at: int, new: bytes) -> Edit:
    if listed.leads(at):
        return Edit(at, at, new + listed.newline + listed.indent(at))
    return Edit(at, at, new + b"; ")


def _after(listed: ImportList, spec: Spec, new: bytes, gap: bytes = b"") -> Edit:
    end = listed.tail(spec.end)
    if end < 0:
        return Edit(spec.end, spec.end, b"; " + new)
    first = listed.indent(spec.start)
    indent = first if not first.strip() else b"\t" if spec.start == spec.path_start else b""
    return Edit(end, end, gap + listed.newline + indent + new)


def _new_group(listed: ImportList, filled: list[Declaration], request: ImportRequest) -> list[Edit]:
    """No import of its kind yet: the standard library above all others, anything else below."""
    newline, new = listed.newline, spelled(request)
    blocks = [d for d in filled if d.block]
    if not blocks:  # several imports, none in parentheses
        spec = filled[0].specs[0] if kind(request.path) < 2 else filled[-1].specs[-1]
        top = listed.above(spec)
        before = kind(request.path) < 2
        if not before:
            return [_after(listed, spec, b"import " + new)]
        if top is None:
            return [_before(listed, spec.start, b"import " + new)]
        return [_before(listed, top, b"import " + new + newline)]
    if kind(request.path) == 2:
        return [_after(listed, blocks[-1].specs[-1], new, gap=newline)]
    end = listed.tail(blocks[0].open + 1)
    if end < 0:
        return [_before(listed, blocks[0].specs[0].start, new)]
    return [Edit(end, end, newline + b"\t" + new + newline)]


def _into_empty(listed: ImportList, host: Declaration, request: ImportRequest) -> list[Edit]:
    if not host.block:
        return _new_declaration(listed, request)
    lead = b"" if listed.leads(host.close) else listed.newline
    return [Edit(host.close, host.close, lead + b"\t" + spelled(request) + listed.newline)]


def _into_new_block(listed: ImportList, host: Declaration, request: ImportRequest) -> list[Edit]:
    """The only import, without parentheses, gets them.

    old: import "os" // why
    new: import (
             "fmt"
             "os" // why
         )
    """
    spec, new, newline = host.specs[0], spelled(request), listed.newline
    end = listed.tail(spec.end)
    if end < 0 or not listed.leads(host.start):
        return [Edit(spec.path_start, spec.path_start, b"("), Edit(spec.end, spec.end, b"; " + new + b")")]
    keyword = host.start + len(b"import")
    plain = not listed.text[keyword : spec.path_start].strip()
    opening = Edit(keyword if plain else spec.path_start, spec.path_start, b" (" if plain else b"(")
    closing, line = newline + b")", newline + b"\t"
    gap = newline if (kind(spec.path) == 2) != (kind(request.path) == 2) else b""
    first = kind(request.path) < 2 if gap else (request.path, request.name) < (spec.path, spec.name)
    if first:
        above = Edit(opening.start, opening.end, opening.new + line + new + gap + line)
        return [above, Edit(end, end, closing)]
    return [Edit(opening.start, opening.end, opening.new + line), Edit(end, end, gap + line + new + closing)]


def _new_declaration(listed: ImportList, request: ImportRequest) -> list[Edit]:
    """No import to join: a declaration of its own below the package clause, or below `import "C"`."""
    new, newline = b"import " + spelled(request), listed.newline
    behind = listed.declarations[-1].end if listed.declarations else listed.package_end
    text = listed.text
    end = listed.tail(behind)
    if end < 0 and text[behind : behind + 1] == b";":
        end = listed.tail(behind + 1)
    if end < 0:
        return [Edit(behind, behind, b"; " + new)]
    last = not text[end:].strip()
    gap = b"" if last or listed.blank_after(end) else newline
    return [Edit(end, end, newline + newline + new + gap)]
