"""`pr status`: what became of our requests, and by running the codemods again, what is left to do."""

from __future__ import annotations

from dataclasses import dataclass

from ..forge.errors import NotFound
from ..forge.forge import PullRequest
from ..forge.pacing import persevere
from .decide import Action
from .desk import Desk
from .ledger import Request
from .plan import Plan, Shard


@dataclass(frozen=True, slots=True)
class Row:
    """One request. `places` and `action` are None where nothing was run, or nothing is left of it."""

    branch: str
    key: str
    number: int
    url: str
    state: str  # "open", "draft", "closed", "merged"; "" where there is none yet
    approved: bool = False
    action: Action | None = None
    why: str = ""
    places: int | None = None


def status(desk: Desk, plan: Plan | None) -> tuple[Row, ...]:
    """The requests of this remote, those of other series too; `plan` tells what is left to do of its own series."""
    rows = [persevere(desk.pacer, lambda one=shard: _planned(desk, one)) for shard in plan.shards] if plan else []
    known = {row.branch for row in rows}
    others = [one for one in desk.ledger.requests() if one.branch not in known]
    return (*rows, *(persevere(desk.pacer, lambda one=one: _other(desk, one)) for one in others))


def _planned(desk: Desk, shard: Shard) -> Row:
    request = desk.forge.pull_request(shard.number) if desk.forge and shard.number else None
    places = shard.places if shard.digest else None
    return Row(
        shard.branch, shard.key, shard.number, shard.url, *_state(desk, request), shard.action, shard.why, places
    )


def _other(desk: Desk, one: Request) -> Row:
    found = _found(desk, one)
    state, approved = _state(desk, found) if found else (one.state, False)
    if found:
        desk.ledger.save_request(Request(one.branch, one.series, one.key, one.number, found.url, found.state.value))
    return Row(one.branch, one.key, one.number, one.url, state, approved)


def _found(desk: Desk, one: Request) -> PullRequest | None:
    try:
        return desk.forge.pull_request(one.number) if desk.forge else None
    except NotFound:
        return None


def _state(desk: Desk, request: PullRequest | None) -> tuple[str, bool]:
    if request is None or desk.forge is None:
        return "", False
    if request.state.value != "open":
        return request.state.value, False
    return "draft" if request.draft else "open", desk.forge.approved(request.number)
