"""The outline of a lesion: spatial fuzzy c-means of the enhancement in the lesion's box.

The rule that finds candidates has one threshold for every tumour; the border of one that enhances strongly then lies
too far out, that of a weak one too far in. Two clusters in the lesion's own surroundings put it half-way between what
enhances there and what does not. A voxel's membership is weighed with its neighbours' (Chuang 2006,
doi 10.1016/j.compmedimag.2005.10.001; for lesions on DCE-MRI: Chen 2006, doi 10.1016/j.acra.2005.08.035).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask
from tilscope.models.lesions.pieces import Enhancement, Piece

#: The border lies within so many voxels of the piece's, outside or inside.
REACH_VOXELS = 3

MOST_ITERATIONS = 20
TOLERANCE = 1e-3

#: An outline that differs more than this from the piece in volume describes something else: the piece is kept.
LEAST_RATIO, GREATEST_RATIO = 0.6, 1.4


def outlined(piece: Piece, seen: Enhancement) -> Mask:
    """The lesion's voxels in the piece's box.

    Parameters
    ----------
    piece : Piece
        As the threshold has it.
    seen : Enhancement
        On the grid of the series.

    Returns
    -------
    ndarray of bool, [z, y, x]
        In `piece.box`; `piece.voxels` themselves where the clusters describe something else.
    """
    breast = seen.breast[piece.box]
    problem = ndimage.binary_dilation(piece.voxels, iterations=REACH_VOXELS) & breast
    rise = seen.rise[piece.box]
    around = problem & ~piece.voxels
    if not around.any():
        return piece.voxels
    low, high = float(np.median(rise[around])), float(np.median(rise[piece.voxels]))
    weight = np.maximum(ndimage.uniform_filter(problem.astype(np.float32), 3, mode="constant"), 1e-6)
    lesion = np.zeros(rise.shape, np.float32)
    for _ in range(MOST_ITERATIONS):
        far, near = np.square(rise - low), np.square(rise - high)
        lesion = np.where(problem, far / np.maximum(far + near, 1e-9), 0).astype(np.float32)
        neighbours = ndimage.uniform_filter(lesion, 3, mode="constant") / weight
        both = lesion * neighbours
        lesion = np.where(problem, both / np.maximum(both + (1 - lesion) * (1 - neighbours), 1e-9), 0)
        moved = [float(np.average(rise[problem], weights=part[problem] ** 2)) for part in (1 - lesion, lesion)]
        done = max(abs(moved[0] - low), abs(moved[1] - high)) < TOLERANCE * abs(high - low)
        low, high = moved
        if done:
            break
    # The clusters decide about the border only: a dark core deeper inside would count as surroundings.
    inner = ndimage.binary_erosion(piece.voxels, iterations=REACH_VOXELS)
    found = _held_together(((lesion > 0.5) & problem) | inner, piece.voxels)
    return found if LEAST_RATIO <= found.sum() / piece.voxels.sum() <= GREATEST_RATIO else piece.voxels


def _held_together(found: Mask, piece: Mask) -> Mask:
    """What touches the piece, without holes: a dark core belongs to its tumour."""
    labels, _ = ndimage.label(found)
    touching = np.unique(labels[piece & found])
    kept = np.isin(labels, touching[touching > 0])
    filled: Mask = np.stack([ndimage.binary_fill_holes(plane) for plane in kept])
    return filled
