"""What keeps a scratch value of any kind from being taken out of a pool, and what all its fixes say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..engine.api import Edit, Fate, Fix, Mention, Node, Pool, Site, Variable

UNFIT = {
    "declaration-shape": "it is not declared on its own, by a statement of a block",
    "large": "it is larger than what max-capacity lets go back to the pool",
    "in-loop": "it is made in a loop, where a deferred Put would wait for the end of the function",
    "no-evidence": "the compiler could not be asked whether it goes to the heap",
    "recovers": "the function recovers from panics, and may go on with a value in the middle of its use",
    "runs-once": "the function plainly runs once, or serves tests alone",
    "secret": "its name says that it handles secrets, which would stay in memory",
    "shadowed": "package sync, the type, or the size cannot be named at package level",
    "stays-on-stack": "the compiler keeps it on the stack, where it costs nothing",
    "small": "below 64 bytes a pool gains next to nothing",
    "test": "test code",
}
KEPT = {
    "aliased": "something else refers to its memory",
    "assigned": "the variable is assigned anew",
    "captured": "a function literal that may run later uses it",
    "copied": "it is copied as a whole",
    "goroutine": "another goroutine uses it",
    "handed-on": "a function that may keep it gets it",
    "returned": "it is returned, or memory of it is",
    "sent": "it is sent on a channel",
    "stored": "it is stored where it outlives the call",
}
DIRTY = " for reuse; what Get returns may hold old data"  # as the comment above a pool ends
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET = frozenset(
    {
        "credential", "credentials", "key", "keys", "passphrase", "passwd", "password", "passwords", "private",
        "secret", "secrets", "token", "tokens",
    }
)  # fmt: skip
_LINE = 90  # characters of conditions: beyond, each stands on a line of its own
_LEAST = 64  # bytes: below, an allocation costs little more than the pool


def in_question(site: Site, var: Variable) -> bool:
    """Whether a variable is one of a function, and not what the New function of a pool makes."""
    return var.declaration.kind != "package" and not site.fills_pool()


def unfit(
    site: Site, var: Variable, made: Node, size: int, anywhere: bool = False
) -> tuple[str, Node | Mention | None]:
    """The first thing that speaks against a pool, whatever is done with the value.

    `made` is what allocates it, `size` the bytes that it has room for, 0 if it grows; `anywhere`: also on the stack.
    """
    declared, function = var.declaration, site.function
    if site.path.name.endswith("_test.go"):
        return "test", None
    if not (var.local and declared.alone and site.in_list(declared.statement)) or function is None:
        return "declaration-shape", None
    escapes = site.escapes(made)
    if not escapes and not anywhere:
        return "no-evidence" if escapes is None or site.is_generic() else "stays-on-stack", made
    if site.loops(declared.statement) or function.labels:
        return "in-loop", function.node if function.labels else site.loops(declared.statement)[0].node
    if site.runs_once():
        return "runs-once", None
    if function.recovers:
        return "recovers", None
    if _secret(site, var):
        return "secret", None
    most = site.options.max_capacity
    return ("small" if 0 < size < _LEAST else "large" if size > most > 0 else "", None)


def within(site: Site, room: str) -> list[str]:
    """The condition that a value has no more room than may go back; none where there is no limit."""
    limit = site.options.max_capacity
    return [f"{room} <= {site.size_text(limit)}"] if limit else []


def first_kept(fates: Iterable[Fate], *fine: str) -> tuple[str, Node | Mention | None]:
    """The first use after which the value may still be in somebody's hands."""
    found = next((fate for fate in fates if fate.word not in {"read", "filled", "grown", *fine}), None)
    return ("", None) if found is None else (found.word, found.place)


def fix(site: Site, var: Variable, pool: Pool, edits: list[Edit], fates: Sequence[Fate], risk: str) -> Fix:
    """The fix of a site whose value comes from `pool` from now on."""
    granted = {f"taken for granted: this keeps the contract of {f.contract}": f for f in reversed(fates) if f.contract}
    notes = [site.note(text, fate.place) for text, fate in granted.items()]
    message = f"take {var.name} from {pool.name}"
    return site.fix(message, *edits, *pool.edits, declares=pool.declares, binds=[var], risks=[risk], notes=notes)


def put_back(conditions: Sequence[str], *put: str) -> list[str]:
    """The deferred statements `put`, which run only under these conditions, where there are any."""
    gap = " &&\n\t" if sum(map(len, conditions)) > _LINE else " && "
    test = f"if {gap.join(conditions)} {{".split("\n")
    lines = [*test, *(f"\t{line}" for line in put), "}"] if conditions else list(put)
    if len(lines) == 1:
        return [f"defer {lines[0]}"]
    return ["defer func() {", *(f"\t{line}" for line in lines), "}()"]


def short(size: int) -> str:
    """4K for 4096."""
    return f"{size >> 10}K" if size % 1024 == 0 else str(size)


def pool_name(kind: str, size: str, value: int) -> str:
    """array4KPool for a number, bufSizeArrayPool for a constant, arrayPool for what may change with one."""
    name = re.fullmatch(r"(?:\w+\.)?([A-Za-z]\w*)", size)
    if name is None:
        return f"{kind}Pool" if re.search(r"(?<!\w)[A-Za-z_]", size) else f"{kind}{short(value)}Pool"
    first = name[1].lower() if name[1].isupper() else name[1][0].lower() + name[1][1:]
    return f"{first}{kind[0].upper()}{kind[1:]}Pool"


def _secret(site: Site, var: Variable) -> bool:
    """Whether the file, the function, its receiver or the variable is named after secrets."""
    names = [site.path.stem, *site.names_around(), var.name]
    return any(word.lower() in _SECRET for name in names for word in _WORDS.findall(name))
