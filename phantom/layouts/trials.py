"""Collections and trials: volumes with no time, with one time in the wrong tag, with the pre elsewhere or twice."""

from __future__ import annotations

from tilscope.phantom.layouts.entry import GADOLINIUM, Layout, Place, Tags, times
from tilscope.phantom.layouts.examinations import one_breast, two_pre_phases, two_pre_phases_recorded

_GE = "GE MEDICAL SYSTEMS"
_TCGA = "TCGA-BRCA (DICOM.md's table)"


def _frozen(place: Place) -> Tags:
    """Positions count from 0, no acquisition number, every clock stands still."""
    at = place.first_started
    return {
        "InstanceNumber": place.number,
        "TemporalPositionIdentifier": place.phase,
        **times(Series=at, Acquisition=at, Content=at),
    }


def _trigger_only(place: Place) -> Tags:
    at = place.first_started
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 1,
        "TriggerTime": place.since_first_ms,
        **times(Series=at, Acquisition=at, Content=at),
    }


def _trigger_missing_on_first(place: Place) -> Tags:
    """A reference object: the clocks are fixed texts that fit nothing, the first instance of all lacks its offset."""
    at = place.first_started.replace(hour=9, minute=0, second=0)
    tags: Tags = {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 1,
        "TriggerTime": place.since_first_ms,
        **times(Series=at, Acquisition=at.replace(minute=54), Content=at.replace(hour=10, minute=30)),
    }
    if place.number == 1:
        del tags["TriggerTime"]
    return tags


def _acquisition_time(place: Place) -> Tags:
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 1,
        **times(Series=place.first_started, Acquisition=place.started, Content=place.started),
    }


def _pre_elsewhere(place: Place) -> Tags:
    """Two protocols: each series has its own numbers and its own beginning."""
    own_start = place.first_started if place.phase == 0 else place.injected_at
    return {
        "InstanceNumber": place.slice + 1 if place.phase == 0 else place.number - place.slices,
        "AcquisitionNumber": 1 if place.phase == 0 else place.phase,
        **times(Series=own_start, Acquisition=place.started, Content=place.started),
    }


def _frozen_after_the_pre(place: Place) -> Tags:
    """AcquisitionTime is that of the series: the posts count from it by TriggerTime, and the pre needs none."""
    own_start = place.first_started if place.phase == 0 else place.injected_at
    tags: Tags = {
        "InstanceNumber": place.slice + 1 if place.phase == 0 else place.number - place.slices,
        "AcquisitionNumber": 1,
        **times(Series=own_start, Acquisition=own_start, Content=own_start),
    }
    if place.phase:
        tags["TriggerTime"] = round((place.started - own_start).total_seconds() * 1000)
    return tags


