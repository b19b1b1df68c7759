"""The chest muscle's front: the one smooth sheet behind the breast where fat ends for good.

Shape locates the front of the chest only to a centimetre or two: how much fat lies before the muscle differs from patient
to patient. The images show it: muscle differs from fat, brighter where fat is suppressed and darker where it is not.
Gland does so too, in patches; muscle goes on from the breastbone to the flank. The sheet is therefore sought as a
whole: the one of greatest contrast without jumps, along the body and across it (semi-global matching).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.breast.coarse_grid import Box, Spacing, Thin, coarse_voxels, stretched
from tilscope.models.breast.water import CoarseTissues, tissues
from tilscope.models.imaging.voxels import Mask, Volume

#: How far before and behind the level known by shape the muscle is searched.
BEFORE_MM, BEHIND_MM = 30.0, 40.0

#: What is compared is the mean signal so far before and behind a point; muscle is thicker, vessels are thinner.
STRETCH_MM = 7.0

#: ... and before it less is enough, where skin is near.
LEAST_BEFORE = 0.3

#: The path is sought on columns so far apart; the sheet has no finer detail.
COLUMN_MM = 4.0

#: Sections that are compared at once: few enough for the processor's cache.
SECTIONS_AT_ONCE = 8

#: A section's neighbours take part so far (standard deviation).
ACROSS_MM = 8.0

#: The muscle never leaves the shape's level faster than this, and each change costs in proportion to its square.
STEEPEST = 1.0
STIFFNESS = 0.15

#: What a millimetre further behind costs, in contrast.
FOREMOST = 0.003

#: By this part of the difference between fat and gland, what is brighter than the muscle beside it is none.
BRIGHTER = 0.35

#: Mean contrast along the path below which it is no muscle: the shape's own level is kept.
LEAST_CONTRAST = 0.08

#: What is so far on the way from fat to gland is taken for muscle at first.
HALF_WATER = 0.5

#: Muscle's signal is taken from this layer behind the first sheet, and from so far around (standard deviation).
MUSCLE_MM = (2.0, 10.0)
MUSCLE_AROUND_MM = 25.0

Level = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChestWall:
    """Where the breast ends at the back."""

    row: Level
    """Where muscle begins on each line from front to back: [head, left], indices along the axis to the back, with fractions."""
    no_muscle: Mask
    """Too bright for muscle, [head, back, left]: gland or tumour that lies on the wall, or grows into it. Nothing is said of what
    lies behind any place where the wall may be."""


def chest_wall(signal: Volume, tissue: Mask, level: Level, breast: Mask, dark_fat: bool, spacing: Spacing) -> ChestWall:
    """The chest muscle's front.

    Parameters
    ----------
    signal : ndarray of float32, [head, back, left]
        The mean of the pre-contrast and the early phase, which muscle takes up less of than gland; in units of the signal.
    tissue : ndarray of bool, [head, back, left]
        The body without its skin.
    level : ndarray of float64, [head, left]
        The chest's front by shape alone: indices along the axis to the back.
    breast : ndarray of bool, [head, back, left]
        What hangs before that level.
    dark_fat : bool
        Whether fat is darker than muscle.
    spacing : tuple of float
        mm along head, back and left.

    Returns
    -------
    ChestWall
        At `level` where no muscle shows.
    """
    step = spacing[1]
    offsets = np.arange(round(-BEFORE_MM / step), round(BEHIND_MM / step) + 1)
    stretch = max(1, round(STRETCH_MM / step))
    stride = [max(1, round(COLUMN_MM / spacing[axis])) for axis in (0, 2)]
    search = _Search(level, offsets, stretch, stride, spacing, tissue)
    footprint: Mask = np.any(breast, axis=1)
    around = tissues(signal, breast, dark_fat, spacing)

    # Muscle lies between fat and gland, nearer to the one or the other: all that is no fat may be muscle ...
    def water_in(box: Box) -> Volume:
        water: Volume = np.clip(around.within(box).water_part(signal[box]) / HALF_WATER, 0, 1)
        return water

    no_muscle = np.zeros_like(tissue)
    wall = search.sheet(water_in, footprint)
    if wall is None:
        return ChestWall(level, no_muscle)
    # ... and what is as bright as the muscle just found is more so.
    muscle = _Muscle.behind(wall, signal, water_in, search.boxes, spacing)

    def alike_in(box: Box) -> Volume:
        muscle_here, spread = muscle.within(box, around)
        alike: Volume = water_in(box) * np.exp(-np.square((signal[box] - muscle_here) / spread))
        return alike.astype(np.float32, copy=False)

    again = search.sheet(alike_in, footprint)
    # Bright fat is brighter than muscle too; gland and tumour beside it cannot be told from muscle by brightness.
    if dark_fat:
        for box in search.boxes:
            here = around.within(box)
            least = muscle.level_within(box) + BRIGHTER * np.abs(here.water - here.fat)
            no_muscle[box] = signal[box] > least
    return ChestWall(wall if again is None else again, no_muscle)


@dataclass(frozen=True, eq=False)
class _Search:
    """Where the sheet is looked for: a few sections at a time, since every line is judged by itself until it is as coarse as the
    sheet. All lines at once would be many volumes."""

    level: Level
    offsets: NDArray[np.int_]
    stretch: int
    stride: list[int]
    spacing: Spacing
    tissue: Mask

    @cached_property
    def boxes(self) -> list[Box]:
        """Sections that make whole columns, from the front to the end of the layer behind the deepest place of the sheet."""
        head, rows, left = self.tissue.shape
        layer = max(self.stretch, int(MUSCLE_MM[1] / self.spacing[1]) + 1)
        last = min(rows, max(0, round(float(self.level.max())) + int(self.offsets[-1])) + layer)
        sections = self.stride[0] * max(1, SECTIONS_AT_ONCE // self.stride[0])
        return [
            (slice(first, min(first + sections, head)), slice(0, last), slice(0, left))
            for first in range(0, head, sections)
        ]

    def sheet(self, likeness: Callable[[Box], Volume], footprint: Mask) -> Level | None:
        """The front of what is like muscle in each box, 0 to 1; None where nothing stands out."""
        step = self.spacing[1]
        coarse = np.concatenate([_smaller(self._contrast(likeness(box), box), self.stride) for box in self.boxes])
        coarse = ndimage.gaussian_filter1d(coarse, ACROSS_MM / (self.stride[0] * self.spacing[0]), axis=0)
        # Heart and liver behind the chest look like muscle behind fat too: of equals, the foremost is the wall.
        preferred = coarse - FOREMOST * (self.offsets * step).astype(np.float32)
        head, left = (n * self.spacing[axis] / step for n, axis in zip(self.stride, (0, 2), strict=True))
        chosen = _smoothest_sheet(preferred, (head, left))
        wanted = _smaller(footprint[..., None].astype(np.float32), self.stride)[..., 0] > 0.5
        if not wanted.any() or np.take_along_axis(coarse, chosen[..., None], 2)[..., 0][wanted].mean() < LEAST_CONTRAST:
            return None
        size = [
            2 * round(ACROSS_MM / (n * self.spacing[axis])) + 1 for n, axis in zip(self.stride, (0, 2), strict=True)
        ]
        smooth = ndimage.median_filter(self.offsets[chosen].astype(np.float64), size=size, mode="nearest")
        return self.level + _as_large_as(smooth, self.level.shape, self.stride)

    def _contrast(self, likeness: Volume, box: Box) -> Volume:
        """By how much more what lies behind is like muscle than what lies before, for each line at each offset from the level."""
        tissue, rows = self.tissue[box], self.tissue.shape[1]
        at = np.clip(np.round(self.level[box[0]]).astype(int)[..., None] + self.offsets, 0, rows)
        sums = [_running(likeness * tissue), _running(tissue.astype(np.float32))]
        front, back = np.clip(at - self.stretch, 0, rows), np.clip(at + self.stretch, 0, rows)
        before, before_n, behind, behind_n = (
            _between(total, *ends) for ends in ((front, at), (at, back)) for total in sums
        )
        # Beside the breastbone little lies between skin and muscle.
        known = (before_n > LEAST_BEFORE * self.stretch) & (behind_n > 0.8 * self.stretch)
        more = behind / np.maximum(behind_n, 1) - before / np.maximum(before_n, 1)
        found: Volume = np.where(known, more, 0).astype(np.float32)
        return found


@dataclass(frozen=True, eq=False)
class _Muscle:
    """The signal of muscle near each voxel."""

    coarse: Volume
    thin: Thin
    shape: tuple[int, ...]

    @classmethod
    def behind(
        cls, wall: Level, signal: Volume, water_in: Callable[[Box], Volume], boxes: list[Box], spacing: Spacing
    ) -> _Muscle:
        """Of what is no fat in a layer behind the wall."""
        found = np.zeros(signal.shape, bool)
        first, last = (mm / spacing[1] for mm in MUSCLE_MM)
        for box in boxes:
            behind = np.arange(box[1].stop)[None, :, None] - wall[box[0], None, :]
            found[box] = (behind >= first) & (behind <= last) & (water_in(box) > 0.5)
        thin, steps = coarse_voxels(spacing, COLUMN_MM)
        sigma = [MUSCLE_AROUND_MM / step for step in steps]
        usual = float(np.median(signal[found])) if found.any() else 0.0
        there, seen = found[thin], np.where(found[thin], signal[thin], 0)
        weight = ndimage.gaussian_filter(there.astype(np.float32), sigma) + np.float32(1e-3)
        total = ndimage.gaussian_filter(seen.astype(np.float32), sigma) + np.float32(1e-3 * usual)
        return cls(total / weight, thin, signal.shape)

    def level_within(self, box: Box) -> Volume:
        return stretched(self.coarse, self.thin, self.shape, box)

    def within(self, box: Box, around: CoarseTissues) -> tuple[Volume, Volume]:
        """The signal of muscle, and how far a voxel may be from it."""
        muscle, here = self.level_within(box), around.within(box)
        spread = np.maximum(np.abs(here.water - muscle) / 2, np.abs(muscle - here.fat) / 2)
        return muscle, np.maximum(spread, 1e-6)


def _running(values: Volume) -> Volume:
    """Sums from the front up to each row: [head, row, left], one row more than before."""
    sums: Volume = np.zeros((values.shape[0], values.shape[1] + 1, values.shape[2]), np.float32)
    # Row by row: numpy's own sums along a middle axis take ten times as long.
    for row in range(values.shape[1]):
        np.add(sums[:, row], values[:, row], out=sums[:, row + 1])
    return sums


def _between(sums: Volume, first: NDArray[np.int_], last: NDArray[np.int_]) -> Volume:
    swapped = np.moveaxis(sums, 1, 2)
    found: Volume = np.take_along_axis(swapped, last, 2) - np.take_along_axis(swapped, first, 2)
    return found


def _smoothest_sheet(contrast: Volume, runs: tuple[float, float]) -> NDArray[np.intp]:
    """For each line the offset's index: where contrast is great along smooth paths both across and along the body.

    Semi-global matching (Hirschmueller 2008): the best paths through a point in both directions along both axes are added,
    so that no section can leave its neighbours for another structure as a whole.
    """
    total = np.zeros(contrast.shape)
    for axis, run in enumerate(runs):
        lines = np.moveaxis(contrast, axis, 0).astype(np.float64)
        both = _best_paths(lines, run) + _best_paths(lines[::-1], run)[::-1] - lines
        total += np.moveaxis(both, 0, axis)
    found: NDArray[np.intp] = total.argmax(axis=2)
    return found


def _best_paths(contrast: NDArray[np.float64], run: float) -> NDArray[np.float64]:
    """The greatest sum of contrast less bending over the paths that end at each point, along the first axis."""
    reach = max(1, int(STEEPEST * run))
    changes = np.arange(-reach, reach + 1)
    cost = STIFFNESS * (changes / run) ** 2
    best = contrast.copy()
    size = contrast.shape[2]
    for line in range(1, len(contrast)):
        padded = np.pad(best[line - 1], ((0, 0), (reach, reach)), constant_values=-np.inf)
        came = padded[:, :size] - cost[0]
        for place, price in enumerate(cost[1:], start=1):
            np.maximum(came, padded[:, place : place + size] - price, out=came)
        best[line] += came
    return best


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
