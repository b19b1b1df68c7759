"""How much of each voxel is water (gland, muscle, vessel) rather than fat, against the fat nearby.

Coil shading, flare and uneven suppression change fat and gland together from place to place: what counts is how a voxel
differs from the fat around it, as a part of how far gland differs from fat. Noise does not: it lifts dark fat much and gland
hardly. So what air has in place of signal is taken off, in quadrature as magnitudes have it, before fat and gland are
sought, and is put back in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tilscope.models.breast.coarse_grid import Box, Spacing, Thin, coarse_voxels, means_around, stretched
from tilscope.models.breast.fuzzy_clusters import cluster_centres
from tilscope.models.imaging.voxels import Mask, Volume

#: Fat and gland are taken from means over voxels of this size.
COARSE_MM = 3.0

#: Fat counts from so far around, gland from a little further: there is less of it (standard deviations).
FAT_AROUND_MM, WATER_AROUND_MM = 20.0, 30.0

#: Where none is near, the whole breast's counts as so much of the neighbourhood.
ELSEWHERE = 0.02

#: Fat no brighter than air is taken for so much of air: the logarithm needs something.
LEAST_SIGNAL = 0.3

#: Fat and gland settle within so many steps.
STEPS = 6


@dataclass(frozen=True, eq=False)
class Tissues:
    """The signal of fat and of water at every voxel, in units of the signal."""

    fat: Volume
    water: Volume

    def water_part(self, signal: Volume) -> Volume:
        """0 in fat, 1 in gland; above and below where a voxel is brighter or darker than both.

        Parameters
        ----------
        signal : ndarray of float32, [z, y, x] or along the patient's axes
            On the same grid, in units of the signal.

        Returns
        -------
        ndarray of float32, [z, y, x] or along the patient's axes
            A ratio.
        """
        between = self.water - self.fat
        apart = np.where(np.abs(between) < 1e-6, np.float32(1e-6), between)
        part: Volume = ((signal - self.fat) / apart).astype(np.float32)
        return part


@dataclass(frozen=True, eq=False)
class CoarseTissues:
    """The same on a coarse grid, which is all there is of it: between its voxels it is made where it is wanted."""

    fat: Volume
    water: Volume
    thin: Thin
    """What picks the coarse grid's voxels out of the whole one's."""
    shape: tuple[int, ...]
    """Of the whole grid."""

    def within(self, box: Box | None = None) -> Tissues:
        """Fat and water in a box of the whole grid, linear between coarse voxels.

        Parameters
        ----------
        box : tuple of slice, optional
            Along the whole arrays' axes; all of them if none is given.

        Returns
        -------
        Tissues
            Its arrays are as large as the box.
        """
        return Tissues(*(stretched(one, self.thin, self.shape, box) for one in (self.fat, self.water)))


def tissues(
    signal: Volume, region: Mask, dark_fat: bool, spacing: Spacing, *, even: bool = False, air: Volume | None = None
) -> CoarseTissues:
    """Fat and water in and around a region.

    Parameters
    ----------
    signal : ndarray of float32, [z, y, x] or along the patient's axes
        In any unit.
    region : ndarray of bool, [z, y, x] or along the patient's axes
        Where fat and gland are found: the breast. Not empty.
    dark_fat : bool
        Whether fat is darker than gland.
    spacing : tuple of float
        mm along the arrays' axes.
    even : bool, optional
        Whether the coil's field has been taken out of the signal: what is left of its shading is no more than a plane.
    air : ndarray of float32, along the same axes, optional
        What noise alone would show in place of the signal, in the same unit; None for next to nothing.

    Returns
    -------
    CoarseTissues
        Of the whole grid.
    """
    thin, steps = coarse_voxels(spacing, COARSE_MM)
    means = means_around(signal, thin)
    noise = np.zeros_like(means) if air is None else air[thin]
    means = np.maximum(np.sqrt(np.maximum(np.square(means) - np.square(noise), 0)), LEAST_SIGNAL * noise)
    inside = region[thin]
    if not inside.any():
        return CoarseTissues(np.zeros_like(means), np.ones_like(means), thin, signal.shape)
    low, high = cluster_centres(means[inside], 2)
    fat = np.full(means.shape, low if dark_fat else high, np.float32)
    water = np.full(means.shape, high if dark_fat else low, np.float32)
    trend = _Trend(inside, steps, even)
    for step in range(STEPS):
        is_water = inside & ((means > (fat + water) / 2) == dark_fat)
        is_fat = inside & ~is_water
        if not is_water.any() or not is_fat.any():
            break
        if step < STEPS - 1:
            fat, water = trend.through(means, is_fat, is_water)
    else:
        fat = fat * _around(means / fat, is_fat, [FAT_AROUND_MM / mm for mm in steps])
        water = water * _around(means / water, is_water, [WATER_AROUND_MM / mm for mm in steps])
    fat, water = (np.hypot(one, noise).astype(np.float32) for one in (fat, water))
    return CoarseTissues(fat, water, thin, signal.shape)


class _Trend:
    """The shading that fat and water share, as the exponential of a polynomial in place: of second order, or a plane.

    Where glands are sparse a surface with more freedom than the shading has follows each of them, and fat where there is none.
    """

    def __init__(self, inside: Mask, steps: Spacing, even: bool) -> None:
        places = (np.arange(n) * mm / 100 for n, mm in zip(inside.shape, steps, strict=True))
        z, y, x = (axis - axis[inside].mean() for axis in np.meshgrid(*places, indexing="ij"))
        plane = [z, y, x, np.ones_like(z)]
        curved = [] if even else [z * z, y * y, x * x, z * y, z * x, y * x]
        self._terms = np.stack([*curved, *plane], axis=-1)

    def through(self, means: Volume, fat: Mask, water: Mask) -> tuple[Volume, Volume]:
        """Fitted to both tissues at once by least squares of the logarithm: a dense breast's core has no fat of its own."""
        known = (fat | water) & (means > 0)
        terms = np.column_stack([self._terms[known], water[known]])
        *surface, ratio = np.linalg.lstsq(terms, np.log(means[known]), rcond=None)[0]
        logs = self._terms @ np.array(surface)
        # Far from the breast a polynomial goes anywhere.
        level = np.exp(np.clip(logs, *np.percentile(logs[known], [0.5, 99.5]))).astype(np.float32)
        return level, level * np.float32(np.exp(ratio))


def _around(means: Volume, where: Mask, sigma: list[float]) -> Volume:
    usual = np.float32(np.median(means[where]))
    weight = ndimage.gaussian_filter(where.astype(np.float32), sigma) + np.float32(ELSEWHERE)
    total = ndimage.gaussian_filter(np.where(where, means, 0).astype(np.float32), sigma) + np.float32(ELSEWHERE) * usual
    found: Volume = total / weight
    return found