def _twice_the_second(place: Place) -> bool:
    """A repeated transfer gave the second phase's middle slices other identifiers."""
    return place.phase == 1 and abs(place.slice - place.slices // 2) <= 1


TRIALS = (
    Layout(
        name="ispy2-volser-frozen",
        meaning="Derived, cropped to one breast: TemporalPositionIdentifier from 0, no AcquisitionNumber, all times frozen. A site rule may give the times.",
        expected="timing-unusable",
        manufacturer=_GE,
        label=lambda _: "ISPY2: VOLSER: uni-lateral cropped: original DCE",
        tags=_frozen,
        evidence=("TemporalPositionIdentifier",),
        source="ISPY2 'VOLSER: uni-lateral cropped: original DCE' (idc_real_series_layouts.json)",
        image_type=("DERIVED", "PRIMARY", "OTHER"),
        examinations=one_breast,
    ),
    Layout(
        name="tcga-trigger-time",
        meaning="Several volumes in one series, separated only by TriggerTime.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: f"{place.plane_word.upper()} VIBRANT DYN",
        tags=_trigger_only,
        evidence=("TriggerTime",),
        source=_TCGA,
    ),
    Layout(
        name="tcga-two-pre-recorded",
        meaning="Two volumes before contrast in the series; ContrastBolusStartTime says where the injection lies.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: f"{place.plane_word.upper()} T1 FS DYN",
        tags=_acquisition_time,
        evidence=("AcquisitionTime", "ContentTime", "ContrastBolusStartTime"),
        source=_TCGA,
        examinations=two_pre_phases_recorded,
    ),
    Layout(
        name="tcga-two-pre-by-brightness",
        meaning="Two volumes before contrast in the series and no injection time: only that the second is no brighter tells.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: f"{place.plane_word.upper()} T1 FS DYN",
        tags=_acquisition_time,
        evidence=("AcquisitionTime", "ContentTime", "pixels"),
        source=_TCGA,
        examinations=two_pre_phases,
    ),
    Layout(
        name="tcga-pre-elsewhere",
        meaning="A series of posts only, by AcquisitionNumber and times; the pre is a series of another name.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: "SAG T1 FS 3D" if place.phase == 0 else "SAG VIBRANT +C",
        tags=_pre_elsewhere,
        evidence=("SeriesInstanceUID+AcquisitionNumber", "AcquisitionTime", "ContentTime"),
        source=_TCGA,
        series=lambda place: 0 if place.phase == 0 else 1,
        contrast_agent=lambda place: GADOLINIUM if place.is_post_contrast else None,
        examinations=one_breast,
    ),
    Layout(
        name="tcga-trigger-time-after-pre",
        meaning="A pre, and the posts in a series whose AcquisitionTime stands still: TriggerTime counts from it.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: f"SAG VIBRANT {'PRE' if place.phase == 0 else 'POST'}",
        tags=_frozen_after_the_pre,
        evidence=("SeriesInstanceUID+TriggerTime", "AcquisitionTime+TriggerTime"),
        source="TCGA-AO-A03M",
        series=lambda place: 0 if place.phase == 0 else 1,
        examinations=one_breast,
    ),
    Layout(
        name="tcga-t1-of-the-same-sequence",
        meaning="A T1 without fat suppression on the slices of the phases, with their TR, TE and flip angle; ScanOptions tells it.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: f"{place.plane_word.upper()} VIBRANT DYN",
        tags=_acquisition_time,
        evidence=("AcquisitionTime", "ContentTime"),
        source="TCGA-AO-A03M",
        companions=("localizer", "T1 of the same sequence"),
    ),
    Layout(
        name="tcga-t1-that-no-tag-tells",
        meaning="The same, but ScanOptions tells of a saturation and not of which: only the pixels show that its fat is bright.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: f"{place.plane_word.upper()} VIBRANT DYN",
        tags=_acquisition_time,
        evidence=("AcquisitionTime", "ContentTime", "pixels"),
        source="TCGA-AO-A03M",
        companions=("localizer", "T1 that no tag tells"),
    ),
    Layout(
        name="qiba-trigger-time",
        meaning="TriggerTime (ms) alone moves, and is missing on the first instance of all.",
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "dynamic",
        tags=_trigger_missing_on_first,
        evidence=("TriggerTime",),
        source="QIBA DRO v6 (real_headers_phase_tags.csv, source QIBA_DRO_v6)",
        contrast_agent=lambda _: None,
    ),
    Layout(
        name="sagittal-one-breast",
        meaning="One breast on sagittal slices, one series by AcquisitionTime.",
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "SAG 3D T1 FS DYN",
        tags=_acquisition_time,
        evidence=("AcquisitionTime", "ContentTime"),
        source="DICOM.md: sagittal one-breast is first-class",
        examinations=one_breast,
    ),
    Layout(
        name="duplicate-instances",
        meaning="Three slices of the second phase are there twice, under other UIDs, at the same position and time.",
        expected="duplicate-position",
        manufacturer=_GE,
        label=lambda place: f"{place.plane_word.upper()} T1 FS DYN",
        tags=_acquisition_time,
        evidence=("AcquisitionTime", "ContentTime"),
        source="DICOM.md, gates: duplicate position; Duke Breast_MRI_596",
        twice=_twice_the_second,
    ),
    Layout(
        name="crowded-study",
        meaning="A dynamic series among everything that repeats its positions: DWI, Dixon echoes, subtractions, MIP, PE and SER maps.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: f"{place.plane_word} dyn",
        tags=_acquisition_time,
        evidence=("AcquisitionTime", "ContentTime"),
        source="DICOM.md: 'Not phases though positions repeat'; ACRIN-6698 DWI and Dixon rows of idc_real_series_layouts.json",
        companions=("localizer", "T1", "T2", "DWI", "Dixon", "subtraction", "subtractions", "MIP", "maps"),
    ),
)
