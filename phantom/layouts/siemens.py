"""Siemens: AcquisitionNumber with AcquisitionTime, a series a phase, motion-corrected copies, XA exports."""

from __future__ import annotations

from datetime import timedelta

from tilscope.phantom.layouts.entry import GADOLINIUM, Copy, Layout, Place, Tags, series_per_phase, stamp, times
from tilscope.phantom.layouts.examinations import recorded_injection
from tilscope.phantom.texture import generator

_SIEMENS = "SIEMENS"
_FL3D = "Siemens Prisma 'fl3d_dynamic' (real_headers_phase_tags.csv, source imagedata_Siemens_kidney_DCE)"
_NORMALISED = ("ORIGINAL", "PRIMARY", "M", "DIS2D", "NORM")


def _fl3d(place: Place) -> Tags:
    """Content time constant, and hours before the acquisition it belongs to; the series time lies after it."""
    stored = place.first_started - timedelta(hours=2)
    begun = place.started + timedelta(milliseconds=662.5)
    named = place.first_started + timedelta(seconds=62)
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": place.temporal_index,
        **times(Series=named, Acquisition=begun, Content=stored),
    }


def _phase_series(place: Place) -> Tags:
    reconstructed = place.started + place.duration + timedelta(seconds=3)
    return {
        "InstanceNumber": place.slice + 1,
        "AcquisitionNumber": 1,
        **times(Series=reconstructed, Acquisition=place.started, Content=reconstructed),
    }


def _views_label(place: Place) -> str:
    """As typed at the console, underscores and blanks at random."""
    if place.phase == 0:
        return "t1_fl3d_tra_dynVIEWS_spair_ pre"
    ordinals = {1: " 1st", 2: "_2nd", 3: "_3rd"}
    return f"t1_fl3d_tra_dynVIEWS_spair{ordinals.get(place.phase, f'_{place.phase}th')} pass"


def _exported_out_of_order(place: Place) -> Tags:
    """Numbered at random over the whole series; one acquisition number; the moment stands in the acquisition only."""
    count = place.phases * place.slices
    order = generator(count, "XA export").permutation(count)
    return {
        "InstanceNumber": int(order[place.number - 1]) + 1,
        "AcquisitionNumber": 1,
        "AcquisitionDateTime": stamp(place.started),
        **times(Series=place.first_started, Acquisition=place.started, Content=place.first_started),
    }


def _zoned(place: Place) -> Tags:
    """AcquisitionDateTime is in universal time and says so; every other time is local, one hour ahead of it."""
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 1,
        "TimezoneOffsetFromUTC": "+0100",
        "AcquisitionDateTime": f"{stamp(place.started - timedelta(hours=1))}+0000",
        **times(Series=place.first_started, Content=place.first_started),
    }


SIEMENS = (
    Layout(
        name="siemens-fl3d",
        meaning="One series by AcquisitionNumber and AcquisitionTime; ContentTime is constant and contradicts them.",
        expected="phases",
        manufacturer=_SIEMENS,
        label=lambda _: "fl3d_dynamic",
        tags=_fl3d,
        evidence=("AcquisitionNumber", "AcquisitionTime"),
        source=_FL3D,
        image_type=_NORMALISED,
        contrast_agent=lambda _: None,
    ),
    Layout(
        name="duke-siemens-series-per-phase",
        meaning="A series a phase, the label only in a description with typing errors; agent on the posts only.",
        expected="phases",
        manufacturer=_SIEMENS,
        label=_views_label,
        tags=_phase_series,
        evidence=("SeriesInstanceUID", "AcquisitionTime", "ContentTime", "SeriesTime"),
        source="Duke-Breast-Cancer-MRI, Siemens (duke_series_descriptions.json)",
        series=series_per_phase,
        image_type=("ORIGINAL", "PRIMARY", "M", "NORM", "DIS2D"),
        contrast_agent=lambda place: GADOLINIUM if place.is_post_contrast else None,
    ),
    Layout(
        name="siemens-moco",
        meaning="A series a phase, and a motion-corrected copy of each at the same times: ImageType and description say MOCO.",
        expected="phases",
        manufacturer=_SIEMENS,
        label=lambda _: "t1_fl3d_tra_dyn",
        tags=_phase_series,
        evidence=("SeriesInstanceUID", "AcquisitionTime", "ContentTime", "SeriesTime"),
        source="DICOM.md's table: 'MOCO copies'",
        series=series_per_phase,
        image_type=("ORIGINAL", "PRIMARY", "M", "NORM", "DIS2D"),
        copies=(
            Copy(
                kind="motion-corrected",
                label=lambda _: "t1_fl3d_tra_dyn_MOCO",
                image_type=("DERIVED", "PRIMARY", "M", "NORM", "DIS2D", "MOCO"),
                series=series_per_phase,
                tags=_phase_series,
                first_number=50,
            ),
        ),
    ),
    Layout(
        name="siemens-xa-out-of-order",
        meaning="One series exported as single images with InstanceNumber at random; AcquisitionTime and AcquisitionDateTime separate the phases.",
        expected="phases",
        manufacturer="Siemens Healthineers",
        label=lambda _: "t1_twist_tra_dyn",
        tags=_exported_out_of_order,
        evidence=("AcquisitionTime", "AcquisitionDateTime"),
        source="DICOM.md's table: 'XA exports out of order'",
        image_type=("ORIGINAL", "PRIMARY", "M", "NONE"),
    ),
    Layout(
        name="acquisition-datetime-zone",
        meaning="The only time is AcquisitionDateTime in universal time, while the injection is recorded in local time (TimezoneOffsetFromUTC).",
        expected="phases",
        manufacturer=_SIEMENS,
        label=lambda _: "t1_fl3d_tra_dyn",
        tags=_zoned,
        evidence=("AcquisitionDateTime",),
        source="DICOM.md: times 'come in zones'; PS3.5 6.2 (DT) and PS3.3 C.12.1.1.8",
        examinations=recorded_injection,
    ),
)
