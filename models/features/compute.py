"""From what is wanted to values: the union is planned, each image, filter, region and matrix is made once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.extract import FeaturesOfRegion, region_of
from tilscope.models.features.feature_regions import FeatureRegions
from tilscope.models.features.feature_request import FeatureRequest, NoValue, Region, Values
from tilscope.models.features.filters import Array, filtered
from tilscope.models.features.images import image_on
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.resampling import Spacing
from tilscope.models.imaging.voxels import Mask
from tilscope.models.settings import Extractor

Found = dict[FeatureRequest, float | NoValue]
Masks = Mapping[Region, Mask | NoValue]

#: Of the image's greatest value: what spreads no more than float32 rounds is one intensity, and statistics of it are noise.
FLAT = 1e-6
#: A co-occurrence matrix grows with the square of the bins: with these it takes a hundred megabytes.
MOST_BINS = 1024


@dataclass(frozen=True, eq=False)
class Work:
    """One image through one filter: the part that is done by itself, in this process or in another."""

    image: Array
    filter: str
    spacing: Spacing
    masks: Masks
    wanted: tuple[FeatureRequest, ...]
    extractor: Extractor


def compute(
    prepared: PreparedSeries,
    regions: Regions,
    wanted: Iterable[FeatureRequest],
    executor: Executor | None = None,
    extractor: Extractor = "tilscope",
) -> Values:
    """Every wanted feature of the index lesion: a number, or the reason why there is none.

    With an executor of processes, images and filters are spread over them; the values are the same to the bit.

    Parameters
    ----------
    prepared : PreparedSeries
        Its even phases are measured.
    regions : Regions
        On the grid of the series; the index lesion is not empty.
    wanted : iterable of FeatureRequest
        In any order; what is asked for twice is computed once.
    executor : concurrent.futures.Executor, optional
        Of processes.
    extractor : str
        Who computes: 'tilscope' or 'pyradiomics'.

    Returns
    -------
    mapping of FeatureRequest to float or NoValue
        In pyradiomics' units: mm for lengths on the request's voxels.
    """
    found: Found = {}
    works = _works(NativeVoxels(prepared, regions), wanted, extractor, found)
    for done in map(measure, works) if executor is None else executor.map(measure, _in_smaller_parts(works)):
        found |= done
    return found


def _works(
    around: NativeVoxels, wanted: Iterable[FeatureRequest], extractor: Extractor, found: Found
) -> Iterator[Work]:
    """One after the other, so that one image is held at a time. What needs no work goes into `found` at once."""
    for spacing, of_grid in _by(wanted, "spacing"):
        domain = Domain.of(around, spacing)
        places = FeatureRegions(domain)
        masks = {region: places.of(region) for region in sorted({w.region for w in of_grid})}
        found |= _shapes(masks, domain.spacing, [w for w in of_grid if w.family == "shape"], extractor)
        for key, of_image in _by([w for w in of_grid if w.family != "shape"], "image"):
            image = image_on(domain, key)
            if isinstance(image, NoValue):
                found |= dict.fromkeys(of_image, image)
                continue
            for name, of_filter in _by(of_image, "filter"):
                yield Work(image, name, domain.spacing, masks, tuple(of_filter), extractor)


def measure(work: Work) -> Found:
    """The features of one filtered image."""
    found: Found = {}
    try:
        values = filtered(work.image, work.spacing, work.filter)
    except (ValueError, RuntimeError) as problem:
        return dict.fromkeys(work.wanted, NoValue(f"the filter {work.filter} failed ({type(problem).__name__})"))
    least_spread = FLAT * float(np.abs(work.image).max())
    for region, of_region in _by(work.wanted, "region"):
        inside = work.masks[region]
        if isinstance(inside, NoValue):
            found |= dict.fromkeys(of_region, inside)
            continue
        for bin_width, of_bins in _by(of_region, "bin width"):
            measured = region_of(values, inside, work.spacing, bin_width, work.extractor)
            for family, together in _by(of_bins, "family"):
                if why := _unfit(values[inside], family, bin_width, least_spread):
                    found |= dict.fromkeys(together, NoValue(f"the {region} {why}"))
                else:
                    found |= _measured(measured, family, together)
    return found


def _shapes(masks: Masks, spacing: Spacing, wanted: list[FeatureRequest], extractor: Extractor) -> Found:
    """Of the regions alone: whether an image can be had or not."""
    found: Found = {}
    for region, of_region in _by(wanted, "region"):
        inside = masks[region]
        if isinstance(inside, NoValue):
            found |= dict.fromkeys(of_region, inside)
        else:
            region_alone = region_of(inside.astype(np.float64), inside, spacing, extractor=extractor)
            found |= _measured(region_alone, "shape", of_region)
    return found


def _in_smaller_parts(works: Iterable[Work]) -> Iterator[Work]:
    """By region too: a filter is quickly run once more, and few images would leave processes without work."""
    for work in works:
        for region, of_region in _by(work.wanted, "region"):
            yield replace(work, masks={region: work.masks[region]}, wanted=tuple(of_region))


def _unfit(values: Array, family: str, bin_width: float, least_spread: float) -> str:
    """Why the intensities of a region cannot be measured; '' where they can."""
    if not np.isfinite(values).all():
        return "holds values that are no numbers"
    spread = float(np.ptp(values))
    if spread <= least_spread:
        return "has one intensity everywhere"
    if family != "firstorder" and spread / bin_width > MOST_BINS:
        return f"spans more than {MOST_BINS} bins of {bin_width:g}"
    return ""


def _measured(region: FeaturesOfRegion, family: str, wanted: list[FeatureRequest]) -> Found:
    """The features of one matrix, computed together."""
    try:
        numbers = region.features(family, [w.feature for w in wanted])
    except (ValueError, RuntimeError, ZeroDivisionError, IndexError, MemoryError) as problem:
        return dict.fromkeys(wanted, NoValue(f"the computation failed ({type(problem).__name__})"))
    return {w: _finite(numbers[w.feature]) for w in wanted}


def _finite(value: float) -> float | NoValue:
    return value if np.isfinite(value) else NoValue("the computation gave no finite number")


_KEYS: dict[str, Any] = {
    "spacing": lambda w: w.image.spacing_mm,
    "image": lambda w: w.image,
    "filter": lambda w: w.filter,
    "region": lambda w: w.region,
    "bin width": lambda w: w.bin_width,
    "family": lambda w: w.family,
}


def _by(wanted: Iterable[FeatureRequest], what: str) -> Iterator[tuple[Any, list[FeatureRequest]]]:
    """Groups in a fixed order, so that equal requests are computed in equal order."""
    groups: dict[Any, list[FeatureRequest]] = defaultdict(list)
    for one in sorted(set(wanted)):
        groups[_KEYS[what](one)].append(one)
    yield from groups.items()
