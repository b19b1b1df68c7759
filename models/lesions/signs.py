"""What speaks for a piece being a tumour, put together: no single cut decides.

Five things are asked of it. Does it take up more than the gland does by itself? Does uptake stop rising, or wash out, where
the gland's goes on (the strongest sign there is: Kuhl 1999)? Does it stand out sharply from what lies right beside it? Is it
compact? Does it stand alone, or do the glands hold as much elsewhere that takes up as much, as fast? A patch of background is
one of many, as often as not in both breasts. Each is a logarithm of a ratio, so that 0 says nothing; a tumour has most of them
and background none. A piece that
takes up much of its gland cannot be compared with the gland beside it, of which only what enhances least is left, and its
border is that of gland against fat: there the other breast is asked, and without one the curve alone decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tilscope.models.lesions.pieces import Piece, values_in
from tilscope.models.lesions.shape import compactness
from tilscope.models.lesions.surroundings import UNKNOWN, Level, Surroundings
from tilscope.models.lesions.uptake import Uptake

#: Weights of the four, and what they must outweigh, in log-odds. Chosen by hand so that any two clear signs make a lesion
#: likely and a single weak one does not.
UPTAKE_WEIGHT, CURVE_WEIGHT, BORDER_WEIGHT, SHAPE_WEIGHT = 1.8, 3.0, 2.2, 2.2
AGAINST = 3.3

#: From here on a curve is no background's (1 is a plateau where the gland's late uptake is twice its first), and adds as much
#: more, unless as much tissue elsewhere has it.
TELLING_CURVE, TELLING_WEIGHT = 0.6, 2.5

#: A curve tells no more than this; far beyond it is a vessel's, which the first phase shows full and the late one emptied.
MOST_CURVE, VESSEL_CURVE, VESSEL_WEIGHT = 1.2, 1.6, 3.0

#: Compactness is for a lesion above this and against it below (1 is a ball).
USUAL_COMPACTNESS = 0.45

#: A single sign is not believed beyond this: four times the gland's uptake says no more than three.
MOST = 2.0

#: A piece of more than this part of its gland is not compared with the rest of it.
LARGE_SHARE = 0.3
#: For those: what uptake and curve must outweigh against the other breast.
LARGE_AGAINST = 1.5
#: Without one: how many log-odds a curve of twice the gland's adds, and an uptake of twice what no patch reaches over the rest
#: of its gland, as a logarithm; and what they must outweigh.
UNCOMPARED_CURVE_WEIGHT, UNCOMPARED_UPTAKE_WEIGHT, MOST_OF_A_PATCH, UNCOMPARED_AGAINST = 3.5, 3.0, 0.75, 2.7

#: Background is alike in both breasts. Where the other one reaches what this gland and the piece do, within this factor (as a
#: logarithm), and the piece's curve is no tumour's, so much speaks against it.
ALIKE, ALIKE_AGAINST = 0.5, 0.7

#: A piece stands alone that holds e times as much tissue of its kind as there is elsewhere. More speaks for it up to so many
#: log-odds (but for a vessel, of which there is none in gland either), and less against it up to so many.
USUALLY_ALONE, MOST_FOR_ALONE, MOST_AGAINST_SHARED = 1.0, 1.0, 3.0

#: What lies along the breast's border for the most part is doubtful: the border itself is found to a few millimetres.
RIM_MM = 3.0
USUAL_RIM, RIM_WEIGHT = 0.3, 4.0


@dataclass(frozen=True)
class Signs:
    """Logarithms to base 2; parts are 0 to 1."""

    uptake: float
    """Its uptake over what the gland reaches."""
    curve: float
    """Its ratio of first to late uptake over the gland's, of the gland that takes up as much where there is enough."""
    border: float
    """Its uptake over what its surroundings reach; in fat, over what is usual for gland, which stands out there too."""
    compactness: float
    share: float
    """The part of the gland that it takes up."""
    at_the_rim: float
    """The part of it that lies along the breast's border."""
    compared: bool
    """Whether there is a gland to compare its uptake with."""
    alike: bool
    """Whether the other breast does the same."""
    alone: float
    """How much of the tissue that takes up as much, as fast, lies in it rather than elsewhere in the glands: a natural logarithm."""

    @property
    def sureness(self) -> float:
        """0 to 1: how likely it is a lesion, by these signs."""
        return 1 / (1 + math.exp(-self.odds))

    @property
    def odds(self) -> float:
        """The same as a logarithm, which goes on where sureness is near 1."""
        uptake, border = (max(-MOST, min(MOST, sign)) for sign in (self.uptake, self.border))
        emptied = VESSEL_WEIGHT * max(0.0, self.curve - VESSEL_CURVE)
        curve = max(-MOST, min(MOST_CURVE, self.curve) - emptied)
        odds = UPTAKE_WEIGHT * uptake + CURVE_WEIGHT * curve
        if self.alone >= USUALLY_ALONE:
            odds += TELLING_WEIGHT * max(0.0, curve - TELLING_CURVE)
        if self.share <= LARGE_SHARE:
            odds += BORDER_WEIGHT * border + SHAPE_WEIGHT * (self.compactness - USUAL_COMPACTNESS) - AGAINST
        elif self.compared:
            odds -= LARGE_AGAINST
        else:
            odds = UNCOMPARED_CURVE_WEIGHT * curve - UNCOMPARED_AGAINST
            odds += UNCOMPARED_UPTAKE_WEIGHT * max(0.0, uptake - MOST_OF_A_PATCH)
        if self.alike and self.curve < TELLING_CURVE:
            odds -= ALIKE_AGAINST
        most = 0.0 if emptied else MOST_FOR_ALONE
        odds += max(-MOST_AGAINST_SHARED, min(most, self.alone - USUALLY_ALONE))
        return odds - RIM_WEIGHT * max(0.0, self.at_the_rim - USUAL_RIM)


