"""One remote effect at a time, each of which can be cut off anywhere and done again without harm.

1. What is about to be done is written to the ledger.
2. The remote is asked whether it is done already: by an earlier run that was killed, or by a request whose answer was
   lost. Only if not, it is done.
3. An answer that never came is no answer: the remote is asked again before a second try. A forge that asks to slow down
   is obeyed, for as long as the pacer has patience.
4. What came of it is written to the ledger. Ctrl-C takes effect between steps, or while we wait for our turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..forge.errors import AlreadyExists, BadAnswer, ForgeError, Unavailable
from ..forge.pacing import Pacer, persevere
from ..model import GorefitError
from .errors import Unreachable
from .ledger import Ledger

ATTEMPTS = 3
_LONGEST = 120.0  # seconds to wait for a server that is down before its shard is given up


@dataclass(frozen=True, slots=True)
class Steps:
    """Does steps for one publication. `stop_here` raises KeyboardInterrupt if the user wants out."""

    ledger: Ledger
    pacer: Pacer
    stop_here: Callable[[], None] = lambda: None

    def __call__(
        self, branch: str, name: str, given: str, look: Callable[[], str | None], act: Callable[[], str]
    ) -> str:
        """Do a step and give its result: what `look` finds done, else what `act` says. Raises what both raise."""
        self.stop_here()
        self.ledger.intend(branch, name, given)
        try:
            result = persevere(self.pacer, lambda: self._settled(look, act))
        except GorefitError as error:
            self.ledger.finish(branch, name, given, error.message, failed=True)
            raise
        self.ledger.finish(branch, name, given, result)
        return result

    def once(
        self, branch: str, name: str, given: str, look: Callable[[], str | None], act: Callable[[], str]
    ) -> str | None:
        """As a call, but never again after it succeeded, whatever people made of it since; None if it is skipped."""
        if self.ledger.done(branch, name, given) is not None:
            return None
        return self(branch, name, given, look, act)

    def _settled(self, look: Callable[[], str | None], act: Callable[[], str]) -> str:
        for attempt in range(ATTEMPTS):
            found = look()
            if found is not None:
                return found
            try:
                return act()
            except AlreadyExists:
                if (found := look()) is not None:
                    return found
                raise
            except (Unavailable, Unreachable) as error:
                last = attempt == ATTEMPTS - 1
                if last or isinstance(error, BadAnswer) or not self._patient(attempt, error):
                    if (found := look()) is not None:
                        return found
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _patient(self, attempt: int, error: ForgeError | Unreachable) -> bool:
        """Wait before the next try; False where the server wants more than a moment."""
        asked = getattr(error, "retry_after", None)
        seconds = max(2.0**attempt, asked or 0.0)
        if seconds > _LONGEST:
            return False
        self.pacer.sleep(seconds)
        return True
