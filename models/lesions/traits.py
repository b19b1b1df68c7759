"""What is measured of a piece: size, shape, enhancement, and where it goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tilscope.models.lesions.pieces import Enhancement, Piece
from tilscope.models.lesions.shape import compactness, equivalent_diameter, thickness, tubularity
from tilscope.models.lesions.surroundings import Surroundings

#: SER above this is washout (Hylton 2012).
WASHOUT_SER = 1.0

#: A piece's surroundings: so many voxels around it.
AROUND_VOXELS = 2


@dataclass(frozen=True)
class Traits:
    diameter_mm: float
    thickness_mm: float
    compactness: float
    tubularity: float
    enhancement: float
    """Median PE in percent."""
    washout: float
    """The part of it with SER > 1."""
    beyond: float
    """The part of its surroundings where enhancement goes on outside the breast: in skin, heart or armpit."""
    over_background: float
    """Its enhancement over what the glands reach by themselves (95th percentile)."""
    in_armpit: float
    """The part of it that lies beside the breast towards the armpit."""


def traits_of(piece: Piece, seen: Enhancement, surroundings: Surroundings, background: float) -> Traits:
    """`background` is what the glands beside all pieces reach, in percent."""
    box, voxels = piece.box, piece.voxels
    around = ndimage.binary_dilation(voxels, iterations=AROUND_VOXELS) & ~voxels
    outside = around & ~seen.breast[box] & piece.candidates
    enhancement = float(np.nanmedian(seen.pe[box][voxels]))
    ser = np.nan_to_num(seen.ser[box][voxels], nan=0.0, posinf=0.0)
    return Traits(
        diameter_mm=equivalent_diameter(voxels, seen.spacing),
        thickness_mm=thickness(voxels, seen.spacing),
        compactness=compactness(voxels, seen.spacing),
        tubularity=tubularity(seen.rise[box], voxels, seen.spacing),
        enhancement=enhancement,
        washout=float(np.mean(ser > WASHOUT_SER)),
        beyond=float(outside.sum()) / max(1, int(around.sum())),
        over_background=enhancement / max(background, 1.0),
        in_armpit=float(surroundings.armpit[box][voxels].mean()),
    )
