"""From what is wanted to values: the union is planned, each image, filter, region and matrix is made once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.extract import FeaturesOfRegion, region_of
from tilscope.models.features.feature_regions import FeatureRegions
from tilscope.models.features.feature_request import FeatureRequest, NoValue, Region, Values
from tilscope.models.features.filters import Array, FilteredImage
from tilscope.models.features.images import image_on
from tilscope.models.features.wavelets import Box
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.resampling import Spacing
from tilscope.models.imaging.voxels import Mask, box_of
from tilscope.models.settings import Extractor

Found = dict[FeatureRequest, float | NoValue]
Masks = Mapping[Region, Mask | NoValue]

#: Of the image's greatest value: what spreads no more than float32 rounds is one intensity, and statistics of it are noise.
FLAT = 1e-6
#: A co-occurrence matrix grows with the square of the bins: with these it takes a hundred megabytes.
MOST_BINS = 1024


@dataclass(frozen=True, eq=False)
class Work:
    """One image: the part that is done by itself, in this process or, by filters and regions, in others."""

    image: FilteredImage
    """In the box of all regions."""
    masks: Masks
    """In the same box."""
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
    works = _works(NativeVoxels(prepared, regions), sorted(set(wanted), key=_ORDER), extractor, found)
    for done in map(measure, works) if executor is None else executor.map(measure, _in_smaller_parts(works)):
        found |= done
    return found


def _works(
    around: NativeVoxels, wanted: Iterable[FeatureRequest], extractor: Extractor, found: Found
) -> Iterator[Work]:
    """One after the other, so that one image is held at a time. What needs no work goes into `found` at once."""
    for spacing, of_grid in _by(wanted, "spacing"):
        domain = Domain.of(around, spacing)
        box, masks = _boxed(FeatureRegions(domain), {w.region for w in of_grid})
        found |= _shapes(masks, domain.spacing, [w for w in of_grid if w.family == "shape"], extractor)
        for key, of_image in _by([w for w in of_grid if w.family != "shape"], "image"):
            image = image_on(domain, key)
            if isinstance(image, NoValue):
                found |= dict.fromkeys(of_image, image)
            else:
                yield Work(FilteredImage(image, domain.spacing, box), masks, tuple(of_image), extractor)


def _boxed(places: FeatureRegions, regions: Iterable[Region]) -> tuple[Box, Masks]:
    """The regions, in the box that holds them all."""
    masks = {region: places.of(region) for region in sorted(regions)}
    there = [mask for mask in masks.values() if not isinstance(mask, NoValue)]
    box = box_of(np.logical_or.reduce(there)) if there else (slice(0, 0), slice(0, 0), slice(0, 0))
    return box, {region: mask if isinstance(mask, NoValue) else mask[box] for region, mask in masks.items()}


def measure(work: Work) -> Found:
    """The features of one image."""
    found: Found = {}
    least_spread = FLAT * float(np.abs(work.image.values).max())
    for region, of_region in _by(work.wanted, "region"):
        if isinstance(inside := work.masks[region], NoValue):
            found |= dict.fromkeys(of_region, inside)
    for name, of_filter in _by([w for w in work.wanted if w not in found], "filter"):
        try:
            values = work.image.through(name)
        except (ValueError, RuntimeError) as problem:
            found |= dict.fromkeys(of_filter, NoValue(f"the filter {name} failed ({type(problem).__name__})"))
            continue
        for region, of_region in _by(of_filter, "region"):
            found |= _of_region(work, values, region, of_region, least_spread)
    return found


def _of_region(work: Work, values: Array, region: Region, wanted: list[FeatureRequest], least_spread: float) -> Found:
    """The features of one region of one filtered image."""
    found: Found = {}
    inside = work.masks[region]
    assert not isinstance(inside, NoValue)
    for bin_width, of_bins in _by(wanted, "bin width"):
        measured = region_of(values, inside, work.image.spacing, bin_width, work.extractor)
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
    """By filter and region: what filters share is quickly done once more, and few images would leave processes without work."""
    for work in works:
        for _, of_filter in _by(work.wanted, "filter"):
            for region, of_region in _by(of_filter, "region"):
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


_KEYS: dict[str, Callable[[FeatureRequest], Any]] = {
    "spacing": attrgetter("image.spacing_mm"),
    "image": attrgetter("image"),
    "filter": attrgetter("filter"),
    "region": attrgetter("region"),
    "bin width": attrgetter("bin_width"),
    "family": attrgetter("family"),
}
#: As requests compare, so that equal ones are computed in equal order; in one step for thousands of them.
_ORDER = attrgetter(
    *("image.phase", "image.intensity", "image.spacing_mm", "filter", "region", "family", "feature", "bin_width")
)


def _by(wanted: Iterable[FeatureRequest], what: str) -> Iterator[tuple[Any, list[FeatureRequest]]]:
    """Groups in the order of what is wanted."""
    groups: dict[Any, list[FeatureRequest]] = defaultdict(list)
    for one in wanted:
        groups[_KEYS[what](one)].append(one)
    yield from groups.items()
