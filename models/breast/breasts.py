"""Where the breasts are: what hangs before the chest, without skin.

Found by shape first, which fat suppression, contrast and shading do not change. The front surface of a prone patient is
read off the body mask; the chest begins about
  * with both breasts in the field of view, on an ellipse through the skin over the breastbone, slice by slice, and
    through the flanks;
  * with one breast, at the line from the skin above the breast to the fold below it, section by section.
Skin is peeled off by its measured thickness (`models.breast.skin`). Behind that border the images decide: `models.breast.chest_wall` finds where muscle begins.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.breast.body import ends_within
from tilscope.models.breast.breast_contour import foot_of
from tilscope.models.breast.chest_wall import chest_wall
from tilscope.models.breast.depth import Depth
from tilscope.models.breast.fat import fat_is_dark
from tilscope.models.breast.skin import beneath_skin
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.series import DceSeries, Laterality
from tilscope.models.imaging.sides import valley
from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.refusals import Refused

#: Beneath every skin.
SURELY_BENEATH_SKIN_MM = 6.0

#: Breast tissue reaches a little behind the skin over the breastbone; the pectoral muscle begins deeper.
BEHIND_SKIN_MM = 5.0

#: The chest falls back towards the armpits; breast is followed this far behind the breastbone.
DEEPEST_FALL_MM = 50.0

#: Half the width of the strip around the middle of the body where the breastbone is searched.
BREASTBONE_STRIP_MM = 25.0

#: The chest's level changes slowly from slice to slice: jumps over less than this distance are not anatomy.
LEVEL_SMOOTHING_MM = 25.0

#: Images that end on a breast show skin there which is less deep, counted from the breast's tip, than this part of the chest
#: at the other end, and falls back by more than this over so many mm; skin of the chest is flatter.
PART_OF_THE_CHEST, STEEP, SLOPE_MM = 0.55, 1.0, 10.0

#: What sticks out less than this is chest, and a breast narrower than this is a fold.
LEAST_DEPTH_MM = 12.0
LEAST_WIDTH_MM = 20.0

#: Gland and tumour are followed so far behind the wall's smooth sheet.
INTO_THE_WALL_MM = 8.0

#: Below this volume it was something else (the smallest breasts on MRI measure about 100 cm3).
LEAST_BREAST_CC = 40.0


def find_breasts(body: sitk.Image, series: DceSeries) -> sitk.Image:
    """The breasts' mask, without skin and chest wall.

    Parameters
    ----------
    body : SimpleITK.Image
        The body's mask on the grid of the series, 0 and 1.
    series : DceSeries
        As acquired or even; all phases on one grid.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the same grid: the largest piece, or the largest on each side.

    Raises
    ------
    Refused
        `no-breast`: nothing hangs before the chest, or the body is no trunk.
    """
    axes = PatientAxes(body)
    inside = axes.array(body) > 0
    if not inside.any():
        raise Refused("no-breast", detail="no tissue stands out from the background")
    spacing = axes.spacing
    end = ends_within(inside, spacing[0])
    if end is not None:
        raise Refused("no-breast", detail=f"the body ends towards the {end} inside the images, as no trunk does")
    surface = front_surface(inside)
    both = series.laterality is Laterality.BOTH
    level = chest_level(inside, surface, spacing) if both else fold_level(surface, spacing)
    limit = level + BEHIND_SKIN_MM / spacing[1]

    high = level - surface >= LEAST_DEPTH_MM / spacing[1]
    width = np.maximum(1, np.round(LEAST_WIDTH_MM / np.array([spacing[0], spacing[2]]))).astype(int)
    footprint = ndimage.binary_opening(high, np.ones(tuple(width), bool))
    rows = np.arange(inside.shape[1])[None, :, None]
    outside_the_chest = footprint[:, None, :] & (rows < limit[:, None, :])
    mean, dark, beneath = _signal_and_skin(series, axes, inside, outside_the_chest)
    tissue = inside & beneath
    hanging = tissue & outside_the_chest
    if hanging.any():
        wall = chest_wall(mean, tissue, limit, hanging, dark, spacing)
        height = (wall.row - surface) * spacing[1]
        feet = _feet(height, footprint & (height >= LEAST_DEPTH_MM), spacing, both)
        standing = tissue & feet[:, None, :]
        hanging = standing & (rows < wall.row[:, None, :])
        near = standing & (rows < (wall.row + INTO_THE_WALL_MM / spacing[1])[:, None, :])
        hanging |= _reached(hanging, ndimage.binary_opening(near & wall.no_muscle))
    return axes.mask(_largest_on_each_side(hanging, spacing) if both else _largest(hanging, spacing))


def _signal_and_skin(
    series: DceSeries, axes: PatientAxes, inside: Mask, outside_the_chest: Mask
) -> tuple[Volume, bool, Mask]:
    """The signal with some contrast in it, whether fat is dark there, and what lies beneath the skin."""
    depth = Depth.beneath_the_surface_of(inside, axes.spacing)
    pre, early = axes.array(series.pre), axes.array(series.early)
    # Whether fat is dark is asked well beneath any skin, and tells in turn how skin looks.
    deep = depth.fine(depth.mm) > SURELY_BENEATH_SKIN_MM
    dark = fat_is_dark(pre, early, deep & outside_the_chest, np.array(axes.spacing))
    pre += early
    mean: Volume = np.divide(pre, np.float32(2), out=pre)
    return mean, dark, beneath_skin(mean, depth, dark)


def _reached(breast: Mask, beyond: Mask) -> Mask:
    """What hangs together with the breast."""
    found: Mask = ndimage.binary_propagation(breast, mask=breast | beyond)
    return found


def _feet(height_mm: NDArray[np.float64], footprint: Mask, spacing: tuple[float, float, float], both: bool) -> Mask:
    """The lines of one breast, or of one on each side."""
    feet = np.zeros_like(footprint)
    middle = valley(footprint[:, None, :]) if both and footprint.any() else 0
    for side in (slice(0, middle), slice(middle, None)):
        feet[:, side] = foot_of(height_mm[:, side], footprint[:, side], (spacing[0], spacing[2]))
    return feet


def front_surface(inside: Mask) -> NDArray[np.float64]:
    """For each line from front to back, the row where the body begins.

    Parameters
    ----------
    inside : ndarray of bool, [head, back, left]
        The body.

    Returns
    -------
    ndarray of float64, [head, left]
        Indices along the axis to the back; NaN on lines that never meet the body.
    """
    begins: NDArray[np.float64] = np.argmax(inside, axis=1).astype(np.float64)
    begins[~inside.any(axis=1)] = np.nan
    return begins


def chest_level(inside: Mask, surface: NDArray[np.float64], spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """The row where the chest's front would be without breasts, for every slice and column.

    Parameters
    ----------
    inside : ndarray of bool, [head, back, left]
        The body, with both breasts.
    surface : ndarray of float64, [head, left]
        Of `front_surface`: indices along the axis to the back.
    spacing : tuple of float
        mm along head, back and left.

    Returns
    -------
    ndarray of float64, [head, left]
        Indices along the axis to the back, with fractions.
    """
    bone = breastbone_level(surface, spacing)
    # The trunk's outline seen from the head: over all slices, since one slice may cut an arm or a fold.
    trunk = inside.mean(axis=0) > 0.5
    behind = trunk[int(np.median(bone)) :]
    if not behind.any():
        return np.repeat(bone[:, None], surface.shape[1], axis=1)
    widest = int(np.argmax(behind.sum(axis=1)))
    left, right = np.flatnonzero(behind[widest])[[0, -1]]
    flank_row = int(np.median(bone)) + widest
    across = np.clip((np.arange(surface.shape[1]) - (left + right) / 2) / max((right - left) / 2, 1), -1, 1)
    depth = np.maximum(flank_row - bone, 0)
    # How far an ellipse has fallen back; its sides are steep, and tissue there is armpit rather than breast.
    fall = np.minimum(depth[:, None] * (1 - np.sqrt(1 - across**2))[None, :], DEEPEST_FALL_MM / spacing[1])
    level: NDArray[np.float64] = bone[:, None] + fall
    return level


def breastbone_level(surface: NDArray[np.float64], spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """The row of the skin between the breasts, slice by slice.

    Parameters
    ----------
    surface : ndarray of float64, [head, left]
        Of `front_surface`: indices along the axis to the back.
    spacing : tuple of float
        mm along head, back and left.

    Returns
    -------
    ndarray of float64, [head]
        Indices along the axis to the back, with fractions.

    Raises
    ------
    Refused
        `no-breast`: no slice shows skin in the middle of the body.
    """
    seen = np.flatnonzero(np.isfinite(surface).any(axis=0))
    middle = (seen[0] + seen[-1]) // 2
    strip = max(1, round(BREASTBONE_STRIP_MM / spacing[2]))
    between = surface[:, max(0, middle - strip) : middle + strip + 1]
    # The deepest point of the cleavage; slices without any tissue there take their neighbours' level.
    level = _filled(np.nanmax(np.where(np.isfinite(between), between, -np.inf), axis=1))
    smooth: NDArray[np.float64] = ndimage.median_filter(
        level, size=_odd(LEVEL_SMOOTHING_MM / spacing[0]), mode="nearest"
    )
    return smooth


def fold_level(surface: NDArray[np.float64], spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """The row of the line from the skin above the breast to the fold below it, section by section.

    Parameters
    ----------
    surface : ndarray of float64, [head, left]
        Of `front_surface`: indices along the axis to the back.
    spacing : tuple of float
        mm along head, back and left.

    Returns
    -------
    ndarray of float64, [head, left]
        Indices along the axis to the back, with fractions.

    Raises
    ------
    Refused
        `no-breast`: no section shows enough skin.
    """
    height, sections = surface.shape
    ends = np.full((4, sections), -np.inf)
    for section in range(sections):
        profile = surface[:, section]
        seen = np.flatnonzero(np.isfinite(profile))
        if seen.size < 3:
            continue
        smooth = ndimage.median_filter(profile[seen], size=5, mode="nearest")
        tip = int(np.argmin(smooth))
        below, above = int(np.argmax(smooth[: tip + 1])), tip + int(np.argmax(smooth[tip:]))
        deep_below, deep_above = smooth[below], smooth[above]
        # Where the images end on the breast itself, the chest lies between the skin there and the depth of the other end, which
        # the axilla may deepen: it is sought from half-way, and within reach on both sides.
        if below == 0 and _cut_through(smooth - smooth[tip], deep_above - smooth[tip], spacing):
            deep_below = (smooth[0] + deep_above) / 2
        elif above == len(smooth) - 1 and _cut_through(smooth[::-1] - smooth[tip], deep_below - smooth[tip], spacing):
            deep_above = (smooth[-1] + deep_below) / 2
        ends[:, section] = seen[below], deep_below, seen[above], deep_above
    size = _odd(LEVEL_SMOOTHING_MM / spacing[2])
    z0, y0, z1, y1 = (ndimage.median_filter(_filled(end), size=size, mode="nearest") for end in ends)
    along = (np.arange(height)[:, None] - z0) / np.maximum(z1 - z0, 1)
    level: NDArray[np.float64] = y0 + np.clip(along, 0, 1) * (y1 - y0)
    return level


def _cut_through(height: NDArray[np.float64], other_end: float, spacing: tuple[float, float, float]) -> bool:
    """Whether a profile that begins where the images end begins on a breast: far before the other end, and steep."""
    run = min(len(height) - 1, max(1, round(SLOPE_MM / spacing[0])))
    slope = (height[0] - height[run]) * spacing[1] / (run * spacing[0])
    return bool(height[0] < PART_OF_THE_CHEST * other_end and slope > STEEP)


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaps take the nearest known value's place by interpolation."""
    known = np.flatnonzero(np.isfinite(values))
    if known.size == 0:
        raise Refused("no-breast", detail="the front of the body was not found")
    return np.interp(np.arange(values.size), known, values[known])


