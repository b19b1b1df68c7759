"""The rings on the voxels of the images, to be shown and checked: the signatures measure the same ones on finer voxels."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.feature_regions import NARROW_MM, RING_MM, FeatureRegions
from tilscope.models.features.feature_request import NoValue, Region
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import Mask, image_of


def ring_on_images(series: DceSeries, regions: Regions) -> sitk.Image:
    """Qian's 5 mm around the index lesion; empty where too little is left of it to be measured.

    Its bias field does not matter: vessels are recognised on the phases as acquired.

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
    places = _on_images(series, regions)
    near = places.of(Region.RING_5)
    ring: Mask = np.zeros(series.grid.GetSize()[::-1], bool)
    if not isinstance(near, NoValue):
        ring[places.domain.around.box] = near
    return image_of(ring, series.grid)


def vessel_shares(series: DceSeries, regions: Regions) -> dict[float, float]:
    """How much of each ring around the index lesion is vessel and is cut out, by the ring's reach outside the lesion in mm.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.

    Returns
    -------
    dict of float to float
        0 to 1.
    """
    places = _on_images(series, regions)
    return {reach: places.vessel_share(reach) for reach in (NARROW_MM, RING_MM)}


def _on_images(series: DceSeries, regions: Regions) -> FeatureRegions:
    around = NativeVoxels(PreparedSeries(series, series, regions.breast, None), regions)
    return FeatureRegions(Domain(around, around.part(series.grid)))
