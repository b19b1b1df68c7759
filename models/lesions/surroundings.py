"""What the gland does by itself: how much it takes up, and how it goes on doing so.

Decided from what cannot be the piece in question: the gland beside it, and the other breast, since background enhancement
is alike in both. A tumour that fills its breast leaves no gland beside it, and gland that enhances all over looks like one:
there the other breast decides, or, where there is none, how uptake goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.sides import half
from tilscope.models.imaging.voxels import Mask, mask_of
from tilscope.models.lesions.pieces import Piece
from tilscope.models.lesions.uptake import Uptake

#: What the gland reaches is this percentile of it.
HIGH_PERCENTILE = 95.0
USUAL_PERCENTILE = 75.0

#: Beside a piece its blur is no gland.
BLUR_VOXELS = 2

#: Gland is no thinner than this from the breast's border: there skin and muscle are mistaken for it.
RIM_MM = 3.0

#: Background hardly takes up more than its own signal once again, and hardly less than this is worth a comparison.
LEVELS = (0.1, 1.25)

#: First over late uptake of gland by itself: it goes on rising (Kuhl 1999, doi 10.1148/radiology.211.1.r99ap38101: background
#: is persistent as a rule). Outside of these, what was measured is a tumour's, or noise.
CURVES = (0.5, 0.8)

#: Of what takes up as much as a piece, and as fast, less than a ball of 6 mm shows nothing.
LEAST_OF_A_KIND_MM3 = 100.0

#: What takes up as much has a usual curve where there is this part of the piece's volume of it.
LEAST_PART_OF_A_KIND = 0.5

#: Fewer voxels show nothing.
FEWEST = 200

#: Uptake is counted in bins.
BORDERS = np.linspace(-1.0, 5.0, 1201)
CURVE_BORDERS = np.linspace(-1.0, 3.0, 401)

Counts = NDArray[np.int_]


@dataclass(frozen=True, eq=False)
class Level:
    """What is compared with."""

    reached: float
    """By the gland's uptake, in units of its signal before contrast."""
    usual: float
    """Of gland: three quarters of it take up less."""
    curve: float
    """The usual ratio of first to late uptake."""


@dataclass(eq=False)
class _Counted:
    """Histograms of a gland, from which parts can be taken away."""

    uptake: Counts
    curve: Counts

    @classmethod
    def of(cls, uptake: Uptake, where: Mask, box: tuple[slice, ...] = (slice(None),) * 3) -> _Counted:
        early, first, late = (values[box][where] for values in (uptake.early, uptake.first, uptake.late))
        # Where nothing is taken up the ratio is one noise over another.
        rising = late > LEVELS[0]
        return cls(_count(early, BORDERS), _count(first[rising] / late[rising], CURVE_BORDERS))

    def without(self, part: _Counted) -> _Counted:
        return _Counted(np.maximum(self.uptake - part.uptake, 0), np.maximum(self.curve - part.curve, 0))

    @property
    def voxels(self) -> int:
        return int(self.uptake.sum())

    def level(self) -> Level | None:
        if self.voxels < FEWEST:
            return None
        curve = _percentile(self.curve, CURVE_BORDERS, 50) if self.curve.sum() >= FEWEST else CURVES[0]
        return Level(
            float(np.clip(_percentile(self.uptake, BORDERS, HIGH_PERCENTILE), *LEVELS)),
            float(np.clip(_percentile(self.uptake, BORDERS, USUAL_PERCENTILE), 0, LEVELS[1])),
            float(np.clip(curve, *CURVES)),
        )


@dataclass(frozen=True, eq=False)
class _Tissue:
    """Voxels, each with its uptake and its ratio of first to late uptake."""

    early: NDArray[np.floating]
    curve: NDArray[np.floating]

    @classmethod
    def of(cls, uptake: Uptake, where: Mask, box: tuple[slice, ...] = (slice(None),) * 3) -> _Tissue:
        early, first, late = (values[box][where] for values in (uptake.early, uptake.first, uptake.late))
        return cls(early, first / np.maximum(late, LEVELS[0]))

    def curves(self, least: float) -> Counts:
        """The ratios of the voxels that take up so much, in bins."""
        return _count(self.curve[self.early >= least], CURVE_BORDERS)


@dataclass(frozen=True)
class Kindred:
    """What else there is of a piece's kind."""

    alone: float
    """How much of all tissue that takes up as much, as fast, lies in the piece rather than elsewhere: a natural logarithm."""
    curve: float | None
    """The usual curve of tissue elsewhere that takes up as much; None where there is little of it."""


#: Where there is no gland to compare with.
UNKNOWN = Level(reached=0.3, usual=0.1, curve=0.6)


