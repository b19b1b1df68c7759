"""Lists in sentences for people: the first few, and how many there are besides."""

from __future__ import annotations

from collections.abc import Sequence

#: Of one item. A value of a DICOM header may be longer than the standard allows.
_LONGEST = 80


def first_few(items: Sequence[str], separator: str = ", ", most: int = 6) -> str:
    """
    >>> first_few(["a", "b", "c"]), first_few(["a", "b", "c", "d"], "; ", most=2)
    ('a, b, c', 'a; b; and 2 more')
    """
    shown = [item if len(item) <= _LONGEST else f"{item[: _LONGEST - 1]}…" for item in items[:most]]
    more = [f"and {len(items) - most} more"] if len(items) > most else []
    return separator.join([*shown, *more])
