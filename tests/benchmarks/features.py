"""The engine against stock pyradiomics: equal values, and how long each takes for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import SimpleITK as sitk
from benchmarks.stock import Stock, Way, depends_on_the_crop, extracted
from phantom_series import phantom_case

from tilscope.models.features import FeatureRequest, ImageKey, Intensity, NoValue, Region, Values, compute
from tilscope.models.imaging.resampling import ISOTROPIC
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.kinetics.maps import SER_RANGE
from tilscope.models.lesions.classical import segment
from tilscope.models.preparation.prepare import prepare
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import SignatureCase
from tilscope.models.signatures.su2022.feature_set import su_spatial
from tilscope.models.signatures.su2022.model import phases_used
from tilscope.models.signatures.wu2018.features import SER_BINS, _Field, _field, _shape, _texture
from tilscope.phantom.spec import PhantomSpec
from tilscope.service.research.extraction.processes import processes

#: The patient lies still here.
_SETTINGS = PipelineSettings(motion=MotionSettings(register=False))

_SER = ImageKey("SER", Intensity.AS_MEASURED)
_SER_BIN = (SER_RANGE[1] - SER_RANGE[0]) / SER_BINS

#: Wu 2018 has its own maps and is not planned with the others: its radiomic features, as pyradiomics calls them.
WU = {
    "M1": FeatureRequest(_SER, "original", Region.TUMOUR, "shape", "MeshVolume"),
    "M2": FeatureRequest(_SER, "original", Region.TUMOUR, "shape", "Sphericity"),
    "M3": FeatureRequest(_SER, "original", Region.TUMOUR, "shape", "SurfaceVolumeRatio"),
    "TEX1": FeatureRequest(_SER, "original", Region.TUMOUR, "glcm", "Correlation", _SER_BIN),
    "TEX2": FeatureRequest(_SER, "original", Region.TUMOUR, "glcm", "ClusterShade", _SER_BIN),
    "TEX3": FeatureRequest(_SER, "original", Region.TUMOUR, "glcm", "JointEnergy", _SER_BIN),
    "TEX4": FeatureRequest(_SER, "original", Region.TUMOUR, "glcm", "JointEntropy", _SER_BIN),
}

Numbers = dict[FeatureRequest, float]

#: Interpolated in another order of operations, a feature is the same to so many digits, unless a voxel changes its bin.
ALIKE = 1e-6


def case_of(spec: PhantomSpec) -> SignatureCase:
    prepared = prepare(phantom_case(spec).series, _SETTINGS)
    return SignatureCase(prepared, segment(prepared, _SETTINGS))


def figures_of_signatures(case: SignatureCase, pairs: int, whole_images: bool) -> dict[str, Any]:
    """Of what the five take."""
    wanted = tuple(sorted({one for signature in all_signatures() for one in signature.needs(case)}))
    stock, field = Stock(case, wanted), _field(case.prepared, case.regions)
    found = _in_turns(
        lambda: _numbers(compute(case.prepared, case.regions, wanted)) | _wu(field),
        {way: partial(_stock_with_wu, stock, field, way) for way in Way},
        pairs,
        {Way.RESAMPLED: 1 if whole_images else 0},
    )
    return {"voxels": int(mask_of(case.regions.index_lesion.mask).sum())} | _figures(found)


def figures_of_a_set(case: SignatureCase, pairs: int) -> dict[str, Any]:
    """Of all spatial features of Su 2022; also with the engine's work spread over two processes."""
    wanted = tuple(sorted(su_spatial(phases_used(case.prepared.corrected)).values()))
    stock = Stock(case, wanted)
    found = _in_turns(
        lambda: _numbers(compute(case.prepared, case.regions, wanted)),
        {way: partial(stock.run, way) for way in (Way.ORDINARY, Way.SAME_VOXELS)},
        pairs,
        {},
    )
    figures = _figures(found)
    with processes(2) as executor:
        compute(case.prepared, case.regions, wanted[:1], executor)  # they have started
        spread = []
        for _ in range(pairs):
            begun = time.perf_counter()
            values = _numbers(compute(case.prepared, case.regions, wanted, executor))
            spread.append(time.perf_counter() - begun)
    figures["two_processes"] = {"seconds": spread, "equal_to_the_bit": values == found["engine"][0]}
    del figures["values"]  # thousands; the largest differences stay
    return figures


