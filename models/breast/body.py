"""The patient against the air around her: the one mask that every later stage starts from."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, image_of, values_of

#: Air and tissue are separated on an image smoothed by this much: speckle is finer, skin folds are coarser.
SMOOTHING_MM = 2.0

#: Where air is searched: the foremost slab of the field of view, without its very edge, which some scanners blank.
#: Prone breasts hang forwards and do not reach it over half its area.
AIR_SLAB = (0.02, 0.12)

#: Tissue is brighter than air by this factor (suppressed fat over Rician noise is about twice as bright) ...
ABOVE_AIR = 1.4

#: ... and than this part of the brightest tissue, where air was blanked to 0 or is nearly so.
PART_OF_BRIGHTEST = 0.05

#: A trunk goes on beyond both ends of the field of view: within so much of either end, tissue fills at least this part of
#: the largest section. A quarter is the least that was seen, of one breast on sagittal slices.
END_MM = 10.0
LEAST_AT_THE_ENDS = 0.05


def body_mask(series: DceSeries) -> sitk.Image:
    """1 in the patient, 0 in air; cavities that a slice closes off count as patient.

    The mean of all phases is used, since suppressed fat is hardly above the noise of a single one.

    Parameters
    ----------
    series : DceSeries
        As acquired or even; all phases on one grid.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the grid of the series.
    """
    axes = PatientAxes(series.grid)
    smooth = axes.array(sitk.SmoothingRecursiveGaussian(_mean(series), SMOOTHING_MM))
    tissue = smooth > max(ABOVE_AIR * air_level(smooth), PART_OF_BRIGHTEST * float(np.percentile(smooth, 99)))
    tissue = ndimage.binary_opening(tissue, ndimage.generate_binary_structure(3, 1))
    labels, count = ndimage.label(tissue)
    if count:
        tissue = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    # Folds of skin close on themselves in the sagittal plane, ducts of air in none: holes are filled plane by plane.
    for axis in (0, 2):
        planes = np.moveaxis(tissue, axis, 0)
        for index in range(planes.shape[0]):
            planes[index] = ndimage.binary_fill_holes(planes[index])
    return axes.mask(tissue)


def _mean(series: DceSeries) -> sitk.Image:
    """Of all phases, one after the other: together, as floats, they would be twice what was read."""
    total = np.array(values_of(series.phases[0].image))
    for phase in series.phases[1:]:
        total += values_of(phase.image)
    total /= len(series.phases)
    return image_of(total, series.grid)


def air_level(smooth: NDArray[np.floating]) -> float:
    """The usual signal of air in an array along the patient's axes.

    Parameters
    ----------
    smooth : ndarray, [head, back, left]
        The smoothed mean of all phases, in units of the signal.

    Returns
    -------
    float
        In units of the signal.
    """
    rows = smooth.shape[1]
    first, last = (int(part * rows) for part in AIR_SLAB)
    return float(np.median(smooth[:, first : max(last, first + 1)]))


def ends_within(inside: Mask, head_step_mm: float) -> str | None:
    """Towards which end the body is seen to end, as a head or a foot does; None for a trunk.

    Parameters
    ----------
    inside : ndarray of bool, [head, back, left]
        The body; not empty.
    head_step_mm : float
        The voxel along the first axis.

    Returns
    -------
    str or None
        'feet' or 'head'.
    """
    area = inside.sum(axis=(1, 2))
    slab = max(1, round(END_MM / head_step_mm))
    for name, end in (("feet", area[:slab]), ("head", area[-slab:])):
        if end.max() < LEAST_AT_THE_ENDS * area.max():
            return name
    return None
