"""From a network's lesion mask to the numbered lesions of a study."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.voxels import Mask, widened
from tilscope.models.lesions.pieces import MARGIN_VOXELS, measured
from tilscope.models.lesions.search import LesionSearch, WeighedPiece
from tilscope.models.refusals import Refused
from tilscope.models.settings import SegmentationSettings

#: A piece counts where so much of it lies in the breast: networks also mark nodes of the armpit.
LEAST_IN_BREAST = 0.5


def lesions_of(
    lesion: Mask, gland: Mask, prepared: PreparedSeries, settings: SegmentationSettings
) -> tuple[Lesion, ...]:
    """The pieces of a mask, the likeliest first by the classical segmenter's ranking.

    Parameters
    ----------
    lesion : ndarray of bool, [z, y, x]
        What the network calls lesion, on the grid of the series.
    gland : ndarray of bool, [z, y, x]
        Fibroglandular tissue on the same grid.
    prepared : PreparedSeries
        Gives enhancement and breasts.
    settings : SegmentationSettings
        Least sizes, and how many lesions at most.

    Returns
    -------
    tuple of Lesion
        On the grid of the series.

    Raises
    ------
    Refused
        `no-lesion`: no piece is left.
    """
    search = LesionSearch(prepared, gland, settings)
    pieces, _ = ndimage.label(lesion[search.uptake.box], np.ones((3, 3, 3)))
    found: list[WeighedPiece] = []
    for number, tight in enumerate(ndimage.find_objects(pieces), start=1):
        box = widened(tight, MARGIN_VOXELS, pieces.shape)
        voxels: Mask = pieces[box] == number
        if np.mean(search.uptake.breast[box][voxels]) >= LEAST_IN_BREAST:
            found.append(search.examine(measured(search.uptake, box, voxels, 0.0)))
    found.sort(key=lambda one: -one.rank)
    large = _large_enough(found, settings)
    if not large:
        raise Refused("no-lesion", **search.how_much_enhances())
    return search.lesions(large)


def _large_enough(found: list[WeighedPiece], settings: SegmentationSettings) -> list[WeighedPiece]:
    """The same limits as for lesions that are found by rules."""
    large = [one for one in found if one.traits.diameter_mm >= settings.minimum_lesion_diameter_mm]
    further = [one for one in large[1:] if one.traits.diameter_mm >= settings.minimum_further_lesion_diameter_mm]
    return large[:1] + further[: settings.most_lesions - 1]
