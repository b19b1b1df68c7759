"""Functional tumour volume by the rule of the ACRIN 6657 / I-SPY 1 trial (Hylton 2012, doi 10.1148/radiol.12110748).

A voxel of the volume of interest belongs to the tumour when
  * its pre-contrast signal reaches the background, 0.6 x the 95th percentile of the pre-contrast signal in the volume,
  * its percent enhancement reaches 70 %,
  * at least 4 of its 26 neighbours pass both tests (neighbours may lie outside the volume), and
  * its SER is not negative.
The volume by washout counts those of them with SER > 0.9. Volumes are voxel counts times the voxel's volume.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask, Volume, image_of, mask_of, values_of, voxel_cc
from tilscope.models.kinetics.maps import percent_enhancement, signal_enhancement_ratio
from tilscope.models.settings import FtvSettings

#: The trial's SER classes, and one above so that the bins always sum to the whole. A voxel on a border belongs to the
#: bin below it, as the rule "SER > 0.9" has it.
SER_BORDERS = (0.0, 0.9, 1.0, 1.3, 1.75, 3.0, float("inf"))


@dataclass(frozen=True)
class BoxMm:
    """A box along the patient's axes (LPS, millimetres) by two opposite corners; voxels count by their centres."""

    corner: tuple[float, float, float]
    opposite: tuple[float, float, float]

    def mask(self, grid: sitk.Image) -> Mask:
        """True where a voxel's centre lies in the box; the surface belongs to it. Any orientation of grid.

        Parameters
        ----------
        grid : SimpleITK.Image
            Gives the grid, patient LPS in mm; its values are not read.

        Returns
        -------
        ndarray of bool, [z, y, x]
            On that grid.
        """
        low = np.minimum(self.corner, self.opposite)
        high = np.maximum(self.corner, self.opposite)
        # A corner is often given as the very centre of a voxel: that voxel must not be lost to rounding.
        slack = 1e-3 * min(grid.GetSpacing())
        size = grid.GetSize()
        direction = np.array(grid.GetDirection()).reshape(3, 3) * np.array(grid.GetSpacing())
        inside = np.ones(size[::-1], bool)
        for axis in range(3):
            # The patient coordinate of every voxel is a sum of one term per grid axis.
            i, j, k = (direction[axis, n] * np.arange(size[n]) for n in range(3))
            centre = grid.GetOrigin()[axis] + k[:, None, None] + j[None, :, None] + i[None, None, :]
            inside &= (centre >= low[axis] - slack) & (centre <= high[axis] + slack)
        return inside


@dataclass(frozen=True)
class SerBin:
    """Voxels with low < SER <= high; the first bin also holds SER = 0, the last has no upper end."""

    low: float
    high: float
    voxels: int


@dataclass(frozen=True, eq=False)
class FunctionalTumourVolume:
    background: float
    """Pre-contrast signal that a voxel must reach."""
    background_origin: str
    """In words: given, or by which rule."""
    voxel_cc: float
    voi_voxels: int
    pe_voxels: int
    """FTV by enhancement: PE >= 70 % and the rest of the rule."""
    ser_voxels: int
    """FTV by washout: those with SER > 0.9."""
    bins: tuple[SerBin, ...]
    mask: sitk.Image
    """The voxels counted by `pe_voxels`."""

    @property
    def pe_cc(self) -> float:
        return self.pe_voxels * self.voxel_cc

    @property
    def ser_cc(self) -> float:
        return self.ser_voxels * self.voxel_cc


