"""Vessels around a lesion: thin strings that enhance early, which papers cut out of their rings.

Enhancement alone marks noise in suppressed fat, where there is next to no signal before contrast to compare with. A vessel
is bright after contrast, brighter than gland is before it, and it is a string: thin, long, and straight over a few millimetres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kinetics.maps import percent_enhancement
from tilscope.models.lesions.shape import ball

#: Blood enhances at least so much early after the injection.
LEAST_PE_PERCENT = 70.0
#: What an opening with a ball of this radius takes away is thin: a vessel of the breast is up to 4 mm wide.
THIN_MM = 2.5
#: A thin piece shorter than this is a rim or noise.
SHORTEST_MM = 10.0
#: The standard deviation of the window in which a piece's direction is looked at: wider than a vessel, narrower than its bends.
WINDOW_MM = 4.0
#: Of the variance along the longest axis of a piece within the window, what must be more than along the next: 0 for a sheet or
#: a crumb, 0.9 for a tube 3 mm wide. A rim around a lesion is a sheet; noise and patches of gland go on in all directions.
LEAST_LINEARITY = 0.6

Spacing = NDArray[np.float64]


def vessels_of(pre: Volume, early: Volume, lesions: Mask, gland_signal: float, spacing: Spacing) -> Mask:
    """Vessels near a lesion.

    Parameters
    ----------
    pre : ndarray of float32, [z, y, x]
        The lesion's surroundings as acquired, in units of the signal.
    early : ndarray of float32, [z, y, x]
        The same in the early phase.
    lesions : ndarray of bool, [z, y, x]
        All that were found there.
    gland_signal : float
        The gland's before contrast, in the same unit.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    ndarray of bool, [z, y, x]
        Outside the lesions.
    """
    enhancing = np.nan_to_num(percent_enhancement(pre, early)) >= LEAST_PE_PERCENT
    bright = enhancing & (early > gland_signal)
    # Opened together with the lesions: what enhances around one is its rim, and thin only once the lesion is taken away.
    thick = ndimage.binary_opening(bright | lesions, ball(THIN_MM, spacing))
    thin = bright & ~thick & ~ndimage.binary_dilation(lesions)
    strings = thin & (linearity(thin, spacing) >= LEAST_LINEARITY)
    return _long_pieces(strings, spacing)


def _long_pieces(mask: Mask, spacing: Spacing) -> Mask:
    labels, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    long = np.zeros(mask.shape, bool)
    for label, piece in enumerate(ndimage.find_objects(labels), start=1):
        extent = np.linalg.norm([(s.stop - s.start) * step for s, step in zip(piece, spacing, strict=True)])
        if extent >= SHORTEST_MM:
            long[piece] |= labels[piece] == label
    return long


def linearity(mask: Mask, spacing: Spacing) -> NDArray[np.float64]:
    """How much of a mask around each of its voxels lies along one line.

    The two greatest variances of the mask's voxels in a Gaussian window, as the part of the greatest that the second lacks.

    Parameters
    ----------
    mask : ndarray of bool, [z, y, x]
        The regions looked at.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    ndarray of float64, [z, y, x]
        A ratio: 1 for a line, 0 for a sheet, a ball, or outside the mask.
    """
    along = np.zeros(mask.shape)
    if not mask.any():
        return along
    weight = mask.astype(np.float64)
    places = [axis * step for axis, step in zip(np.indices(mask.shape), spacing, strict=True)]

    def windowed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        smooth: NDArray[np.float64] = ndimage.gaussian_filter(values, WINDOW_MM / spacing, mode="constant")[mask]
        return smooth

    total = windowed(weight)
    centre = [windowed(weight * place) / total for place in places]
    moments = np.empty((len(total), 3, 3))
    for one in range(3):
        for other in range(one, 3):
            mixed = windowed(weight * places[one] * places[other]) / total - centre[one] * centre[other]
            moments[:, one, other] = moments[:, other, one] = mixed
    # A voxel has an extent of its own: a string of single voxels across coarse slices is no line of no width.
    _, second, most = np.linalg.eigvalsh(moments + np.diag(spacing**2 / 12)).T
    along[mask] = 1 - second / most
    return along
