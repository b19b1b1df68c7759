"""A number with the interval that it may as well be."""

from __future__ import annotations

from dataclasses import dataclass

#: Of every interval that names no other level.
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """NaN where the data cannot tell."""

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval.

        >>> Estimate(0.8, 0.7, 0.9).holds(0.5)
        False
        """
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"
