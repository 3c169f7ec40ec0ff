"""Requests on their way to the facts server, and who is to blame when it dies.

1. At most twice as many requests are with the server as it has workers; the rest wait here.
2. The server says when it begins a request. Those it had begun when it died are suspects, the others just wait again.
3. Each suspect then runs alone on a new server. One during which the server dies again is guilty and fails; so a
   package that go/types survives is never blamed for its neighbour.
4. A request that runs longer than the time limit is guilty at once: the server is killed, the others run again.
5. A server that dies or stalls several times before it begins anything cannot work at all: everything fails.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from .errors import FactsError
from .wire import Reply

_FRUITLESS = 3  # servers in a row that die before they begin anything


@dataclass(slots=True, eq=False)
class Job:
    """One request: `line` encodes it for sending, `subject` names it in messages."""

    id: int
    subject: str
    line: Callable[[], bytes]
    future: Future[Reply]
    begun: float | None = None


@dataclass(slots=True)
class Queue:
    """Not thread-safe; its owner holds a lock. What it returns is (job, error) pairs that the owner must settle."""

    time_limit: float
    window: int = 2
    waiting: deque[Job] = field(default_factory=lambda: deque[Job]())
    suspects: deque[Job] = field(default_factory=lambda: deque[Job]())
    sent: dict[int, Job] = field(default_factory=lambda: dict[int, Job]())
    alone: Job | None = None
    fruitless: int = 0
    progress: float = 0.0  # when the server last said anything

    @property
    def empty(self) -> bool:
        return not (self.waiting or self.suspects or self.sent)

    def next(self) -> Job | None:
        """The job to send now, if any; it counts as sent."""
        if self.alone:
            return None
        job = None
        if self.suspects:
            if not self.sent:
                job = self.alone = self.suspects.popleft()
        elif self.waiting and len(self.sent) < self.window:
            job = self.waiting.popleft()
        if job:
            if not self.sent:
                self.progress = time.monotonic()
            self.sent[job.id] = job
        return job

    def begun(self, id: int) -> None:
        if job := self.sent.get(id):
            job.begun = self.progress = time.monotonic()
            self.fruitless = 0

    def answered(self, id: int) -> Job | None:
        self.progress = time.monotonic()
        job = self.sent.pop(id, None)
        if job is self.alone:
            self.alone = None
        return job

    def died(self, words: str) -> list[tuple[Job, FactsError]]:
        """The server is gone: keep what can run again, return what cannot."""
        begun = [job for job in self.sent.values() if job.begun is not None]
        guilty = [(job, _crashed(job, words)) for job in begun if job is self.alone]
        self.fruitless = 0 if begun else self.fruitless + 1
        self._recall(keep=[job for job in begun if job is not self.alone])
        if self.fruitless >= _FRUITLESS:
            return [(job, _useless(job, words)) for job in self.take_all()]
        return guilty

    def overdue(self, now: float) -> list[tuple[Job, FactsError]]:
        """Jobs past their time limit, after which the server must be killed; the others will run again."""
        late = [job for job in self.sent.values() if job.begun is not None and now - job.begun > self.time_limit]
        stalled = self.sent and not any(job.begun for job in self.sent.values())
        if stalled and now - self.progress > self.time_limit:
            return [(job, _useless(job, "no answer")) for job in self.take_all()]
        if late:
            for job in late:
                del self.sent[job.id]
            self._recall(keep=())
        return [(job, _hung(job, self.time_limit)) for job in late]

    def take_all(self) -> list[Job]:
        jobs = [*self.sent.values(), *self.suspects, *self.waiting]
        self.sent.clear()
        self.suspects.clear()
        self.waiting.clear()
        self.alone = None
        return jobs

    def _recall(self, keep: Sequence[Job]) -> None:
        """Take back what was sent: `keep` as suspects, the rest to wait, in their order; a lone one not begun too."""
        self.suspects.extend(keep)
        again = [job for job in self.sent.values() if job not in keep and (job is not self.alone or not job.begun)]
        for job in (*keep, *again):
            job.begun = None
        self.waiting.extendleft(reversed(again))
        self.sent.clear()
        self.alone = None


def _crashed(job: Job, words: str) -> FactsError:
    cause = next((line for line in words.splitlines() if line.strip()), "no message")
    return FactsError(
        f"go/types crashed on {job.subject}: {cause}",
        hint="try a newer Go (--go); the other packages are not affected",
        detail=words,
    )


def _hung(job: Job, limit: float) -> FactsError:
    return FactsError(
        f"go/types gave no answer about {job.subject} within {limit:g} s",
        hint="try a newer Go (--go), or again when the machine is less busy",
    )


def _useless(job: Job, words: str) -> FactsError:
    return FactsError(
        f"the facts server cannot run (asked about {job.subject})",
        hint="run `gorefit doctor`; remove gorefit's cache directory to have the server built anew",
        detail=words,
    )
