"""What repeating an examination alone changes: figures from phantoms that were imaged twice (`make followup`, docs/followup.md)."""

from __future__ import annotations

from math import exp
from types import MappingProxyType

#: Standard deviation of the logarithm of second over first value, over 8 lesions. Phantoms: patients may differ more.
LOG_SD: MappingProxyType[str, float] = MappingProxyType({"ftv": 0.022, "longest_diameter": 0.027, "volume": 0.067})

#: Standard deviation of the difference, in the unit, of what has no percentage. As above.
SD: MappingProxyType[str, float] = MappingProxyType({"ser_mean": 0.024})

#: Standard deviations on either side of 95 % of a normal distribution.
_WIDE = 1.96


def percent_interval(before: float, after: float, log_sd: float | None) -> tuple[float, float] | None:
    """95 % of what a change in percent may be; None of what was not repeated, or has vanished.

    >>> [round(end, 1) for end in percent_interval(10, 5, 0.1)]
    [-58.9, -39.2]
    >>> percent_interval(10, 5, None) is None
    True
    """
    if log_sd is None or before <= 0 or after <= 0:
        return None
    low, high = (100 * (after / before * exp(sign * _WIDE * log_sd) - 1) for sign in (-1, 1))
    return low, high


def absolute_interval(before: float, after: float, sd: float | None) -> tuple[float, float] | None:
    """95 % of what a difference may be; None of what was not repeated.

    >>> [round(end, 2) for end in absolute_interval(1.0, 1.5, 0.1)]
    [0.3, 0.7]
    """
    return None if sd is None else (after - before - _WIDE * sd, after - before + _WIDE * sd)
