"""Pieces: what takes up more than its surroundings, each outlined about half-way between the two.

No single threshold serves: a tumour of strong uptake, a small one in enhancing gland and a faint one all have their border
half-way between their own level and that of their surroundings. So the uptake is cut at rising levels, and of what hangs
together at a level that is kept which the level cuts about half-way, or which lower down is one with enhancing gland. Each is
then outlined at its own border level, which noise does not move; gets back the dark core that belongs to it; and loses the
vessels that hang on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask, Volume, widened
from tilscope.models.kernels.nearest_outside import depth_of
from tilscope.models.lesions.shape import Spacing, ball
from tilscope.models.lesions.uptake import Box, Uptake

#: Where the border lies between the surroundings and what the brighter part of the piece takes up: a third of the way up.
#: (The middle itself moves with the outline, and an outline by it would follow.)
BRIGHT_PERCENTILE = 80.0
BORDER_PART = 0.35

#: The levels rise by this factor, from the lowest one on. A level is a piece's own where the piece's border is about as near
#: to it as to the next.
STEP = 1.25
LOWEST_LEVEL = 0.15

#: What is so many times larger one level lower has grown together with other tissue there.
GROWN_TOGETHER = 2.0

#: So many of a level are looked at, the largest first: the rest are specks.
MOST_AT_A_LEVEL = 20

#: Surroundings: from the blur of the border to where other tissue begins.
AROUND_MM = (1.5, 5.0)
#: What the surroundings reach, but for single vessels in them.
HIGH_PERCENTILE = 90.0

#: A piece is outlined anew until its level changes less than this part of it, so many times at most, and never farther out
#: than so many voxels from its first cut.
SETTLED, MOST_SETTLING, REACH_VOXELS = 0.01, 10, 2

#: Around a piece its box holds the surroundings and the closing.
MARGIN_VOXELS = 6

#: Opening takes away what is thinner than about twice this, or one voxel where voxels are larger.
OPENING_MM = 1.0
#: Of what opening leaves, parts of this share of the largest stay.
LEAST_PART = 0.1
#: Closing bridges gaps of so many voxels in the finest direction.
CLOSING_VOXELS = 2.0


@dataclass(frozen=True, eq=False)
class Piece:
    """In units of the gland's signal before contrast."""

    box: Box
    """In the uptake's arrays."""
    voxels: Mask
    """In the box."""
    level: float
    """Where it was cut."""
    inside: float
    """Its median uptake."""
    bright: float
    """What its brighter part takes up."""
    around: float
    """The median of its surroundings within the breast."""
    around_high: float
    """What its surroundings reach."""

    @property
    def sharpness(self) -> float:
        """How many times its surroundings' reach it takes up."""
        return self.inside / max(self.around_high, 0.1)

    @property
    def border(self) -> float:
        """The level of its border."""
        return border_between(self.around, self.bright)


def border_between(around: float, bright: float) -> float:
    """The level of a border between surroundings and the brighter part of a piece."""
    return around + BORDER_PART * (bright - around)


def pieces_of(uptake: Uptake, smallest_mm: float, least: float) -> Iterator[Piece]:
    """All pieces, those of low levels first; one within another where both are cut half-way.

    Parameters
    ----------
    uptake : Uptake
        Of the breasts.
    smallest_mm : float
        The diameter of a ball of the least volume.
    least : float
        The least median uptake.

    Yields
    ------
    Piece
        Its voxels lie in the breast.
    """
    smallest = np.pi / 6 * smallest_mm**3 / float(np.prod(uptake.spacing))
    highest = float(uptake.early[uptake.breast].max(initial=0.0))
    level, lower = LOWEST_LEVEL, _Cut.everything(uptake)
    while level < highest:
        cut = _Cut.at(level, uptake)
        for label in np.argsort(-cut.sizes, kind="stable")[:MOST_AT_A_LEVEL]:
            if cut.sizes[label] < smallest:
                break
            box, voxels = cut.part(label)
            inside = float(np.median(uptake.early[box][voxels]))
            # Of what is much brighter inside a higher level is the border, whatever lies around it.
            if inside < least or border_between(0.0, inside) > level * STEP:
                continue
            piece = measured(uptake, box, voxels, level)
            own = level / STEP**0.75 <= piece.border < level * STEP**0.75
            if own or (piece.border < level and lower.size_around(box, voxels) > GROWN_TOGETHER * cut.sizes[label]):
                settled = _settled(uptake, piece, smallest)
                if settled.inside >= least:
                    yield settled
        level, lower = level * STEP, cut


