"""Gates on the whole series: is this an examination that can be measured at all?"""

from __future__ import annotations

import numpy as np

from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import values_of
from tilscope.models.refusals import Refused


def check_enhancement(series: DceSeries) -> None:
    """Refuse a series that is not brighter early after contrast than before it.

    Parameters
    ----------
    series : DceSeries
        As acquired; all phases on one grid.

    Raises
    ------
    Refused
        `no-enhancement`: phases in a wrong order, or no injection.
    """
    ratio = enhancement_ratio(series)
    if not ratio > 1.0:
        raise Refused("no-enhancement", ratio=ratio)


def enhancement_ratio(series: DceSeries) -> float:
    """Early over pre-contrast signal, summed over the patient. 0 for an empty image.

    Parameters
    ----------
    series : DceSeries
        As acquired; all phases on one grid.

    Returns
    -------
    float
        A ratio; 1 where nothing enhances.
    """
    pre, early = values_of(series.pre), values_of(series.early)
    both = pre + early
    # Patient against air: the voxels brighter than the average. Chosen on the sum, so as to favour neither phase.
    patient = both > both.mean(dtype=np.float64)
    before = float(pre[patient].sum(dtype=np.float64))
    return float(early[patient].sum(dtype=np.float64)) / before if before > 0 else 0.0
