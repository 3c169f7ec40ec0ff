"""What hangs on a request: labels, assignees, reviewers, milestone, auto-merge, and the end of being a draft.

Each is a step of its own that is done once: what people change of it afterwards stays changed. A part that the forge
refuses is told; a step that fails is tried again by the next run; the request stands in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import msgspec

from ..forge.errors import Unauthorized
from ..forge.forge import Forge, PullRequest, Refusal
from ..forge.pacing import GaveUp
from ..model import GorefitError
from .plan import Annotations
from .steps import Steps


@dataclass(frozen=True, slots=True)
class Attached:
    """What could not be attached: for good (`refused`), or not yet (`failed`)."""

    refused: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """One annotation: how it is told apart in the ledger, whether it is there, and how it comes there."""

    name: str
    given: object
    there: Callable[[PullRequest], bool]
    act: Callable[[], tuple[Refusal, ...]]


def attach(forge: Forge, steps: Steps, branch: str, request: PullRequest, wanted: Annotations, draft: bool) -> Attached:
    """Attach everything wanted to a request. Raises GaveUp, Unauthorized."""
    refused: list[str] = []
    failed: list[str] = []
    for part in _parts(forge, request, wanted, draft):

        def look(part: _Part = part) -> str | None:
            return "" if part.there(forge.pull_request(request.number)) else None

        def act(part: _Part = part) -> str:
            return "; ".join(map(str, part.act()))

        given = msgspec.json.encode((request.number, part.given)).decode()
        try:
            said = steps.once(branch, part.name, given, look, act)
        except (GaveUp, Unauthorized):
            raise
        except GorefitError as error:
            failed.append(f"{part.name}: {error.message}")
        else:
            refused += [said] if said else []
    return Attached(tuple(refused), tuple(failed))


def _parts(forge: Forge, request: PullRequest, wanted: Annotations, draft: bool) -> Iterator[_Part]:
    number = request.number
    people = tuple(name for name in wanted.reviewers if name.casefold() != request.author.casefold())
    if wanted.labels:
        labels = wanted.labels
        yield _Part("labels", labels, lambda r: _all(labels, r.labels), lambda: forge.add_labels(number, labels))
    if wanted.assignees:
        names = wanted.assignees
        yield _Part("assignees", names, lambda r: _all(names, r.assignees), lambda: forge.add_assignees(number, names))
    if people or wanted.teams:
        teams = wanted.teams
        yield _Part(
            "reviewers",
            (people, teams),
            lambda r: _all(people, r.reviewers) and _all(teams, r.teams),
            lambda: forge.request_reviewers(number, people, teams),
        )
    if wanted.milestone:
        title = wanted.milestone
        yield _Part("milestone", title, lambda r: r.milestone == title, lambda: forge.set_milestone(number, title))
    if not draft:
        yield _Part("ready", "", lambda r: not r.draft, lambda: forge.mark_ready(number))
    if wanted.auto_merge:
        method = wanted.auto_merge
        yield _Part("auto-merge", method, lambda r: r.auto_merge, lambda: forge.enable_auto_merge(number, method))


def _all(wanted: Collection[str], there: Collection[str]) -> bool:
    known = {name.casefold().rpartition("/")[2] for name in there} | {name.casefold() for name in there}
    return all(name.casefold() in known or name.casefold().rpartition("/")[2] in known for name in wanted)
