"""Lesions that a person has rejected: taken out of what the segmenter found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.refusals import Refused

#: A rejected point means the lesion that holds it, or lies so near: another version may outline it a little otherwise.
REJECTION_REACH_MM = 3.0
PointMm = tuple[float, float, float]


def without_rejected(regions: Regions, rejected_mm: Sequence[PointMm]) -> Regions:
    """The regions without the lesions that were rejected; what was taken out is called neither lesion nor gland.

    Parameters
    ----------
    regions : Regions
        As the segmenter gives them.
    rejected_mm : sequence of (float, float, float)
        A point inside each rejected lesion: patient LPS, mm. One beside every lesion rejects none.

    Returns
    -------
    Regions
        The lesions that are left, numbered anew from 1 in the same order.

    Raises
    ------
    Refused
        `every-lesion-rejected`: none is left.
    """
    out = {meant.number for point in rejected_mm if (meant := _meant(regions.lesions, point)) is not None}
    left = [one for one in regions.lesions if one.number not in out]
    if not left:
        raise Refused("every-lesion-rejected", count=regions.finding.counted(len(regions.lesions)))
    return replace(regions, lesions=tuple(replace(one, number=n) for n, one in enumerate(left, start=1)))


def _meant(lesions: Sequence[Lesion], point_mm: PointMm) -> Lesion | None:
    distance, _, nearest = min((_distance_mm(one, point_mm), one.number, one) for one in lesions)
    return nearest if distance <= REJECTION_REACH_MM else None


def _distance_mm(lesion: Lesion, point_mm: PointMm) -> float:
    """From a point (patient LPS, mm) to the middle of the lesion's nearest voxel; 0 from within a voxel of it."""
    at = np.array(lesion.mask.TransformPhysicalPointToContinuousIndex(point_mm))[::-1]
    beyond = np.maximum(np.abs(np.argwhere(mask_of(lesion.mask)) - at) - 0.5, 0.0)
    return float(np.linalg.norm(beyond * lesion.mask.GetSpacing()[::-1], axis=1).min())
