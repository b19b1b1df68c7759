"""The part of the field of view that lies towards the armpit: there enhance its nodes."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.breast.breast_contour import LOWER, section_of
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.sides import half
from tilscope.models.imaging.voxels import Mask, mask_of


def armpits(prepared: PreparedSeries) -> Mask:
    """What lies towards the armpit of each breast that was imaged.

    Parameters
    ----------
    prepared : PreparedSeries
        Breasts found.

    Returns
    -------
    ndarray of bool, [z, y, x]
        On the grid of the series.
    """
    imaged = prepared.series.laterality
    wanted = (Laterality.LEFT, Laterality.RIGHT) if imaged is Laterality.BOTH else (imaged,)
    found = np.zeros(prepared.breast.GetSize()[::-1], bool)
    for side in wanted:
        breast = sitk.And(prepared.breast, half(prepared.breast, imaged, side))
        found |= mask_of(beside_the_armpit(breast, side))
    return found


def beside_the_armpit(breast: sitk.Image, side: Laterality) -> sitk.Image:
    """Of one breast, what lies outside the breast's middle section, above and to the side of its middle.

    Parameters
    ----------
    breast : SimpleITK.Image
        The mask of one breast on the grid of the series, 0 and 1.
    side : Laterality
        Left or right.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the same grid.
    """
    axes = PatientAxes(breast)
    turned = axes.array(breast) > 0
    lines_hit: Mask = np.asarray(turned.any(axis=1))
    middle = section_of(turned.sum(axis=1) * axes.spacing[1], lines_hit, LOWER)
    lines = np.zeros_like(middle)
    if middle.any():
        head, left = ndimage.center_of_mass(middle)
        outside = np.arange(middle.shape[1]) > left if side is Laterality.LEFT else np.arange(middle.shape[1]) < left
        lines = ~middle & (np.arange(middle.shape[0]) > head)[:, None] & outside[None, :]
    return axes.mask(turned & lines[:, None, :])
