"""Header values as numbers and words; what is absent, broken or no number is None, never an exception.

Headers come from every scanner, gateway and de-identifier. pydicom converts a value when it is asked for, so a broken
one raises there: here is the one place that expects it.
"""

from __future__ import annotations

import math
from typing import Any

from pydicom import Dataset


def value(header: Dataset, keyword: str) -> Any:
    """The element's value; None if it is absent, empty or cannot be read."""
    try:
        found = header.get(keyword)
    except Exception:  # pydicom raises whatever the broken bytes lead to
        return None
    return None if found is None or found == "" else found


def numbers(header: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite numbers."""
    found = value(header, keyword)
    if found is None:
        return None
    if count == 1 and not hasattr(found, "__len__"):
        found = [found]
    try:
        converted = tuple(float(v) for v in ([found] if isinstance(found, str) else found))
    except (TypeError, ValueError):
        return None
    return converted if len(converted) == count and all(map(math.isfinite, converted)) else None


def number(header: Dataset, keyword: str) -> float | None:
    """One finite number."""
    found = numbers(header, keyword, 1)
    return None if found is None else found[0]


def text(header: Dataset, keyword: str) -> str:
    """The value as text; '' if there is none."""
    found = value(header, keyword)
    return "" if found is None else str(found)


def words(header: Dataset, keyword: str) -> list[str]:
    """The values of a multi-valued element in upper case."""
    found = value(header, keyword)
    if found is None:
        return []
    return [str(v).upper() for v in ([found] if isinstance(found, str) else found)]


def readable_name(name: str) -> str:
    """PS3.5 6.2.1: component groups (letters, ideographs, sound) by '=', components by '^'; the family name comes first."""
    groups = [" ".join(part.strip() for part in group.split("^") if part.strip()) for group in name.split("=")]
    return " / ".join(group for group in groups if group)
