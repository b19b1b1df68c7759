"""What changes between two dates of one lesion: a value before and after, with what repeating alone would do, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Response(StrEnum):
    """A change in RECIST's terms. One lesion is no patient, and a diameter in 3D no axial one: like RECIST, and not RECIST."""

    SHRUNK = "partial response"
    GROWN = "progression"
    STABLE = "stable"


@dataclass(frozen=True)
class Change:
    """Of one quantity of one lesion."""

    id: str
    """That of the measurement or of the signature."""
    name: str
    unit: str
    """UCUM, of values and of the absolute change."""
    before: float | None
    after: float | None
    absolute: float | None = None
    """After less before; None where the change is refused."""
    percent: float | None = None
    """Of the value before; None where the change is refused, and of signatures, whose scales have no zero."""
    interval: tuple[float, float] | None = None
    """95 % of what the change may be, given what repeating an examination alone changes; in percent where there is a
    percentage, else in the unit; None where it was not measured."""
    response: Response | None = None
    """Of the longest diameter only."""
    refused: str = ""
    """Why there is no change, as a sentence; '' where there is one."""

    @property
    def is_beyond_repeat(self) -> bool | None:
        """Whether the change is more than repeating the examination; None where nobody can say."""
        return None if self.interval is None else not self.interval[0] <= 0 <= self.interval[1]
