"""Initial and delayed phase by shares of voxels, and the worst curve of any cluster, as breast CAD prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kinetics.maps import PLATEAU_FRACTION, CurveType
from tilscope.models.settings import DescriptionSettings

#: The worst first.
WORST_FIRST = (CurveType.WASHOUT, CurveType.PLATEAU, CurveType.PERSISTENT)
INITIAL = ("slow", "medium", "fast")


@dataclass(frozen=True)
class VoxelCluster:
    """Voxels of one curve that hang together."""

    curve: CurveType
    cc: float
    """The largest of its kind."""


@dataclass(frozen=True)
class KineticShares:
    """Of one lesion, in percent."""

    initial: tuple[float, float, float]
    """Of its voxels: slow, medium, fast."""
    above: tuple[tuple[float, float], ...]
    """Each threshold in percent enhancement, and the share of the voxels that reach it."""
    delayed: dict[CurveType, float]
    """Of the voxels that reach the first threshold; empty where none does."""
    worst: VoxelCluster | None
    """None where no cluster is large enough."""

    @property
    def initial_word(self) -> str:
        """What most voxels do; the faster of two alike."""
        return max(zip(self.initial, range(3), INITIAL, strict=True))[2]

    @property
    def delayed_word(self) -> CurveType | None:
        """What most voxels do that enhance enough; the worse of two alike."""
        return max(WORST_FIRST, key=lambda curve: self.delayed[curve]) if self.delayed else None


def kinetic_shares(
    pe: Volume, early: Volume, late: Volume, region: Mask, cc: float, settings: DescriptionSettings
) -> KineticShares:
    """The shares of a lesion.

    Parameters
    ----------
    pe : ndarray of float32, [z, y, x]
        Percent enhancement in the lesion's box; NaN where undefined.
    early : ndarray of float32, [z, y, x]
        Early signal.
    late : ndarray of float32, [z, y, x]
        Late signal.
    region : ndarray of bool, [z, y, x]
        The lesion; not empty.
    cc : float
        One voxel's volume in cm3.
    settings : DescriptionSettings
        Thresholds.

    Returns
    -------
    KineticShares
        Undefined voxels count as slow, and reach no threshold.
    """
    slow, fast = settings.initial_percent
    found = np.nan_to_num(pe[region], nan=-np.inf)
    medium_part, fast_part = _percent(found >= slow) - _percent(found > fast), _percent(found > fast)
    above = tuple((level, _percent(found >= level)) for level in settings.kinetic_thresholds_percent)
    enhancing = region & (np.nan_to_num(pe, nan=-np.inf) >= settings.kinetic_thresholds_percent[0])
    curves = voxel_curves(early, late)
    delayed = {curve: _percent(curves[curve][enhancing]) for curve in WORST_FIRST} if enhancing.any() else {}
    worst = _worst({curve: where & enhancing for curve, where in curves.items()}, cc, settings.cluster_cc)
    return KineticShares((100 - medium_part - fast_part, medium_part, fast_part), above, delayed, worst)


def voxel_curves(early: Volume, late: Volume) -> dict[CurveType, Mask]:
    """Which voxels rise, stay or fall after the early phase, by the rule of `curve_type`.

    Parameters
    ----------
    early : ndarray of float32, of any shape
        Early signal.
    late : ndarray of float32, of the same shape
        Late signal.

    Returns
    -------
    dict of CurveType to ndarray of bool, of the same shape
        Every voxel in one of them.
    """
    change, limit = late - early, PLATEAU_FRACTION * np.abs(early) * np.float32(1 + 1e-6)
    rises, falls = change > limit, change < -limit
    return {CurveType.WASHOUT: falls, CurveType.PLATEAU: ~rises & ~falls, CurveType.PERSISTENT: rises}


def _worst(curves: dict[CurveType, Mask], cc: float, least_cc: float) -> VoxelCluster | None:
    for curve in WORST_FIRST:
        largest = _largest_cluster(curves[curve]) * cc
        if largest >= least_cc:
            return VoxelCluster(curve, largest)
    return None


def _largest_cluster(where: Mask) -> int:
    """In voxels that touch by faces, edges or corners."""
    labels, count = ndimage.label(where, np.ones((3, 3, 3), bool))
    return int(np.bincount(labels.ravel())[1:].max()) if count else 0


def _percent(which: Mask | Sequence[bool]) -> float:
    return 100 * float(np.mean(which))
