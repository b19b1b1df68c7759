"""What repeating an examination alone changes, as measured on phantoms (docs/followup.md)."""

from __future__ import annotations

from math import exp
from types import MappingProxyType

#: Standard deviation of the logarithm of second over first value: the same patient laid down anew, other contrast and noise.
#: Measured on 5 patients imaged twice (`make followup`); few, so that the intervals are rough.
LOG_SD: MappingProxyType[str, float] = MappingProxyType({"ftv": 0.08, "longest_diameter": 0.05, "volume": 0.08})

#: Standard deviation of the difference, in the unit, of what has no percentage.
SD: MappingProxyType[str, float] = MappingProxyType({"ser_mean": 0.05})

#: Standard deviations on either side of 95 % of a normal distribution.
_WIDE = 1.96


def percent_interval(id: str, before: float, after: float) -> tuple[float, float] | None:
    """95 % of what a change in percent may be; None of what was not repeated.

    >>> percent_interval("sphericity", 1, 1) is None
    True
    """
    if id not in LOG_SD or before <= 0 or after <= 0:
        return None
    low, high = (100 * (after / before * exp(sign * _WIDE * LOG_SD[id]) - 1) for sign in (-1, 1))
    return low, high


def absolute_interval(id: str, before: float, after: float) -> tuple[float, float] | None:
    """95 % of what a difference may be; None of what was not repeated."""
    if id not in SD:
        return None
    return after - before - _WIDE * SD[id], after - before + _WIDE * SD[id]
