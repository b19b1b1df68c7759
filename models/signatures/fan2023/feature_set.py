"""All that Fan et al. 2023 computed, of tumour and stroma."""

from __future__ import annotations

from tilscope.models.features import ImageKey, Intensity, Region
from tilscope.models.features.sets import FeatureSet, intensity, shape

FAN_SPACING = (0.8, 0.8, 2.0)
#: Intensities are in units of the parenchyma's mean, of which tissue has a few: bins of a twentieth.
FAN_BIN_WIDTH = 0.05
#: The paper's names of its three images.
FAN_IMAGES = {
    "S0": ImageKey("pre", Intensity.OVER_PARENCHYMA, FAN_SPACING),
    "SI": ImageKey("middle - pre", Intensity.OVER_PARENCHYMA, FAN_SPACING),
    "SL": ImageKey("last - pre", Intensity.OVER_PARENCHYMA, FAN_SPACING),
}


def fan_572() -> FeatureSet:
    """14 of the tumour's shape and 93 of tumour and stroma in each of the three images."""
    chosen = shape("fan2023", FAN_IMAGES["S0"], Region.TUMOUR)
    for region in (Region.TUMOUR, Region.STROMA_20):
        for label, image in FAN_IMAGES.items():
            chosen |= intensity("fan2023", label, image, ("original",), region, FAN_BIN_WIDTH)
    return chosen
