"""Phases in which fat and water have changed places: volumes of another contrast, where the headers do not tell.

Within a few millimetres the coils' sensitivity is the same everywhere, and what is bright there is the tissue. In a
dynamic series a tissue that is brighter than its surroundings stays so, however it enhances: the local contrast of two
phases agrees. Between an image with suppressed fat and one without, it is reversed.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kernels.gaussian import smoothed
from tilscope.models.kernels.nearest_outside import depth_of

#: Noise of single voxels is averaged out, septa and lobules of gland are not.
_VOXEL_MM = 2.0
#: The surroundings that a voxel is compared with: wider than lobules of fat, narrower than the coils' falloff.
_SURROUNDINGS_MM = 8.0
#: The skin against the air is no contrast of tissues.
_FROM_THE_SKIN_MM = 6.0
_FEWEST_VOXELS = 1000
#: Correlation of local contrast: reversed below this, in agreement above that. Between lie motion and noise, which undo
#: agreement and do not reverse it.
REVERSED, AGREES = -0.05, 0.1
#: Air, lung and cortical bone stay below this part of the brightest in every phase; their borders look alike in all contrasts.
_SIGNAL = 0.2
#: Signal is compared by its logarithm; nothing is taken for darker than this part of the brightest.
_DARKEST = 0.01


def unlike_phases(series: DceSeries) -> tuple[int, ...]:
    """The few phases whose contrast of tissues is the reverse of what the others have in common.

    Parameters
    ----------
    series : DceSeries
        As acquired; all phases on one grid.

    Returns
    -------
    tuple of int
        Indexes into `series.phases`, ascending; empty where the phases agree, or where no agreement is to be seen.
    """
    factors = _factors(series.grid)
    spacing = np.array(series.grid.GetSpacing()[::-1]) * factors[::-1]
    phases = [_shrunk(phase.image, factors) for phase in series.phases]
    core = _within(reduce(np.maximum, phases) > _SIGNAL, spacing)
    if core.sum() < _FEWEST_VOXELS:
        return ()
    agreement = np.corrcoef(_local_contrasts(phases, core, spacing))
    usual = [float(np.median(np.delete(row, index))) for index, row in enumerate(agreement)]
    unlike = tuple(index for index, value in enumerate(usual) if value < REVERSED)
    others = [index for index in range(len(usual)) if index not in unlike]
    if 2 * len(unlike) >= len(usual) or not unlike:
        return ()
    among = agreement[np.ix_(others, others)]
    return unlike if float(np.median(among[~np.eye(len(others), dtype=bool)])) > AGREES else ()


def _factors(grid: sitk.Image) -> list[int]:
    sizes = zip(grid.GetSpacing(), grid.GetSize(), strict=True)
    return [max(1, min(round(_VOXEL_MM / step), size // 8)) for step, size in sizes]


def _shrunk(image: sitk.Image, factors: list[int]) -> Volume:
    """In parts of the phase's own brightest: receivers are tuned anew for another contrast."""
    values: Volume = sitk.GetArrayFromImage(sitk.BinShrink(image, factors))
    return values / max(float(np.percentile(values, 99)), 1e-6)


def _within(tissue: Mask, spacing_mm: NDArray[np.float64]) -> Mask:
    """Nothing beyond the field of view counts as air."""
    padded = np.pad(tissue, 1, mode="edge")
    inside: Mask = depth_of(padded, spacing_mm)[1:-1, 1:-1, 1:-1] > _FROM_THE_SKIN_MM
    return inside


def _local_contrasts(phases: list[Volume], core: Mask, spacing_mm: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """How much brighter each voxel of the core is than its surroundings there, as a logarithm, phase by phase."""

    def around(values: Volume) -> Volume:
        return smoothed(values, spacing_mm[::-1].tolist(), _SURROUNDINGS_MM)[core]

    weight = around(core.astype(np.float32))
    logarithms = (np.log(np.maximum(phase, _DARKEST)) for phase in phases)
    return [one[core] - around(np.where(core, one, np.float32(0))) / weight for one in logarithms]
