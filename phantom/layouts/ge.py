"""GE: content times, acquisition numbers, a series a phase, a mask with a multiphase series."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tilscope.phantom.layouts.entry import GADOLINIUM, Copy, Layout, Place, Tags, clock, series_per_phase, times
from tilscope.phantom.layouts.examinations import across_midnight, one_breast

_GE = "GE MEDICAL SYSTEMS"
_NACT = "Breast-MRI-NACT-Pilot UCSF-BR-06, GE GENESIS_SIGNA (real_headers_phase_tags.csv, source NACT)"
_IDC = "idc_real_series_layouts.json"
_DUKE = "Duke-Breast-Cancer-MRI, GE (duke_series_descriptions.json)"


def _old_exam(place: Place, pre_number: int) -> Tags:
    """The clock ticks once within a phase; no acquisition time; slice locations count against the patient axis."""
    ticked = place.started + timedelta(seconds=1 if place.slice >= place.slices // 2 else 0)
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 2 if place.is_post_contrast else pre_number,
        **times(Series=place.first_started, Content=ticked),
        "SliceLocation": -place.depth,
        "MagneticFieldStrength": 15000,
    }


def _old_exam_from_one(place: Place) -> Tags:
    return _old_exam(place, 1)


def _old_exam_from_zero(place: Place) -> Tags:
    return _old_exam(place, 0)


def _old_exam_with_acquisition_time(place: Place) -> Tags:
    """The content time is the moment of archiving, one for all; the acquisition time is that of the scan."""
    archived = place.first_started + timedelta(hours=2)
    return {**_old_exam(place, 1), **times(Acquisition=place.started, Content=archived)}


def _position_missing_on_half(place: Place) -> Tags:
    tags: Tags = {
        "InstanceNumber": place.number,
        "AcquisitionNumber": place.temporal_index,
        "TemporalPositionIdentifier": place.temporal_index,
        "NumberOfTemporalPositions": place.phases,
        **times(Series=place.first_started, Acquisition=place.started, Content=place.started),
    }
    if place.phase == 0 and place.slice >= place.slices // 2:
        del tags["TemporalPositionIdentifier"]
    return tags


def _own_series(place: Place) -> Tags:
    """A series split off the multiphase one: series time shared, acquisition times its own."""
    return {
        "InstanceNumber": place.slice + 1,
        "AcquisitionNumber": 1,
        **times(Series=place.first_started, Acquisition=place.started, Content=place.started),
    }


def _ph(name: str, place: Place) -> str:
    return name if place.phase == 0 else f"Ph{place.phase}/{name}"


def _shifted(place: Place) -> str:
    """Every description is that of the phase before; the last two say the same."""
    words = ("ax dyn pre", "ax dyn pre", "ax dyn 1st pas", "ax dyn 2nd pass", "ax dyn 3rd pass")
    return words[min(place.phase, 4)]


def _mask_then_multiphase(place: Place) -> int:
    return 0 if place.phase == 0 else 1


def _mask_tags(place: Place) -> Tags:
    """The temporal positions of the multiphase series count from its own first phase; the mask has none."""
    tags: Tags = {
        "InstanceNumber": place.slice + 1 if place.phase == 0 else place.number - place.slices,
        "AcquisitionNumber": 1,
        **times(Series=place.started, Acquisition=place.started, Content=place.started),
    }
    if place.phase > 0:
        tags["TemporalPositionIdentifier"] = place.phase
        tags["NumberOfTemporalPositions"] = place.phases - 1
        tags["SeriesTime"] = clock(place.injected_at)
    return tags


def _registered_tags(place: Place) -> Tags:
    """Made on the workstation an hour later; the acquisition times are those of the originals."""
    made = place.injected_at + timedelta(hours=1)
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 1,
        "TemporalPositionIdentifier": place.temporal_index,
        "NumberOfTemporalPositions": place.phases,
        **times(Series=made, Acquisition=place.started, Content=made),
    }


def _frozen_date(place: Place) -> Tags:
    """Only times pass midnight: all dates stay those of the first phase."""
    tags = _position_missing_on_half(place)
    for kind in ("Acquisition", "Content"):
        tags[f"{kind}Date"] = place.first_started.strftime("%Y%m%d")
    del tags["NumberOfTemporalPositions"]
    tags.pop("TemporalPositionIdentifier", None)
    tags["AcquisitionNumber"] = 1
    return tags


def _old(name: str, meaning: str, tags: Callable[[Place], Tags], evidence: tuple[str, ...]) -> Layout:
    return Layout(
        name=name,
        meaning=meaning,
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "Sagittal-IR_3DFGRE",
        tags=tags,
        evidence=evidence,
        source=_NACT,
        contrast_agent=lambda _: "NONE",
        examinations=one_breast,
    )


GE = (
    _old(
        "nact-content-time",
        "Sagittal, one breast: ContentTime alone separates the phases, ticking within one; AcquisitionNumber 1, 2, 2; agent NONE; field strength 15000.",
        _old_exam_from_one,
        ("ContentTime",),
    ),
    _old(
        "nact-acquisition-from-zero",
        "As nact-content-time, with AcquisitionNumber 0, 2, 2.",
        _old_exam_from_zero,
        ("ContentTime",),
    ),
    _old(
        "nact-acquisition-time",
        "As nact-content-time, but AcquisitionTime is there and separates the phases; ContentTime is that of archiving.",
        _old_exam_with_acquisition_time,
        ("AcquisitionTime",),
    ),
    Layout(
        name="ispy2-ge-half-temporal-position",
        meaning="One series by AcquisitionNumber; TemporalPositionIdentifier is missing on half of the first phase.",
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "Ax Vibrant PRE/POST",
        tags=_position_missing_on_half,
        evidence=("AcquisitionNumber", "AcquisitionTime", "ContentTime"),
        source=f"ISPY2, GE 'Ax Vibrant PRE/POST' ({_IDC})",
    ),
    Layout(
        name="ispy2-ge-series-per-phase",
        meaning="A series a phase, named Ph1/Ax dyn, Ph2/Ax dyn, ...; the pre is the bare Ax dyn; series numbers from 600.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: _ph("Ax dyn", place),
        tags=_own_series,
        evidence=("SeriesInstanceUID", "AcquisitionTime", "ContentTime"),
        source="ISPY2, GE (DICOM.md's table)",
        series=series_per_phase,
        first_number=600,
    ),
    Layout(
        name="duke-ge-series-per-phase",
        meaning="A series a phase; the pre is a bare 'ax 3d dyn', the posts are Ph1/ax 3d dyn, ...; series numbers from 600.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: _ph("ax 3d dyn", place),
        tags=_own_series,
        evidence=("SeriesInstanceUID", "AcquisitionTime", "ContentTime"),
        source=_DUKE,
        series=series_per_phase,
        contrast_agent=lambda _: None,
        first_number=600,
        companions=("localizer", "T1", "T2", "subtraction"),
    ),
    Layout(
        name="duke-mislabelled",
        meaning="A series a phase whose descriptions are each that of the phase before, with a typo: only the times are right.",
        expected="phases",
        manufacturer=_GE,
        label=_shifted,
        tags=_own_series,
        evidence=("SeriesInstanceUID", "AcquisitionTime", "ContentTime"),
        source="Duke-Breast-Cancer-MRI Breast_MRI_120: posts mislabelled as pre (duke_series_descriptions.json)",
        series=series_per_phase,
        contrast_agent=lambda _: None,
    ),
    Layout(
        name="duke-series-stored-twice",
        meaning="A series a phase, the second post-contrast one there twice: other UIDs and a later SeriesNumber, all else alike.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: _ph("ax 3d dyn", place),
        tags=_own_series,
        evidence=("SeriesInstanceUID", "AcquisitionTime", "ContentTime"),
        source="Duke-Breast-Cancer-MRI: a phase's series stored twice (DICOM.md's table)",
        series=series_per_phase,
        contrast_agent=lambda _: None,
        first_number=600,
        copies=(
            Copy(
                kind="duplicate",
                label=lambda place: _ph("ax 3d dyn", place),
                image_type=("ORIGINAL", "PRIMARY", "OTHER"),
                series=series_per_phase,
                tags=_own_series,
                first_number=700,
                holds=lambda place: place.phase == 2,
                resampled=False,
            ),
        ),
    ),
    Layout(
        name="ambl-mask-multiphase",
        meaning="The pre is a series 'VIBRANT MASK', the posts one series by TemporalPositionIdentifier; a registered copy of all phases lies beside.",
        expected="phases",
        manufacturer=_GE,
        label=lambda place: "Ax VIBRANT MASK" if place.phase == 0 else "Ax VIBRANT MULTIPHASE",
        tags=_mask_tags,
        evidence=("SeriesInstanceUID+TemporalPositionIdentifier", "AcquisitionTime", "ContentTime"),
        source="Advanced-MRI-Breast-Lesions, GE (DICOM.md's table)",
        series=_mask_then_multiphase,
        contrast_agent=lambda place: GADOLINIUM if place.is_post_contrast else None,
        copies=(
            Copy(
                kind="registered",
                label=lambda _: "Registered Ax VIBRANT",
                image_type=("DERIVED", "SECONDARY", "OTHER"),
                series=lambda _: 0,
                tags=_registered_tags,
                first_number=50,
            ),
        ),
    ),
    Layout(
        name="across-midnight",
        meaning="One series whose first post-contrast phases pass midnight; dates and times agree.",
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "Ax Vibrant PRE/POST",
        tags=_position_missing_on_half,
        evidence=("AcquisitionNumber", "AcquisitionTime", "ContentTime"),
        source="DICOM.md: 'DICOM times cross midnight'",
        examinations=across_midnight,
    ),
    Layout(
        name="across-midnight-frozen-date",
        meaning="The times pass midnight while every date stays that of the first phase; no tag but the times counts phases.",
        expected="phases",
        manufacturer=_GE,
        label=lambda _: "Ax Vibrant PRE/POST",
        tags=_frozen_date,
        evidence=("AcquisitionTime", "ContentTime"),
        source="DICOM.md: 'DICOM times cross midnight'",
        examinations=across_midnight,
    ),
)
