"""Noise measured where the tissue is, since many scanners blank the air around the patient to zero."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, box_of, mask_of, values_of

#: In a slice: what two phases differ by beyond their neighbourhood is noise, not contrast.
NEIGHBOURHOOD = (1, 3, 3)

#: Part of the noise that is left when the mean of 3 x 3 voxels is taken off.
_LEFT = np.sqrt(1 - 1 / 9)

#: The median of absolute deviations, as a standard deviation of a normal distribution.
_MAD_TO_SD = 1.4826


def signal_to_noise(prepared: PreparedSeries, regions: Regions) -> float:
    """Signal of the gland before contrast over the noise of one phase, both in the breast. Infinite without noise.

    Parameters
    ----------
    prepared : PreparedSeries
        Its phases as acquired are measured, not the even ones.
    regions : Regions
        On the grid of the series.

    Returns
    -------
    float
        A ratio; 0 where there is no tissue to measure.
    """
    sigma, quiet = noise_sd(prepared.series, regions), quiet_tissue(regions)
    gland = mask_of(regions.fgt) if mask_of(regions.fgt).any() else quiet
    if not quiet.any() or not gland.any():
        return 0.0
    signal = float(np.median(values_of(prepared.series.pre)[gland]))
    return signal / sigma if sigma > 0 else float("inf")


def noise_sd(series: DceSeries, regions: Regions) -> float:
    """The noise of one phase in the breast, as a standard deviation; 0 where there is nothing to take it from.

    It is that of the difference of the two phases after contrast, which have little else to differ by, with the
    slow differences of contrast taken off. Resampled phases are smoother than acquired ones: where a phase was
    registered the figure is too good by up to a third.

    Parameters
    ----------
    series : DceSeries
        As acquired; all phases on one grid.
    regions : Regions
        On that grid; noise is read in the breast outside the lesions.

    Returns
    -------
    float
        In the unit of the signal.
    """
    quiet = quiet_tissue(regions)
    if not quiet.any():
        return 0.0
    box = box_of(quiet, max(NEIGHBOURHOOD))
    difference = values_of(series.late)[box] - values_of(series.early)[box]
    rough = difference - ndimage.uniform_filter(difference, NEIGHBOURHOOD, mode="nearest")
    noise = rough[quiet[box]]
    return _MAD_TO_SD * float(np.median(np.abs(noise - np.median(noise)))) / float(np.sqrt(2) * _LEFT)


def quiet_tissue(regions: Regions) -> Mask:
    """The breast without its lesions.

    Parameters
    ----------
    regions : Regions
        On the grid of the series.

    Returns
    -------
    ndarray of bool, [z, y, x]
        True inside.
    """
    quiet = mask_of(regions.breast)
    for lesion in regions.lesions:
        quiet &= ~mask_of(lesion.mask)
    return quiet
