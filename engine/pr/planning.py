"""`pr plan` from end to end: the base is fetched, gorefit runs on it, and what it found becomes a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..forge.pacing import persevere
from ..run import Progress, Request, Result
from .compute import Cut, compute
from .describe import Reader
from .desk import Desk
from .naming import Series
from .observe import Observer
from .plan import Plan
from .propose import Proposal, owners_at, propose
from .settings import Settings

_BODY_LIMIT = 60_000  # where no forge says more exactly: GitHub's, less our marks


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is asked for. `judge` hears what the run came to, and may raise."""

    request: Request
    settings: Settings
    template: Path | None = None
    evidence: str = ""
    recreate: bool = False
    reopen: bool = False
    gorefit: str = ""
    judge: Callable[[Result], None] = lambda _: None


def series(desk: Desk, request: Request) -> Series:
    """The series that a request of the engine makes."""
    below = request.directory.relative_to(desk.checkout.top).as_posix()
    asked = tuple(sorted(request.codemods)) or (f"tier:{request.tier.value}",)
    return Series(desk.base, "" if below == "." else below, request.patterns, asked)


def where(desk: Desk, settings: Settings) -> tuple[str, str]:
    """URL and slug of the fork that our branches live in as far as is known without making one; ("", "") for none."""
    if desk.forge is None or settings.fork == "never" or not desk.forge.capabilities.forks:
        return "", ""
    if settings.fork == "auto" and persevere(desk.pacer, desk.forge.repository).can_push:
        return "", ""
    slug, url = desk.ledger.fork(desk.login) or ("", "")
    return url, slug


def plan(desk: Desk, wish: Wish, progress: Progress) -> Plan:
    """Make a plan. Raises what a run raises; PrError, ForgeError."""
    settings, request, git = wish.settings, wish.request, desk.mirror.git
    stamp = desk.stamp(settings.author)
    progress("fetching", 0, 1)
    desk.mirror.fetch([desk.base_sha])
    owners, problems = owners_at(git, desk.base_sha, desk.target.remote.kind)
    cut = Cut(settings.split, settings.max_files, owners.of)
    computed = compute(desk.mirror, desk.base_sha, request, desk.checkout.top, cut, progress)
    wish.judge(computed.result)
    chosen, (url, slug) = series(desk, request), where(desk, settings)
    capabilities = desk.forge.capabilities if desk.forge else None
    term = capabilities.term if capabilities else "pull request"
    reader = Reader(computed, request, chosen.directory, wish.gorefit, term, wish.evidence)
    proposal = Proposal(
        git=git,
        kind=desk.target.remote.kind,
        remote=desk.target.key,
        base_sha=desk.base_sha,
        series=chosen,
        settings=settings,
        stamp=stamp,
        owners=owners,
        template=wish.template,
        login=desk.login,
        limit=min(capabilities.body_limit, 1_000_000) - 1_000 if capabilities else _BODY_LIMIT,
        recreate=wish.recreate,
        reopen=wish.reopen,
    )
    observer = Observer(desk.gate(settings.prefix, url), desk.forge, desk.ledger, chosen, slug, wish.reopen)
    told = (*desk.warnings, *problems, *computed.warnings)
    return persevere(desk.pacer, lambda: propose(proposal, computed, reader, observer, told))
