"""The codemods at hand: ours and third parties', through the entry-point group `gorefit.codemods`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import entry_points

from .api import Codemod
from .model import GorefitError, Tier

GROUP = "gorefit.codemods"
PR = "pr"  # the table of gorefit.toml for pull requests, where a codemod's options would stand


class UnknownCodemod(GorefitError):
    """A name that no codemod has."""


class BrokenPlugin(GorefitError):
    """An installed codemod that cannot be loaded."""


@lru_cache(maxsize=1)
def load() -> Mapping[str, Codemod]:
    """Every installed codemod by id, sorted. Raises BrokenPlugin, naming the package that fails to load."""
    found: dict[str, Codemod] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            loaded = entry.load()
        except Exception as error:
            where = entry.dist.name if entry.dist else entry.value
            raise BrokenPlugin(
                f"codemod {entry.name} of {where} does not load: {error}", hint=f"uninstall or update {where}"
            ) from error
        if isinstance(loaded, Codemod) and loaded.id == PR:
            raise BrokenPlugin(f"codemod {entry.name}: the name {PR} is taken by gorefit.toml's table [{PR}]")
        if isinstance(loaded, Codemod):
            found[loaded.id] = loaded
    return found


def get(name: str) -> Codemod:
    """The codemod with this id. Raises UnknownCodemod with the nearest names."""
    known = load()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "`gorefit list` shows them all"
    raise UnknownCodemod(f"no codemod is called {name!r}", hint=hint)


def select(named: Iterable[str], tier: Tier, skip: Iterable[str]) -> tuple[Codemod, ...]:
    """The codemods of a run, by id: those named, whatever their tier; else all up to `tier` that need not be named;
    less those to skip."""
    chosen = [get(name) for name in named] or [
        each for each in load().values() if allowed(each.tier, tier) and not each.only_named
    ]
    left_out = {get(name).id for name in skip}
    return tuple(sorted({c.id: c for c in chosen if c.id not in left_out}.values(), key=lambda c: c.id))


def allowed(wanted: Tier, limit: Tier) -> bool:
    """Whether a fix of tier `wanted` may be made where `limit` is the highest tier asked for."""
    order = [Tier.SAFE, Tier.REVIEW, Tier.REPORT]
    return order.index(wanted) <= order.index(limit)
