"""Candidates: what enhances enough, in pieces, each with its rim and its core.

The rule is that of functional tumour volume (`models.kinetics.ftv`), with two changes. The background is a part of the gland's
pre-contrast signal and not of the volume's 95th percentile, which without fat suppression is fat's. And medium
enhancement is enough: at the trial's 70 % a lesion of moderate uptake falls into pieces. Candidates are opened, so that
vessels fall off; the pieces get their rim back, are closed and filled: a dark, necrotic core belongs to its tumour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import Mask, Volume, mask_of, values_of, widened
from tilscope.models.kinetics.ftv import functional_voxels
from tilscope.models.kinetics.maps import percent_enhancement, signal_enhancement_ratio
from tilscope.models.lesions.shape import Spacing, ball
from tilscope.models.settings import FtvSettings

#: Opening takes away what is thinner than about twice this, or one voxel where voxels are larger.
OPENING_MM = 1.0

#: Closing bridges gaps of so many voxels in the finest direction.
CLOSING_VOXELS = 2.0

#: Around a piece: closing, its neighbourhood and the Hessian reach so far.
MARGIN_VOXELS = 4

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Enhancement:
    """What the search works on, as arrays on the grid of the series."""

    pre: Volume
    """Without shading: the background is compared with it."""
    rise: Volume
    """Early less pre-contrast signal, as acquired."""
    pe: Volume
    ser: Volume
    breast: Mask
    gland: Mask
    spacing: Spacing

    @classmethod
    def of(cls, prepared: PreparedSeries, gland: Mask) -> Enhancement:
        """The arrays of a series, with its glands.

        Parameters
        ----------
        prepared : PreparedSeries
            PE and SER are taken from the phases as acquired.
        gland : ndarray of bool, [z, y, x]
            Fibroglandular tissue with the lesions in it, on the grid of the series.

        Returns
        -------
        Enhancement
            Arrays [z, y, x] on the grid of the series.
        """
        series = prepared.series
        before, early, late = values_of(series.pre), values_of(series.early), values_of(series.late)
        return cls(
            pre=values_of(prepared.corrected.pre),
            rise=early - before,
            pe=percent_enhancement(before, early),
            ser=signal_enhancement_ratio(before, early, late),
            breast=mask_of(prepared.breast),
            gland=gland,
            spacing=np.array(series.grid.GetSpacing()[::-1]),
        )


@dataclass(frozen=True, eq=False)
class Piece:
    box: Box
    voxels: Mask
    """In the box."""
    candidates: Mask
    """In the box; also those outside the breast."""


def candidate_voxels(seen: Enhancement, pe_percent: float, rule: FtvSettings) -> Mask:
    """Where the rule holds, inside the breast and outside.

    Parameters
    ----------
    seen : Enhancement
        On the grid of the series.
    pe_percent : float
        The least percent enhancement, in place of the rule's own.
    rule : FtvSettings
        The rule of functional tumour volume.

    Returns
    -------
    ndarray of bool, [z, y, x]
        On the grid of the series.
    """
    gland = seen.pre[seen.gland]
    background = rule.background_fraction * float(np.median(gland)) if gland.size else 0.0
    return functional_voxels(seen.pre, seen.pe, seen.ser, background, rule, pe_percent)


def pieces_of(seen: Enhancement, candidates: Mask, smallest_mm: float) -> Iterator[Piece]:
    """Connected pieces at least as large as a ball of this diameter.

    Parameters
    ----------
    seen : Enhancement
        On the grid of the series.
    candidates : ndarray of bool, [z, y, x]
        Of `candidate_voxels`, on the same grid.
    smallest_mm : float
        The ball's diameter.

    Yields
    ------
    Piece
        In the order of their first voxels.
    """
    opening = ball(max(OPENING_MM, float(seen.spacing.min())), seen.spacing)
    inside = candidates & seen.breast
    labels, _ = ndimage.label(ndimage.binary_opening(inside, opening))
    smallest = np.pi / 6 * smallest_mm**3 / float(np.prod(seen.spacing))
    for label, tight in enumerate(ndimage.find_objects(labels), start=1):
        if np.count_nonzero(labels[tight] == label) < smallest:
            continue
        box = widened(tight, MARGIN_VOXELS, labels.shape)
        whole = whole_lesion(labels[box] == label, inside[box], opening, seen.spacing)
        yield Piece(box, whole, candidates[box])


def whole_lesion(core: Mask, candidates: Mask, opening: Mask, spacing: Spacing) -> Mask:
    """An opened piece with the rim that opening took, closed and filled slice by slice.

    Parameters
    ----------
    core : ndarray of bool, [z, y, x]
        The opened piece, in a box.
    candidates : ndarray of bool, [z, y, x]
        All candidates in the same box.
    opening : ndarray of bool, [z, y, x]
        The structuring element that the piece was opened with.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    ndarray of bool, [z, y, x]
        In the same box.
    """
    rim = ndimage.binary_dilation(core, opening) & candidates
    closing = ball(CLOSING_VOXELS * float(spacing.min()), spacing)
    # A frame of empty voxels, so that closing does not stick to the border of the crop.
    margin = [size // 2 + 1 for size in closing.shape]
    framed = np.pad(rim | core, [(m, m) for m in margin])
    closed = ndimage.binary_closing(framed, closing)[tuple(slice(m, -m) for m in margin)]
    filled: Mask = np.stack([ndimage.binary_fill_holes(plane) for plane in closed])
    return filled