@dataclass(frozen=True, eq=False)
class _Cut:
    """What hangs together at one level."""

    labels: NDArray[np.integer]
    sizes: NDArray[np.int_]
    """By label; that of 0, which is not in any part, is 0."""
    boxes: list[Box]

    @classmethod
    def at(cls, level: float, uptake: Uptake) -> _Cut:
        return cls._of(np.asarray((uptake.early >= level) & uptake.breast))

    @classmethod
    def everything(cls, uptake: Uptake) -> _Cut:
        return cls._of(uptake.breast)

    @classmethod
    def _of(cls, mask: Mask) -> _Cut:
        labels, _ = ndimage.label(mask)
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        return cls(labels, sizes, ndimage.find_objects(labels))

    def part(self, label: int) -> tuple[Box, Mask]:
        """A part's box with the margin of a piece, and its voxels there."""
        box = widened(self.boxes[label - 1], MARGIN_VOXELS, self.labels.shape)
        return box, self.labels[box] == label

    def size_around(self, box: Box, voxels: Mask) -> int:
        """Of the part that holds what hung together at a higher level."""
        return int(self.sizes[self.labels[box][voxels][0]])


def measured(uptake: Uptake, box: Box, voxels: Mask, level: float) -> Piece:
    """A piece with its own uptake and that of its surroundings.

    Parameters
    ----------
    uptake : Uptake
        Of the breasts.
    box : tuple of slice
        In the uptake's arrays, with a margin around the piece.
    voxels : ndarray of bool, [z, y, x]
        In the box; not empty.
    level : float
        Where it was cut.

    Returns
    -------
    Piece
        Of these voxels.
    """
    early = uptake.early[box]
    near, far = AROUND_MM
    away = depth_of(~voxels, uptake.spacing)
    around = early[(away > near) & (away <= far) & uptake.breast[box]]
    middle, high = np.percentile(around, [50, HIGH_PERCENTILE]) if around.size else (0.0, 0.0)
    inside, bright = np.percentile(early[voxels], [50, BRIGHT_PERCENTILE])
    return Piece(box, voxels, level, float(inside), float(bright), float(middle), float(high))


def _settled(uptake: Uptake, piece: Piece, smallest: float) -> Piece:
    """The piece outlined at the level of its own border, as a whole lesion.

    It goes not far beyond the cut that it was found by: lower down it may hang together with its neighbours.
    """
    early, breast = uptake.early[piece.box], uptake.breast[piece.box]
    within = ndimage.binary_dilation(piece.voxels, iterations=REACH_VOXELS) & breast
    lowest = piece.level / STEP**0.5
    voxels, level, border = piece.voxels, piece.level, piece.border
    for _ in range(MOST_SETTLING):
        level = max(border, lowest)
        labels, _ = ndimage.label((early >= level) & within)
        shared = np.bincount(labels[piece.voxels], minlength=2)
        shared[0] = 0
        outlined = labels == int(np.argmax(shared))
        if np.count_nonzero(outlined) < smallest:
            break
        voxels = outlined
        border = border_between(piece.around, float(np.percentile(early[voxels], BRIGHT_PERCENTILE)))
        if abs(max(border, lowest) - level) < SETTLED * level:
            break
    settled = measured(uptake, piece.box, voxels, level)
    return replace(settled, voxels=whole_lesion(voxels, uptake.spacing) & breast)


def whole_lesion(voxels: Mask, spacing: Spacing) -> Mask:
    """Without what is thin, closed, and filled slice by slice: a dark, necrotic core belongs to its tumour.

    Parameters
    ----------
    voxels : ndarray of bool, [z, y, x]
        In a box; not empty.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    ndarray of bool, [z, y, x]
        In the same box.
    """
    opening = ball(max(OPENING_MM, float(spacing.min())), spacing)
    closing = ball(CLOSING_VOXELS * float(spacing.min()), spacing)
    core = _large_parts(ndimage.binary_opening(voxels, opening))
    kept = ndimage.binary_dilation(core, opening) & voxels if core.any() else voxels
    # A frame of empty voxels, so that closing does not stick to the border of the box.
    margin = [size // 2 + 1 for size in closing.shape]
    framed = np.pad(kept, [(m, m) for m in margin])
    closed = ndimage.binary_closing(framed, closing)[tuple(slice(m, -m) for m in margin)]
    filled: Mask = np.stack([ndimage.binary_fill_holes(plane) for plane in closed])
    return filled


def _large_parts(mask: Mask) -> Mask:
    """A tumour may hang together by a neck that opening takes; what else falls apart is vessel."""
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    large: Mask = (sizes >= max(1.0, LEAST_PART * sizes.max()))[labels]
    return large


def values_in(volume: Volume, piece: Piece) -> Volume:
    """The values of a piece's voxels.

    Parameters
    ----------
    volume : ndarray, [z, y, x]
        One of the uptake's arrays, or mm, in the uptake's box.
    piece : Piece
        Of the same uptake.

    Returns
    -------
    ndarray, shape (n,)
        In the array's unit, in the order of the voxels.
    """
    return volume[piece.box][piece.voxels]
