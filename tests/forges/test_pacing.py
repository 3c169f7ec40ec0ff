"""The pace of writes, as algebra: what must hold of any sequence of turns, refusals, restarts and clock jumps."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from gorefit.engine.forge.errors import ForgeError, Invalid, RateLimited
from gorefit.engine.forge.pacing import GaveUp, Limits, Pace, Pacer, Turn, limited, persevere, wait
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_800_000_000.0
turns = st.sampled_from(list(Turn))
waits = st.none() | st.floats(0, 7000)


@dataclasses.dataclass
class Clock:
    """Time that passes by sleeping alone, and what was slept."""

    now: float = NOW
    slept: list[float] = dataclasses.field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


def pacer_at(clock: Clock, pace: Pace | None = None, **limits: float) -> Pacer:
    settings = Limits(**limits)  # pyright: ignore[reportArgumentType]  # whole numbers are numbers
    return Pacer(settings, pace or Pace(), clock=clock, sleep=clock.sleep)


def refuse(pacer: Pacer, turn: Turn = Turn.WRITE, retry_after: float | None = None) -> None:
    with pytest.raises(RateLimited), pacer.turn(turn):
        raise RateLimited("slow down", retry_after=retry_after)


@given(st.lists(turns, max_size=60))
def test_writes_keep_their_gap_and_minutes_their_points(asked: list[Turn]) -> None:
    clock = Clock()
    pacer = pacer_at(clock, points_per_minute=30, opens_per_hour=0)
    writes: list[float] = []
    points: list[tuple[float, int]] = []
    for turn in asked:
        with pacer.turn(turn):
            points.append((clock.now, turn))
            if turn is not Turn.READ:
                writes.append(clock.now)
    assert all(later - earlier >= 1 - 1e-3 for earlier, later in itertools.pairwise(writes))
    for when, _ in points:  # a bucket that was full gives at most twice its size in a minute
        assert sum(weight for then, weight in points if when <= then < when + 60) <= 60 + Turn.OPEN


@given(st.lists(st.floats(0, 1200), min_size=1, max_size=40), st.integers(1, 5))
def test_no_hour_sees_more_than_its_budget(pauses: list[float], budget: int) -> None:
    clock = Clock()
    pacer = pacer_at(clock, opens_per_hour=budget, points_per_minute=0)
    opened: list[float] = []
    for pause in pauses:
        clock.now += pause
        with pacer.turn(Turn.OPEN):
            opened.append(clock.now)
    for when in opened:
        assert sum(when <= other < when + 3600 - 1e-3 for other in opened) <= budget


@given(st.lists(waits, max_size=5), turns)
def test_nothing_goes_out_before_the_forge_said(told: list[float | None], turn: Turn) -> None:
    clock = Clock()
    pacer = pacer_at(clock)
    for seconds in told:
        began = clock.now
        refuse(pacer, Turn.WRITE, seconds)
        expected = 60 * 2 ** (pacer.pace.rounds - 1) if seconds is None else max(seconds, 1)
        assert pacer.pace.not_before >= began + min(expected, 3600)
    until = pacer.pace.not_before
    with pacer.turn(turn):
        assert clock.now >= until - 1e-3


@given(st.lists(waits, min_size=1, max_size=5))
def test_a_restart_keeps_waiting(told: list[float | None]) -> None:
    """The same clock and the stored value give the same waits as a run that went on."""
    saved: list[Pace] = []
    clock = Clock()
    pacer = pacer_at(clock)
    pacer.save = saved.append
    for seconds in told:
        refuse(pacer, Turn.WRITE, seconds)
    assert saved[-1] == dataclasses.replace(pacer.pace, points_gone=saved[-1].points_gone)
    again = pacer_at(Clock(clock.now), saved[-1])
    assert wait(again.pace, again.limits, Turn.WRITE, clock.now) == wait(
        pacer.pace, pacer.limits, Turn.WRITE, clock.now
    )


def test_waits_double_up_to_an_hour_and_then_it_gives_up() -> None:
    clock = Clock()
    pacer = pacer_at(clock, points_per_minute=0, gap=0)
    for _ in range(6):
        refuse(pacer)
    assert [round(seconds) for seconds in clock.slept] == [60, 120, 240, 480, 960]
    with pytest.raises(GaveUp) as stopped, pacer.turn(Turn.WRITE):
        pytest.fail("nothing may go out")
    assert stopped.value.not_before == pacer.pace.not_before == clock.now + 1920
    assert "for the 6th time in a row; 32 min to wait" in stopped.value.message
    assert "run the same command again after 20" in stopped.value.hint


def test_who_comes_back_in_time_gets_one_more_try() -> None:
    clock = Clock()
    pacer = pacer_at(clock)
    for _ in range(6):
        refuse(pacer)
    clock.now = pacer.pace.not_before
    refuse(pacer)
    assert pacer.pace.not_before == clock.now + 3600
    with pytest.raises(GaveUp), pacer.turn(Turn.WRITE):
        pytest.fail("nothing may go out")


def test_a_step_is_done_again_until_it_is_taken_or_given_up() -> None:
    clock = Clock()
    pacer = pacer_at(clock)
    outcomes = iter([RateLimited("slow"), RateLimited("slow", retry_after=5), None])

    def step() -> str:
        with pacer.turn(Turn.WRITE):
            error = next(outcomes, RateLimited("always"))
            if error:
                raise error
        return "done"

    assert persevere(pacer, step) == "done"
    assert (pacer.pace.rounds, pacer.pace.limited) == (0, 0)
    with pytest.raises(GaveUp):
        persevere(pacer, step)


def test_only_as_heavy_a_turn_closes_the_breaker() -> None:
    """Reads go through while GitHub still refuses content: they do not start the doubling anew."""
    clock = Clock()
    pacer = pacer_at(clock)
    refuse(pacer, Turn.OPEN)
    with pacer.turn(Turn.READ):
        pass
    assert pacer.pace.rounds == 1
    with pacer.turn(Turn.OPEN):
        pass
    assert pacer.pace.rounds == 0


def test_another_error_neither_opens_nor_closes_the_breaker() -> None:
    clock = Clock()
    pacer = pacer_at(clock)
    refuse(pacer)
    with pytest.raises(Invalid), pacer.turn(Turn.WRITE):
        raise Invalid("422")
    assert pacer.pace.rounds == 1


def test_a_wait_beyond_patience_is_not_begun() -> None:
    clock = Clock()
    pacer = pacer_at(clock)
    refuse(pacer, Turn.READ, 99_999_999.0)
    with pytest.raises(GaveUp), pacer.turn(Turn.READ):
        pytest.fail("nothing may go out")
    assert clock.slept == []


@given(
    st.builds(
        Pace,
        written=st.floats(0, NOW * 2),
        opened=st.lists(st.floats(0, NOW * 2), max_size=30).map(sorted).map(tuple),
        points_gone=st.floats(0, NOW * 2),
    ),
    turns,
)
def test_a_clock_that_jumped_back_costs_an_hour_at_most(pace: Pace, turn: Turn) -> None:
    seconds, _ = wait(pace, Limits(), turn, NOW)
    assert 0 <= seconds <= 3600


def test_a_shorter_wait_shortens_none() -> None:
    told = limited(Pace(), Limits(), Turn.WRITE, NOW, 500)
    assert limited(told, Limits(), Turn.WRITE, NOW + 1, 5).not_before == NOW + 500


@given(st.integers(0, 10_000))
def test_rounds_beyond_counting_wait_an_hour(rounds: int) -> None:
    after = limited(Pace(rounds=rounds), Limits(), Turn.WRITE, NOW, None)
    assert after.not_before <= NOW + 3600


def test_long_waits_are_told() -> None:
    clock = Clock()
    pacer = pacer_at(clock, opens_per_hour=1)
    told: list[tuple[float, str]] = []
    pacer.tell = lambda seconds, why: told.append((round(seconds), why))
    for _ in range(2):
        with pacer.turn(Turn.OPEN):
            clock.now += 0.5
    assert told == [(3600, "budget of 1 an hour")]


def test_a_clock_that_stands_still_is_no_endless_loop() -> None:
    pacer = Pacer(pace=Pace(written=NOW), clock=lambda: NOW, sleep=lambda _seconds: None)
    with pytest.raises(ForgeError), pacer.turn(Turn.WRITE):
        pytest.fail("the gap has not passed")