def _largest(mask: Mask, spacing: tuple[float, float, float]) -> Mask:
    labels, count = ndimage.label(mask)
    if count == 0:
        raise Refused("no-breast", detail=f"nothing stands out {LEAST_DEPTH_MM:g} mm before the chest")
    sizes = np.bincount(labels.ravel())[1:]
    cc = float(sizes.max() * np.prod(spacing)) / 1000
    if cc < LEAST_BREAST_CC:
        raise Refused("no-breast", detail=f"the largest part before the chest measures {cc:.0f} cm3")
    found: Mask = labels == 1 + int(np.argmax(sizes))
    return found


def _largest_on_each_side(mask: Mask, spacing: tuple[float, float, float]) -> Mask:
    """The largest piece left and right of the middle; after a mastectomy one of them may be missing."""
    if not mask.any():
        return _largest(mask, spacing)
    middle = valley(mask)
    found = np.zeros_like(mask)
    refusals = []
    for side in (slice(0, middle), slice(middle, None)):
        try:
            found[:, :, side] = _largest(mask[:, :, side], spacing)
        except Refused as reason:
            refusals.append(reason)
    if len(refusals) == 2:
        raise refusals[0]
    return found


def _odd(size: float) -> int:
    return 2 * max(1, round(size / 2)) + 1
