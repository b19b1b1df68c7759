"""What a search would make of judged pieces by their signs, by the network, and by both, as a table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from second_opinion.judgement import JudgedPiece

from tilscope.models.lesions.search import POSSIBLE, SURE

#: Of what is smaller than a ball of this diameter the network, on its coarse grid, has no say.
SMALLEST_MM = 10.0

#: Half of the network's log-odds are added, but no more than so many.
MOST = 2.0

Values = NDArray[np.float64]

WAYS: dict[str, Callable[[Values, Values], Values]] = {
    "signs alone": lambda odds, opinion: odds,
    "network alone": lambda odds, opinion: opinion,
    "signs, tipped by the network": lambda odds, opinion: odds + np.clip(opinion / 2, -MOST, MOST),
    "mean of both": lambda odds, opinion: (np.clip(odds, -7, 7) + opinion) / 2,
    "network where signs are unsure": lambda odds, opinion: np.where(
        (_sureness(odds) >= POSSIBLE) & (_sureness(odds) < 0.8), opinion, odds
    ),
}


def table(pieces: list[JudgedPiece]) -> str:
    """Lines of a page about the pieces that are large enough."""
    large = [one for one in pieces if one.diameter_mm >= SMALLEST_MM]
    true = np.array([one.true for one in large], bool)
    odds = np.array([one.odds for one in large])
    opinion = np.array([_log_odds(one.opinion) for one in large])
    lines = [
        f"| {len(large)} pieces, {true.sum()} true | AUC | false called sure | true missed | undecided (true) |",
        "|---|---|---|---|---|",
    ]
    for name, way in WAYS.items():
        sureness = _sureness(way(odds, opinion))
        unsure = (sureness >= POSSIBLE) & (sureness < SURE)
        lines.append(
            f"| {name} | {auc(sureness, true):.3f} | {((sureness >= SURE) & ~true).sum()} "
            f"| {((sureness < POSSIBLE) & true).sum()} | {unsure.sum()} ({(unsure & true).sum()}) |"
        )
    return "\n".join(lines)


def auc(values: Values, true: NDArray[np.bool_]) -> float:
    """How often a true one stands above a false one; not a number where one kind is missing."""
    over, under = values[true], values[~true]
    if not over.size or not under.size:
        return float("nan")
    return float(np.mean((over[:, None] > under) + 0.5 * (over[:, None] == under)))


def _log_odds(chance: float) -> float:
    kept = min(max(chance, 1e-3), 1 - 1e-3)
    return float(np.log(kept / (1 - kept)))


def _sureness(odds: Values) -> Values:
    sureness: Values = 1 / (1 + np.exp(-odds))
    return sureness
