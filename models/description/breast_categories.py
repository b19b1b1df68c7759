"""Amount of fibroglandular tissue (a to d) and background parenchymal enhancement (minimal to marked) of one breast."""

from __future__ import annotations

from bisect import bisect_right

from tilscope.models.setting_limits import Borders

FGT = (
    "a (almost entirely fat)",
    "b (scattered fibroglandular tissue)",
    "c (heterogeneous fibroglandular tissue)",
    "d (extreme fibroglandular tissue)",
)
BPE = ("minimal", "mild", "moderate", "marked")


def category(words: tuple[str, str, str, str], percent: float, borders: Borders) -> str:
    """The word of a percentage; one on a border belongs to the higher.

    >>> [category(BPE, percent, (25, 50, 75)) for percent in (0, 25, 74.9, 100)]
    ['minimal', 'mild', 'moderate', 'marked']
    """
    return words[bisect_right(borders, percent)]
