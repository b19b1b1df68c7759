"""Which lesion of one date is which of another: the best assignment by place, and where a second is about as good, none.

A tumour under therapy shrinks towards its middle or towards a part of itself, so that its middle may wander by as much as
its radius has lost; all else is the error of nipple, outline and position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tilscope.models.followup.places import Placed

#: How far apart a lesion lies at two dates that has not changed: the error of its place. docs/followup.md measures it.
GATE_MM = 12.0

#: A pair so many gates apart is not thought of at all.
_FARTHEST = 1.5

#: Two assignments whose costs differ by less, in gates, are about equally good.
MARGIN = 0.25

#: What lies within the old border is a piece, and what lies outside it by so much is none.
BORDER_MM = 5.0

#: One lesion without a partner; a pair costs as much as leaving both alone where it lies one gate apart.
_ALONE = 0.5
_NEVER = 1e6


@dataclass
class Matching:
    """Indices of known lesions (rows) and of those seen (columns)."""

    pairs: dict[int, int] = field(default_factory=dict)
    pieces: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Two or more regions that lie where one lesion was."""
    doubts: dict[int, set[int]] = field(default_factory=dict)
    """Known lesions that cannot be matched, with what each of them may be."""
    doubtful_seen: dict[int, set[int]] = field(default_factory=dict)
    """What was seen and cannot be matched, with the known lesions that it may be (or be a piece of)."""

    def is_told(self, column: int) -> bool:
        """Whether what was seen is one of the known, a piece of one, or in doubt."""
        told = {*self.pairs.values(), *self.doubtful_seen, *(one for some in self.pieces.values() for one in some)}
        return column in told


def match(known: Sequence[Placed], seen: Sequence[Placed]) -> Matching:
    """The known lesions among what was seen, all of one breast.

    Parameters
    ----------
    known : sequence of Placed
        As each was last seen in one piece.
    seen : sequence of Placed
        Of one date.

    Returns
    -------
    Matching
        What is in none of its parts is not found any more, or new.
    """
    found = Matching()
    costs = _costs(known, seen)
    for row, pieces in _in_pieces(known, seen, costs):
        found.pieces[row] = pieces
        costs[row, :] = _NEVER
        costs[:, list(pieces)] = _NEVER
    best = _best(costs)
    for other in _about_as_good(costs, best):
        _doubt(found, best, other)
    found.pairs = {row: column for row, column in best.items() if row not in found.doubts}
    _doubt_at_borders(found, known, seen)
    return found


def _costs(known: Sequence[Placed], seen: Sequence[Placed]) -> NDArray[np.float64]:
    """Of each pair: how far apart, in gates."""
    costs = np.full((len(known), len(seen)), _NEVER)
    for row, old in enumerate(known):
        for column, new in enumerate(seen):
            apart = old.from_mm(new) / (GATE_MM + abs(old.radius_mm - new.radius_mm))
            costs[row, column] = apart if apart < _FARTHEST else _NEVER
    return costs


def _in_pieces(
    known: Sequence[Placed], seen: Sequence[Placed], costs: NDArray[np.float64]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Lesions where two or more smaller regions lie that could be no other's."""
    for row, old in enumerate(known):
        inside = tuple(
            column
            for column, new in enumerate(seen)
            if new.radius_mm < old.radius_mm and old.from_mm(new) <= old.radius_mm
        )
        others = np.delete(costs, row, axis=0)
        if len(inside) > 1 and not (others[:, list(inside)] < 1 + MARGIN).any():
            yield row, inside


def _best(costs: NDArray[np.float64]) -> dict[int, int]:
    """The cheapest assignment in which anything may stay alone."""
    rows, columns = costs.shape
    table = np.full((rows + columns, rows + columns), _NEVER)
    table[:rows, :columns] = costs
    table[np.arange(rows), columns + np.arange(rows)] = _ALONE
    table[rows + np.arange(columns), np.arange(columns)] = _ALONE
    table[rows:, columns:] = 0
    chosen = zip(*linear_sum_assignment(table), strict=True)
    return {int(row): int(column) for row, column in chosen if row < rows and column < columns}


def _about_as_good(costs: NDArray[np.float64], best: dict[int, int]) -> Iterator[dict[int, int]]:
    """Every other assignment that is nearly as cheap: without one of the pairs, or with another one."""
    limit = _cost(costs, best) + MARGIN
    for row, column in np.argwhere(costs < _NEVER).tolist():
        changed = costs.copy()
        if best.get(row) == column:
            changed[row, column] = _NEVER
            other = _best(changed)
        else:
            changed[row, :], changed[:, column] = _NEVER, _NEVER
            other = {**_best(changed), row: column}
        if _cost(costs, other) < limit:
            yield other


def _cost(costs: NDArray[np.float64], pairs: dict[int, int]) -> float:
    alone = sum(costs.shape) - 2 * len(pairs)
    return float(sum(costs[row, column] for row, column in pairs.items())) + _ALONE * alone


def _doubt(found: Matching, best: dict[int, int], other: dict[int, int]) -> None:
    """Wherever the two assignments differ."""
    for row in {*best, *other}:
        if best.get(row) != other.get(row):
            may_be = {pairs[row] for pairs in (best, other) if row in pairs}
            found.doubts.setdefault(row, set()).update(may_be)
            for column in may_be:
                found.doubtful_seen.setdefault(column, set()).add(row)


def _doubt_at_borders(found: Matching, known: Sequence[Placed], seen: Sequence[Placed]) -> None:
    """A region beside a lesion that is found, just where its border was: a piece of it, or new."""
    for column, new in enumerate(seen):
        if found.is_told(column):
            continue
        near = {row for row, old in enumerate(known) if old.from_mm(new) <= old.radius_mm + BORDER_MM}
        if near:
            found.doubtful_seen[column] = near
