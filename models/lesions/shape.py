"""The shape of a piece: how large, how round, how much like a vessel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kernels.nearest_outside import depth_of

Spacing = NDArray[np.float64]
"""Millimetres along the array's axes [z, y, x]."""

#: Vessels of the breast are one to four millimetres wide: the scale at which the Hessian detects them.
VESSEL_SIGMA_MM = 2.0


def equivalent_diameter(mask: Mask, spacing: Spacing) -> float:
    """The diameter of the ball of the same volume.

    Parameters
    ----------
    mask : ndarray of bool, [z, y, x]
        The region.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    float
        mm.
    """
    return float((6 / np.pi * mask.sum() * np.prod(spacing)) ** (1 / 3))


def compactness(mask: Mask, spacing: Spacing) -> float:
    """1 for a ball, towards 0 for a string: its equivalent diameter over its principal length.

    Parameters
    ----------
    mask : ndarray of bool, [z, y, x]
        The region.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    float
        0 to 1; 1 for a single voxel.
    """
    if np.count_nonzero(mask) < 2:
        return 1.0
    # A ball of diameter d has d2 / 20.
    longest = float(_variances(mask, spacing).max())
    return min(1.0, equivalent_diameter(mask, spacing) / float(np.sqrt(20 * longest)))


def solidity(mask: Mask, spacing: Spacing) -> float:
    """1 for a ball or an ellipsoid, towards 0 for what branches or lies in parts: its volume over that of the ellipsoid that
    reaches as far along each of its principal axes.

    Parameters
    ----------
    mask : ndarray of bool, [z, y, x]
        The region.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    float
        0 to 1; 1 for a single voxel.
    """
    voxels = np.count_nonzero(mask)
    if voxels < 2:
        return 1.0
    # An ellipsoid of half-axes a, b and c has variances of a2 / 5, b2 / 5 and c2 / 5 along them.
    ellipsoid = 4 / 3 * np.pi * float(np.sqrt(np.prod(5 * _variances(mask, spacing))))
    return min(1.0, voxels * float(np.prod(spacing)) / ellipsoid)


def _variances(mask: Mask, spacing: Spacing) -> NDArray[np.float64]:
    """Along the three principal axes, in mm2, with a voxel's own extent."""
    points = np.argwhere(mask) * spacing
    found: NDArray[np.float64] = np.asarray(np.linalg.eigvalsh(np.cov(points.T) + np.diag(spacing**2 / 12)), np.float64)
    return found


def thickness(mask: Mask, spacing: Spacing) -> float:
    """Twice the radius of the largest ball inside.

    Parameters
    ----------
    mask : ndarray of bool, [z, y, x]
        The region; what lies beyond the array is outside.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    float
        mm.
    """
    framed = np.pad(mask, 1)
    return 2 * float(depth_of(framed, spacing).max())


def tubularity(rise: Volume, where: Mask, spacing: Spacing) -> float:
    """How much the enhancement around a piece is curved in two directions and straight in the third.

    The Hessian is taken in the piece's box only and its eigenvalues at the piece's voxels only: over a whole volume they
    would cost more than all the rest of the segmentation. A bright tube has two strongly negative eigenvalues and a
    third near 0 (Frangi 1998, doi 10.1007/BFb0056195); a ball has three alike, a sheet one.

    Parameters
    ----------
    rise : ndarray of float32, [z, y, x]
        Early less pre-contrast signal in the piece's box.
    where : ndarray of bool, [z, y, x]
        The piece in its box; not empty.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    float
        0 to 1, the mean over the piece.
    """
    # A sigma below half a voxel would see the voxels and not the vessel.
    sigma = np.maximum(VESSEL_SIGMA_MM / spacing, 0.5)
    hessian = np.empty((int(where.sum()), 3, 3))
    for one in range(3):
        for other in range(one, 3):
            order = [0, 0, 0]
            order[one] += 1
            order[other] += 1
            second = ndimage.gaussian_filter(rise, sigma, order=order, mode="nearest")[where]
            hessian[:, one, other] = hessian[:, other, one] = second / (spacing[one] * spacing[other])
    values = np.linalg.eigvalsh(hessian)
    most, middle, least = values[:, 0], values[:, 1], values[:, 2]
    bright = middle < 0
    if not bright.any():
        return 0.0
    round_section = np.clip(middle / np.minimum(most, -1e-9), 0, 1)
    straight = 1 - np.clip(np.abs(least) / np.maximum(np.abs(middle), 1e-9), 0, 1)
    return float(np.mean(np.where(bright, np.sqrt(round_section * straight), 0)))


def ball(radius_mm: float, spacing: Spacing) -> Mask:
    """A structuring element: all voxels whose centre lies within the radius of the middle one.

    Parameters
    ----------
    radius_mm : float
        The ball's radius.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.

    Returns
    -------
    ndarray of bool, [z, y, x]
        Of odd length along each axis, so that it has a middle voxel.
    """
    reach = [int(radius_mm / step + 1e-6) for step in spacing]
    axes = np.ogrid[tuple(slice(-r, r + 1) for r in reach)]
    squared = sum((axis * step) ** 2 for axis, step in zip(axes, spacing, strict=True))
    inside: Mask = np.asarray(squared) <= (radius_mm * (1 + 1e-6)) ** 2
    return inside
