"""Ctrl-C and polite kills, held back where stopping would leave something half done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Generator
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


@contextlib.contextmanager
def held_interrupts(*, once: bool = False) -> Generator[Callable[[], None], None, None]:
    """Record SIGINT, SIGTERM and SIGHUP instead of obeying them; what came is raised again on the way out.

    Gives a function to call wherever stopping is safe: it raises KeyboardInterrupt if one of them came. Signals that
    are ignored stay ignored. Outside the main thread, where Python delivers none, this does nothing. `once`: only the
    first is held back, the second kills; for waits that may be long and leave nothing half done that the next run
    would not put right.
    """
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if once and len(came) > 1:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def stop_here() -> None:
        if came:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stop_here
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    held = {number: was for number, was in before.items() if was not in (signal.SIG_IGN, None)}
    try:
        for number in held:
            signal.signal(number, note)
        yield stop_here
    finally:
        for number, was in held.items():
            signal.signal(number, was)
        if came:
            signal.raise_signal(came[0])
