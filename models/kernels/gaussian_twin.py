"""The same smoothing by ITK: slower, and equal within `TOLERANCE` of the image's range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

#: Of the range of the image's values. Both round to float32 after each axis.
TOLERANCE = 1e-6


def smoothed(values: NDArray[np.float32], spacing_mm: Sequence[float], width_mm: float) -> NDArray[np.float32]:
    """An image smoothed by a Gaussian along all three axes.

    Parameters
    ----------
    values : ndarray of float32, [z, y, x]
        In any unit, four voxels or more along each axis; beyond its border it goes on with its last value.
    spacing_mm : sequence of float
        Of the voxels along x, y and z.
    width_mm : float
        The Gaussian's standard deviation.

    Returns
    -------
    ndarray of float32, [z, y, x]
        In the same unit.
    """
    image = sitk.GetImageFromArray(values)
    image.SetSpacing([float(step) for step in spacing_mm])
    smooth: NDArray[np.float32] = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, width_mm))
    return smooth
