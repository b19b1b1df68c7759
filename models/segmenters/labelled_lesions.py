"""From a network's lesion mask to the numbered lesions of a study."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.sides import side_of
from tilscope.models.imaging.voxels import Mask, image_of, mask_of, widened
from tilscope.models.lesions.pieces import MARGIN_VOXELS, Enhancement, Piece
from tilscope.models.lesions.ranking import confidence
from tilscope.models.lesions.surroundings import Surroundings
from tilscope.models.lesions.traits import Traits, traits_of
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
    seen = Enhancement.of(prepared, gland)
    around = Surroundings.of(prepared, seen)
    everywhere = (slice(None), slice(None), slice(None))
    background = around.background([Piece(everywhere, lesion, lesion)], seen)
    pieces, _ = ndimage.label(lesion, np.ones((3, 3, 3)))
    found: list[tuple[float, Traits, Mask]] = []
    for number, tight in enumerate(ndimage.find_objects(pieces), start=1):
        box = widened(tight, MARGIN_VOXELS, lesion.shape)
        voxels: Mask = pieces[box] == number
        measurable = np.isfinite(seen.pe[box][voxels]).any()
        if not measurable or np.mean(seen.breast[box][voxels]) < LEAST_IN_BREAST:
            continue
        traits = traits_of(Piece(box, voxels, voxels), seen, around, background)
        whole = np.zeros(lesion.shape, bool)
        whole[box] = voxels
        found.append((confidence(traits), traits, whole))
    found.sort(key=lambda one: -one[0])
    large = _large_enough(found, settings)
    if not large:
        raise Refused("no-lesion")
    lesions = []
    for number, (rank, _, whole) in enumerate(large, start=1):
        image = image_of(whole, prepared.series.grid)
        side = side_of(image, prepared.breast, prepared.series.laterality)
        lesions.append(Lesion(number, image, side, round(rank, 3)))
    return tuple(lesions)


def lesion_free(gland: Mask, lesions: tuple[Lesion, ...]) -> Mask:
    """What is lesion is no gland.

    Parameters
    ----------
    gland : ndarray of bool, [z, y, x]
        Fibroglandular tissue on the grid of the series.
    lesions : tuple of Lesion
        On the same grid.

    Returns
    -------
    ndarray of bool, [z, y, x]
        A copy.
    """
    free = gland.copy()
    for lesion in lesions:
        free &= ~mask_of(lesion.mask)
    return free


def _large_enough(
    found: list[tuple[float, Traits, Mask]], settings: SegmentationSettings
) -> list[tuple[float, Traits, Mask]]:
    """The same limits as for lesions that are found by rules."""
    large = [one for one in found if one[1].diameter_mm >= settings.minimum_lesion_diameter_mm]
    further = [one for one in large[1:] if one[1].diameter_mm >= settings.minimum_further_lesion_diameter_mm]
    return large[:1] + further[: settings.most_lesions - 1]
