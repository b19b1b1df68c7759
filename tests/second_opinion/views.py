"""What the network is shown: signal and uptake of the breasts on a coarse grid along the patient's axes."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.resampling import onto, patient_grid
from tilscope.models.imaging.voxels import Mask, box_of, image_of, mask_of, part_of, values_of

#: Voxels of the coarse grid, mm: a lesion of 8 mm still fills some of them.
STEP_MM = 3.0

#: What is seen around the breasts: skin, muscle, heart.
MARGIN_MM = 15.0

#: What is finer than the coarse grid is averaged.
BLUR_MM = 1.2

#: Signal before contrast, early uptake, late uptake, breast.
CHANNELS = 4

Features = NDArray[np.float32]
"""[channel, z, y, x]"""


def views_of(prepared: PreparedSeries, gland: Mask) -> tuple[sitk.Image, Features]:
    """The network's input.

    Parameters
    ----------
    prepared : PreparedSeries
        Breasts found.
    gland : ndarray of bool, [z, y, x]
        Fibroglandular tissue with the lesions in it, on the grid of the series.

    Returns
    -------
    SimpleITK.Image and ndarray of float32, [channel, z, y, x]
        The coarse grid, patient LPS in mm; and on it signal and uptake in units of the gland's signal before contrast,
        compressed, and how much of each voxel is breast.
    """
    series, breast = prepared.series, mask_of(prepared.breast)
    around = box_of(breast, round(MARGIN_MM / min(series.grid.GetSpacing())))
    shading = 1.0 if prepared.bias_field is None else values_of(prepared.bias_field)[around]
    pre, early, late = (values_of(phase)[around] / shading for phase in (series.pre, series.early, series.late))
    tissue = (gland if gland.any() else breast)[around]
    unit = max(float(np.median(pre[tissue])), 1e-6)
    part = part_of(prepared.breast, around)
    grid = patient_grid(part, (STEP_MM, STEP_MM, STEP_MM))
    seen = [*(image_of((v / unit).astype(np.float32), part) for v in (pre, early - pre, late - pre)), part]
    averaged = (sitk.SmoothingRecursiveGaussian(sitk.Cast(one, sitk.sitkFloat32), BLUR_MM) for one in seen)
    return grid, compressed(np.stack([onto(grid, one) for one in averaged]))


def compressed(views: Features) -> Features:
    """Values by their logarithm beyond 1: a vessel of ten times the gland's uptake is not ten times as telling.

    Parameters
    ----------
    views : ndarray of float32, [channel, z, y, x]
        In units of the gland's signal before contrast.

    Returns
    -------
    ndarray of float32, [channel, z, y, x]
        Without units, of the same signs.
    """
    return (np.sign(views) * np.log1p(np.abs(views))).astype(np.float32)
