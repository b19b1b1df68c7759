"""Left and right: which part of a mask lies on a lesion's own side (ipsilateral)."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import Mask, mask_of


def half(breast: sitk.Image, imaged: Laterality, side: Laterality) -> sitk.Image:
    """The part of the grid on one side, as a mask: all of it where only one breast was imaged.

    Parameters
    ----------
    breast : SimpleITK.Image
        The breasts' mask on the grid of the series, 0 and 1.
    imaged : Laterality
        Which breasts the series shows.
    side : Laterality
        The side wanted, as the patient has it.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the breasts' grid.
    """
    axes = PatientAxes(breast)
    turned = axes.array(breast) > 0
    wanted: Mask = np.ones_like(turned)
    if imaged is Laterality.BOTH and side is not Laterality.BOTH and turned.any():
        # Columns of the turned array run to the patient's left.
        middle = valley(turned)
        columns = np.arange(turned.shape[2])
        wanted &= (columns >= middle) if side is Laterality.LEFT else (columns < middle)
    return axes.mask(wanted)


def side_of(mask: sitk.Image, breast: sitk.Image, imaged: Laterality) -> Laterality:
    """The side on which most of a mask lies.

    Parameters
    ----------
    mask : SimpleITK.Image
        A region on the breasts' grid, 0 and 1.
    breast : SimpleITK.Image
        The breasts' mask on the grid of the series, 0 and 1.
    imaged : Laterality
        Which breasts the series shows.

    Returns
    -------
    Laterality
        That of the series where it shows one breast only.
    """
    if imaged is not Laterality.BOTH:
        return imaged
    left = mask_of(half(breast, imaged, Laterality.LEFT))
    voxels = mask_of(mask)
    return Laterality.LEFT if 2 * int((voxels & left).sum()) >= int(voxels.sum()) else Laterality.RIGHT


def valley(mask: Mask) -> int:
    """The column between two breasts: the emptiest one of the middle third of the mask's width.

    Parameters
    ----------
    mask : ndarray of bool, [head, back, left]
        Both breasts; not empty.

    Returns
    -------
    int
        The first index along the last axis that belongs to the left breast.
    """
    area = mask.sum(axis=(0, 1))
    first, last = np.flatnonzero(area)[[0, -1]]
    third = (last - first + 1) // 3
    start, stop = first + third, last - third + 1
    emptiest = np.flatnonzero(area[start:stop] == area[start:stop].min())
    return int(start + emptiest[len(emptiest) // 2])
