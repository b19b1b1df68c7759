"""The patient against the air around her: the one mask that every later stage starts from."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.breast.air import Air
from tilscope.models.breast.coarse_grid import Spacing, coarse_voxels, stretched
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, Volume, image_of, values_of
from tilscope.models.kernels.gaussian import smoothed
from tilscope.models.kernels.nearest_outside import depth_of

#: Air and tissue are separated on an image smoothed by this part of a voxel, within these bounds: speckle is finer, skin
#: folds are coarser; and of voxels of 3 mm, 1.2 mm of smoothing would be none, and noise would open the skin.
SMOOTHING_VOXELS = 0.7
LEAST_SMOOTHING_MM, MOST_SMOOTHING_MM = 1.2, 2.0

#: Deep in the body, where no border is drawn, much more smoothing tells fat that is as dark as noise from air ...
DEEP_SMOOTHING_MM = 3.0

#: ... so far from where that fat seems to end at least, since such smoothing swells what is bright by up to its width ...
DEEP_MM = 6.0

#: ... and where it is brighter than air by so many of its standard deviations there.
DEEP_ABOVE_AIR = 5.0

#: Tissue is brighter than air by this factor (suppressed fat over Rician noise is 1.4 to 3 times as bright) ...
ABOVE_AIR = 1.25

#: Ghosts before the patient are fainter than this part of the tissue behind them, so far behind at most, and so thick.
PART_OF_TISSUE = 0.25
BEHIND_HAZE_MM, BULK_MM = 80.0, 20.0

#: Of all that is brighter than air: suppressed fat, the darkest tissue of which there is much.
FAT_PERCENTILE = 30.0

#: Air and dark tissue are told apart on voxels of about this size.
COARSE_MM = 2.5

#: Narrower ways between air and what is dark in the body are gaps in the skin; a fold is followed so far in.
GAP_MM, FOLD_MM = 7.0, 12.0

#: Air behind the back fills more than this part of the images' last row; lung and dark fat that reach it do not.
MOST_OF_THE_BACK = 0.5

#: A trunk goes on beyond both ends of the field of view: within so much of either end, tissue fills at least this part of
#: the largest section. A quarter is the least that was seen, of one breast on sagittal slices.
END_MM = 10.0
LEAST_AT_THE_ENDS = 0.05


_FOUND: WeakKeyDictionary[DceSeries, sitk.Image] = WeakKeyDictionary()


def body_mask(series: DceSeries) -> sitk.Image:
    """1 in the patient, 0 in air; cavities that a slice closes off count as patient.

    The mean of all phases is used, since suppressed fat is hardly above the noise of a single one. Asked again about the same
    series it answers at once.

    Parameters
    ----------
    series : DceSeries
        As acquired or even; all phases on one grid.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the grid of the series.
    """
    known = _FOUND.get(series)
    if known is None:
        known = _FOUND[series] = _found(series)
    return known


def _found(series: DceSeries) -> sitk.Image:
    axes = PatientAxes(series.grid)
    mean = axes.array(_mean(series))
    smoothing = float(np.clip(SMOOTHING_VOXELS * min(axes.spacing), LEAST_SMOOTHING_MM, MOST_SMOOTHING_MM))
    smooth = smoothed(mean, axes.spacing[::-1], smoothing)
    tissue = (smooth > _tissue_level(smooth, Air.of(smooth))) | _deep_inside(mean, axes.spacing)
    tissue &= ~_haze(smooth, tissue, axes.spacing)
    tissue = ndimage.binary_opening(tissue, ndimage.generate_binary_structure(3, 1))
    labels, count = ndimage.label(tissue)
    if count:
        tissue = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    # Folds of skin close on themselves in the sagittal plane, ducts of air in none.
    tissue = _without_holes(_without_holes(tissue, 0), 2)
    return axes.mask(~air_around(~tissue, axes.spacing))


def _without_holes(tissue: Mask, across: int) -> Mask:
    """Filled plane by plane across an axis: a hole is what does not reach a plane's edge."""
    in_plane = [axis for axis in range(3) if axis != across]
    beside = ndimage.generate_binary_structure(3, 1)
    np.moveaxis(beside, across, 0)[[0, 2]] = False
    labels, count = ndimage.label(~tissue, beside)
    open_air = np.zeros(count + 1, bool)
    for axis in in_plane:
        open_air[labels.take((0, -1), axis)] = True
    open_air[0] = False
    filled: Mask = ~open_air[labels]
    return filled


