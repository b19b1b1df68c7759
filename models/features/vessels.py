"""Vessels around a lesion: thin strings that enhance early, which the papers cut out of their rings."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tilscope.models.features.domain import NativeVoxels
from tilscope.models.imaging.voxels import Mask, mask_of, values_of
from tilscope.models.kinetics.maps import percent_enhancement
from tilscope.models.lesions.shape import ball

#: Blood enhances at least so much early after the injection.
LEAST_PE_PERCENT = 70.0
#: What an opening with a ball of this radius takes away is thin: a vessel of the breast is up to 4 mm wide.
THIN_MM = 2.5
#: A thin piece shorter than this is a rim or noise.
SHORTEST_MM = 10.0


def vessels_in(around: NativeVoxels) -> Mask:
    """Vessels near the lesion; only its surroundings are searched.

    Parameters
    ----------
    around : NativeVoxels
        Enhancement is that of its phases as acquired.

    Returns
    -------
    ndarray of bool, [z, y, x]
        On the grid of the series; False outside the box.
    """
    series, box = around.prepared.series, around.box
    pre, early = values_of(series.pre)[box], values_of(series.early)[box]
    spacing = np.array(series.grid.GetSpacing()[::-1])
    bright = np.nan_to_num(percent_enhancement(pre, early)) >= LEAST_PE_PERCENT
    lesions = np.zeros(bright.shape, bool)
    for lesion in around.regions.lesions:
        lesions |= mask_of(lesion.mask)[box]
    # Opened together with the lesions: what enhances around one is its rim, and thin only once the lesion is taken away.
    thick = ndimage.binary_opening(bright | lesions, ball(THIN_MM, spacing))
    thin = bright & ~thick & ~ndimage.binary_dilation(lesions)
    labels, _ = ndimage.label(thin, np.ones((3, 3, 3)))
    found = np.zeros(values_of(series.grid).shape, bool)
    for label, piece in enumerate(ndimage.find_objects(labels), start=1):
        extent = np.linalg.norm([(s.stop - s.start) * step for s, step in zip(piece, spacing, strict=True)])
        if extent >= SHORTEST_MM:
            found[box][piece] |= labels[piece] == label
    return found
