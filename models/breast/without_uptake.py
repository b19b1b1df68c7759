"""What has the signal of gland and takes up nothing: fat whose suppression failed, or fat that lies in the coil's shade.

Suppression fails over centimetres, where the magnet's field is uneven. Fat is as bright as gland there, and smooth as gland
is: before the injection nothing tells them apart. But no contrast reaches fat's signal, not even long after the injection,
while the faintest gland takes up some. The same holds without suppression where fat is as dark as gland for want of signal.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tilscope.models.breast.coarse_grid import Spacing, coarse_voxels, means_around, stretched
from tilscope.models.imaging.voxels import Mask, Volume

#: Less than this part of the gland's own signal, until the last phase, is nothing ...
LEAST_UPTAKE = 0.02

#: ... if it is less than this part of what most of the gland takes up: where that is minimal, gland is near to nothing as well.
PART_OF_THE_USUAL = 0.25

#: Where most of the gland takes up less than this part of its signal, uptake tells nothing: no agent came, or it came late.
LEAST_USUAL = 0.01

#: Uptake is the mean over gland so far around (standard deviation), on voxels of this size: noise is small against that.
AROUND_MM, COARSE_MM = 4.0, 2.0

#: Even a single voxel of gland holds more than this of its neighbourhood.
LEAST_SHARE = 1e-4


def without_uptake(gland: Mask, signal: Volume, rise: Volume, spacing: Spacing) -> Mask:
    """What of the gland takes up nothing, and so is none.

    Parameters
    ----------
    gland : ndarray of bool, [z, y, x] or along the patient's axes
        What has the signal of gland.
    signal : ndarray of float32, [z, y, x] or along the patient's axes
        Before contrast; in any unit.
    rise : ndarray of float32, [z, y, x] or along the patient's axes
        Of the last phase that is compared over the one before contrast; in the same unit.
    spacing : tuple of float
        mm along the arrays' axes.

    Returns
    -------
    ndarray of bool, [z, y, x] or along the patient's axes
        Within `gland`; usually empty.
    """
    if not gland.any():
        return gland
    thin, steps = coarse_voxels(spacing, COARSE_MM)
    around = [AROUND_MM / mm for mm in steps]
    inside = gland.astype(np.float32)
    risen, share = (ndimage.gaussian_filter(means_around(one, thin), around) for one in (rise * inside, inside))
    risen, share = (stretched(one, thin, gland.shape)[gland] for one in (risen, share))
    # What falls has moved: no tissue loses signal to the contrast agent.
    uptake = np.abs(risen / np.maximum(share, LEAST_SHARE))
    own, usual = float(np.median(signal[gland])), float(np.median(uptake))
    still = np.zeros_like(gland)
    if usual >= LEAST_USUAL * own:
        still[gland] = uptake < min(LEAST_UPTAKE * own, PART_OF_THE_USUAL * usual)
    return still
