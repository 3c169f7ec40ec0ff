"""What the remote holds of our branches and requests right now; nothing here changes anything.

A branch is ours if every commit on it is: its head is in the ledger, or the digests in its commits fit (`gitcommits`).
Names of authors mean nothing: a person who amends a commit of ours keeps its author.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from ..forge.forge import Forge, PullRequest, State, marker
from . import gitcommits
from .body import STOP
from .decide import Seen
from .errors import PrError
from .gitcommits import Own
from .gitmirror import DEPTH, Refs
from .gitpush import Gate
from .ledger import Ledger
from .naming import Series, branch, ours

#: The key of the comment that goes with closing a request of which nothing is left.
EMPTIED = "nothing-left"
_COMMAND = re.compile(r"^/gorefit (stop|resume)[ \t]*$", re.MULTILINE)
_GENERATIONS = 50  # of one shard; nobody merges so many without looking why they come back


@dataclass(frozen=True, slots=True)
class Wanted:
    """A shard as it should be: its digest, and the change it makes as `gitcommits.changes` says it."""

    key: str
    digest: str
    change: bytes


@dataclass(slots=True)
class Observer:
    """Looks at one series on one remote. `forge` None: requests are known from the ledger alone."""

    gate: Gate
    forge: Forge | None
    ledger: Ledger
    series: Series
    head_slug: str = ""  # the fork that our branches live in
    reopen: bool = False
    _refs: Refs | None = None
    _found: dict[str, Own | None] = field(default_factory=dict[str, "Own | None"])

    @property
    def refs(self) -> Refs:
        """Our branches; asked once."""
        if self._refs is None:
            self._refs = self.gate.refs()
        return self._refs

    def shards(self, wanted: Iterable[Wanted]) -> list[Seen]:
        """Each shard's branch that is not over, with its request."""
        wanted = list(wanted)
        found = [self._current(one) for one in wanted]
        self._fetch((seen.branch, seen.head, one.digest) for seen, one in zip(found, wanted, strict=True))
        return [self._known(seen, one) for seen, one in zip(found, wanted, strict=True)]

    def orphans(self, taken: Collection[str]) -> list[Seen]:
        """What is left of this series beside the branches `taken`: branches, and requests still open."""
        requests = {one.branch for one in self.ledger.requests(self.series.id) if one.state == State.OPEN}
        heads = {name: sha for name, sha in self.refs.heads.items() if ours(name, self.gate.prefix)}
        names = sorted((heads.keys() | requests) - set(taken))
        self._fetch(
            (name, heads[name], "") for name in names if name in heads and not self._recorded(name, heads[name])
        )
        found: list[Seen] = []
        for name in names:
            mine = self._owned(name, heads[name]) if name in heads else None
            if name in requests or (mine is not None and mine.series == self.series.id):
                seen = self.branch(name)
                state = seen.request.state if seen.request else State.OPEN
                if (state is State.OPEN and (seen.head or seen.request)) or (seen.emptied and seen.head):
                    found.append(seen)
        return found

    def branch(self, name: str) -> Seen:
        """A branch that nothing is wanted of any more."""
        seen = self._look(name)
        self._fetch([(name, seen.head, "")])
        return replace(seen, own=bool(seen.head) and self._owned(name, seen.head) is not None)

    def prepare(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Bring in one go what is about to be looked into: branches, each with the digest that is wanted of it.

        What cannot be had is asked for again when its turn comes.
        """
        with contextlib.suppress(PrError):
            self._fetch((name, self.refs.heads.get(name, ""), digest) for name, digest in wanted)

    def forget(self) -> None:
        """Look at the branches anew when next asked."""
        self._refs = None

    def _current(self, wanted: Wanted) -> Seen:
        generation = 1
        while True:
            seen = self._look(branch(self.gate.prefix, self.series, wanted.key, generation))
            declined = seen.request is not None and seen.request.state is State.CLOSED and not seen.emptied
            if generation == _GENERATIONS or not (seen.over or (declined and self.reopen)):
                return seen
            generation += 1

    def _look(self, name: str) -> Seen:
        request = self._request(name)
        seen = Seen(name, self.refs.heads.get(name, ""), request=request, stopped=self._stopped(request))
        return replace(seen, emptied=self._emptied(request))

    def _known(self, seen: Seen, wanted: Wanted) -> Seen:
        if not seen.head:
            return seen
        mine = self._owned(seen.branch, seen.head)
        if mine is None:
            return seen
        git = self.gate.mirror.git
        same = mine.digest == wanted.digest or gitcommits.changes(git, mine.base, seen.head) == wanted.change
        return replace(seen, own=True, digest=mine.digest, same=same)

    def _owned(self, name: str, sha: str) -> Own | None:
        if sha not in self._found:
            self._found[sha] = self._recorded(name, sha) or gitcommits.own(self.gate.mirror.git, sha)
        return self._found[sha]

    def _recorded(self, name: str, sha: str) -> Own | None:
        return self.ledger.heads(name).get(sha)

    def _fetch(self, heads: Iterable[tuple[str, str, str]]) -> None:
        """Bring what must be looked into: heads that are not on record, or not with the digest that is wanted."""
        unclear: list[str] = []
        for name, sha, digest in heads:
            mine = self._recorded(name, sha) if sha else None
            if sha and (mine is None or mine.digest != digest):
                unclear.append(sha)
        self.gate.mirror.fetch(unclear, depth=DEPTH, url=self.gate.url)

    def _request(self, name: str) -> PullRequest | None:
        if self.forge is None:
            return None
        found = self.forge.pull_requests(name, self.series.base, self.head_slug)
        return next((one for one in found if one.state is State.OPEN), found[0] if found else None)

    def _stopped(self, request: PullRequest | None) -> str:
        """How a person who may asked us to stop, "" where nobody did."""
        if self.forge is None or request is None or request.state is not State.OPEN:
            return ""
        if STOP in request.labels:
            return f"label {STOP}"
        said = [
            (word, one.author) for one in self.forge.comments(request.number) for word in _COMMAND.findall(one.body)
        ]
        for word, author in reversed(said):
            if self.forge.may_push(author):
                return f"@{author} said stop" if word == "stop" else ""
        return ""

    def _emptied(self, request: PullRequest | None) -> bool:
        """Whether we closed a request ourselves: then it is nobody's refusal."""
        if self.forge is None or request is None or request.state is not State.CLOSED:
            return False
        me, hidden = self.forge.who().login, marker(EMPTIED)
        return any(hidden in one.body and me in ("", one.author) for one in self.forge.comments(request.number))
