"""Gates between the images and the numbers: what may not be scored, in words."""

from __future__ import annotations

import numpy as np

from models.answers import Refused
from models.body import body_mask
from models.series import DceSeries
from models.voxels import mask_of, values_of

#: After contrast the brightest percent of the body gains at least so much, whatever the fat suppression: vessels,
#: heart and lesions take up contrast in every examination that had any.
LEAST_GAIN = 1.1
BRIGHTEST_PERCENTILE = 99.0


def check_enhancement(series: DceSeries) -> None:
    """Refuse a series in which nothing enhances: no contrast was given, or the phases are not what they seem."""
    body = mask_of(body_mask(series))
    pre, early = values_of(series.pre)[body], values_of(series.early)[body]
    if pre.size == 0:
        raise Refused("no-breast", detail="no tissue stands out from the background")
    # Gains are compared voxel by voxel above the noise: a percentile of the images alone would follow fat.
    floor = 0.1 * float(np.percentile(pre, BRIGHTEST_PERCENTILE))
    gain = float(np.percentile(early[pre > floor] / pre[pre > floor], BRIGHTEST_PERCENTILE))
    if gain < LEAST_GAIN:
        raise Refused("no-enhancement", ratio=gain)
