"""When the next request may go out: one serial writer that no forge has a reason to throttle, and that stops when told.

1. Writes keep a gap; pull requests opened within any hour keep a budget; reads and writes together keep below a number
   of points a minute (GitHub's secondary limit counts a read as 1 and a write as 5, and allows 900).
2. A forge that says "slow down" opens the breaker: nothing goes out before `not_before`. The forge's own time wins,
   else it is 60 s, doubled each round up to an hour.
3. After six rounds, or where a single wait would be too long, `GaveUp` says when to come back. Nothing waits for ever.

All of it is pure functions over `Pace`, a small value that outlives the run: whoever stores it and gives it back keeps
waiting where the last run stopped. Times are seconds since the epoch; a clock that jumps back costs at most one full
budget, never days.
"""

from __future__ import annotations

import contextlib
import enum
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .errors import ForgeError, RateLimited

T = TypeVar("T")
_HOUR, _MINUTE = 3600.0, 60.0


class Turn(enum.IntEnum):
    """What wants to go out; the value is its weight in points."""

    READ = 1
    WRITE = 5  # a mutating request, or a push
    OPEN = 6  # a write that opens a pull request


@dataclass(frozen=True, slots=True)
class Limits:
    """What we keep to of our own accord. 0 switches a limit off."""

    gap: float = 1.0  # seconds between the end of one write and the start of the next
    opens_per_hour: int = 20
    points_per_minute: int = 400  # a bucket: after a pause, twice as many may go out in a minute
    first_wait: float = 60.0  # seconds; of a forge that names no time
    longest_wait: float = _HOUR
    rounds: int = 6
    patience: float = 2 * _HOUR  # seconds that one wait may take


@dataclass(frozen=True, slots=True)
class Pace:
    """What must be remembered of the past. The default is an identity that never sent anything."""

    written: float = 0.0  # when the last write ended
    opened: tuple[float, ...] = ()  # when pull requests were opened, within the last hour
    points_gone: float = 0.0  # when the points spent will all have come back
    not_before: float = 0.0
    rounds: int = 0  # of "slow down" in a row
    limited: int = 0  # weight of the turn that was told so: only one as heavy proves that it is over


def wait(pace: Pace, limits: Limits, turn: Turn, now: float) -> tuple[float, str]:
    """Seconds until the turn may begin, and what it waits for; (0, "") if it may begin now."""
    until, why = pace.not_before, "the forge asked to slow down"
    if limits.points_per_minute:
        rate = limits.points_per_minute / _MINUTE
        gone = min(pace.points_gone, now + _MINUTE)
        until, why = max((until, why), (gone + min(turn / rate, _MINUTE) - _MINUTE, "requests of the last minute"))
    if turn is not Turn.READ:
        until, why = max((until, why), (min(pace.written, now) + limits.gap, "gap between writes"))
    if turn is Turn.OPEN and limits.opens_per_hour:
        opened = _recent(pace.opened, now)
        if len(opened) >= limits.opens_per_hour:
            first = opened[-limits.opens_per_hour]
            until, why = max((until, why), (first + _HOUR, f"budget of {limits.opens_per_hour} an hour"))
    return (until - now, why) if until > now else (0.0, "")


def begun(pace: Pace, limits: Limits, turn: Turn, now: float) -> Pace:
    """The turn is going out. A pull request counts from here on, whatever becomes of it."""
    rate = limits.points_per_minute / _MINUTE
    gone = max(min(pace.points_gone, now + _MINUTE), now) + turn / rate if rate else 0.0
    opened = _recent(pace.opened, now)
    if turn is Turn.OPEN:
        opened = (*opened, now)
    return replace(pace, points_gone=gone, opened=opened)


def ended(pace: Pace, turn: Turn, now: float) -> Pace:
    """The turn is over, however: the gap to the next write starts."""
    return pace if turn is Turn.READ else replace(pace, written=now)


def accepted(pace: Pace, turn: Turn) -> Pace:
    """The forge took it: the breaker closes, if the turn weighs as much as the one that opened it."""
    return replace(pace, rounds=0, limited=0) if pace.rounds and turn >= pace.limited else pace


def limited(pace: Pace, limits: Limits, turn: Turn, now: float, retry_after: float | None) -> Pace:
    """The forge said "slow down", for `retry_after` seconds if it named a time: the breaker opens, or stays open."""
    seconds = retry_after
    if seconds is None:
        seconds = min(limits.first_wait * 2 ** min(pace.rounds, 32), limits.longest_wait)
    return replace(
        pace,
        not_before=max(pace.not_before, now + max(seconds, 1.0)),
        rounds=pace.rounds + 1,
        limited=max(pace.limited, turn),
    )


def _recent(opened: tuple[float, ...], now: float) -> tuple[float, ...]:
    return tuple(min(when, now) for when in opened if now - when < _HOUR)


class GaveUp(ForgeError):
    """The forge has been asking us to slow down for too long; `not_before` is when to come back (epoch seconds)."""

    def __init__(self, pace: Pace, seconds: float, why: str) -> None:
        self.not_before = pace.not_before
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() + seconds))
        rounds = f", for the {pace.rounds}th time in a row" if pace.rounds > 1 else ""
        super().__init__(
            f"stopped: {why}{rounds}; {_spoken(seconds)} to wait",
            hint=f"nothing is lost: run the same command again after {when}",
        )


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@dataclass(slots=True)
class Pacer:
    """The one clock that all requests of an identity to a host go by.

    `save` is handed each state worth keeping; `tell` the seconds and the reason of a wait above two seconds.
    """

    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    save: Callable[[Pace], None] = lambda _pace: None
    tell: Callable[[float, str], None] = lambda _seconds, _why: None
    _serial: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @contextlib.contextmanager
    def turn(self, turn: Turn) -> Generator[None, None, None]:
        """Wait for the turn, then let the body send one request; others wait meanwhile. Raises GaveUp.

        A RateLimited that the body raises opens the breaker, and passes on.
        """
        with self._serial:
            self._wait(turn)
            self._become(begun(self.pace, self.limits, turn, self.clock()))
            try:
                yield
            except RateLimited as error:
                self._become(limited(self.pace, self.limits, turn, self.clock(), error.retry_after))
                raise
            else:
                self._become(accepted(self.pace, turn))
            finally:
                self._become(ended(self.pace, turn, self.clock()))

    def _wait(self, turn: Turn) -> None:
        for _ in range(100):  # a sleep may end early, and a clock may jump
            seconds, why = wait(self.pace, self.limits, turn, self.clock())
            if not seconds:
                return
            told = self.pace.not_before > self.clock()
            if seconds > self.limits.patience or (told and self.pace.rounds >= self.limits.rounds):
                raise GaveUp(self.pace, seconds, why)
            if seconds > 2:
                self.tell(seconds, why)
            self.sleep(seconds)
        raise GaveUp(self.pace, _MINUTE, "the clock does not move")

    def _become(self, pace: Pace) -> None:
        worth = replace(pace, points_gone=0.0) != replace(self.pace, points_gone=0.0)
        self.pace = pace
        if worth:
            self.save(pace)


def persevere(pacer: Pacer, step: Callable[[], T]) -> T:
    """Do a step again each time that the forge refused it for its rate; it must look up what is there before it writes.

    The waiting is done by the next request inside the step. Raises GaveUp, and whatever else the step raises.
    """
    for _ in range(pacer.limits.rounds):
        try:
            return step()
        except RateLimited:
            continue
    return step()
