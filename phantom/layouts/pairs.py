"""Both breasts as a sagittal pair: two slabs with a gap between, each a dynamic series of its own."""

from __future__ import annotations

from tilscope.phantom.layouts.entry import Layout, Place, Tags, times
from tilscope.phantom.layouts.examinations import both_breasts_sagittal

_GE = "GE MEDICAL SYSTEMS"
_SOURCE = "ISPY2, GE 'SAG IR': two stacks in one series (idc_real_series_layouts.json)"


def _stacked(place: Place) -> Tags:
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": place.temporal_index,
        "StackID": str(place.slab + 1),
        **times(Series=place.first_started, Acquisition=place.started, Content=place.started),
    }


def _without_stack(place: Place) -> Tags:
    tags = _stacked(place)
    del tags["StackID"]
    tags["AcquisitionNumber"] = 1
    return tags


def _own_series(place: Place) -> Tags:
    return {
        "InstanceNumber": place.slice + 1,
        "AcquisitionNumber": 1,
        **times(Series=place.started, Acquisition=place.started, Content=place.started),
    }


def _side_label(place: Place) -> str:
    side = "RT" if place.slab == 0 else "LT"
    return f"SAG {side} T1 FS {'PRE' if place.phase == 0 else f'POST {place.phase}'}"


PAIRS = (
    Layout(
        name="sagittal-pair",
        meaning="Both breasts as two sagittal slabs in one series: StackID 1 and 2, a gap between, slabs of unequal size.",
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "SAG IR",
        tags=_stacked,
        evidence=("StackID", "AcquisitionNumber", "AcquisitionTime", "ContentTime"),
        source=_SOURCE,
        examinations=both_breasts_sagittal,
    ),
    Layout(
        name="sagittal-pair-gap-only",
        meaning="As sagittal-pair without StackID: only the gap between the positions tells the breasts apart.",
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "SAG IR",
        tags=_without_stack,
        evidence=("ImagePositionPatient", "AcquisitionTime", "ContentTime"),
        source=_SOURCE,
        examinations=both_breasts_sagittal,
    ),
    Layout(
        name="sagittal-pair-series-per-phase",
        meaning="Both breasts as sagittal slabs, two series a phase, right and left.",
        expected="phases",
        manufacturer=_GE,
        label=_side_label,
        tags=_own_series,
        evidence=("SeriesInstanceUID", "ImagePositionPatient", "AcquisitionTime", "ContentTime", "SeriesTime"),
        source="TCGA-BRCA: left/right sagittal pairs (DICOM.md's table)",
        series=lambda place: 2 * place.phase + place.slab,
        examinations=both_breasts_sagittal,
    ),
)
