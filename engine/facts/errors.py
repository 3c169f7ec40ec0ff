"""What can go wrong with the facts server."""

from __future__ import annotations

from ..model import GorefitError


class FactsError(GorefitError):
    """go/types could not answer for one package (or the server could not be built or started at all)."""

    exit_code = 5
