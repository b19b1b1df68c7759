"""Fibroglandular tissue: the glands against the fat, by fuzzy c-means on the pre-contrast signal (as Wu 2018, Methods).

Signal is compared with that of the fat nearby (`models.breast.water`), so that neither shading nor uneven suppression makes
gland of fat. Beneath the skin, near the coil, suppressed fat may flare up as bright as gland (`models.breast.flare`).
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.breast.air import Air
from tilscope.models.breast.coarse_grid import Box
from tilscope.models.breast.depth import Depth, box_for_depth, depth_mm
from tilscope.models.breast.fat import fat_is_dark
from tilscope.models.breast.flare import flaring_fat
from tilscope.models.breast.fuzzy_clusters import cluster_centres
from tilscope.models.breast.implants import implants
from tilscope.models.breast.water import Tissues, tissues
from tilscope.models.breast.without_uptake import without_uptake
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import Mask, Volume, box_of
from tilscope.models.kernels.gaussian import smoothed

#: A little smoothing keeps speckle from being called gland. In mm, not voxels: the same strands are seen on fine grids and coarse.
SMOOTHING_MM = 1.0

#: Nothing in the breast is darker than noise: what is measured as air counts no more than this percentile of the breast.
DARKEST_PERCENTILE = 5.0

#: The border between fat and gland settles within so many steps.
REFINEMENTS = 3

#: A tissue of which less than this part of the breast is pure shows nothing about its signal.
LEAST_PURE = 0.005

#: A piece that begins so near to the breast's border reaches deeper than that, if it is gland ...
AT_THE_RIM_MM, RIM_MM = 3.0, 14.0

#: ... and what lies within this of the border has gland deeper than this within the same reach.
STRIP_MM = 6.0


def find_fgt(prepared: PreparedSeries) -> sitk.Image:
    """Fibroglandular tissue inside the breast, lesions not yet taken out.

    Two clusters; which of them is gland cannot be decided by brightness, since fat is the darker one with fat suppression and
    the brighter one without: `models.breast.fat` decides which.

    Parameters
    ----------
    prepared : PreparedSeries
        The clusters are those of its even pre-contrast phase.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the grid of the series.
    """
    # Coarse grids begin at an array's first voxel: which that is must not hang on the order of storage.
    axes = PatientAxes(prepared.breast)
    breast = axes.array(prepared.breast) != 0
    if not breast.any():
        return axes.mask(breast)
    spacing = axes.spacing
    dark = fat_is_dark(axes.array(prepared.series.pre), axes.array(prepared.series.early), breast, np.array(spacing))
    # Coarse grids are the whole images'; what there is at every voxel is wanted around the breasts only.
    box = box_for_depth(box_of(breast), spacing, breast.shape)
    rise = axes.array(prepared.series.late) - axes.array(prepared.series.pre)
    signal, tissue, around = _signal_and_tissues(prepared, axes, breast, dark, rise, box)
    found = np.zeros_like(breast)
    beneath_skin = Depth.beneath_the_surface_of(breast, spacing, box) if dark else None
    gland = _gland(signal, tissue, around, beneath_skin)
    gland &= ~without_uptake(gland, signal, rise[box] / _shade(prepared, axes)[box], spacing)
    found[box] = gland & ~_along_the_rim(gland, breast[box], spacing)
    return axes.mask(found)


def _signal_and_tissues(
    prepared: PreparedSeries, axes: PatientAxes, breast: Mask, dark: bool, rise: Volume, box: Box
) -> tuple[Volume, Mask, Tissues]:
    """In the box: the even signal, what of the breast is tissue, and fat and water."""
    signal, air = _signal_and_air(prepared, axes, breast)
    tissue = breast & ~_implanted(signal, breast, dark, rise, axes.spacing)
    around = tissues(signal, tissue, dark, axes.spacing, even=prepared.bias_field is not None, air=air)
    return signal[box].copy(), tissue[box], around.within(box)


def _gland(signal: Volume, tissue: Mask, around: Tissues, beneath_skin: Depth | None) -> Mask:
    """What has the signal of gland, in the box; `beneath_skin` where fat is dark, and may flare there."""
    water = around.water_part(signal)
    # Flare is no part of the question how far gland differs from fat.
    border = _border(water, tissue)
    if beneath_skin is not None:
        water = flaring_fat(water, beneath_skin, around).water_part(signal)
    gland: Mask = tissue & (water > border)
    return gland


def _signal_and_air(prepared: PreparedSeries, axes: PatientAxes, breast: Mask) -> tuple[Volume, Volume]:
    """The even pre-contrast signal, smoothed, and what noise alone would show in its place: more where the coil hears little."""
    smooth = smoothed(axes.array(prepared.series.pre), axes.spacing[::-1], SMOOTHING_MM)
    noise = min(Air.of(smooth).level, float(np.percentile(smooth[breast], DARKEST_PERCENTILE)))
    shade = _shade(prepared, axes)
    return smooth / shade, noise / shade


def _shade(prepared: PreparedSeries, axes: PatientAxes) -> Volume:
    """What the coil raises the signal by; 1 everywhere where that was not asked for."""
    field = prepared.bias_field
    return np.ones(axes.array(prepared.breast).shape, np.float32) if field is None else axes.array(field)


def _implanted(signal: Volume, breast: Mask, dark: bool, rise: Volume, spacing: tuple[float, float, float]) -> Mask:
    """Implants, where they look like gland: there is so much of them that they would be taken for the usual gland."""
    glandlike = breast & ((signal > cluster_centres(signal[breast], 2).mean()) == dark)
    return implants(glandlike, signal, rise, spacing)


def _along_the_rim(gland: Mask, breast: Mask, spacing: tuple[float, float, float]) -> Mask:
    """What lies along the breast's border and reaches nowhere deep: creases of skin, veins beneath it, strips of muscle."""
    labels, count = ndimage.label(gland)
    if count == 0:
        return gland
    mm = depth_mm(breast, spacing)
    deepest = np.zeros(count + 1, np.float32)
    np.maximum.at(deepest, labels[gland], mm[gland])
    nearest = np.full(count + 1, np.inf, np.float32)
    np.minimum.at(nearest, labels[gland], mm[gland])
    shallow: Mask = ((nearest <= AT_THE_RIM_MM) & (deepest <= RIM_MM))[labels]
    # Where such a strip touches a gland, it is followed no further than glands reach out.
    core = gland & (mm > STRIP_MM) & ~shallow
    found: Mask = shallow | (depth_mm(~core, spacing) > STRIP_MM)
    return found


def _border(water: Volume, breast: Mask) -> float:
    """Half-way between pure fat and pure gland: there a voxel of the border holds as much of one as of the other.

    The clusters' own centres lie nearer to each other where glands are sparse, since much of a thin strand is border.
    Pure is what lies inside a cluster, not at its surface.
    """
    border = float(cluster_centres(water[breast], 2).mean())
    for _ in range(REFINEMENTS):
        gland = (water > border) & breast
        pure = [water[ndimage.binary_erosion(part)] for part in (gland, breast & ~gland)]
        if min(len(part) for part in pure) < LEAST_PURE * breast.sum():
            return border
        border = float(np.mean([np.median(part) for part in pure]))
    return border
