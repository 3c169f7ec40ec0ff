"""Durations: the strings that time.ParseDuration reads, and what a Go programmer writes for them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec
from tree_sitter import Node

if TYPE_CHECKING:
    from .site import Site

_UNITS = {"h": "Hour", "m": "Minute", "s": "Second", "ms": "Millisecond", "us": "Microsecond", "ns": "Nanosecond"}
_SIZES = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}
#: Units with the decimals up to which they are whole nanoseconds.
_DECIMALS = {"h": 9, "m": 9, "s": 9, "ms": 6, "[uµ]s": 3}
_PARTS = "".join(rf"(?:\d{{1,6}}(?:\.\d{{1,{most}}})?{unit})?" for unit, most in _DECIMALS.items())
_PATTERN = rf"^(?=.)(?:0|{_PARTS}(?:\d{{1,6}}ns)?)\Z"

#: An option's value: a Go duration that is not negative, its units from the largest to the smallest, each once.
Duration: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=_PATTERN, description='a Go duration such as "10s", "1m30s" or "500ms"')
]


def nanoseconds(text: str) -> int:
    """The value of a `Duration`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([a-zµ]+)", text)
    return sum(int(Decimal(number) * _SIZES[unit]) for number, unit in parts)


def members(text: str) -> tuple[str, ...]:
    """The names of package time that `expression` writes."""
    amount, unit = _amount(text)
    return (_UNITS[unit],) if amount else ()


def expression(text: str, qualifier: str) -> str:
    """How Go code spells a `Duration`: "10 * time.Second", "time.Minute"; `qualifier` is "time." or what stands for it.

    One number with one unit keeps that unit ("120s"); anything else gets the largest unit that divides it.
    """
    amount, unit = _amount(text)
    name = f"{qualifier}{_UNITS[unit]}"
    return "0" if not amount else name if amount == 1 else f"{amount} * {name}"


def _amount(text: str) -> tuple[int, str]:
    plain = re.fullmatch(r"(\d+)([a-z]+)", text)
    if plain and plain[2] in _UNITS:
        return int(plain[1]), plain[2]
    total = nanoseconds(text)
    unit = next((unit for unit in _UNITS if total % _SIZES[unit] == 0), "ns")
    return total // _SIZES[unit], unit


def duration(site: Site, text: str, at: Node) -> str | None:
    """How to write an option of type `Duration` at a place: "10 * time.Second". None where package time cannot be
    named there."""
    qualifier = site.use("time", at, *members(text))
    return None if qualifier is None else expression(text, qualifier)
