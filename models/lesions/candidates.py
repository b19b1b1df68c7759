"""What may be a lesion, before anything speaks for it: pieces outlined by uptake and by its curve, none that a rule excludes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tilscope.models.imaging.voxels import Mask
from tilscope.models.lesions.exclusions import why_not
from tilscope.models.lesions.pieces import Piece, measured, pieces_of
from tilscope.models.lesions.traits import Traits, traits_of
from tilscope.models.lesions.uptake import Uptake
from tilscope.models.settings import SegmentationSettings


@dataclass(frozen=True, eq=False)
class Candidate:
    """A piece that no rule excludes."""

    piece: Piece
    """With its uptake, whatever it was outlined by."""
    traits: Traits
    sharpness: float
    """Of its border in what it was outlined by."""
    by_curve: bool = False
    """Whether that was how its uptake goes on."""


def candidates_of(uptake: Uptake, armpit: Mask, settings: SegmentationSettings, asked: bool) -> Iterator[Candidate]:
    """All that may be lesions; the same tumour in several outlines, one within another.

    Parameters
    ----------
    uptake : Uptake
        Of the breasts.
    armpit : ndarray of bool, [z, y, x]
        What lies towards the armpits, in the uptake's box.
    settings : SegmentationSettings
        The least size and uptake.
    asked : bool
        A person points at a lesion, and no rule excludes it.

    Yields
    ------
    Candidate
        First those outlined by uptake.
    """
    beyond_gland = uptake.beyond_gland()
    for outlined_by in (uptake, beyond_gland):
        by_curve = outlined_by is beyond_gland
        for outlined in pieces_of(outlined_by, settings.minimum_lesion_diameter_mm, _least(settings)):
            traits = traits_of(outlined, outlined_by, armpit)
            piece = measured(uptake, outlined.box, outlined.voxels, outlined.level) if by_curve else outlined
            if piece.inside >= _least(settings) and (asked or why_not(traits) is None):
                yield Candidate(piece, traits, outlined.sharpness, by_curve)


def _least(settings: SegmentationSettings) -> float:
    return settings.least_uptake_percent / 100
