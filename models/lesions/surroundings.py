"""What a piece is compared with: the enhancement of the glands by themselves, and the part of the breast by the armpit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.breast.breast_contour import LOWER, section_of
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.sides import half
from tilscope.models.imaging.voxels import Mask, mask_of
from tilscope.models.lesions.pieces import Enhancement, Piece

#: The gland's own enhancement is this percentile of it, without the piece that is compared with it.
BACKGROUND_PERCENTILE = 95.0
SURROUNDINGS_VOXELS = 2

#: Percent enhancement is counted in bins of one percent.
PE_BORDERS = np.arange(-100.0, 1001.0)


@dataclass(frozen=True, eq=False)
class Side:
    """One breast that was imaged."""

    where: Mask
    counts: NDArray[np.int_]
    """Histogram of its glands' enhancement."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    sides: tuple[Side, ...]
    armpit: Mask
    """Lines from front to back beside the mounds, above and outside: where nodes lie."""

    @classmethod
    def of(cls, prepared: PreparedSeries, seen: Enhancement) -> Surroundings:
        """Both sides of the breasts, and where they meet the armpits.

        Parameters
        ----------
        prepared : PreparedSeries
            Breasts found.
        seen : Enhancement
            Of the same series.

        Returns
        -------
        Surroundings
            Masks [z, y, x] on the grid of the series.
        """
        imaged = prepared.series.laterality
        wanted = (Laterality.LEFT, Laterality.RIGHT) if imaged is Laterality.BOTH else (imaged,)
        halves = {side: half(prepared.breast, imaged, side) for side in wanted}
        armpit = np.zeros(seen.breast.shape, bool)
        for side, where in halves.items():
            armpit |= mask_of(beside_the_armpit(sitk.And(prepared.breast, where), side))
        sides = tuple(
            Side(mask_of(where), _histogram(seen.pe[seen.gland & mask_of(where)])) for where in halves.values()
        )
        return cls(sides, armpit)

    def background(self, pieces: Sequence[Piece], seen: Enhancement) -> float:
        """What the glands reach by themselves, in percent.

        Background enhancement is alike in both breasts: of two, the lower one counts, since the other may be taken up
        by the tumour. Where there is but one, it is the glands beside these pieces.
        """
        both = [_level(side.counts) for side in self.sides if side.counts.any()]
        if len(both) == 2:
            return min(both)
        rest = [side.counts.copy() for side in self.sides]
        for piece in pieces:
            near = ndimage.binary_dilation(piece.voxels, iterations=SURROUNDINGS_VOXELS) & seen.gland[piece.box]
            for counts, side in zip(rest, self.sides, strict=True):
                counts -= _histogram(seen.pe[piece.box][near & side.where[piece.box]])
        # Neighbouring pieces share surroundings, which are then taken out twice.
        levels = [_level(np.maximum(counts, 0)) for counts in rest if (counts > 0).any()]
        return min(levels, default=0.0)


def beside_the_armpit(breast: sitk.Image, side: Laterality) -> sitk.Image:
    """Of one breast, what lies outside the breast's middle section, above and to the side of its middle.

    Parameters
    ----------
    breast : SimpleITK.Image
        The mask of one breast on the grid of the series, 0 and 1.
    side : Laterality
        Left or right.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the same grid.
    """
    axes = PatientAxes(breast)
    turned = axes.array(breast) > 0
    lines_hit: Mask = np.asarray(turned.any(axis=1))
    middle = section_of(turned.sum(axis=1) * axes.spacing[1], lines_hit, LOWER)
    lines = np.zeros_like(middle)
    if middle.any():
        head, left = ndimage.center_of_mass(middle)
        outside = np.arange(middle.shape[1]) > left if side is Laterality.LEFT else np.arange(middle.shape[1]) < left
        lines = ~middle & (np.arange(middle.shape[0]) > head)[:, None] & outside[None, :]
    return axes.mask(turned & lines[:, None, :])


def _histogram(pe: NDArray[np.floating]) -> NDArray[np.int_]:
    counts, _ = np.histogram(np.clip(pe[np.isfinite(pe)], PE_BORDERS[0], PE_BORDERS[-1]), bins=PE_BORDERS)
    return counts


def _level(counts: NDArray[np.int_]) -> float:
    passed = np.cumsum(counts) >= BACKGROUND_PERCENTILE / 100 * counts.sum()
    return float(PE_BORDERS[1 + int(np.argmax(passed))])