def _in_turns(
    ours: Callable[[], Numbers],
    ways: Mapping[Way, Callable[[], tuple[Numbers, float]]],
    pairs: int,
    fewer: Mapping[Way, int],
) -> dict[str, tuple[Numbers, list[float]]]:
    """Values and seconds of each. One after the other, so that a machine that is busy is so for all."""
    ours()  # libraries are loaded and warm
    found: dict[str, tuple[Numbers, list[float]]] = {}
    for number in range(pairs):
        begun = time.perf_counter()
        values = ours()
        _keep(found, "engine", values, time.perf_counter() - begun)
        for way, run in ways.items():
            if number < fewer.get(way, pairs):
                _keep(found, way.name, *run())
    return found


def _keep(found: dict[str, tuple[Numbers, list[float]]], name: str, values: Numbers, seconds: float) -> None:
    found[name] = (values, [*found.get(name, ({}, []))[1], seconds])


def _figures(found: Mapping[str, tuple[Numbers, list[float]]]) -> dict[str, Any]:
    ours, seconds = found["engine"]
    ways = {}
    for name, (values, taken) in found.items():
        if name == "engine":
            continue
        # In pairs: what else the machine did at that moment, it did to both.
        ratios = [theirs / own for theirs, own in zip(taken, seconds, strict=False)]
        apart = {one: difference(ours[one], value) for one, value in values.items()}
        ways[name] = {
            "seconds": taken,
            "ratio": float(np.median(ratios)),
            "ratios": ratios,
            "equal_to_the_bit": sum(ours[one] == value for one, value in values.items()),
            "alike": sum(apart[one] <= ALIKE for one in values),
            "largest_difference": {kind: max((apart[one] for one in of), default=0.0) for kind, of in _kinds(apart)},
        }
    values = [
        {"feature": name_of(one), "engine": ours[one]}
        | {name: numbers[one] for name, (numbers, _) in found.items() if name != "engine"}
        for one in ours
    ]
    return {"features": len(ours), "seconds": seconds, "ways": ways, "values": values}


def _kinds(wanted: Iterable[FeatureRequest]) -> list[tuple[str, list[FeatureRequest]]]:
    """By what two ways to compute a feature may differ in."""
    kinds: dict[str, list[FeatureRequest]] = {"shape": [], "of the crop": [], "others": []}
    for one in wanted:
        kind = "shape" if one.family == "shape" else "of the crop" if depends_on_the_crop(one) else "others"
        kinds[kind].append(one)
    return list(kinds.items())


def difference(one: float, other: float) -> float:
    """Relative to the greater of the two."""
    return 0.0 if one == other else abs(one - other) / max(abs(one), abs(other))


def name_of(one: FeatureRequest) -> str:
    return f"{one.image.phase}, {one.region}: {one.filter}_{one.family}_{one.feature}"


def _numbers(values: Values) -> Numbers:
    without = {one: value.why for one, value in values.items() if isinstance(value, NoValue)}
    assert not without, f"this phantom shall have every feature: {without}"
    return {one: float(value) for one, value in values.items() if not isinstance(value, NoValue)}


def _wu(field: _Field) -> Numbers:
    """Volume in mm3, as pyradiomics has it."""
    values = _shape(field) | _texture(field)
    return {one: values[id] * (1000 if id == "M1" else 1) for id, one in WU.items()}


def _stock_with_wu(stock: Stock, field: _Field, way: Way) -> tuple[Numbers, float]:
    found, seconds = stock.run(way)
    shape, texture = ([one for one in WU.values() if (one.family == "shape") is is_shape] for is_shape in (True, False))
    low, high = SER_RANGE
    clipped = np.clip(np.nan_to_num(field.ser, nan=low), low, np.nextafter(np.float32(high), np.float32(low)))
    ser = _isotropic(clipped.astype(np.float64))
    for wanted, inside in ((shape, field.tumour), (texture, field.tumour & np.isfinite(field.ser))):
        mask = _isotropic(inside.astype(np.uint8))
        begun = time.perf_counter()
        values = extracted(ser, mask, wanted, {"binWidth": _SER_BIN})
        seconds += time.perf_counter() - begun
        found |= {one: values[f"{one.filter}_{one.family}_{one.feature}"] for one in wanted}
    return found, seconds


def _isotropic(values: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(ISOTROPIC)
    return image
