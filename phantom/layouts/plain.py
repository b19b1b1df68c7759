"""The three layouts that tests and demonstrations use first: each told apart by another kind of evidence."""

from __future__ import annotations

from datetime import timedelta

from tilscope.phantom.layouts.entry import GADOLINIUM, Layout, Place, Tags, series_per_phase, times


def _by_temporal_position(place: Place) -> Tags:
    """GE multiphase: position, acquisition number and both times agree; instances are numbered through."""
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": place.temporal_index,
        "TemporalPositionIdentifier": place.temporal_index,
        "NumberOfTemporalPositions": place.phases,
        "TemporalResolution": place.duration.total_seconds() * 1000,
        **times(Series=place.first_started, Acquisition=place.started, Content=place.started),
    }


def _by_series(place: Place) -> Tags:
    """Each phase a series: its times are its own, and the content time is that of the reconstruction, not of the scan."""
    reconstructed = place.started + place.duration + timedelta(seconds=7)
    return {
        "InstanceNumber": place.slice + 1,
        "AcquisitionNumber": 1,
        **times(Series=place.started, Acquisition=place.started, Content=reconstructed),
    }


def _by_content_time(place: Place) -> Tags:
    """As the trial's old exams: the acquisition number tells pre from post only, and no other time is there."""
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 2 if place.is_post_contrast else 1,
        **times(Series=place.first_started, Content=place.started),
    }


def _pass_label(place: Place) -> str:
    ordinals = ("pre", "1st pass", "2nd pass", "3rd pass")
    return f"{place.plane_word} dyn {ordinals[place.phase] if place.phase < 4 else f'{place.phase}th pass'}"


PLAIN = (
    Layout(
        name="one-series",
        meaning="All phases in one series, told apart by TemporalPositionIdentifier, AcquisitionNumber and times.",
        expected="phases",
        manufacturer="GE MEDICAL SYSTEMS",
        label=lambda place: f"{place.plane_word} Vibrant MultiPhase",
        tags=_by_temporal_position,
        evidence=("TemporalPositionIdentifier", "AcquisitionNumber", "AcquisitionTime", "ContentTime"),
        source="Duke-Breast-Cancer-MRI, GE: series description 'Ax Vibrant MultiPhase'",
    ),
    Layout(
        name="series-per-phase",
        meaning="Each phase is a series of its own; only SeriesDescription and the times say which.",
        expected="phases",
        manufacturer="SIEMENS",
        label=_pass_label,
        tags=_by_series,
        evidence=("SeriesInstanceUID", "AcquisitionTime", "ContentTime", "SeriesTime"),
        source="Duke-Breast-Cancer-MRI: series descriptions 'ax dyn pre', 'ax dyn 1st pass', ...",
        series=series_per_phase,
        contrast_agent=lambda place: GADOLINIUM if place.is_post_contrast else None,
    ),
    Layout(
        name="content-time-only",
        meaning="All phases in one series, AcquisitionNumber 1, 2, 2, ...; only ContentTime tells the posts apart.",
        expected="phases",
        manufacturer="GE MEDICAL SYSTEMS",
        label=lambda place: f"{place.plane_word.capitalize()} 3D FGRE",
        tags=_by_content_time,
        evidence=("ContentTime",),
        source="Breast-MRI-NACT-Pilot, GE GENESIS_SIGNA: series 'Sagittal-IR_3DFGRE'",
        contrast_agent=lambda _: "NONE",
    ),
)
