"""How a score learns of the patient's other exams: through a function that it is given, since it knows no ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tilscope.models.result import SeriesResult

#: Takes the results of a study's dynamic series; returns them, in their order, with what earlier exams say of their lesions.
Follow = Callable[[Sequence[SeriesResult]], Sequence[SeriesResult]]


def follow_nothing(series: Sequence[SeriesResult]) -> Sequence[SeriesResult]:
    """Where no other exam is known."""
    return series