@dataclass(frozen=True, eq=False)
class Surroundings:
    sides: tuple[Mask, ...]
    """One breast, or the right and the left, in the uptake's box."""
    glands: tuple[Mask, ...]
    """Of each side, without the breast's rim."""
    counted: tuple[_Counted, ...]
    """Of each gland, but for what is surely lesion."""
    lesions: Mask
    """What is surely lesion, with its blur."""
    elsewhere: Level | None
    """Of the other breast, where that was imaged in a series of its own."""
    tissue: _Tissue
    """All glands' voxels, but for what is surely lesion."""

    @classmethod
    def of(cls, prepared: PreparedSeries, uptake: Uptake, elsewhere: Level | None = None) -> Surroundings:
        """The glands of a series, each breast for itself.

        Parameters
        ----------
        prepared : PreparedSeries
            Breasts found.
        uptake : Uptake
            Of the same series.
        elsewhere : Level, optional
            Of the other breast, where that was imaged in a series of its own.

        Returns
        -------
        Surroundings
            Masks [z, y, x] in the uptake's box.
        """
        imaged = prepared.series.laterality
        wanted = (Laterality.RIGHT, Laterality.LEFT) if imaged is Laterality.BOTH else (imaged,)
        sides = tuple(mask_of(half(prepared.breast, imaged, side))[uptake.box] for side in wanted)
        inner = uptake.gland & (uptake.depth_mm > RIM_MM)
        glands = tuple(inner & side for side in sides)
        nothing = np.zeros(inner.shape, bool)
        counted = tuple(_Counted.of(uptake, gland) for gland in glands)
        return cls(sides, glands, counted, nothing, elsewhere, _Tissue.of(uptake, _all_of(glands)))

    def without(self, pieces: Iterable[Piece], uptake: Uptake) -> Surroundings:
        """The same where these pieces, surely lesions, are no gland."""
        lesions = self.lesions.copy()
        for piece in pieces:
            lesions[piece.box] |= ndimage.binary_dilation(piece.voxels, iterations=BLUR_VOXELS)
        counted = tuple(_Counted.of(uptake, gland & ~lesions) for gland in self.glands)
        tissue = _Tissue.of(uptake, _all_of(self.glands) & ~lesions)
        return replace(self, counted=counted, lesions=lesions, tissue=tissue)

    def side_of(self, piece: Piece) -> int:
        """Which of the sides most of a piece lies in."""
        return int(np.argmax([np.count_nonzero(side[piece.box] & piece.voxels) for side in self.sides]))

    def of_whole_breast(self, side: int = 0) -> Level | None:
        """Of one side, all of its gland; None where there is too little."""
        return self.counted[side].level()

    def of_other_breast(self, piece: Piece) -> Level | None:
        if len(self.sides) == 2:
            return self.of_whole_breast(1 - self.side_of(piece))
        return self.elsewhere

    def of_its_kind(self, piece: Piece, uptake: Uptake) -> Kindred:
        """Tissue elsewhere in the glands of the series that takes up as much as a piece does, but for what is surely lesion."""
        own = _Tissue.of(uptake, piece.voxels, piece.box)
        early, curve = float(np.median(own.early)), float(np.median(own.curve))
        near = ndimage.binary_dilation(piece.voxels, iterations=BLUR_VOXELS) & ~self.lesions[piece.box]
        beside = _Tissue.of(uptake, near & _all_of(one[piece.box] for one in self.glands), piece.box)
        inside, elsewhere = own.curves(early), self.tissue.curves(early) - beside.curves(early)
        as_fast = np.searchsorted(CURVE_BORDERS, np.clip(curve, CURVE_BORDERS[0], CURVE_BORDERS[-2]), side="right") - 1
        few = LEAST_OF_A_KIND_MM3 / float(np.prod(uptake.spacing))
        alone = math.log((inside[as_fast:].sum() + few) / (elsewhere[as_fast:].sum() + few))
        enough = elsewhere.sum() >= max(FEWEST, LEAST_PART_OF_A_KIND * np.count_nonzero(piece.voxels))
        return Kindred(alone, _percentile(elsewhere, CURVE_BORDERS, 50) if enough else None)

    def beside(self, piece: Piece, uptake: Uptake) -> tuple[Level | None, float]:
        """Of the gland beside a piece, and the part of the gland that the piece takes up, 0 to 1."""
        side = self.side_of(piece)
        gland = self.glands[side]
        near = ndimage.binary_dilation(piece.voxels, iterations=BLUR_VOXELS) & gland[piece.box]
        rest = self.counted[side].without(_Counted.of(uptake, near & ~self.lesions[piece.box], piece.box))
        return rest.level(), float(np.count_nonzero(near)) / max(1.0, float(np.count_nonzero(gland)))


def _all_of(glands: Iterable[Mask]) -> Mask:
    found: Mask = np.logical_or.reduce(list(glands))
    return found


def _count(values: NDArray[np.floating], borders: NDArray[np.floating]) -> Counts:
    counts, _ = np.histogram(np.clip(values, borders[0], borders[-1]), bins=borders)
    return counts


def _percentile(counts: Counts, borders: NDArray[np.floating], percent: float) -> float:
    passed = np.cumsum(counts) >= percent / 100 * counts.sum()
    return float(borders[1 + int(np.argmax(passed))])
