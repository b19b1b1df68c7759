"""Shape, margin and internal enhancement of a lesion, where the voxels decide them.

A voxel of a millimetre shows neither spicules nor septa: a margin is told as circumscribed or not circumscribed only, and of
small lesions neither margin nor inside is told at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from tilscope.models.description.surfaces import Points
from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kernels.nearest_outside import depth_of
from tilscope.models.settings import DescriptionSettings

#: What lies so deep in a lesion, as a part of its greatest depth, is its core; what lies less than the other is its rim.
CORE_FROM, RIM_TO = 0.6, 0.4


@dataclass(frozen=True)
class Form:
    """How a lesion fills its hull."""

    longest_mm: float
    shortest_mm: float
    solidity: float
    """Its volume over that of its convex hull: 1 where it has no dents."""


@dataclass(frozen=True)
class Inside:
    """How evenly a lesion enhances."""

    variation: float
    """Standard deviation of the early rise over its mean, without what the noise adds."""
    rim_over_core: float
    """Mean early rise of the rim over that of the core."""


def form_of(points: Points, axes: tuple[float, float, float], volume_mm3: float) -> Form:
    """The form of a lesion.

    Parameters
    ----------
    points : ndarray of float64, [n, 3]
        Its surface, patient LPS in mm.
    axes : tuple of float
        Its three axes in mm, the longest first.
    volume_mm3 : float
        Of its voxels.

    Returns
    -------
    Form
        Solidity is 1 at most; voxels' corners lie outside the hull of their faces.
    """
    try:
        solidity = min(1.0, volume_mm3 / float(ConvexHull(points).volume))
    except (QhullError, ValueError):
        solidity = 1.0
    return Form(axes[0], axes[2], solidity)


def inside_of(region: Mask, rise: Volume, spacing: NDArray[np.float64], noise: float) -> Inside:
    """How evenly a lesion enhances.

    Parameters
    ----------
    region : ndarray of bool, [z, y, x]
        The lesion in its box; not empty.
    rise : ndarray of float32, [z, y, x]
        Early less pre-contrast signal.
    spacing : ndarray of float64, shape (3,)
        mm along z, y and x.
    noise : float
        Standard deviation of the rise from noise alone.

    Returns
    -------
    Inside
        NaN where the lesion does not enhance.
    """
    framed = np.pad(region, 1)
    depth = depth_of(framed, spacing)[1:-1, 1:-1, 1:-1]
    deepest = float(depth.max())
    values = rise[region].astype(np.float64)
    mean = float(values.mean())
    core, rim = rise[region & (depth >= CORE_FROM * deepest)], rise[region & (depth <= RIM_TO * deepest)]
    if mean <= 0 or core.size == 0 or rim.size == 0:
        return Inside(float("nan"), float("nan"))
    variation = float(np.sqrt(max(float(values.var()) - noise**2, 0.0))) / mean
    middle = max(float(core.mean(dtype=np.float64)), 0.01 * mean)
    return Inside(variation, float(rim.mean(dtype=np.float64)) / middle)


def shape_word(form: Form, settings: DescriptionSettings) -> str:
    """round, oval or irregular (BI-RADS).

    >>> shape_word(Form(20, 19, 0.95), DescriptionSettings()), shape_word(Form(20, 10, 0.95), DescriptionSettings())
    ('round', 'oval')
    >>> shape_word(Form(20, 19, 0.5), DescriptionSettings())
    'irregular'
    """
    if form.solidity < settings.irregular_below_solidity:
        return "irregular"
    return "round" if form.shortest_mm >= settings.round_from_ratio * form.longest_mm else "oval"


def margin_word(form: Form, settings: DescriptionSettings) -> str | None:
    """circumscribed or not circumscribed; None between.

    >>> [margin_word(Form(20, 19, solidity), DescriptionSettings()) for solidity in (0.95, 0.8, 0.5)]
    ['circumscribed', None, 'not circumscribed']
    """
    if form.solidity >= settings.circumscribed_from_solidity:
        return "circumscribed"
    return "not circumscribed" if form.solidity < settings.irregular_below_solidity else None


def inside_word(inside: Inside, settings: DescriptionSettings) -> str | None:
    """rim enhancement, heterogeneous or homogeneous; None between, or where nothing enhances.

    >>> [inside_word(one, DescriptionSettings()) for one in (Inside(0.3, 2.0), Inside(0.5, 1.0), Inside(0.1, 1.0))]
    ['rim enhancement', 'heterogeneous', 'homogeneous']
    """
    if inside.rim_over_core >= settings.rim_from_ratio:
        return "rim enhancement"
    if inside.variation >= settings.heterogeneous_from:
        return "heterogeneous"
    return "homogeneous" if inside.variation < settings.homogeneous_below else None
