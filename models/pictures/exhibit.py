"""What is to be shown of one scored series: upright arrays, the index lesion's slices, and windows for the greys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, Volume, mask_of
from tilscope.models.pictures.colours import Colour, lesion_colour
from tilscope.models.pictures.drawing import Pixels
from tilscope.models.pictures.upright import Upright
from tilscope.models.settings import FtvSettings

#: How much around the breasts is shown of a whole slice: chest wall and axilla, but not all of the thorax.
_AROUND_BREAST_MM = 25.0

#: How much of the lesion's surroundings a close-up shows, and how wide it is at least.
_AROUND_LESION_MM = 14.0
_CLOSE_UP_LEAST_MM = 50.0

#: At most so many slices through the lesion.
MOST_SLICES = 6

#: A window ends at this percentile of the breast: the heart is brighter, and nothing to look at.
_BRIGHT_PERCENTILE = 99.7
_LESION_PERCENTILE = 97.0
#: A subtraction starts at this percentile of the breast: what lies below is noise around no enhancement.
_DULL_PERCENTILE = 40.0
#: Percentiles are read from about so many voxels.
_SAMPLE = 200_000

#: What the trial's rule asks of a voxel of the tumour.
USUAL_FTV_PERCENT = FtvSettings().pe_threshold_percent

Window = tuple[float, float]


@dataclass(frozen=True)
class PixelWindow:
    """A window on the screen's rows and columns, in pixels."""

    rows: slice
    columns: slice


@dataclass(frozen=True, eq=False)
class Shown:
    """One lesion as it is drawn."""

    number: int
    colour: Colour
    mask: Mask


@dataclass(frozen=True, eq=False)
class Exhibit:
    """Arrays are indexed [slice, row, column] of the screen."""

    series: DceSeries
    regions: Regions
    upright: Upright
    early: Volume
    subtraction: Volume
    """Early minus pre."""
    lesions: tuple[Shown, ...]
    kinetic_from_percent: float = USUAL_FTV_PERCENT
    """Percent enhancement from which on a voxel has a kinetic colour: the rule's of functional tumour volume."""

    @classmethod
    def of(
        cls,
        series: DceSeries,
        regions: Regions,
        upright: Upright | None = None,
        kinetic_from_percent: float = USUAL_FTV_PERCENT,
    ) -> Exhibit:
        """A scored series, turned as a reading room shows it unless another turning is given.

        Parameters
        ----------
        series : DceSeries
            Free of motion.
        regions : Regions
            On the grid of the series.
        upright : Upright, optional
            Another turning of the same grid.
        kinetic_from_percent : float
            The percent enhancement from which on a voxel has a kinetic colour.

        Returns
        -------
        Exhibit
            Its arrays are [slice, row, column].
        """
        upright = upright or Upright(series.grid)
        early = upright.of(series.early)
        lesions = tuple(
            Shown(lesion.number, lesion_colour(index), upright.turned(mask_of(lesion.mask)))
            for index, lesion in enumerate(regions.lesions)
        )
        return cls(series, regions, upright, early, early - upright.of(series.pre), lesions, kinetic_from_percent)

    def name_of(self, lesion: Shown) -> str:
        """As every output calls it."""
        return self.regions.finding.label(lesion.number)

    @property
    def index(self) -> Shown:
        return self.lesions[0]

    @cached_property
    def key(self) -> int:
        """The slice where the index lesion is largest, or without one where most of the breast is bright; the first of equals."""
        if self.lesions:
            return largest_slice(self.index.mask)
        bright = self.subtraction > sum(self.subtraction_window) / 2
        return largest_slice(bright & self.breast)

    @cached_property
    def slices(self) -> list[int]:
        """Evenly spaced through the index lesion, from its first slice to its last."""
        cut = np.flatnonzero(self.index.mask.any(axis=(1, 2)))
        places = np.linspace(cut[0], cut[-1], min(MOST_SLICES, cut[-1] - cut[0] + 1))
        return [int(k) for k in np.round(places)]

    @cached_property
    def whole(self) -> PixelWindow:
        """The breasts with what lies around them; every lesion in it."""
        region = shadow(self.breast)
        for lesion in self.lesions:
            region = region | shadow(lesion.mask)
        _, row_mm, column_mm = self.upright.spacing
        rows, columns = _extent(region)
        return PixelWindow(
            _widened(rows, _AROUND_BREAST_MM / row_mm, region.shape[0]),
            _widened(columns, _AROUND_BREAST_MM / column_mm, region.shape[1]),
        )

    @cached_property
    def near(self) -> PixelWindow:
        """A square around the index lesion, the same for all its slices; less than one only in a smaller image."""
        region = shadow(self.index.mask)
        rows, columns = _extent(region)
        _, row_mm, column_mm = self.upright.spacing
        size = max((rows.stop - rows.start) * row_mm, (columns.stop - columns.start) * column_mm)
        size = max(size + 2 * _AROUND_LESION_MM, _CLOSE_UP_LEAST_MM)
        return PixelWindow(
            _centred(rows, size / row_mm, region.shape[0]), _centred(columns, size / column_mm, region.shape[1])
        )

    @cached_property
    def early_window(self) -> Window:
        """Black is no signal."""
        return 0.0, self._bright_end(self.early)

    @cached_property
    def subtraction_window(self) -> Window:
        dull = _percentile(_sample(self.subtraction, self.breast), _DULL_PERCENTILE)
        return max(0.0, dull), self._bright_end(self.subtraction)

    def projection_window(self, brightest: NDArray[np.float32]) -> Window:
        """Black and white of a projection. Its floor is higher than a slice's: it gathers the brightest noise of every slice.

        Parameters
        ----------
        brightest : ndarray of float32, [row, column]
            The projection over `whole`, in units of the signal.

        Returns
        -------
        tuple of float
            Black and white, in units of the signal.
        """
        breast = shadow(self.breast)[self.whole.rows, self.whole.columns]
        low, high = self.subtraction_window
        return max(low, min(_percentile(brightest[breast], _DULL_PERCENTILE), high / 3)), high

    def _bright_end(self, values: Volume) -> float:
        """Of the breast, unless the index lesion, a small part of it, would be burnt out to one white."""
        breast = _percentile(_sample(values, self.breast), _BRIGHT_PERCENTILE)
        lesions = (_percentile(_sample(values, one.mask), _LESION_PERCENTILE) for one in self.lesions[:1])
        return max([breast, *lesions])

    @cached_property
    def breast(self) -> Mask:
        """[slice, row, column]"""
        breast: Mask = self.upright.turned(mask_of(self.regions.breast))
        return breast


