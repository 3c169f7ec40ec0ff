"""The errors of this room: what stops a plan or a publication, and what to do next."""

from __future__ import annotations

from ..model import GorefitError


class PrError(GorefitError):
    """A pull request could not be planned or published; the message says where, the hint what to do next."""


class BaseMoved(PrError):
    """The base branch is not where the plan was made."""


class StalePush(PrError):
    """The branch is not what it was when it was last looked at: somebody pushed meanwhile. Nothing was changed."""


class PushDenied(PrError):
    """The remote refuses the push: no permission, a protected branch, a hook. Nothing was changed."""


class Unreachable(PrError):
    """The remote gave no answer. Whether a push took effect is unknown until somebody looks."""
