"""A line of the registry: one feature, measured in one setting, beside what somebody independent says it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    oracle: str
    setting: str
    feature: str
    value: float
    reference: float
    tolerance: float
    """In the feature's unit."""
    reason: str = ""
    """Why the value is meant to be another; '' where it is not."""

    @property
    def agrees(self) -> bool:
        return abs(self.value - self.reference) <= self.tolerance

    @property
    def verdict(self) -> str:
        return "pass" if self.agrees else self.reason or "FAIL"
