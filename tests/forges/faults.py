"""What can go wrong on the way: replies that a forge did not mean, slowness, and connections that drop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from .wire import Call, Reply

Where = Callable[[Call], bool]


@dataclass(frozen=True)
class Fault:
    """Instead of the answer: another one, or none, before or after the effect; or the answer, late."""

    name: str
    reply: Reply | None = None
    drop: Literal["", "before", "after"] = ""
    seconds: float = 0.0  # of silence, first

    @property
    def done(self) -> bool:
        """Whether the effect happens all the same."""
        return self.reply is None and self.drop != "before"


_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_SPENT = {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "60", "X-RateLimit-Reset": "1"}  # long ago

FORBIDDEN = Fault("403", Reply(403, {"message": "Forbidden"}))
SECONDARY = Fault("403 secondary", Reply(403, {"message": _SECONDARY}))
SECONDARY_AFTER = Fault("403 secondary, Retry-After", Reply(403, {"message": _SECONDARY}, {"Retry-After": "3"}))
PRIMARY = Fault("403 primary", Reply(403, {"message": "API rate limit exceeded for user ID 1."}, _SPENT))
TOO_MANY = Fault("429", Reply(429, {"message": "Too many requests"}, {"Retry-After": "2"}))
BROKEN = Fault("500", Reply(500, {"message": "Server Error"}))
BAD_GATEWAY = Fault("502", Reply(502, content=b"<html>502 Bad Gateway</html>", headers={"Content-Type": "text/html"}))
UNAVAILABLE = Fault("503, Retry-After", Reply(503, {"message": "down"}, {"Retry-After": "1"}))
DROP_BEFORE = Fault("dropped before", drop="before")
DROP_AFTER = Fault("dropped after", drop="after")

LIMITS = (SECONDARY, SECONDARY_AFTER, PRIMARY, TOO_MANY)
OUTAGES = (BROKEN, BAD_GATEWAY, UNAVAILABLE, DROP_BEFORE, DROP_AFTER)
PASSING = (*LIMITS, *OUTAGES)  # what a publisher gets through by trying again
EVERY = (FORBIDDEN, *PASSING)


def slow(seconds: float) -> Fault:
    """The right answer, late."""
    return Fault(f"{seconds} s late", seconds=seconds)


def anything(_call: Call) -> bool:
    return True


def mutating(call: Call) -> bool:
    return call.mutates


@dataclass
class _Rule:
    fault: Fault
    where: Where
    skip: int
    times: int


@dataclass
class Faults:
    """The faults that wait for their call, and how many have come true."""

    injected: list[str] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, where: Where = anything, *, skip: int = 0, times: int = 1) -> None:
        """Inject a fault at the calls that `where` picks, after `skip` of them, `times` times."""
        self._rules.append(_Rule(fault, where, skip, times))

    def clear(self) -> None:
        self._rules.clear()

    def take(self, call: Call) -> Fault | None:
        """The fault that hits this call, if one does."""
        with self._lock:
            for rule in self._rules:
                if rule.times > 0 and rule.where(call):
                    if rule.skip:
                        rule.skip -= 1
                        continue
                    rule.times -= 1
                    self.injected.append(f"{rule.fault.name} at {call}")
                    return rule.fault
        return None


def names(faults: Iterable[Fault]) -> list[str]:
    """For pytest's ids."""
    return [fault.name for fault in faults]
