"""Features of the neighbouring grey tone difference matrix (Amadasun and King 1989, doi 10.1109/21.44046).

How far the voxels of each grey level are from the mean of their neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.texture.neighbourhoods import Neighbourhoods

Array = NDArray[np.float64]

#: For a region without any difference, whose coarseness has no end.
COARSEST = 1e6


@dataclass(frozen=True, eq=False)
class ToneDifferences:
    """Grey levels that occur, how likely they are and how they differ from what is around them."""

    i: Array
    """[level]: whole numbers, the greys."""
    n: Array
    """[level]: whole numbers, voxels."""
    s: Array
    """[level]: sums of differences, in units of bins."""

    @classmethod
    def of(cls, around: Neighbourhoods) -> ToneDifferences:
        region = around.region
        return cls(region.greys.astype(np.float64), region.voxels.astype(np.float64), around.differences)

    @cached_property
    def p(self) -> Array:
        """[level]: 0 to 1."""
        shares: Array = self.n / self.n.sum()
        return shares

    @cached_property
    def apart(self) -> Array:
        """[level, level]: i - j, whole numbers."""
        return self.i[:, None] - self.i[None, :]

    @cached_property
    def together(self) -> Array:
        """[level, level]: the sum of two levels' probabilities, 0 to 2, without a unit."""
        return self.p[:, None] + self.p[None, :]


def _coarseness(m: ToneDifferences) -> float:
    change = float(np.sum(m.p * m.s))
    return 1 / change if change else COARSEST


def _contrast(m: ToneDifferences) -> float:
    pairs = len(m.i) * (len(m.i) - 1)
    range_and_change = np.sum(m.p[:, None] * m.p[None, :] * m.apart**2) * np.sum(m.s) / m.n.sum()
    return float(range_and_change / pairs) if pairs else 0.0


def _busyness(m: ToneDifferences) -> float:
    weighted = m.i * m.p
    apart = float(np.sum(np.abs(weighted[:, None] - weighted[None, :])))
    return float(np.sum(m.p * m.s)) / apart if apart else 0.0


def _complexity(m: ToneDifferences) -> float:
    change = m.p * m.s
    return float(np.sum(np.abs(m.apart) * (change[:, None] + change[None, :]) / m.together) / m.n.sum())


def _strength(m: ToneDifferences) -> float:
    change = float(np.sum(m.s))
    return float(np.sum(m.together * m.apart**2)) / change if change else 0.0


Feature = Callable[[ToneDifferences], float]

#: By pyradiomics' names and in its order.
FEATURES: Mapping[str, Feature] = {
    "Busyness": _busyness,
    "Coarseness": _coarseness,
    "Complexity": _complexity,
    "Contrast": _contrast,
    "Strength": _strength,
}
