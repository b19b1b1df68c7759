"""How long patients were followed and whether the event was seen; what is coded the wrong way round is not taken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tilscope.models.refusals import BadInput
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.tables import CohortTable

_SEEN, _CENSORED = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")
#: Of a one-sided Mann-Whitney test; an event that comes later than the end of follow-up by chance is rarer.
_TOO_LATE = 0.001


@dataclass(frozen=True, eq=False)
class SurvivalTimes:
    time: NDArray[np.float64]
    """[study]; NaN where it is not known."""
    event: NDArray[np.bool_]
    """[study], whether the event was seen; false where it is not known."""

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.isfinite(self.time)


def follow_up_of(
    outcomes: CohortTable, rows: NDArray[np.int_], plan: EvaluationPlan, left_out: Counter[str]
) -> SurvivalTimes:
    """`BadInput` in words: one of the two columns missing, negative times, another code than two, or the codes exchanged."""
    if not (plan.time and plan.event):
        raise outcomes.unusable("survival needs both --time and --event")
    time = outcomes.numbers(plan.time)[rows]
    if (negative := int((time < 0).sum())) > 0:
        raise outcomes.unusable(
            f"its column {plan.time} is negative in {negative} rows; a time counts from its beginning"
        )
    outcomes.require(plan.event)
    codes = np.array(outcomes.texts(plan.event), dtype=str)[rows]
    event = _events(outcomes, codes, plan)
    time = np.where(codes == "", np.nan, time)
    known = np.isfinite(time)
    left_out["studies without follow-up"] += int((~known).sum())
    if not (event & known).any():
        raise outcomes.unusable(f"its column {plan.event} holds no event, and survival cannot be compared")
    if not plan.event_value and (why := _why_exchanged(time[known], event[known])):
        raise BadInput("censoring-exchanged", outcomes=outcomes.path, event=plan.event, why=why)
    if plan.censor_at is not None:
        event, time = event & ~(time > plan.censor_at), np.minimum(time, plan.censor_at)
    return SurvivalTimes(time, event & known)


def _events(outcomes: CohortTable, codes: NDArray[np.str_], plan: EvaluationPlan) -> NDArray[np.bool_]:
    there = sorted({str(code) for code in codes if code})
    if plan.event_value:
        if plan.event_value not in there and not _same_number(plan.event_value, there):
            raise outcomes.unusable(
                f"its column {plan.event} never holds {plan.event_value}; it holds {', '.join(there)}"
            )
        return np.array([code == plan.event_value or _same_number(plan.event_value, [str(code)]) for code in codes])
    if unknown := [code for code in there if code.lower() not in (*_SEEN, *_CENSORED)]:
        raise outcomes.unusable(
            f"its column {plan.event} holds {', '.join(unknown[:5])}; give 1 for an event and 0 for none, or name the event by --event-value"
        )
    return np.array([str(code).lower() in _SEEN for code in codes])


def _same_number(asked: str, there: list[str]) -> bool:
    """Whether 1 is meant where a file holds 1.0."""
    try:
        return any(float(one) == float(asked) for one in there if one)
    except ValueError:
        return False


def _why_exchanged(time: NDArray[np.float64], event: NDArray[np.bool_]) -> str:
    """Events end a follow-up before its time. Where most have one, and late, those without were lost early: unlikely."""
    if min(event.sum(), (~event).sum()) < 5:
        return ""
    later = stats.mannwhitneyu(time[event], time[~event], alternative="greater").pvalue
    if later >= _TOO_LATE:
        return ""
    medians = np.median(time[event]), np.median(time[~event])
    return f"those with an event were followed for longer (median {medians[0]:.3g}) than those without (median {medians[1]:.3g})"
