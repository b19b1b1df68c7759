"""Versions as numbers, to be compared."""

from __future__ import annotations

import re


def numbers_of(version: str) -> tuple[int, ...]:
    """The numbers that it begins with; () where it begins with none, as `mainline` does.

    >>> numbers_of("1.12.7"), numbers_of("2.0.0rc1"), numbers_of("mainline")
    ((1, 12, 7), (2, 0, 0), ())
    """
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def is_older(version: str, floor: str) -> bool:
    """False where the version cannot be told.

    >>> is_older("1.9", "1.10"), is_older("4.0", "4"), is_older("mainline", "1.0")
    (True, False, False)
    """
    have, need = numbers_of(version), numbers_of(floor)
    length = max(len(have), len(need))
    filled = [numbers + (0,) * (length - len(numbers)) for numbers in (have, need)]
    return bool(have) and filled[0] < filled[1]