def signs_of(piece: Piece, uptake: Uptake, background: Surroundings, depth: np.ndarray) -> Signs:
    """What speaks for a piece.

    Parameters
    ----------
    piece : Piece
        Of this uptake.
    uptake : Uptake
        Of the breasts.
    background : Surroundings
        Of the same series.
    depth : ndarray of float64, [z, y, x]
        mm from the breast's border, in the uptake's box.

    Returns
    -------
    Signs
        Of this piece alone.
    """
    beside, share = background.beside(piece, uptake)
    other = background.of_other_breast(piece)
    level = (beside or other if share <= LARGE_SHARE else other or beside) or UNKNOWN
    first, late = values_in(uptake.first, piece), values_in(uptake.late, piece)
    curve = float(np.median(first / np.maximum(late, 0.05)))
    kind = background.of_its_kind(piece, uptake)
    # What enhances most comes fastest, in background too: like is compared with like.
    usual_curve = level.curve if kind.curve is None else max(level.curve, kind.curve)
    inside = max(piece.inside, 0.05)
    return Signs(
        uptake=math.log2(inside / level.reached),
        curve=math.log2(max(curve, 0.05) / usual_curve),
        border=math.log2(inside / max(piece.around_high, level.usual, 0.1)),
        compactness=compactness(piece.voxels, uptake.spacing),
        share=share,
        at_the_rim=float(np.mean(values_in(depth, piece) <= RIM_MM)),
        compared=share <= LARGE_SHARE or other is not None,
        alike=other is not None and _alike(other, beside or other, inside),
        # What takes up its gland leaves little elsewhere: that speaks for nothing.
        alone=kind.alone if share <= LARGE_SHARE else min(kind.alone, USUALLY_ALONE),
    )


def _alike(other: Level, own: Level, inside: float) -> bool:
    """Whether the other breast reaches what this gland does, and the piece no more."""
    return abs(math.log2(other.reached / own.reached)) < ALIKE and math.log2(inside / other.reached) < ALIKE
