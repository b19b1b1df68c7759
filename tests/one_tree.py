"""A forest of one tree of one split, whose answer can be worked on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class OneTree:
    feature: str
    split: float
    below: float
    """The probability where the feature is below the split."""
    above: float
    settings_hash: str = "-"
    threshold: float = 0.5
    name: str = "one tree 1"
    others: tuple[str, ...] = ()
    """Features that it takes and does not use."""

    @property
    def features(self) -> tuple[str, ...]:
        return (self.feature, *self.others)

    def probability(self, values: Mapping[str, float]) -> float:
        return self.below if values[self.feature] < self.split else self.above

    def contributions(self, values: Mapping[str, float]) -> dict[str, float]:
        return {self.feature: self.probability(values) - (self.below + self.above) / 2} | dict.fromkeys(
            self.others, 0.0
        )
