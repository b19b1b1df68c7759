"""The peritumoral ring on the voxels of the images, to be shown: the signatures measure the same ring on finer ones."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.feature_regions import FeatureRegions
from tilscope.models.features.feature_request import NoValue, Region
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, image_of


def ring_on_images(series: DceSeries, regions: Regions) -> sitk.Image:
    """Qian's 5 mm around the index lesion; empty where too little is left of it to be measured.

    `series` is free of motion; its bias field does not matter, for vessels are recognised by percent enhancement.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the same grid.
    """
    around = NativeVoxels(PreparedSeries(series, series, regions.breast, None), regions)
    near = FeatureRegions(Domain(around, around.part(series.grid))).of(Region.RING_5)
    ring: Mask = np.zeros(series.grid.GetSize()[::-1], bool)
    if not isinstance(near, NoValue):
        ring[around.box] = near
    return image_of(ring, series.grid)
