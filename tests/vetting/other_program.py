"""pyradiomics 3.0.1 on the same voxels, as images and their filters are: every feature of every family."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import textured_study
from vetting.rows import Row

from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.extract import region_of
from tilscope.models.features.feature_regions import FeatureRegions
from tilscope.models.features.feature_request import CLASSES, ImageKey, Intensity, NoValue
from tilscope.models.features.filters import filtered
from tilscope.models.features.images import image_on
from tilscope.models.features.measured_region import feature_names

#: What is asked of every feature.
RELATIVE = 1e-9
FILTERS = ("original", "wavelet-HLH", "log-sigma-2-mm-3D")


def rows() -> Iterator[Row]:
    case = textured_study.study()
    domain = Domain.of(NativeVoxels(case.prepared, case.regions), (1.0, 1.0, 1.0))
    inside = FeatureRegions(domain).tumour
    values = image_on(domain, ImageKey("post 1", Intensity.AS_MEASURED))
    assert not isinstance(values, NoValue), values.why
    for filter in FILTERS:
        seen = filtered(values, domain.spacing, filter)
        for family in CLASSES if filter != "original" else ("shape", *CLASSES):
            yield from _of_family(filter, family, seen, inside, domain.spacing)


def _of_family(
    filter: str, family: str, values: np.ndarray, inside: np.ndarray, spacing: tuple[float, float, float]
) -> Iterator[Row]:
    names = feature_names(family)
    ours = region_of(values, inside, spacing).features(family, names)
    stock = region_of(values, inside, spacing, extractor="pyradiomics").features(family, names)
    for name, value in ours.items():
        setting = f"mottled tumour, {filter}, bin width 25"
        yield Row("pyradiomics 3.0.1", setting, f"{family}_{name}", value, stock[name], RELATIVE * abs(stock[name]))
