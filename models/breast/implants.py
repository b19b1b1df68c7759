"""What lies in the breast and is no tissue: implants, and cysts as large as one.

Without fat suppression silicone and salt water are as dark as gland or darker, and would pass for it. But nothing reaches
them: not even long after the injection do they take up contrast, which the faintest gland does.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tilscope.models.breast.coarse_grid import Spacing, coarse_voxels, means_around
from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kernels.nearest_outside import depth_of

#: A body that holds a ball of this radius, and is of this volume: glands have fat between them.
RADIUS_MM = 9.0
LEAST_CC = 25.0

#: So thin is the rim of an implant, where its voxels hold fat too.
RIM_MM = 2.5

#: Gland rises by more than this part of its own signal until the last phase, even where its enhancement is minimal.
NO_UPTAKE = 0.03

#: Found on means over voxels of this size, and of as much around them that noise is small against that.
COARSE_MM = 3.0
AROUND_MM = 4.0


def implants(glandlike: Mask, signal: Volume, rise: Volume, spacing: Spacing) -> Mask:
    """Large bodies that take up nothing.

    Parameters
    ----------
    glandlike : ndarray of bool, [z, y, x] or along the patient's axes
        What has the signal of gland, or lies farther from fat's than that.
    signal : ndarray of float32, [z, y, x] or along the patient's axes
        Before contrast, smoothed; in any unit.
    rise : ndarray of float32, [z, y, x] or along the patient's axes
        Of the last phase that is compared over the one before contrast; in the same unit.
    spacing : tuple of float
        mm along the arrays' axes.

    Returns
    -------
    ndarray of bool, [z, y, x] or along the patient's axes
        Within `glandlike`; usually empty.
    """
    thin, steps = coarse_voxels(spacing, COARSE_MM)
    inside = glandlike[thin]
    if not inside.any():
        return np.zeros_like(glandlike)
    size, around = [part.step for part in thin], [AROUND_MM / mm for mm in steps]
    risen = np.where(inside, means_around(rise, thin), 0)
    mean, share = (ndimage.gaussian_filter(one, around) for one in (risen, inside.astype(np.float32)))
    still = inside & (mean < NO_UPTAKE * float(np.median(signal[glandlike])) * share)
    cores = _large(_depth(still, steps) > RADIUS_MM, steps)
    if not cores.any():
        return np.zeros_like(glandlike)
    # Where contrast was averaged with the tissue beside it, the body goes on to where the signal turns to that of the tissue.
    near = np.zeros_like(glandlike)
    near[thin] = inside & (_depth(~cores, steps) <= RADIUS_MM + AROUND_MM)
    near = np.asarray(ndimage.maximum_filter(near, [2 * n + 1 for n in size])) & glandlike
    tissue = signal[glandlike & ~near]
    own = float(np.median(signal[thin][cores]))
    if tissue.size == 0:
        return near
    beside = near & (np.abs(signal - own) > np.abs(signal - float(np.median(tissue))))
    # A rim of voxels that hold implant and fat looks like gland, but is thin.
    thick = _depth(~(_depth(beside, spacing) > RIM_MM), spacing) <= RIM_MM
    found: Mask = near & ~(beside & thick)
    return found


def _large(cores: Mask, steps: Spacing) -> Mask:
    """Those that with what is around them are of the least volume."""
    labels, _ = ndimage.label(cores)
    bodies = ndimage.grey_dilation(labels, [2 * int(RADIUS_MM / mm) + 1 for mm in steps])
    large = np.bincount(bodies.ravel(), minlength=int(labels.max()) + 1) * np.prod(steps) / 1000 >= LEAST_CC
    large[0] = False
    return np.asarray(large[labels])


def _depth(mask: Mask, steps: Spacing) -> Volume:
    """How far each voxel lies from outside the mask; the arrays' edge is outside, mm."""
    return np.asarray(depth_of(np.pad(mask, 1), steps)[1:-1, 1:-1, 1:-1])
