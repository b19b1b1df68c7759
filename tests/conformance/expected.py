"""What readers of the objects must find: masks from the regions, values of maps, numbers from the result or the tree itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from conformance.written import WrittenObject
from pydicom import Dataset

from tilscope.dicom_io.identity import Kind
from tilscope.dicom_io.objects.codes.concepts import CERTAINTY, measurement_concept
from tilscope.dicom_io.objects.images.parametric_maps import NO_VALUE, map_values
from tilscope.dicom_io.objects.seg.segmentation import breast, lesions, tissue
from tilscope.models.features.peritumoral import ring_on_images
from tilscope.models.result import LesionOverTime, Measurement, SeriesResult, SignatureResult


@dataclass(frozen=True)
class Number:
    """A NUM item: what is measured, how much, in what. A missing value has no unit either."""

    code: str
    value: float | None
    unit: str | None


def segments_of(obj: Dataset) -> list[Dataset]:
    """What a segmentation shows; segment 0 of a label map is its background."""
    return [segment for segment in obj.SegmentSequence if segment.SegmentNumber > 0]


def masks_of(one: WrittenObject) -> dict[int, sitk.Image]:
    """Segment number -> the mask that was written as it, found by the tracking identifier."""
    regions, side = one.study.regions, one.study.source.laterality
    if one.kind is Kind.BREAST_SEGMENTATION:
        rows = breast(regions, side)
    elif one.kind is Kind.SEGMENTATION:
        rows = lesions(regions)
    else:
        ring = ring_on_images(one.study.series, regions) if regions.finding.is_scored else None
        rows = tissue(regions, ring, side)
    by_name = {row.tracking_id: row.mask for row in rows if not row.is_empty}
    found = {int(item.SegmentNumber): by_name.pop(item.TrackingID) for item in segments_of(one.dataset)}
    assert not by_name, f"no segment of {one.name} is called {', '.join(by_name)}"
    return found


def values_of_map(one: WrittenObject) -> np.ndarray:
    """[z, y, x], with the number that stands for no value."""
    values = map_values(one.kind, one.study.series, one.study.regions)
    return np.where(np.isnan(values), np.float32(NO_VALUE), values)


def numbers_of(result: SeriesResult) -> list[Number]:
    """Every number that result.json holds of a dynamic series."""
    found = [_number(m) for lesion in result.lesions for m in lesion.measurements]
    found += [Number(CERTAINTY.value, float(lesion.confidence), "1") for lesion in result.lesions]
    found += [_number(m) for m in result.breast]
    if result.description is not None:
        described = (*result.description.lesions, *result.description.breasts)
        found += [_number(m) for one in described for m in one.measurements]
    found += [number for signature in result.signatures for number in _of_signature(signature)]
    lesions_over_time = result.over_time.lesions if result.over_time else ()
    return found + [number for lesion in lesions_over_time for number in _over_time(lesion)]


def _over_time(lesion: LesionOverTime) -> Iterator[Number]:
    """What it measured at each earlier exam that has it, and by which part that has changed."""
    for change in lesion.changes:
        code = measurement_concept(change.id).name.value
        earlier = zip(change.values[:-1], lesion.numbers[:-1], strict=True)
        yield from (Number(code, value, change.unit) for value, number in earlier if value is not None and number)
        if change.percent is not None:
            yield Number(code, change.percent, "%")


def _of_signature(signature: SignatureResult) -> Iterator[Number]:
    if signature.score is not None:
        yield _number(signature.score)
    yield from map(_number, (*signature.further_scores, *signature.features))
    if signature.percentile is not None:
        yield Number(measurement_concept("percentile").name.value, float(signature.percentile), "%")


def _number(measurement: Measurement) -> Number:
    code = measurement_concept(measurement.id).name.value
    if measurement.value is None:
        return Number(code, None, None)
    return Number(code, float(measurement.value), measurement.unit)


def numbers_in_tree(item: Dataset) -> list[Number]:
    """Every NUM item at any depth, as pydicom sees it; those of the image library describe images and are none of ours."""
    found = []
    for child in item.get("ContentSequence", ()):
        if child.ValueType == "NUM" and child.RelationshipType == "CONTAINS":
            code = child.ConceptNameCodeSequence[0].CodeValue
            measured = child.MeasuredValueSequence
            value = float(measured[0].NumericValue) if measured else None
            found.append(
                Number(code, value, measured[0].MeasurementUnitsCodeSequence[0].CodeValue if measured else None)
            )
        found += numbers_in_tree(child)
    return found
