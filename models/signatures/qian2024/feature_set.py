"""All that Qian et al. 2024 computed, of tumour and ring."""

from __future__ import annotations

from tilscope.models.features import ImageKey, Intensity, Region
from tilscope.models.features.sets import WAVELETS, FeatureSet, intensity, shape

QIAN_IMAGE = ImageKey("post 1", Intensity.AS_MEASURED)


def qian_full() -> FeatureSet:
    """Shape, original, wavelets and the four filters of the paper's table and text, of tumour and ring.

    The paper counts 1648, which the variant in `stock_mr` has.
    """
    filters = ("original", *WAVELETS, "square", "squareroot", "logarithm", "lbp-2D")
    chosen: FeatureSet = {}
    for region in (Region.TUMOUR, Region.RING_5):
        chosen |= shape("qian2024", QIAN_IMAGE, region) | intensity("qian2024", "P1", QIAN_IMAGE, filters, region)
    return chosen
