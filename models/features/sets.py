"""The whole feature sets of the papers, for those who train: name -> what is wanted. A run computes only what a model takes.

A name is SIGNATURE/REGION/PHASE/FILTER_CLASS_FEATURE, shape SIGNATURE/REGION/original_shape_FEATURE: the same name is the
same quantity. With `models.result.RADIOMICS_MARK` before it, it is the measurement's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tilscope.models.features.feature_request import (
    CLASSES,
    DEFAULT_BIN_WIDTH,
    FeatureRequest,
    ImageKey,
    Intensity,
    NoValue,
    Region,
    Values,
)
from tilscope.models.features.radiomics import feature_names
from tilscope.models.features.time_domain import STATISTICS, over_phases

FeatureSet = dict[str, FeatureRequest]

WAVELETS = tuple(f"wavelet-{x}{y}{z}" for x in "LH" for y in "LH" for z in "LH")
LOGS = tuple(f"log-sigma-{sigma}-mm-3D" for sigma in (1, 2, 3, 4))

REGION_NAMES = {Region.TUMOUR: "T", Region.RING_5: "ring", Region.RING_2_2: "ring", Region.STROMA_20: "stroma"}

QIAN_IMAGE = ImageKey("post 1", Intensity.AS_MEASURED)
HAN_IMAGE = ImageKey("early", Intensity.Z_SCORE)

#: Local binary patterns are whole numbers from 0 to 9: bins of 25 would make one of them all.
PATTERN_BIN_WIDTH = 1.0

FAN_SPACING = (0.8, 0.8, 2.0)
#: Intensities are in units of the parenchyma's mean, of which tissue has a few: bins of a twentieth.
FAN_BIN_WIDTH = 0.05
#: The paper's names of its three images.
FAN_IMAGES = {
    "S0": ImageKey("pre", Intensity.OVER_PARENCHYMA, FAN_SPACING),
    "SI": ImageKey("middle - pre", Intensity.OVER_PARENCHYMA, FAN_SPACING),
    "SL": ImageKey("last - pre", Intensity.OVER_PARENCHYMA, FAN_SPACING),
}


def su_image(phase: str) -> ImageKey:
    return ImageKey(phase, Intensity.Z_SCORE)


def su_spatial(phases: Sequence[str]) -> FeatureSet:
    """14 shape features and 837 of each phase."""
    chosen = shape("su2022", su_image(phases[0]), Region.TUMOUR)
    for number, phase in enumerate(phases, start=1):
        chosen |= intensity("su2022", f"P{number}", su_image(phase), ("original", *WAVELETS), Region.TUMOUR)
    return chosen


def su_6710(phases: Sequence[str], values: Values) -> dict[str, float | NoValue]:
    """All of Su 2022 with four phases: the spatial ones, and four statistics of each of the 837 over the phases.

    Of fewer phases the statistics are over those, and the others are not there.
    """
    spatial = su_spatial(phases)
    table = {name: values[wanted] for name, wanted in spatial.items()}
    first = "su2022/T/P1/"
    for feature in [name.removeprefix(first) for name in spatial if name.startswith(first)]:
        course = [table[f"su2022/T/P{number}/{feature}"] for number in range(1, len(phases) + 1)]
        table |= {f"su2022/T/{statistic}/{feature}": over_phases(statistic, course) for statistic in STATISTICS}
    return table


def qian_full() -> FeatureSet:
    """Shape, original, wavelets and the four filters of the paper's table and text, of tumour and ring.

    The paper counts 1648, which no set of stock filters has.
    """
    filters = ("original", *WAVELETS, "square", "squareroot", "logarithm", "lbp-2D")
    chosen: FeatureSet = {}
    for region in (Region.TUMOUR, Region.RING_5):
        chosen |= shape("qian2024", QIAN_IMAGE, region) | intensity("qian2024", "P1", QIAN_IMAGE, filters, region)
    return chosen


def fan_572() -> FeatureSet:
    """14 of the tumour's shape and 93 of tumour and stroma in each of the three images."""
    chosen = shape("fan2023", FAN_IMAGES["S0"], Region.TUMOUR)
    for region in (Region.TUMOUR, Region.STROMA_20):
        for label, image in FAN_IMAGES.items():
            chosen |= intensity("fan2023", label, image, ("original",), region, FAN_BIN_WIDTH)
    return chosen


def han_479(region: Region) -> FeatureSet:
    """14 of shape and 93 of the original and four scales of the Laplacian, of the tumour or of its ring."""
    return shape("han2024", HAN_IMAGE, region) | intensity("han2024", "early", HAN_IMAGE, ("original", *LOGS), region)


def han_full() -> FeatureSet:
    """Of tumour and ring."""
    return han_479(Region.TUMOUR) | han_479(Region.RING_2_2)


def shape(signature: str, image: ImageKey, region: Region) -> FeatureSet:
    """The 14 shape features; the image gives the voxels only."""
    where = f"{signature}/{REGION_NAMES[region]}/original_shape_"
    return {where + name: FeatureRequest(image, "original", region, "shape", name) for name in feature_names("shape")}


def intensity(
    signature: str,
    phase: str,
    image: ImageKey,
    filters: Iterable[str],
    region: Region,
    bin_width: float = DEFAULT_BIN_WIDTH,
) -> FeatureSet:
    """The 93 features of intensity and texture through each of the filters."""
    return {
        f"{signature}/{REGION_NAMES[region]}/{phase}/{filter}_{family}_{name}": FeatureRequest(
            image, filter, region, family, name, PATTERN_BIN_WIDTH if filter == "lbp-2D" else bin_width
        )
        for filter in filters
        for family in CLASSES
        for name in feature_names(family)
    }
