"""All that Han et al. 2024 computed, of tumour and ring."""

from __future__ import annotations

from tilscope.models.features import ImageKey, Intensity, Region
from tilscope.models.features.sets import LOGS, FeatureSet, intensity, shape

HAN_IMAGE = ImageKey("early", Intensity.Z_SCORE)


def han_479(region: Region) -> FeatureSet:
    """14 of shape and 93 of the original and four scales of the Laplacian, of the tumour or of its ring."""
    return shape("han2024", HAN_IMAGE, region) | intensity("han2024", "early", HAN_IMAGE, ("original", *LOGS), region)


def han_full() -> FeatureSet:
    """Of tumour and ring."""
    return han_479(Region.TUMOUR) | han_479(Region.RING_2_2)
