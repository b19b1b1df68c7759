"""Harrell's C: the part of pairs in which the one of higher risk has her event earlier; ties of risk count half."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.statistics.bootstrap import DRAWS, percentiles, times_drawn
from tilscope.service.research.statistics.estimate import Estimate

Floats = NDArray[np.float64]


def concordance(risk: Floats, time: Floats, event: NDArray[Any]) -> float:
    """NaN where no pair can be compared.

    >>> concordance(np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0]), np.array([1, 1, 0]))
    1.0
    """
    in_order, compared = _pairs(risk, time, event)
    return float(in_order.sum() / compared.sum()) if compared.any() else float("nan")


def concordance_with_interval(
    risk: Floats, time: Floats, event: NDArray[Any], patients: NDArray[np.str_], seed: int, draws: int = DRAWS
) -> Estimate:
    """From patients drawn anew; a study beside itself is no pair."""
    in_order, compared = _pairs(risk, time, event)
    times = times_drawn(np.asarray(event).astype(int), patients, seed, draws).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = ((times @ in_order) * times).sum(axis=1) / ((times @ compared) * times).sum(axis=1)
    return Estimate(concordance(risk, time, event), *percentiles(drawn))


def _pairs(risk: Floats, time: Floats, event: NDArray[Any]) -> tuple[Floats, Floats]:
    """[the earlier, the later]: whether they can be compared, and by how much they are in order."""
    event = np.asarray(event).astype(bool)
    time, risk = np.asarray(time, float), np.asarray(risk, float)
    # Who was last seen well at the time of another's event had hers later.
    later = (time[:, None] < time) | ((time[:, None] == time) & ~event)
    compared = event[:, None] & later
    in_order = compared * ((risk[:, None] > risk) + 0.5 * (risk[:, None] == risk))
    return in_order, compared.astype(float)
