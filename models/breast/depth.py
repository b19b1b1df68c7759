"""How deep each voxel lies beneath a region's surface, and the mean signal by depth, patch by patch of the surface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.breast.coarse_grid import Box, Spacing, Thin, coarse_voxels, from_voxel_to_voxel, stretched
from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kernels.nearest_outside import depth_of, nearest_outside

#: Depth is measured on voxels of about this size; between them it is linear.
COARSE_MM = 1.4

#: A patch of the surface, and a step into the depth.
PATCH_MM = 8.0
STEP_MM = 0.5

#: How far into the depth a patch is followed.
DEEPEST_MM = 26.0

#: How deep everything lies where there is no border at all.
NO_BORDER_MM = 1000.0

#: Neighbouring patches take part (standard deviation in patches and steps).
SHARED = (0.8, 0.8, 0.8, 0.6)

#: What is filled in is taken from so far around (standard deviation in patches).
NEIGHBOURS = 0.8

#: Sections whose places are looked up at once.
SECTIONS_AT_ONCE = 16

Table = NDArray[np.float64]
Places = NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Depth:
    """The depth beneath the surface of a region, on every n-th voxel of its arrays, or of a box of them."""

    thin: Thin
    """What picks these voxels out of an array."""
    shape: tuple[int, ...]
    """Of the arrays, with every voxel."""
    mm: Volume
    """Millimetres to the nearest voxel outside; 0 outside."""
    nearest: Places
    """The nearest voxel outside, along each axis of the arrays that the box is part of."""
    steps: Spacing
    """mm between these voxels."""
    patches: tuple[int, int, int]

    @classmethod
    def beneath_the_surface_of(cls, inside: Mask, spacing: Spacing, box: Box | None = None) -> Depth:
        """Measured on a coarse grid.

        Parameters
        ----------
        inside : ndarray of bool, [z, y, x] or along the patient's axes
            The region. Where the images end it does not end.
        spacing : tuple of float
            mm along the array's axes.
        box : tuple of slice, optional
            What is wanted of the array, from `box_for_depth`; patches lie where they would without it.

        Returns
        -------
        Depth
            Its arrays along the same axes, as large as the box.
        """
        thin, steps = coarse_voxels(spacing, COARSE_MM)
        a, b, c = (
            int(np.ceil(-(-n // part.step) * step / PATCH_MM)) + 1
            for n, part, step in zip(inside.shape, thin, steps, strict=True)
        )
        wanted = inside if box is None else inside[box]
        coarse = wanted[thin]
        first = (0, 0, 0) if box is None else tuple(s.start // part.step for s, part in zip(box, thin, strict=True))
        mm, nearest = _surface_of(coarse, steps)
        for places, corner in zip(nearest, first, strict=True):
            places += corner
        return cls(thin, wanted.shape, mm, nearest, steps, (a, b, c))

    def profiles(self, signal: Volume, where: Mask | None = None) -> tuple[Table, Table]:
        """The mean signal of each patch at each depth.

        Parameters
        ----------
        signal : ndarray of float32, [z, y, x] or along the patient's axes
            In any unit, on the coarse grid.
        where : ndarray of bool, [z, y, x] or along the patient's axes, optional
            Which voxels take part, on the coarse grid.

        Returns
        -------
        tuple of ndarray of float64, [a, b, c, depth]
            Means in the unit of the signal, and how many voxels each is made of: three axes of patches, then depth in steps
            of `STEP_MM`.
        """
        near = (self.mm > 0) & (self.mm < DEEPEST_MM)
        if where is not None:
            near &= where
        steps = int(DEEPEST_MM / STEP_MM)
        table = (*self.patches, steps)
        flat = np.zeros(np.count_nonzero(near), np.intp)
        for patch, patches in zip(self._patch_of(near), self.patches, strict=True):
            flat = flat * patches + np.round(patch).astype(np.intp)
        flat = flat * steps + (self.mm[near] / STEP_MM).astype(np.intp)
        size = int(np.prod(table))
        total = np.bincount(flat, signal[near], size).reshape(table)
        count = np.bincount(flat, minlength=size).reshape(table).astype(np.float64)
        total, count = (ndimage.gaussian_filter(values, SHARED, truncate=2.5) for values in (total, count))
        return total / np.maximum(count, 1e-6), count

    def at_each_voxel(self, of_patch: Table) -> Volume:
        """A value of each patch, or of each patch and depth, at the coarse voxels beneath it, linear between.

        Parameters
        ----------
        of_patch : ndarray of float64, [a, b, c] or [a, b, c, depth]
            In any unit; depth in steps of `STEP_MM`, and 0 beyond its last step.

        Returns
        -------
        ndarray of float32, [z, y, x] or along the patient's axes
            On the coarse grid, in the same unit; 0 outside the region.
        """
        inside = self.mm > 0
        if of_patch.ndim == 4:
            inside &= self.mm < STEP_MM * of_patch.shape[3]
        table = of_patch.astype(np.float32)
        found: Volume = np.zeros(self.mm.shape, np.float32)
        # A few sections at a time: the places of all voxels are four volumes.
        for first in range(0, len(found), SECTIONS_AT_ONCE):
            part = slice(first, first + SECTIONS_AT_ONCE)
            here, mm = inside[part], self.mm[part]
            places = list(self._patch_of(here, part))
            if of_patch.ndim == 4:
                places.append(mm[here] / STEP_MM - 0.5)
            found[part][here] = ndimage.map_coordinates(table, places, order=1, mode="nearest")
        return found

    def _patch_of(self, where: Mask, sections: slice = slice(None)) -> Iterator[NDArray[np.float32]]:
        """The nearest place on the surface, in patches, for these voxels of some sections: axis by axis."""
        for nearest, step in zip(self.nearest, self.steps, strict=True):
            places = nearest[sections][where]
            yield (np.arange(int(places.max(initial=0)) + 1) * (step / PATCH_MM)).astype(np.float32)[places]

    def fine(self, coarse: Volume) -> Volume:
        """Values of the coarse grid on the whole one, linear between voxels.

        Parameters
        ----------
        coarse : ndarray of float32, [z, y, x] or along the patient's axes
            In any unit.

        Returns
        -------
        ndarray of float32, [z, y, x] or along the patient's axes
            In the same unit.
        """
        return stretched(coarse, self.thin, self.shape)


def _surface_of(inside: Mask, steps: Spacing) -> tuple[Volume, Places]:
    """mm to the nearest voxel outside, and where it lies."""
    if inside.all():
        return np.full(inside.shape, NO_BORDER_MM, np.float32), np.indices(inside.shape, np.int16)
    mm, nearest = nearest_outside(inside, steps)
    return mm.astype(np.float32), nearest.astype(np.int16)


def box_for_depth(box: Box, spacing: Spacing, shape: tuple[int, ...]) -> Box:
    """A box that holds a region's surface whole, on the voxels that depth is measured on.

    Parameters
    ----------
    box : tuple of slice
        Around the region.
    spacing : tuple of float
        mm along the arrays' axes.
    shape : tuple of int
        Of the whole array.

    Returns
    -------
    tuple of slice
        Depths in it are those in the whole array.
    """
    thin, _ = coarse_voxels(spacing, COARSE_MM)
    return from_voxel_to_voxel(thin, box, shape)


def coarse_depth_mm(inside: Mask, spacing: Spacing) -> tuple[Thin, Volume]:
    """The depth beneath the surface of a region, without its patches, on the coarse grid of `Depth`.

    Parameters
    ----------
    inside : ndarray of bool, [z, y, x] or along the patient's axes
        The region. Where the images end it does not end.
    spacing : tuple of float
        mm along the array's axes.

    Returns
    -------
    tuple of tuple of slice and ndarray of float32, [z, y, x] or along the patient's axes
        What picks the coarse voxels out of the array, and their depth in mm.
    """
    thin, steps = coarse_voxels(spacing, COARSE_MM)
    return thin, np.minimum(depth_of(inside[thin], steps), NO_BORDER_MM).astype(np.float32)


def depth_mm(inside: Mask, spacing: Spacing) -> Volume:
    """The depth beneath the surface of a region, without its patches.

    Parameters
    ----------
    inside : ndarray of bool, [z, y, x] or along the patient's axes
        The region. Where the images end it does not end.
    spacing : tuple of float
        mm along the array's axes.

    Returns
    -------
    ndarray of float32, [z, y, x] or along the patient's axes
        mm, measured on the coarse grid of `Depth` and on the whole one again.
    """
    thin, coarse = coarse_depth_mm(inside, spacing)
    return stretched(coarse, thin, inside.shape)


def filled(of_patch: Table, otherwise: float) -> Table:
    """Patches without a value (NaN) take their neighbours', or where there is none, the given one.

    Parameters
    ----------
    of_patch : ndarray of float64, [a, b, c] or [a, b, c, depth]
        In any unit.
    otherwise : float
        In the same unit.

    Returns
    -------
    ndarray of float64, [a, b, c] or [a, b, c, depth]
        In the same unit; the known ones are smoothed with their neighbours as well.
    """
    known = np.isfinite(of_patch)
    sigma = (NEIGHBOURS, NEIGHBOURS, NEIGHBOURS, 0)[: of_patch.ndim]
    total = ndimage.gaussian_filter(np.where(known, of_patch, 0.0), sigma) + 1e-3 * otherwise
    smooth: Table = total / (ndimage.gaussian_filter(known.astype(np.float64), sigma) + 1e-3)
    return smooth
