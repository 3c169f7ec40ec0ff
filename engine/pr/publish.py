"""Carry out a plan: exactly that, or less where somebody got there first.

Requests are published one after the other. One that fails keeps no other from being published; a token that is not
accepted, and a forge that wants to be left alone, end the run.
"""

from __future__ import annotations

from collections.abc import Callable

from ..forge.errors import Unauthorized, Unavailable
from ..forge.pacing import GaveUp
from ..model import GorefitError
from .errors import BaseMoved, StalePush, Unreachable
from .plan import Plan
from .replay import replay
from .request import Office, Published, Way

_MOST_SILENT = 3  # requests in a row for which the remote gave no answer


def refuse_moved(plan: Plan, base_sha: str) -> None:
    """Raise BaseMoved where the base branch is not at the commit that the plan was made for."""
    if plan.base_sha != base_sha:
        raise BaseMoved(
            f"{plan.base} was at {plan.base_sha[:12]} when the plan was made, and is at {(base_sha or 'nothing')[:12]}",
            hint="give --replan to plan anew and publish that, or run `gorefit pr plan` again",
        )


def publish(office: Office, plan: Plan, done: list[Published], tell: Callable[[Published], None]) -> None:
    """Carry out a plan whose base is where it was; `done` gets what became of each request, one by one.

    Raises PrError, before anything is done, where the plan does not make the commits that it names;
    KeyboardInterrupt between two steps.
    """
    git = office.gate.mirror.git
    heads = [replay(git, plan, shard) if shard.commits else "" for shard in plan.shards]
    office.observer.prepare((shard.branch, shard.digest) for shard in plan.shards)
    over, silent = "", 0
    for shard, head in zip(plan.shards, heads, strict=True):
        one = Published(shard.key, shard.branch, why=over)
        done.append(one)
        if not over:
            over = _published(office, Way(office, plan, shard, head, one))
            silent = silent + 1 if over == _SILENT else 0
            over = "" if silent and silent < _MOST_SILENT else over
        tell(one)


_SILENT = "the remote does not answer"


def _published(office: Office, way: Way) -> str:
    """Publish one request; why no other should be tried, or ""."""
    told = way.told
    try:
        try:
            way.go()
        except StalePush:
            office.observer.forget()  # somebody was faster: look again, once, and decide anew
            way.go()
    except (GaveUp, Unauthorized) as error:
        told.outcome = "failed"
        told.problems.append("; ".join(filter(None, (error.message, error.hint))))
        return "the forge takes nothing more from us now"
    except GorefitError as error:
        told.outcome = "failed"
        told.problems.append("\n".join(filter(None, (error.message, error.detail))))
        return _SILENT if isinstance(error, (Unreachable, Unavailable)) else ""
    return ""
