"""What is measured of a piece to tell it from vessels, nodes and skin: size, shape, and where it goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask
from tilscope.models.lesions.pieces import Piece
from tilscope.models.lesions.shape import compactness, equivalent_diameter, thickness, tubularity
from tilscope.models.lesions.uptake import Uptake

#: A vessel is thinner.
VESSEL_THICKNESS_MM = 6.0


@dataclass(frozen=True)
class Traits:
    diameter_mm: float
    thickness_mm: float
    compactness: float
    tubularity: float
    """0 where it is thicker than a vessel: there it would cost most, and is not asked."""
    beyond: float
    """The part of it that lies outside the breast, where it goes on into skin, heart or armpit."""
    in_armpit: float
    """The part of it that lies beside the breast towards the armpit."""


def traits_of(piece: Piece, uptake: Uptake, armpit: Mask) -> Traits:
    """What is measured of a piece.

    Parameters
    ----------
    piece : Piece
        Of this uptake.
    uptake : Uptake
        Of the breasts.
    armpit : ndarray of bool, [z, y, x]
        What lies towards the armpits, in the uptake's box.

    Returns
    -------
    Traits
        Of this piece alone.
    """
    box, voxels = piece.box, piece.voxels
    labels, _ = ndimage.label(((uptake.early[box] >= piece.level) & ~uptake.breast[box]) | voxels)
    outside = np.isin(labels, np.unique(labels[voxels])) & ~voxels
    thick = thickness(voxels, uptake.spacing)
    return Traits(
        diameter_mm=equivalent_diameter(voxels, uptake.spacing),
        thickness_mm=thick,
        compactness=compactness(voxels, uptake.spacing),
        tubularity=tubularity(uptake.early[box], voxels, uptake.spacing) if thick < VESSEL_THICKNESS_MM else 0.0,
        beyond=float(outside.sum()) / (float(outside.sum()) + float(voxels.sum())),
        in_armpit=float(np.mean(armpit[box][voxels])),
    )
