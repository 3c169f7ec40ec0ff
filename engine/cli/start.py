"""The installed command's first steps: a Ctrl-C while Python still imports ends it as quietly as one later on."""

from __future__ import annotations

import os
import signal
import sys  # no import that Python has not made anyway: what comes before `main` runs unguarded

_INTERRUPTED = 130


def main() -> None:
    """Import the command line, then run it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)  # an exception in the middle of an import may be swallowed or reworded
        from .main import main as run

        signal.signal(signal.SIGINT, signal.default_int_handler)
    else:
        from .main import main as run
    run()


def _leave(_number: int, _frame: object) -> None:
    """Nothing has been started or written yet."""
    sys.stderr.write("interrupted: nothing is half-written\n")
    sys.stderr.flush()
    os._exit(_INTERRUPTED)
