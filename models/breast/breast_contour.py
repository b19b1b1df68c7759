"""Where a breast's contour ends on the chest: without the armpit and its nodes.

Fat goes on from the breast into the armpit, as thick as the breast's border, and there is no edge in the images. The
breast itself shows where it would meet the chest: how its section widens from 70 to 50 percent of its height is
extrapolated to its foot. A dome h = H (1 - r^2)^(1/p) has the section r^2 = 1 - (h/H)^p; p is 1 for a paraboloid and
larger for steeper sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from tilscope.models.imaging.voxels import Mask

#: Two sections of the breast, as parts of its height; the height is a high percentile, for the nipple stands out.
UPPER, LOWER = 0.7, 0.5
HEIGHT_PERCENTILE = 97.0

#: Below this part of its height no breast is left, only the chest's own fat.
LEAST_PART = 0.22

#: From almost a cone, as a sagging breast, to almost a cylinder.
FLATTEST, STEEPEST = 0.4, 4.0

#: The breast's border is no sharp line.
MARGIN_MM = 4.0


def foot_of(height_mm: NDArray[np.float64], lines: Mask, spacing: tuple[float, float]) -> Mask:
    """Which of these lines from front to back belong to the breast, given the height of tissue on each.

    Parameters
    ----------
    height_mm : ndarray of float64, [head, left]
        mm of tissue from the skin back to the muscle.
    lines : ndarray of bool, [head, left]
        The lines that meet this breast.
    spacing : tuple of float
        mm between lines: head, left.

    Returns
    -------
    ndarray of bool, [head, left]
        A part of `lines`.
    """
    if not lines.any():
        return lines
    upper, lower = (section_of(height_mm, lines, part) for part in (UPPER, LOWER))
    if not upper.any():
        return lines
    power = _power(lower.sum() / upper.sum())
    radius = float(np.sqrt(lower.sum() * spacing[0] * spacing[1] / np.pi))
    widening = radius * (1 / np.sqrt(1 - LOWER**power) - 1)
    away = ndimage.distance_transform_edt(~lower, sampling=spacing)
    foot: Mask = lines & (away <= widening + MARGIN_MM)
    # The chest has a layer of fat of its own, which goes on to the flank and over the breastbone.
    return _largest(foot & (height_mm > LEAST_PART * float(np.percentile(height_mm[lines], HEIGHT_PERCENTILE))))


def section_of(height_mm: NDArray[np.float64], lines: Mask, part: float) -> Mask:
    """The breast's section at a part of its height: the lines on which it is higher.

    Parameters
    ----------
    height_mm : ndarray of float64, [head, left]
        mm of tissue from the skin back to the muscle.
    lines : ndarray of bool, [head, left]
        The lines that meet this breast.
    part : float
        0 to 1.

    Returns
    -------
    ndarray of bool, [head, left]
        The largest connected piece.
    """
    if not lines.any():
        return lines
    height = float(np.percentile(height_mm[lines], HEIGHT_PERCENTILE))
    return _largest(lines & (height_mm > part * height))


def _power(ratio: float) -> float:
    """The dome's exponent from the ratio of its two sections."""

    def excess(power: float) -> float:
        return float((1 - LOWER**power) / (1 - UPPER**power) - ratio)

    # The ratio falls with the power: outside the range the nearer end is taken.
    if excess(FLATTEST) <= 0:
        return FLATTEST
    if excess(STEEPEST) >= 0:
        return STEEPEST
    return float(optimize.brentq(excess, FLATTEST, STEEPEST, xtol=1e-3))


def _largest(mask: Mask) -> Mask:
    labels, count = ndimage.label(mask)
    found: Mask = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:])) if count else mask
    return found
