"""The chest muscle's front: the one smooth sheet behind the breast where fat ends for good.

Shape locates the front of the chest only to a centimetre or two: how much fat lies before the muscle differs from patient
to patient. The images show it: muscle differs from fat, brighter where fat is suppressed and darker where it is not.
Gland does so too, in patches; muscle goes on from the breastbone to the flank. The sheet is therefore sought as a
whole: section by section the path of greatest contrast without jumps (dynamic programming), then smoothed across them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask, Volume

#: How far before and behind the level known by shape the muscle is searched.
BEFORE_MM, BEHIND_MM = 30.0, 40.0

#: What is compared is the mean signal so far before and behind a point; muscle is thicker, vessels are thinner.
STRETCH_MM = 7.0

#: The path is sought on columns so far apart; the sheet has no finer detail.
COLUMN_MM = 4.0

#: A section's neighbours take part so far (standard deviation).
ACROSS_MM = 8.0

#: The muscle never leaves the shape's level faster than this, and each change costs in proportion to its square.
STEEPEST = 1.0
STIFFNESS = 0.15

#: Mean contrast along the path below which it is no muscle: the shape's own level is kept.
LEAST_CONTRAST = 0.08

Spacing = tuple[float, float, float]
Level = NDArray[np.float64]


def chest_wall(pre: Volume, tissue: Mask, level: Level, footprint: Mask, dark_fat: bool, spacing: Spacing) -> Level:
    """The row where muscle begins, for every line from front to back.

    Parameters
    ----------
    pre : ndarray of float32, [head, back, left]
        The pre-contrast phase, in units of the signal.
    tissue : ndarray of bool, [head, back, left]
        The body without its skin.
    level : ndarray of float64, [head, left]
        The chest's front by shape alone: indices along the axis to the back.
    footprint : ndarray of bool, [head, left]
        The lines that meet a breast.
    dark_fat : bool
        Whether fat is darker than muscle.
    spacing : tuple of float
        mm along head, back and left.

    Returns
    -------
    ndarray of float64, [head, left]
        Indices along the axis to the back, with fractions; `level` where no muscle shows.
    """
    step = spacing[1]
    offsets = np.arange(round(-BEFORE_MM / step), round(BEHIND_MM / step) + 1)
    contrast = _contrast(pre, tissue, level, offsets, dark_fat, max(1, round(STRETCH_MM / step)))
    stride = [max(1, round(COLUMN_MM / spacing[axis])) for axis in (0, 2)]
    coarse = _smaller(contrast, stride)
    coarse = ndimage.gaussian_filter1d(coarse, ACROSS_MM / (stride[0] * spacing[0]), axis=0)
    run = stride[1] * spacing[2] / step
    chosen = np.stack([_smoothest_path(section, run) for section in coarse])
    wanted = _smaller(footprint[..., None].astype(np.float32), stride)[..., 0] > 0.5
    if not wanted.any() or np.take_along_axis(coarse, chosen[..., None], 2)[..., 0][wanted].mean() < LEAST_CONTRAST:
        return level
    wide = [2 * round(ACROSS_MM / (n * spacing[axis])) + 1 for n, axis in zip(stride, (0, 2), strict=True)]
    sheet = ndimage.median_filter(offsets[chosen].astype(np.float64), size=wide, mode="nearest")
    return level + _as_large_as(sheet, level.shape, stride)


def _contrast(
    pre: Volume, tissue: Mask, level: Level, offsets: NDArray[np.int_], dark_fat: bool, stretch: int
) -> Volume:
    """By how much what lies behind differs from what lies before, -1 to 1, for each line at each offset from the level."""
    rows = pre.shape[1]
    at = np.clip(np.round(level).astype(int)[..., None] + offsets, 0, rows)
    sums = [_running(pre * tissue), _running(tissue.astype(np.float32))]
    front, back = np.clip(at - stretch, 0, rows), np.clip(at + stretch, 0, rows)
    before, before_n, behind, behind_n = (
        _between(total, *ends) for ends in ((front, at), (at, back)) for total in sums
    )
    known = (before_n > 0.8 * stretch) & (behind_n > 0.8 * stretch)
    front_mean, back_mean = before / np.maximum(before_n, 1), behind / np.maximum(behind_n, 1)
    total = back_mean + front_mean
    if not dark_fat:
        # Lung is so dark that muscle before it would stand out more than bright fat does before muscle.
        total = np.where(known, total, 0).max(axis=2, keepdims=True)
    relative: Volume = np.where(known, (back_mean - front_mean) / np.maximum(total, 1e-6), 0).astype(np.float32)
    return relative if dark_fat else -relative


def _running(values: Volume) -> Volume:
    """Sums from the front up to each row: [head, row, left], one row more than before."""
    sums: Volume = np.zeros((values.shape[0], values.shape[1] + 1, values.shape[2]), np.float32)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _between(sums: Volume, first: NDArray[np.int_], last: NDArray[np.int_]) -> Volume:
    swapped = np.moveaxis(sums, 1, 2)
    found: Volume = np.take_along_axis(swapped, last, 2) - np.take_along_axis(swapped, first, 2)
    return found


def _smoothest_path(contrast: Volume, run: float) -> NDArray[np.intp]:
    """For each column of a section the offset's index, of the path with the greatest sum of contrast less bending."""
    columns, offsets = contrast.shape
    reach = max(1, int(STEEPEST * run))
    changes = np.arange(-reach, reach + 1)
    cost = STIFFNESS * (changes / run) ** 2
    best = contrast[0].astype(np.float64)
    came = np.zeros((columns, offsets), np.intp)
    for column in range(1, columns):
        padded = np.pad(best, reach, constant_values=-np.inf)
        options = np.stack([padded[reach + c : reach + c + offsets] for c in changes]) - cost[:, None]
        choice = options.argmax(axis=0)
        came[column] = np.clip(np.arange(offsets) + changes[choice], 0, offsets - 1)
        best = options.max(axis=0) + contrast[column]
    path = np.empty(columns, np.intp)
    path[-1] = int(best.argmax())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = came[column, path[column]]
    return path


def _smaller(values: Volume, stride: list[int]) -> Volume:
    """Means over blocks of lines; what does not fill a block at the end repeats the last line."""
    fill = [(0, -values.shape[axis] % n) for axis, n in enumerate(stride)]
    padded = np.pad(values, (*fill, (0, 0)), mode="edge")
    z, x = (padded.shape[axis] // n for axis, n in enumerate(stride))
    means: Volume = padded.reshape(z, stride[0], x, stride[1], -1).mean(axis=(1, 3))
    return means


def _as_large_as(sheet: Level, shape: tuple[int, ...], stride: list[int]) -> Level:
    """The sheet between the blocks' middles, linearly."""
    places = np.meshgrid(*((np.arange(n) - (s - 1) / 2) / s for n, s in zip(shape, stride, strict=True)), indexing="ij")
    larger: Level = ndimage.map_coordinates(sheet, places, order=1, mode="nearest")
    return larger