def functional_tumour_volume(
    pre: sitk.Image,
    early: sitk.Image,
    late: sitk.Image,
    where: BoxMm | sitk.Image,
    settings: FtvSettings,
    background: float | None = None,
) -> FunctionalTumourVolume:
    """FTV in a box or in a mask.

    Parameters
    ----------
    pre : SimpleITK.Image
        The pre-contrast phase as acquired: signal on the grid of the series.
    early : SimpleITK.Image
        The early phase on the same grid.
    late : SimpleITK.Image
        The late phase on the same grid.
    where : BoxMm or SimpleITK.Image
        The volume of interest: a box in patient LPS, mm, or a mask on the same grid, 0 and 1.
    settings : FtvSettings
        The rule's thresholds.
    background : float, optional
        The pre-contrast signal that a voxel must reach, in place of the percentile rule.

    Returns
    -------
    FunctionalTumourVolume
        Counts, volumes in cm3, and the mask on the same grid.
    """
    before, after, last = values_of(pre), values_of(early), values_of(late)
    voi = where.mask(pre) if isinstance(where, BoxMm) else mask_of(where)
    if background is None:
        background = background_of(before[voi], settings)
        origin = f"{settings.background_fraction:g} x P{settings.background_percentile:g} of the pre-contrast signal in the volume"
    else:
        origin = "given"
    ser = signal_enhancement_ratio(before, after, last)
    functional = functional_voxels(before, percent_enhancement(before, after), ser, background, settings) & voi
    found = ser[functional]
    return FunctionalTumourVolume(
        background=background,
        background_origin=origin,
        voxel_cc=voxel_cc(pre),
        voi_voxels=int(voi.sum()),
        pe_voxels=int(functional.sum()),
        ser_voxels=int((found > settings.ser_threshold).sum()),
        bins=ser_bins(found),
        mask=image_of(functional, pre),
    )


def background_of(pre: NDArray[np.floating], settings: FtvSettings) -> float:
    """0.6 x the 95th percentile; 0 where there is no voxel to take it from.

    Parameters
    ----------
    pre : ndarray, of any shape
        Pre-contrast signal of the volume of interest.
    settings : FtvSettings
        The percentile and its factor.

    Returns
    -------
    float
        In units of the signal.
    """
    if pre.size == 0:
        return 0.0
    return settings.background_fraction * float(np.percentile(pre, settings.background_percentile))


def functional_voxels(
    pre: Volume, pe: Volume, ser: Volume, background: float, settings: FtvSettings, pe_percent: float | None = None
) -> Mask:
    """The rule on a whole volume. Neighbours are counted before SER is applied, as the trial's maps show.

    Parameters
    ----------
    pre : ndarray of float32, [z, y, x]
        Pre-contrast signal.
    pe : ndarray of float32, [z, y, x]
        Percent enhancement; NaN where undefined.
    ser : ndarray of float32, [z, y, x]
        Signal enhancement ratio; NaN where undefined.
    background : float
        The pre-contrast signal that a voxel must reach.
    settings : FtvSettings
        The rule's thresholds.
    pe_percent : float, optional
        The least percent enhancement, in place of the settings' own.

    Returns
    -------
    ndarray of bool, [z, y, x]
        On the same grid.
    """
    threshold = settings.pe_threshold_percent if pe_percent is None else pe_percent
    # Comparisons with NaN are false: an undefined PE or SER never counts.
    candidates = (pre >= background) & (pe >= threshold)
    around = candidates.astype(np.uint8)
    for axis in range(3):
        around = ndimage.convolve1d(around, [1, 1, 1], axis=axis, mode="constant")
    functional: Mask = candidates & (around - candidates >= settings.minimum_neighbours) & (ser >= 0)
    return functional


def ser_bins(ser: NDArray[np.floating]) -> tuple[SerBin, ...]:
    """Counts per SER class.

    Parameters
    ----------
    ser : ndarray, of any shape
        Signal enhancement ratios, 0 at least.

    Returns
    -------
    tuple of SerBin
        In rising order; together they count every value.
    """
    pairs = itertools.pairwise(SER_BORDERS)
    return tuple(
        SerBin(low, high, int(((ser > low if low else ser >= low) & (ser <= high)).sum())) for low, high in pairs
    )
