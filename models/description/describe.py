"""The whole block for the report, from regions and images."""

from __future__ import annotations

from tilscope.models.breast.body import body_mask
from tilscope.models.description.describe_breast import describe_breast
from tilscope.models.description.describe_lesion import describe_lesion
from tilscope.models.description.landmarks import landmarks_of
from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.sides import half
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.kinetics.maps import KineticMaps
from tilscope.models.quality.noise import noise_sd
from tilscope.models.result import Description
from tilscope.models.settings import DescriptionSettings


def describe(
    prepared: PreparedSeries, regions: Regions, maps: KineticMaps, settings: DescriptionSettings
) -> Description:
    """Every lesion and every breast in BI-RADS' words.

    Parameters
    ----------
    prepared : PreparedSeries
        Its phases as acquired are read.
    regions : Regions
        On the grid of the series.
    maps : KineticMaps
        On the same grid.
    settings : DescriptionSettings
        The thresholds.

    Returns
    -------
    Description
        Lesions in the order of the regions; the right breast first.
    """
    series = prepared.series
    body = body_mask(series)
    imaged = series.laterality
    sides = (Laterality.RIGHT, Laterality.LEFT) if imaged is Laterality.BOTH else (imaged,)
    halves = {side: mask_of(half(regions.breast, imaged, side)) for side in sides}
    breasts = {side: halves[side] & mask_of(regions.breast) for side in sides}
    landmarks = {side: landmarks_of(image_of(breasts[side], series.grid), body) for side in sides}
    noise = noise_sd(series, regions)
    lesions = tuple(
        describe_lesion(lesion, regions.finding, series, maps, landmarks[lesion.laterality], noise, settings)
        for lesion in regions.lesions
    )
    is_decided = regions.finding is not Finding.CANDIDATES
    return Description(
        lesions=lesions,
        breasts=tuple(
            describe_breast(side, breasts[side], halves[side], prepared, regions, maps, lesions, is_decided, settings)
            for side in sides
        ),
    )
