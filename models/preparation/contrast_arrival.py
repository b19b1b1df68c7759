"""Where the contrast arrived, read off the images: for series that do not record the injection.

Taking the second phase for the first one after contrast is right for most protocols; some acquire two phases before.
"""

from __future__ import annotations

import numpy as np

from tilscope.models.breast.body import body_mask
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import mask_of, values_of

#: A phase shows contrast when its best enhancing percent of tissue has gained this share of the most that it ever gains.
#: Vessels do so within seconds; what noise adds to a phase before contrast lies far below.
ARRIVED_SHARE = 0.25
BEST_PERCENTILE = 99.0
#: Below this gain nothing has enhanced at all, and nothing can be decided.
LEAST_GAIN = 0.2


def first_bright_phase(series: DceSeries) -> int | None:
    """The index of the first phase in which contrast shows; None if it shows in none.

    Parameters
    ----------
    series : DceSeries
        All phases on one grid, in time order; their times are not used.

    Returns
    -------
    int or None
        An index into `series.phases`, 1 at least.
    """
    body = mask_of(body_mask(series))
    first = values_of(series.phases[0].image)[body]
    if first.size == 0:
        return None
    # Ratios of noise mean nothing: only what had signal before counts.
    enough = first > 0.3 * float(np.percentile(first, BEST_PERCENTILE))
    if not enough.any():
        return None
    gains = []
    for phase in series.phases[1:]:
        ratio = values_of(phase.image)[body][enough] / first[enough]
        gains.append(float(np.percentile(ratio, BEST_PERCENTILE)) - 1.0)
    if max(gains) < LEAST_GAIN:
        return None
    return next(index for index, gain in enumerate(gains, start=1) if gain >= ARRIVED_SHARE * max(gains))
