"""`pr publish` from end to end: the place to push to is found, and the plan carried out under the host's lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..forge.forge import Forge
from ..forge.pacing import persevere
from ..interrupts import held_interrupts
from .desk import Desk, publishing
from .errors import PrError
from .observe import Observer
from .plan import Plan
from .publish import publish, refuse_moved
from .request import Office, Published
from .steps import Steps


def carry_out(desk: Desk, plan: Plan, done: list[Published], tell: Callable[[Published], None]) -> None:
    """Publish a plan; `done` gets what became of each request, and `tell` hears of each at once.

    Raises BaseMoved, PrError, ForgeError, DeliverError where another run publishes; KeyboardInterrupt after the remote
    effect at hand. A second Ctrl-C kills.
    """
    if plan.remote != desk.target.key:
        raise PrError(f"the plan is for {plan.remote}, not for {desk.target.key}", hint="name its remote with --remote")
    if plan.base != desk.base:
        raise PrError(f"the plan is for the base {plan.base}", hint=f"give --base {plan.base}")
    refuse_moved(plan, desk.base_sha)
    forge = desk.forge
    if forge is None:
        raise PrError("no forge to publish to")
    with publishing(desk), held_interrupts(once=True) as stop_here:
        desk.pacer.sleep = _interruptible(desk.pacer.sleep, stop_here)
        steps = Steps(desk.ledger, desk.pacer, stop_here)
        desk = replace(desk, mirror=replace(desk.mirror, git=replace(desk.mirror.git, apart=True)))
        desk.mirror.fetch([plan.base_sha])
        url, slug = _place(desk, forge, plan, steps)
        gate = desk.gate(plan.prefix, url)
        observer = Observer(gate, forge, desk.ledger, plan.series, slug, plan.reopen)
        publish(Office(gate, forge, desk.ledger, observer, steps, desk.signs(plan.sign)), plan, done, tell)


def _place(desk: Desk, forge: Forge, plan: Plan, steps: Steps) -> tuple[str, str]:
    """URL and slug of the fork to push to, made if needed; ("", "") for the repository itself."""
    repository = persevere(desk.pacer, forge.repository)
    if repository.archived:
        raise PrError(f"{repository.slug} is archived: nothing can be opened there")
    if plan.fork == "never" or not forge.capabilities.forks or (plan.fork == "auto" and repository.can_push):
        return "", ""

    def act() -> str:
        made = forge.fork()  # finds the one that is there
        desk.ledger.save_fork(desk.login, made.slug, made.git_url)
        return made.slug

    known = desk.ledger.fork(desk.login)
    if known is None:
        steps("", "fork", desk.login, lambda: None, act)
        known = desk.ledger.fork(desk.login)
    if known is None:
        raise PrError("the fork is not known")
    desk.mirror.deepen()  # a fork may lack what the base stands on, and a shallow clone could not tell it
    return known[1], known[0]


def _interruptible(sleep: Callable[[float], None], stop_here: Callable[[], None]) -> Callable[[float], None]:
    """Sleep in which Ctrl-C is obeyed: nothing has been sent yet by whoever waits for a turn."""

    def patient(seconds: float) -> None:
        while seconds > 0:
            stop_here()
            sleep(min(seconds, _BREATH))
            seconds -= _BREATH

    return patient


_BREATH = 0.2  # seconds until Ctrl-C is obeyed
