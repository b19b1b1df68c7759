"""Philips: temporal positions, trigger times, instance numbers that mean nothing, floating-point scaling."""

from __future__ import annotations

from datetime import timedelta

from tilscope.phantom.layouts.entry import GADOLINIUM, Component, Layout, Place, StoredScaling, Tags, times
from tilscope.phantom.texture import generator

_PHILIPS = "Philips"
_CLASSIC = "Philips Ingenia Elition X dynamic (real_headers_phase_tags.csv, source Philips_classic_dynamic)"
_MAGNITUDE = ("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE")
#: RescaleSlope of each phase in turn, where the scanner chose one for each.
_SLOPES = (1.0, 1.37, 1.52, 1.44, 1.29, 1.61)
#: (2005,100E): the same for all phases of one scan.
_SCALE_SLOPE = 1.6


def _numbered(place: Place) -> Tags:
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 2,
        "TemporalPositionIdentifier": place.temporal_index,
        "NumberOfTemporalPositions": place.phases,
        # Counted towards the feet where the position counts towards the head.
        "SliceLocation": -place.depth,
    }


def _by_trigger(place: Place) -> Tags:
    """All clocks are the series' own; the phase's moment is its offset in ms."""
    at = place.first_started
    return {
        **_numbered(place),
        "TriggerTime": place.since_first_ms,
        **times(Series=at, Acquisition=at, Content=at),
    }


def _classic(place: Place) -> Tags:
    """Times of each phase beside its offset, and the series begun half a minute before."""
    return {
        **_numbered(place),
        "TriggerTime": place.since_first_ms,
        **times(Series=place.first_started - timedelta(seconds=37), Acquisition=place.started, Content=place.started),
    }


def _swapped(place: Place) -> Tags:
    """InstanceNumber at random over the series: neither slice nor phase can be read from it."""
    count = place.phases * place.slices
    order = generator(count, "Philips instance numbers").permutation(count)
    return {**_classic(place), "InstanceNumber": int(order[place.number - 1]) + 1}


def _cut_short(place: Place) -> bool:
    """The scan was stopped: the last dynamic lacks its last third."""
    return place.phase == place.phases - 1 and place.slice >= place.slices * 2 // 3


def _slope_of(place: Place) -> float:
    return _SLOPES[place.phase % len(_SLOPES)]


PHILIPS = (
    Layout(
        name="ispy2-philips",
        meaning="One series by TemporalPositionIdentifier from 1; TriggerTime (ms) is the only time that moves.",
        expected="phases",
        manufacturer=_PHILIPS,
        label=lambda _: "15ML OMNI T1 FS DYN SENSE 5",
        tags=_by_trigger,
        evidence=("TemporalPositionIdentifier", "TriggerTime"),
        source="ISPY2, Philips '15ML OMNI T1 FS DYN SENSE 5' (idc_real_series_layouts.json)",
        image_type=_MAGNITUDE,
    ),
    Layout(
        name="philips-swapped-instance-numbers",
        meaning="TemporalPositionIdentifier and TriggerTime are right, InstanceNumber is at random.",
        expected="phases",
        manufacturer=_PHILIPS,
        label=lambda _: "dyn_eTHRIVE",
        tags=_swapped,
        evidence=("TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime", "ContentTime"),
        source=_CLASSIC,
        image_type=_MAGNITUDE,
        first_number=4,
    ),
    Layout(
        name="philips-magnitude-phase-real",
        meaning="At every position of every phase three images, of the signal's magnitude, its phase and its real part: only ImageType tells which.",
        expected="phases",
        manufacturer=_PHILIPS,
        label=lambda _: "dyn_eTHRIVE",
        tags=_classic,
        evidence=("TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime", "ContentTime"),
        source="ImageType of Philips' reconstructions (PS3.3 C.8.3.1.1.1 leaves value 3 to the vendor; C.8.13.3.1.1 names the components)",
        image_type=_MAGNITUDE,
        components=(
            Component("phase", ("ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE")),
            Component("real", ("ORIGINAL", "PRIMARY", "R_FFE", "R", "FFE")),
        ),
    ),
    Layout(
        name="philips-cut-short",
        meaning="The scan was stopped during the last dynamic, which lacks a third of its slices.",
        expected="positions-differ",
        manufacturer=_PHILIPS,
        label=lambda _: "dyn_eTHRIVE",
        tags=_classic,
        evidence=("TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime", "ContentTime"),
        source="DICOM.md's table: 'last dynamic may be cut short'",
        image_type=_MAGNITUDE,
        lost=_cut_short,
    ),
    Layout(
        name="philips-scale-slope",
        meaning="RescaleSlope differs from phase to phase; only the floating-point value with (2005,100E) compares them.",
        expected="phases",
        manufacturer=_PHILIPS,
        label=lambda _: "dyn_eTHRIVE",
        tags=_classic,
        evidence=("TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime", "ContentTime"),
        source="DICOM.md, Scaling: (SV x RS + RI)/(RS x SS)",
        image_type=_MAGNITUDE,
        scaling=lambda place: StoredScaling(_slope_of(place), _SCALE_SLOPE),
    ),
    Layout(
        name="philips-scale-slope-removed",
        meaning="RescaleSlope differs from phase to phase and de-identification has removed (2005,100E).",
        expected="scaling-differs",
        manufacturer=_PHILIPS,
        label=lambda _: "dyn_eTHRIVE",
        tags=_classic,
        evidence=("TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime", "ContentTime"),
        source="DICOM.md, Scaling: 'Phases that disagree and have no SS: refuse'",
        image_type=_MAGNITUDE,
        scaling=lambda place: StoredScaling(_slope_of(place), _SCALE_SLOPE, scale_slope_written=False),
    ),
    Layout(
        name="philips-one-slope",
        meaning="One RescaleSlope for all phases and no (2005,100E): a common scale, which cancels in PE and SER.",
        expected="phases",
        manufacturer=_PHILIPS,
        label=lambda _: "dyn_eTHRIVE",
        tags=_classic,
        evidence=("TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime", "ContentTime"),
        source="DICOM.md, Scaling: 'PE and SER cancel a common scale'",
        image_type=_MAGNITUDE,
        contrast_agent=lambda place: GADOLINIUM if place.is_post_contrast else None,
        scaling=lambda _: StoredScaling(0.25),
    ),
)
