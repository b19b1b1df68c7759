"""A point inside a region, by which it can be named."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.imaging.voxels import box_of, mask_of

#: Digits after the point, mm: far finer than any voxel.
_DIGITS = 2


def inner_point(mask: sitk.Image) -> tuple[float, float, float]:
    """The centre of the voxel that lies deepest in a region, and so in the region whatever its shape; of equals the middle one.

    Parameters
    ----------
    mask : SimpleITK.Image
        0 and 1, in patient LPS, mm; not empty.

    Returns
    -------
    tuple of float
        x, y, z in the patient (LPS, mm).

    Examples
    --------
    >>> flat = sitk.GetImageFromArray(np.ones((1, 3, 5), np.uint8))
    >>> inner_point(flat)
    (2.0, 1.0, 0.0)
    """
    region = mask_of(mask)
    box = box_of(region, 0)
    # What lies around the region is outside, also where the region touches the edge of the images.
    inside = np.pad(region[box], 1)
    depth = ndimage.distance_transform_edt(inside, sampling=mask.GetSpacing()[::-1])
    deepest = np.argwhere(depth == depth.max())
    middle = deepest[((deepest - deepest.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    z, y, x = (int(at) - 1 + part.start for at, part in zip(middle, box, strict=True))
    point = mask.TransformIndexToPhysicalPoint((x, y, z))
    return round(point[0], _DIGITS), round(point[1], _DIGITS), round(point[2], _DIGITS)
