"""What an evaluation says: sections of sentences, numbers and figures, however they are written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tilscope.service.research.figures.style import Draw
from tilscope.service.research.statistics.chi_square import ChiSquareTest
from tilscope.service.research.statistics.estimate import Estimate

_NAN = float("nan")


@dataclass(frozen=True)
class Number:
    """One row of the file of all numbers. NaN and '' stand for what there is none of."""

    quantity: str
    of: str
    """What it is a number of: a model, a covariate, a pair."""
    value: float
    low: float = _NAN
    high: float = _NAN
    p: float = _NAN
    n: int | None = None
    """Studies that it rests on."""
    group: str = ""
    """The subgroup, class or cut-off that it holds for."""
    method: str = ""

    @classmethod
    def of_estimate(
        cls,
        quantity: str,
        of: str,
        estimate: Estimate,
        p: float = _NAN,
        n: int | None = None,
        group: str = "",
        method: str = "",
    ) -> Number:
        return cls(quantity, of, estimate.value, estimate.low, estimate.high, p, n, group, method)

    @classmethod
    def of_test(cls, quantity: str, of: str, test: ChiSquareTest, n: int | None = None, group: str = "") -> Number:
        return cls(quantity, of, test.statistic, p=test.p, n=n, group=group, method=f"chi-squared, {test.degrees} df")


@dataclass(frozen=True)
class Figure:
    name: str
    """Of its file."""
    caption: str
    draw: Draw
    width: float = 5.2
    height: float = 4.0
    """Inches."""


@dataclass(frozen=True)
class Section:
    key: str
    """For programs."""
    title: str
    sentences: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class EvaluationReport:
    title: str
    facts: tuple[tuple[str, str], ...]
    """What was evaluated, on whom, with what: name and words."""
    sections: tuple[Section, ...]
    checklist: tuple[ChecklistRow, ...] = field(default=())

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Of all sections."""
        return tuple(number for section in self.sections for number in section.numbers)


@dataclass(frozen=True)
class ChecklistRow:
    guideline: str
    item: str
    asks: str
    """In our own short words; the guideline's own text rules."""
    answer: str
    """What is known from the run; '' where that is nothing."""

    @property
    def state(self) -> str:
        return "known from the run" if self.answer else "not known from the run"


#: The columns of a table of numbers with their titles.
TITLES = {
    "quantity": "quantity",
    "of": "of",
    "group": "in",
    "value": "value",
    "interval": "95 % interval",
    "p": "P",
    "n": "n",
    "method": "method",
}


def table_of(numbers: Iterable[Number]) -> tuple[list[str], list[list[str]]]:
    """Titles and rows in words; a column of which nothing is known is left out."""
    cells = [_in_words(one) for one in numbers]
    shown = [name for name in TITLES if any(row[name] for row in cells)]
    return [TITLES[name] for name in shown], [[row[name] for name in shown] for row in cells]


def _in_words(one: Number) -> dict[str, str]:
    return {
        "quantity": one.quantity,
        "of": one.of,
        "group": one.group,
        "value": figure(one.value),
        "interval": f"{figure(one.low)} to {figure(one.high)}" if np.isfinite([one.low, one.high]).any() else "",
        "p": p_in_words(one.p),
        "n": "" if one.n is None else str(one.n),
        "method": one.method,
    }


def figure(value: float) -> str:
    """
    >>> figure(0.12345), figure(12.0), figure(float("nan")), figure(0.00012)
    ('0.123', '12', 'none', '0.00012')
    """
    if not np.isfinite(value):
        return "none" if np.isnan(value) else "without end"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.3f}" if 0.01 <= abs(value) < 1000 else f"{value:.3g}"


def p_in_words(p: float) -> str:
    """
    >>> p_in_words(0.0321), p_in_words(1e-9), p_in_words(float("nan"))
    ('0.032', '< 0.001', '')
    """
    if np.isnan(p):
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