def largest_slice(mask: Mask) -> int:
    """Where a mask is largest; the first of equals.

    Parameters
    ----------
    mask : ndarray of bool, [slice, row, column]
        A volume's mask.

    Returns
    -------
    int
        From 0.
    """
    return int(np.count_nonzero(mask, axis=(1, 2)).argmax())


def shadow(mask: Mask) -> Mask:
    """What a mask covers when it is seen along the slices.

    Parameters
    ----------
    mask : ndarray of bool, [slice, row, column]
        A volume's mask.

    Returns
    -------
    ndarray of bool, [row, column]
        True where any slice is.
    """
    covered: Mask = np.asarray(mask.any(axis=0))
    return covered


def grey(values: NDArray[Any], window: Window) -> Pixels:
    """Eight bits between black and white.

    Parameters
    ----------
    values : ndarray, of any shape
        In any unit.
    window : tuple of float
        Black and white, in the same unit.

    Returns
    -------
    ndarray of uint8, of the same shape
        Grey, 0 to 255.
    """
    low, high = window
    scaled = (values - low) * (255.0 / max(high - low, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _extent(region: Mask) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero(region.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _widened(part: slice, by: float, size: int) -> slice:
    return slice(max(0, part.start - round(by)), min(size, part.stop + round(by)))


def _centred(part: slice, length: float, size: int) -> slice:
    """So many pixels around the middle, moved inside the image if they reach over an edge."""
    pixels = min(size, max(1, round(length)))
    start = min(max(0, round((part.start + part.stop - pixels) / 2)), size - pixels)
    return slice(start, start + pixels)


def _sample(values: Volume, region: Mask) -> NDArray[np.float32]:
    """About a fixed number of the region's voxels, evenly taken."""
    step = max(1, round((values.size / _SAMPLE) ** (1 / 3)))
    coarse = (slice(None, None, step),) * 3
    found: NDArray[np.float32] = values[coarse][region[coarse]]
    return found if found.size >= 50 else values[region]


def _percentile(values: NDArray[np.float32], percent: float) -> float:
    return float(np.percentile(values, percent)) if values.size else 0.0
