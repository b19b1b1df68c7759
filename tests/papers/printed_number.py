"""A number that a paper prints, ours, how far apart they may be, and what follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

REPRODUCED, NOT_REPRODUCED, UNKNOWN = "reproduced", "not reproduced", "cannot be known here"
_FIGURES = re.compile(r"-?\d+(\.\d+)?(E-?\d+)?")


@dataclass(frozen=True)
class PrintedNumber:
    where: str
    """Of the paper: table, figure or section."""
    what: str
    printed: str
    """As the paper has it; with < in front, a bound."""
    ours: float | None
    """From a run; None where it cannot be known here."""
    tolerance: float
    why: str
    """Why the tolerance is what it is; or why the number cannot be known here."""
    remark: str = ""
    """What follows where it is not reproduced; '' where it is."""

    @property
    def verdict(self) -> str:
        if self.ours is None:
            return UNKNOWN
        if self.printed.startswith("<"):
            return REPRODUCED if self.ours < value(self.printed) else NOT_REPRODUCED
        # The last binary digit is nobody's finding.
        within = abs(self.ours - value(self.printed)) <= self.tolerance + 1e-9
        return REPRODUCED if within else NOT_REPRODUCED


def value(printed: str) -> float:
    """
    >>> value("4.2E-6"), value("< 0.0001"), value("73 %")
    (4.2e-06, 0.0001, 73.0)
    """
    return float(_figures(printed))


def half_a_digit(printed: str) -> float:
    """What rounding may have taken away: half a unit of the last digit.

    >>> half_a_digit("0.40"), half_a_digit("73 %"), half_a_digit("4.2E-6")
    (0.005, 0.5, 5e-08)
    """
    exponent = Decimal(_figures(printed)).as_tuple().exponent
    return float(Decimal((0, (5,), int(exponent) - 1)))


def exact(where: str, what: str, printed: str, ours: float, remark: str = "") -> PrintedNumber:
    """A count or a setting."""
    return PrintedNumber(where, what, printed, ours, 0.0, "a count or a setting: none", remark)


def rounded(where: str, what: str, printed: str, ours: float, remark: str = "") -> PrintedNumber:
    """A number that depends on nothing that was rounded before."""
    return PrintedNumber(where, what, printed, ours, half_a_digit(printed), "its own rounding", remark)


def through(
    where: str, what: str, printed: str, of: Callable[..., float], *inputs: str, remark: str = ""
) -> PrintedNumber:  # fmt: skip
    """A number that is computed from other printed ones: what their rounding can do to it is added to its own."""
    ours = of(*map(value, inputs))
    ends = product(*((value(one) - half_a_digit(one), value(one) + half_a_digit(one)) for one in inputs))
    reach = max(abs(of(*one) - ours) for one in ends)
    why = f"rounding of it and of {', '.join(inputs)}"
    return PrintedNumber(where, what, printed, ours, half_a_digit(printed) + reach, why, remark)


def unknown(where: str, what: str, printed: str, why: str) -> PrintedNumber:
    return PrintedNumber(where, what, printed, None, 0.0, why)


def _figures(printed: str) -> str:
    found = _FIGURES.search(printed)
    if found is None:
        raise ValueError(f"{printed!r} holds no number")
    return found.group()
