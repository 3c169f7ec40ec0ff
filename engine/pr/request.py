"""The way of one request, from what is there to what the plan wants; every effect on it is a step of its own.

1. What is there is looked at, and what may be done about it decided.
2. Where a person's commits are put aside (`recreate`), their head is backed up first.
3. The branch is pushed, under a lease on what was seen.
4. The request is opened, or its text brought up to date within our marks.
5. Labels, assignees, reviewers, milestone and auto-merge follow (`attach`).

One of which nothing is left is closed with a comment, and its branch removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ..forge.forge import Forge, NewPullRequest, PullRequest, State
from ..forge.pacing import Turn, persevere
from . import body as bodies
from . import gitcommits
from .attach import attach
from .decide import Action, Decision, Seen, decide
from .errors import PrError, StalePush
from .gitcommits import Own
from .gitpush import Gate
from .ledger import Ledger, Request
from .observe import EMPTIED, Observer, Wanted
from .plan import Plan, Shard
from .replay import replay
from .steps import Steps

Outcome = Literal["created", "updated", "kept", "left", "closed", "declined", "failed", "not tried"]
_DONE: dict[Action, Outcome] = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.KEEP: "kept",
    Action.LEAVE: "left",
    Action.CLOSE: "closed",
    Action.DECLINED: "declined",
}
_LEFT_ALONE = (
    "Somebody else's commits are on this branch, so gorefit leaves it to you from here on: it pushes nothing more, and"
    " does not change the text above.\n\nWhoever runs gorefit can have it take the branch back with `gorefit pr publish"
    " --recreate`. The commits are then kept under `refs/gorefit/backup/`."
)
_NOTHING_LEFT = (
    "gorefit closes this: nothing is left of the change in this form. The code has changed meanwhile, or the change was"
    " made elsewhere, or is part of another request now."
)


@dataclass(slots=True)
class Published:
    """What became of one request.

    `problems` are words about parts that failed (`partial`: the next run tries them again) or that the forge refused.
    """

    key: str
    branch: str
    outcome: Outcome = "not tried"
    why: str = ""
    url: str = ""
    number: int = 0
    problems: list[str] = field(default_factory=list[str])
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """What a publication works with. `sign`: commits are signed, as the user's git is set up."""

    gate: Gate
    forge: Forge
    ledger: Ledger
    observer: Observer
    steps: Steps
    sign: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One request on its way; `head` is the commit that its branch should be at, but for a signature; "" where nothing
    is left of it."""

    office: Office
    plan: Plan
    shard: Shard
    head: str
    told: Published

    def go(self) -> None:
        """Go all of it, and write what became of it into `told`. Raises what steps raise."""
        seen, decision = persevere(self.office.steps.pacer, self._decided)
        self.told.branch, self.told.why = seen.branch, decision.why
        request = seen.request
        if request:
            self._note(request)
        if decision.action is Action.CLOSE:
            self._closed(seen)
        elif decision.action is Action.LEAVE and request and seen.head and not seen.own and not seen.stopped:
            self._said(seen.branch, request, _LEFT_ALONE, "left-alone")
        elif decision.action in (Action.CREATE, Action.UPDATE) or (
            decision.action is Action.KEEP and self._is_open(seen)
        ):
            head = self._pushed(seen) if decision.push else seen.head
            request = self._described(seen, request) if request else self._opened(seen, head)
            self._attached(seen.branch, request)
        self.told.outcome = _DONE[decision.action]

    def _decided(self) -> tuple[Seen, Decision]:
        plan, shard, observer = self.plan, self.shard, self.office.observer
        if not shard.digest:
            self.office.gate.checked(shard.branch)
            seen = observer.branch(shard.branch)
            there = bool(seen.head) or self._is_open(seen)
            return seen, decide("", seen) if there else Decision(Action.KEEP, "gone already")
        change = gitcommits.changes(self.office.gate.mirror.git, plan.base_sha, self.head)
        (seen,) = observer.shards([Wanted(shard.key, shard.digest, change)])
        retold = seen.request is not None and bodies.updated(seen.request.body, shard.body, shard.title) is not None
        return seen, decide(shard.digest, seen, rebase=plan.rebase, recreate=plan.recreate, retold=retold)

    @staticmethod
    def _is_open(seen: Seen) -> bool:
        return seen.request is not None and seen.request.state is State.OPEN

    def _pushed(self, seen: Seen) -> str:
        """The commit that the branch was brought to. Signed only now: a key may ask for a finger each time."""
        gate, branch, sign = self.office.gate, seen.branch, self.office.sign
        head = replay(gate.mirror.git, self.plan, self.shard, sign=True) if sign else self.head
        if seen.head and not seen.own:
            self._step(
                *(branch, "back up", seen.head),
                look=lambda: seen.head if gate.backed_up(seen.head) else None,
                act=self._paced(lambda: gate.back_up(seen.head), seen.head),
            )
        own = Own(self.shard.digest, self.plan.base_sha, self.plan.series.id)
        self.office.ledger.add_head(branch, head, own)

        def look() -> str | None:
            now = gate.head(branch)
            if now not in (head, seen.head):
                raise StalePush(f"somebody pushed to {branch} meanwhile; nothing was changed", hint="run it again")
            return now if now == head else None

        self._step(branch, "push", head, look=look, act=self._paced(lambda: gate.push(branch, head, seen.head), head))
        return head

    def _opened(self, seen: Seen, head: str) -> PullRequest:
        """The request for a branch that was pushed, new or found."""
        forge, plan, shard, branch = self.office.forge, self.plan, self.shard, seen.branch
        slug = self.office.observer.head_slug
        body = bodies.compose(shard.body, shard.title, shard.template)
        if len(body) > forge.capabilities.body_limit:
            body = bodies.compose(shard.body, shard.title, "")
        new = NewPullRequest(branch, plan.base, shard.title, body, head, plan.draft, slug)
        found: list[PullRequest] = []

        def look() -> str | None:
            there = forge.pull_requests(branch, plan.base, slug)
            found[:] = [one for one in there if one.state is State.OPEN]
            if there and not found:
                raise PrError(
                    f"the request {there[0].url} was {there[0].state} while it was being made", hint="run it again"
                )
            return str(found[0].number) if found else None

        def act() -> str:
            found[:] = [forge.create(new)]
            return str(found[0].number)

        self._step(branch, "open", head, look=look, act=act)
        self._note(found[0])
        return found[0]

    def _described(self, seen: Seen, request: PullRequest) -> PullRequest:
        """A request that was open, its text brought up to date, and its title if it still is ours."""
        forge, shard = self.office.forge, self.shard
        body = bodies.updated(request.body, shard.body, shard.title)
        if body is None:
            return request

        def look() -> str | None:
            now = forge.pull_request(request.number)
            return None if bodies.updated(now.body, shard.body, shard.title) else "up to date"

        def act() -> str:
            now = forge.pull_request(request.number)
            text = bodies.updated(now.body, shard.body, shard.title)
            title = shard.title if bodies.our_title(now.body, now.title) else None
            forge.update(request.number, title=title, body=text)
            return "written"

        self._step(seen.branch, "describe", shard.digest, look=look, act=act)
        return request

    def _attached(self, branch: str, request: PullRequest) -> None:
        office = self.office
        done = attach(office.forge, office.steps, branch, request, self.shard.annotations, self.plan.draft)
        self.told.problems += [*done.refused, *done.failed]
        self.told.partial = bool(done.failed)

    def _closed(self, seen: Seen) -> None:
        forge, gate, branch, request = self.office.forge, self.office.gate, seen.branch, seen.request
        if request:
            number = request.number
            self._said(branch, request, _NOTHING_LEFT, EMPTIED)
            self._step(
                *(branch, "close", str(number)),
                look=lambda: None if forge.pull_request(number).state is State.OPEN else "closed",
                act=lambda: str(forge.close(number).state),
            )
            self._note(forge.pull_request(number))
        if seen.head:
            self._step(
                *(branch, "delete", seen.head),
                look=lambda: None if gate.head(branch) else "gone",
                act=self._paced(lambda: gate.delete(branch, seen.head), "gone"),
            )

    def _said(self, branch: str, request: PullRequest, text: str, key: str) -> None:
        """Say something once; the forge itself knows whether it was said."""
        number = request.number
        act = lambda: self.office.forge.comment(number, text, key).url  # noqa: E731  # a name for the line below
        self.office.steps.once(branch, "comment", f"{number} {key}", lambda: None, act)

    def _step(
        self, branch: str, name: str, given: str, *, look: Callable[[], str | None], act: Callable[[], str]
    ) -> None:
        self.office.steps(branch, name, given, look, act)

    def _paced(self, push: Callable[[], None], result: str) -> Callable[[], str]:
        """A push counts as a write: it starts CI."""

        def act() -> str:
            with self.office.steps.pacer.turn(Turn.WRITE):
                push()
            return result

        return act

    def _note(self, request: PullRequest) -> None:
        self.told.url, self.told.number = request.url, request.number
        plan, shard = self.plan, self.shard
        self.office.ledger.save_request(
            Request(request.head, plan.series.id, shard.key, request.number, request.url, request.state.value)
        )
