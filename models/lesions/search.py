"""From prepared volumes to the list of lesions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.sides import side_of
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.lesions.exclusions import why_not
from tilscope.models.lesions.outline import outlined
from tilscope.models.lesions.pieces import Enhancement, Piece, candidate_voxels, pieces_of
from tilscope.models.lesions.ranking import confidence
from tilscope.models.lesions.surroundings import Surroundings
from tilscope.models.lesions.traits import Traits, traits_of
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings

#: Between the enhancement of the glands and that of what is no gland lies at least this factor.
GAP = 1.25

Scored = tuple[float, Traits, Piece]


def find_lesions(
    prepared: PreparedSeries, fgt: sitk.Image, settings: PipelineSettings, asked: bool = False
) -> tuple[Lesion, ...]:
    """The lesions, index lesion first.

    Parameters
    ----------
    prepared : PreparedSeries
        Motion and shading taken out, breasts found.
    fgt : SimpleITK.Image
        Fibroglandular tissue with the lesions in it, 0 and 1, on the grid of the series.
    settings : PipelineSettings
        Thresholds and least sizes.
    asked : bool
        Whether a person has pointed at a lesion: then a focus counts too.

    Returns
    -------
    tuple of Lesion
        On the grid of the series; they do not overlap.

    Raises
    ------
    Refused
        `no-lesion`: nothing enhances as a lesion does.
    """
    seen = Enhancement.of(prepared, mask_of(fgt))
    around = Surroundings.of(prepared, seen)
    wanted = settings.segmentation
    for pe_percent in (wanted.lesion_pe_percent, wanted.slow_lesion_pe_percent):
        found = _scored(seen, pe_percent, around, settings, asked)
        if found:
            return _without_overlap(found[:1] + _worth_reporting(found[1:], settings), prepared)
    raise Refused("no-lesion")


def _worth_reporting(further: list[Scored], settings: PipelineSettings) -> list[Scored]:
    """Beside an index lesion the smallest foci are no finding."""
    wanted = settings.segmentation
    large = [one for one in further if one[1].diameter_mm >= wanted.minimum_further_lesion_diameter_mm]
    return large[: wanted.most_lesions - 1]


def _scored(
    seen: Enhancement, pe_percent: float, around: Surroundings, settings: PipelineSettings, asked: bool
) -> list[Scored]:
    """The pieces that no rule excludes, the likeliest first, outlined."""
    scored: list[Scored] = []
    pieces, background = _pieces_above_the_background(seen, pe_percent, around, settings)
    for piece in pieces:
        traits = traits_of(piece, seen, around, background)
        if why_not(traits, asked) is None:
            scored.append((confidence(traits), traits, replace(piece, voxels=outlined(piece, seen))))
    return sorted(scored, key=lambda one: -one[0])


def _pieces_above_the_background(
    seen: Enhancement, pe_percent: float, around: Surroundings, settings: PipelineSettings
) -> tuple[list[Piece], float]:
    """The pieces above a threshold that glands by themselves do not reach, and what these reach, in percent.

    Where the gland beside the pieces goes on right up to the threshold, the threshold cuts through enhancing gland and
    the pieces are gland, or lesions grown together with it. It is raised until there is a gap, which shows what the
    glands reach; what enhances more than that is examined.
    """

    def above(percent: float) -> list[Piece]:
        candidates = candidate_voxels(seen, percent, settings.ftv)
        return list(pieces_of(seen, candidates, settings.segmentation.minimum_lesion_diameter_mm))

    threshold = pe_percent
    pieces = above(threshold)
    while (background := around.background(pieces, seen)) * GAP > threshold:
        threshold = max(GAP * background, threshold + 1)
        pieces = above(threshold)
    return (pieces if threshold == pe_percent else above(max(background, pe_percent))), background


def _without_overlap(found: list[Scored], prepared: PreparedSeries) -> tuple[Lesion, ...]:
    """Closing may have reached into a neighbour: the likelier lesion keeps the voxel."""
    series = prepared.series
    free = mask_of(prepared.breast).copy()
    lesions: list[Lesion] = []
    for score, _, piece in found:
        mask = np.zeros(free.shape, bool)
        mask[piece.box] = piece.voxels
        mask &= free
        free &= ~mask
        image = image_of(mask, series.grid)
        side = side_of(image, prepared.breast, series.laterality)
        lesions.append(Lesion(len(lesions) + 1, image, side, round(score, 3)))
    return tuple(lesions)
