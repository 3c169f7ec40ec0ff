"""What is to be done about one shard, from what the plan wants and what the remote holds: a pure function."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..forge.forge import PullRequest, State


class Action(enum.StrEnum):
    """What `publish` does about a request."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"  # what is there is what is wanted
    LEAVE = "leave"  # a person works on it, or asked to be left alone
    CLOSE = "close"  # nothing is left of it
    DECLINED = "declined"  # a person closed it


@dataclass(frozen=True, slots=True)
class Seen:
    """A branch of ours and its request, as they are now. `head` is "" where there is no branch.

    `own`: every commit on it is ours. `digest`: of its head, where known. `same`: it makes the very change that is
    planned, on whatever base. `stopped` says how a person asked us to stop. `emptied`: we closed the request ourselves.
    """

    branch: str
    head: str = ""
    own: bool = False
    digest: str = ""
    same: bool = False
    request: PullRequest | None = None
    stopped: str = ""
    emptied: bool = False

    @property
    def over(self) -> bool:
        """Whether the story of this branch has ended, so that another request would need another branch."""
        state = self.request.state if self.request else State.OPEN
        return state is State.MERGED or (state is State.CLOSED and self.emptied)


@dataclass(frozen=True, slots=True)
class Decision:
    """An action, and in a few words why."""

    action: Action
    why: str
    push: bool = False


def decide(digest: str, seen: Seen, *, rebase: bool = False, recreate: bool = False, retold: bool = False) -> Decision:
    """What to do about a shard; `digest` is that of its planned head, "" where nothing is left of it.

    `rebase`: a branch that makes the same change on an older base is pushed anew. `recreate`: a person's commits on it
    are put aside, in a backup. `retold`: its text says something else now.
    """
    state = seen.request.state if seen.request else None
    if state is State.MERGED:
        return Decision(Action.KEEP, "merged")
    if state is State.CLOSED and not seen.emptied:
        return Decision(Action.DECLINED, "closed by a person")
    if state is State.CLOSED:
        left_over = seen.head and seen.own and not digest
        return Decision(Action.CLOSE, "its branch is left over") if left_over else Decision(Action.KEEP, "closed")
    if seen.stopped:
        return Decision(Action.LEAVE, seen.stopped)
    if seen.head and not seen.own and not recreate:
        return Decision(Action.LEAVE, "somebody else's commits are on it")
    if not digest:
        return Decision(Action.CLOSE, "nothing is left to change")
    push = _push(digest, seen, rebase)
    if state is None:
        return Decision(Action.CREATE, "its branch is pushed already" if seen.head and not push else "new", push)
    if not push and retold:
        return Decision(Action.UPDATE, "its text")
    if not push:
        return Decision(Action.KEEP, "up to date" if seen.digest == digest else "the same change on an older base")
    return Decision(Action.UPDATE, "taken back from its editor" if seen.head and not seen.own else "changed", push)


def _push(digest: str, seen: Seen, rebase: bool) -> bool:
    if not seen.head or not seen.own:
        return True
    return seen.digest != digest and (rebase or not seen.same)
