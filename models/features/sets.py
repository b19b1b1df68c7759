"""What feature sets are made of: name -> what is wanted. Each signature's folder holds its own; a run computes only what a model takes.

A name is SIGNATURE/REGION/PHASE/FILTER_CLASS_FEATURE, shape SIGNATURE/REGION/original_shape_FEATURE: the same name is the
same quantity. With `models.result.RADIOMICS_MARK` before it, it is the measurement's id.
"""

from __future__ import annotations

from collections.abc import Iterable

from tilscope.models.features.feature_request import (
    CLASSES,
    DEFAULT_BIN_WIDTH,
    FeatureRequest,
    ImageKey,
    Region,
)
from tilscope.models.features.measured_region import feature_names

FeatureSet = dict[str, FeatureRequest]

WAVELETS = tuple(f"wavelet-{x}{y}{z}" for x in "LH" for y in "LH" for z in "LH")
LOGS = tuple(f"log-sigma-{sigma}-mm-3D" for sigma in (1, 2, 3, 4))

REGION_NAMES = {Region.TUMOUR: "T", Region.RING_5: "ring", Region.RING_2_2: "ring", Region.STROMA_20: "stroma"}

#: Local binary patterns are whole numbers from 0 to 9: bins of 25 would make one of them all.
PATTERN_BIN_WIDTH = 1.0


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