def _haze(smooth: Volume, tissue: Mask, spacing: tuple[float, float, float]) -> Mask:
    """What lies before the patient, line by line: fainter than what follows. Skin is as bright as what it covers."""
    thick, reach = (max(2, round(mm / spacing[1])) for mm in (BULK_MM, BEHIND_HAZE_MM))
    bulk = ndimage.uniform_filter1d(smooth, thick, axis=1)
    behind = ndimage.maximum_filter1d(bulk, reach, axis=1, origin=-(reach // 2), mode="nearest")
    before: Mask = np.logical_and.accumulate(~tissue | (smooth < PART_OF_TISSUE * behind), axis=1)
    return before


def _deep_inside(mean: Volume, spacing: tuple[float, float, float]) -> Mask:
    """What is body for sure, however dark: noise would break through skin into such fat, and take it for air."""
    smooth = smoothed(mean, spacing[::-1], DEEP_SMOOTHING_MM)
    air = Air.of(smooth)
    # Magnitudes add to noise in quadrature: ghosts beside the body would else pass for tissue as soon as noise is as strong.
    above_noise = max(air.level + DEEP_ABOVE_AIR * air.spread, float(np.hypot(air.level, air.least_tissue)))
    thin, steps = coarse_voxels(spacing, COARSE_MM)
    body = smooth[thin] > min(above_noise, _tissue_level(smooth, air))
    # Where the images end the body does not.
    framed = np.pad(body, 1, mode="edge")
    deep = depth_of(framed, steps)[1:-1, 1:-1, 1:-1] > DEEP_MM
    inside: Mask = stretched(deep.astype(np.float32), thin, smooth.shape) > 0.5
    return inside


def _tissue_level(smooth: Volume, air: Air) -> float:
    """Half-way between air and fat on a scale of ratios: before bright tissue lies a haze of ghosts, itself brighter than air."""
    least = max(ABOVE_AIR * air.level, air.least_tissue)
    tissue = smooth[smooth > least]
    return max(least, float(np.sqrt(air.level * np.percentile(tissue, FAT_PERCENTILE)))) if tissue.size else least


def air_around(dark: Mask, spacing: tuple[float, float, float]) -> Mask:
    """The air before the patient and behind her back, among all that is dark.

    Suppressed fat far from the coil is as dark as air, and so is lung: what is dark is air only where no skin lies before it.
    Skin is thin, and noise breaks through it: such a gap leads only a little way in, as a fold of skin does.

    Parameters
    ----------
    dark : ndarray of bool, [head, back, left]
        All that is as dark as air.
    spacing : tuple of float
        mm along head, back and left.

    Returns
    -------
    ndarray of bool, [head, back, left]
        A part of `dark`.
    """
    thin, steps = coarse_voxels(spacing, COARSE_MM)
    coarse = dark[thin]
    if not coarse.any() or coarse.all():
        return dark
    core = depth_of(coarse, steps) > GAP_MM / 2
    labels, _ = ndimage.label(core)
    before = set(np.unique(labels[:, 0]))
    behind = {n for n in np.unique(labels[:, -1]) if (labels[:, -1] == n).mean() > MOST_OF_THE_BACK}
    air = np.isin(labels, sorted((before | behind) - {0}))
    grown = _followed(air, coarse, FOLD_MM + GAP_MM / 2, steps)
    # A coarse voxel's neighbours are taken along: its own border is no finer than itself.
    near = ndimage.binary_dilation(grown, np.ones((3, 3, 3), bool)).astype(np.float32)
    found: Mask = dark & (stretched(near, thin, dark.shape) > 0)
    return found


def _followed(air: Mask, dark: Mask, mm: float, steps: Spacing) -> Mask:
    """Air, and what is dark as far from it along dark ways: voxels may be longer along one axis than along another."""
    counts = np.maximum(1, np.round(mm / np.array(steps))).astype(int)
    turns = int(counts.max())
    found = air
    for turn in range(turns):
        beside = ndimage.generate_binary_structure(3, 1)
        for axis in np.flatnonzero((turn + 1) * counts // turns == turn * counts // turns):
            np.moveaxis(beside, axis, 0)[[0, 2]] = False
        found = ndimage.binary_dilation(found, beside, mask=dark)
    return found


def _mean(series: DceSeries) -> sitk.Image:
    """Of all phases, one after the other: together, as floats, they would be twice what was read."""
    total = np.array(values_of(series.phases[0].image))
    for phase in series.phases[1:]:
        total += values_of(phase.image)
    total /= len(series.phases)
    return image_of(total, series.grid)


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
