"""What can go wrong between us and a forge, told apart by what the caller may do next.

Whether a write took effect is known for every class but one: after `Unavailable` it may or may not have, and the caller
looks it up before it tries again. Nothing here ever holds a token: messages are built from methods, paths and replies,
and whoever shows them redacts once more.
"""

from __future__ import annotations

from ..model import GorefitError


class ForgeError(GorefitError):
    """A forge answered with an error, or not at all.

    `call` is the request, as `POST /repos/acme/shop/pulls`; `status` is HTTP's, 0 where there was none; `retry_after`
    is in seconds, None where the forge named no time.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        detail: str = "",
        call: str = "",
        status: int = 0,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.call, self.status, self.retry_after = call, status, retry_after


class Unauthorized(ForgeError):
    """The forge does not accept the token, or there is none (401). Nothing was done."""


class Forbidden(ForgeError):
    """The token is known, and may not do this (403). Nothing was done."""


class NotFound(ForgeError):
    """There is no such thing, or the token may not see it (404, 410). Nothing was done."""


class AlreadyExists(ForgeError):
    """What should be created is there already (409, or 422 that says so). Nothing was done."""


class Invalid(ForgeError):
    """The forge understood the request and refuses it (400, 405, 422 and the like). Nothing was done."""


class Unsupported(ForgeError):
    """This forge has no such thing. Nothing was sent."""


class RateLimited(ForgeError):
    """The forge wants us to slow down (429, or 403 that says so). Nothing was done.

    `secondary`: not the hourly quota, but the limit on bursts and on the creation of content.
    """

    secondary: bool = False


class Unavailable(ForgeError):
    """No usable answer: 5xx, a dropped connection, a time-out. A write may or may not have happened: look first."""


class BadAnswer(Unavailable):
    """An answer that no forge gives: HTML, broken JSON, too much of it, another host. Repeating will not help."""
