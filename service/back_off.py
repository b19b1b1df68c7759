"""How long to wait before what has failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass

#: Doublings that any longest wait is reached within; more would overflow.
_MOST_DOUBLINGS = 30


@dataclass(frozen=True)
class ExponentialBackOff:
    """A first wait that doubles with every further failure in a row, up to a longest.

    >>> [ExponentialBackOff(first_s=1, longest_s=10).after(failures) for failures in (1, 2, 3, 4, 5)]
    [1.0, 2.0, 4.0, 8.0, 10]
    """

    first_s: float
    longest_s: float

    def after(self, failures: int) -> float:
        """In seconds; failures are counted from 1."""
        return min(self.first_s * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), self.longest_s)
