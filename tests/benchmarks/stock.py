"""Stock pyradiomics for the same features: `RadiomicsFeatureExtractor.execute` on image and mask, settings as the papers have them.

Only `execute` is timed. Images with the papers' intensities and the masks of their regions are made beforehand and cost
stock pyradiomics nothing; the engine makes its own within its time.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import radiomics
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor

from tilscope.models.features import FeatureRequest, ImageKey, NoValue, Region
from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.feature_regions import FeatureRegions as RegionsOfDomain
from tilscope.models.features.images import image_on
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.resampling import Spacing, onto
from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import Volume, image_of
from tilscope.models.signatures.base import SignatureCase

radiomics.setVerbosity(logging.CRITICAL)


class Way(StrEnum):
    """What is handed to pyradiomics."""

    ORDINARY = "whole image as acquired, resampled by pyradiomics"
    """It resamples the mask's box and five voxels around it, as it does by default."""
    RESAMPLED = "whole image, resampled to the paper's voxels beforehand"
    SAME_VOXELS = "the engine's own crop of the image"


#: Filters that look further than the five voxels, or scale by the greatest value there is: another crop, other values.
_OF_THE_CROP = ("square", "squareroot", "logarithm", "log-")


def depends_on_the_crop(wanted: FeatureRequest) -> bool:
    return wanted.filter.startswith(_OF_THE_CROP)


class _AsAcquired(Domain):
    """Every voxel of the series as it is, in the order of the patient's axes: pyradiomics resamples along the image's."""

    @classmethod
    def whole(cls, domain: Domain) -> _AsAcquired:
        return cls(domain.around, PatientAxes(domain.around.series.grid).turned(domain.around.series.grid))

    def values(self, phase: Phase) -> Volume:
        return PatientAxes(phase.image).array(phase.image)


class _WholeResampled(Domain):
    """The grid of a domain, continued over the whole image."""

    @classmethod
    def around_domain(cls, domain: Domain) -> _WholeResampled:
        series, size = domain.around.series.grid, np.array(domain.grid.GetSize())
        corners = product(*((-0.5, n - 0.5) for n in series.GetSize()))
        places = [domain.grid.TransformPhysicalPointToContinuousIndex(_place(series, corner)) for corner in corners]
        first, last = np.min(places, axis=0), np.max(places, axis=0)
        before, after = np.floor(-0.5 - first + 1e-6), np.floor(last - (size - 0.5) + 1e-6)
        return cls(domain.around, sitk.ConstantPad(domain.grid, *([int(v) for v in n] for n in (before, after))))

    def values(self, image: sitk.Image) -> Volume:
        return onto(self.grid, image)


def _place(image: sitk.Image, index: tuple[float, ...]) -> tuple[float, ...]:
    place: tuple[float, ...] = image.TransformContinuousIndexToPhysicalPoint(index)
    return place


@dataclass(frozen=True, eq=False)
class Stock:
    """What is wanted of one case, ready to be handed over."""

    case: SignatureCase
    wanted: tuple[FeatureRequest, ...]

    @cached_property
    def _domains(self) -> dict[Spacing, Domain]:
        around = NativeVoxels(self.case.prepared, self.case.regions)
        return {spacing: Domain.of(around, spacing) for spacing in {w.image.spacing_mm for w in self.wanted}}

    @cached_property
    def _masks(self) -> dict[tuple[Spacing, Region], sitk.Image]:
        masks: dict[tuple[Spacing, Region], sitk.Image] = {}
        for spacing, domain in self._domains.items():
            places = RegionsOfDomain(domain)
            for region in {w.region for w in self.wanted if w.image.spacing_mm == spacing}:
                inside = places.of(region)
                assert not isinstance(inside, NoValue), inside.why
                masks[spacing, region] = image_of(inside, domain.grid)
        return masks

    def run(self, way: Way) -> tuple[dict[FeatureRequest, float], float]:
        """The values, and the seconds that pyradiomics took for them: one call for each image and region."""
        calls: dict[tuple[ImageKey, Region], list[FeatureRequest]] = defaultdict(list)
        for one in sorted(self.wanted):
            calls[one.image, one.region].append(one)
        found: dict[FeatureRequest, float] = {}
        seconds = 0.0
        images: dict[ImageKey, sitk.Image] = {}
        for (key, region), together in calls.items():
            if key not in images:
                images = {key: self._image(key, way)}  # one at a time: a whole image at 1 mm takes memory
            mask = self._masks[key.spacing_mm, region]
            settings: dict[str, Any] = {"binWidth": _bin_width(together)}
            if way is Way.ORDINARY:
                settings |= {"resampledPixelSpacing": list(key.spacing_mm), "interpolator": "sitkLinear"}
            if way is Way.RESAMPLED:
                mask = sitk.Resample(mask, images[key], sitk.Transform(), sitk.sitkNearestNeighbor, 0)
            begun = time.perf_counter()
            values = extracted(images[key], mask, together, settings)
            seconds += time.perf_counter() - begun
            found |= {one: values[f"{one.filter}_{one.family}_{one.feature}"] for one in together}
        return found, seconds

    def _image(self, key: ImageKey, way: Way) -> sitk.Image:
        domain = self._domains[key.spacing_mm]
        if way is Way.ORDINARY:
            domain = _AsAcquired.whole(domain)
        if way is Way.RESAMPLED:
            domain = _WholeResampled.around_domain(domain)
        values = image_on(domain, key)
        assert not isinstance(values, NoValue), values.why
        return image_of(values, domain.grid)


def extracted(
    image: sitk.Image, mask: sitk.Image, wanted: Iterable[FeatureRequest], settings: dict[str, Any]
) -> dict[str, float]:
    """One call, with the image types and features that are wanted and no others."""
    extractor = RadiomicsFeatureExtractor(**settings)
    extractor.disableAllImageTypes()
    extractor.disableAllFeatures()
    features: dict[str, list[str]] = defaultdict(list)
    for one in wanted:
        extractor.enableImageTypes(**_image_type(one, extractor.enabledImagetypes))
        if one.feature not in features[one.family]:
            features[one.family].append(one.feature)
    extractor.enableFeaturesByName(**features)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Applying `local_binary_pattern` to floating-point", UserWarning)
        found = extractor.execute(image, mask)
    return {name: float(value) for name, value in found.items() if not name.startswith("diagnostics")}


_IMAGE_TYPES = {"original": "Original", "square": "Square", "squareroot": "SquareRoot", "logarithm": "Logarithm"}


def _image_type(one: FeatureRequest, enabled: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """pyradiomics' name of a filter, with its settings; it makes all wavelets or none."""
    if one.filter.startswith("wavelet-"):
        return {"Wavelet": {}}
    if one.filter.startswith("log-sigma-"):
        sigma = float(one.filter.removeprefix("log-sigma-").removesuffix("-mm-3D").replace("-", "."))
        return {"LoG": {"sigma": sorted({*enabled.get("LoG", {}).get("sigma", ()), sigma})}}
    if one.filter == "lbp-2D":
        return {"LBP2D": {"binWidth": one.bin_width}}
    return {_IMAGE_TYPES[one.filter]: {}}


def _bin_width(together: Iterable[FeatureRequest]) -> float:
    """The one of a call; patterns have their own (`_image_type`), and shape knows no bins."""
    widths = {w.bin_width for w in together if w.family != "shape" and w.filter != "lbp-2D"}
    assert len(widths) <= 1, f"one call of pyradiomics has one bin width, not {widths}"
    return widths.pop() if widths else 25.0
