"""The whole folder runs under the watch for tokens, and repeats reads without waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def watched(canaries: None) -> None:
    """See `canaries`."""


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Reads are repeated as often as outside of tests, but at once."""
    with stamina.set_testing(True, attempts=3):
        yield
