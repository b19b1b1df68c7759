"""How a dynamic series is encoded as DICOM: a table with one small entry per encoding met in practice.

An entry says into which series a phase goes, how that series is labelled, and what each instance carries to tell the
phases apart. What the images show is the same in all of them, so whatever is read must be the same too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

Value = str | int | float
Tags = dict[str, Value]
"""DICOM keyword to value; what an entry does not name is absent from the file."""


@dataclass(frozen=True)
class Place:
    """Where an instance stands in the dynamic acquisition."""

    phase: int
    phases: int
    slice: int
    """Counted in the order in which instances are numbered."""
    slices: int
    injected_at: datetime
    first_started: datetime
    """Of the first phase."""
    started: datetime
    duration: timedelta
    plane_word: str
    """ax or sag, as technologists write it."""

    @property
    def number(self) -> int:
        """Running over all phases, from 1."""
        return self.phase * self.slices + self.slice + 1

    @property
    def is_post_contrast(self) -> bool:
        return self.started >= self.injected_at


@dataclass(frozen=True)
class Layout:
    name: str
    meaning: str
    expected: str
    """What a reader must make of it: 'phases' or the code of the reason for refusal."""
    manufacturer: str
    """Whose encoding it follows. ManufacturerModelName says that it is a phantom."""
    series_per_phase: bool
    label: Callable[[Place], str]
    tags: Callable[[Place], Tags]
    contrast_agent: Callable[[Place], str | None]
    """ContrastBolusAgent, or None where the scanner would not write the module."""


def clock(moment: datetime) -> str:
    """DICOM TM, to the second where the moment is whole."""
    return moment.strftime("%H%M%S.%f") if moment.microsecond else moment.strftime("%H%M%S")


def date(moment: datetime) -> str:
    """DICOM DA."""
    return moment.strftime("%Y%m%d")


def _by_temporal_position(place: Place) -> Tags:
    """GE multiphase: position, acquisition number and both times agree; instances are numbered through."""
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": place.phase + 1,
        "TemporalPositionIdentifier": place.phase + 1,
        "NumberOfTemporalPositions": place.phases,
        "TemporalResolution": place.duration.total_seconds() * 1000,
        "SeriesDate": date(place.first_started),
        "SeriesTime": clock(place.first_started),
        "AcquisitionDate": date(place.started),
        "AcquisitionTime": clock(place.started),
        "ContentDate": date(place.started),
        "ContentTime": clock(place.started),
    }


def _by_series(place: Place) -> Tags:
    """Each phase a series: its times are its own, and the content time is that of the reconstruction, not of the scan."""
    reconstructed = place.started + place.duration + timedelta(seconds=7)
    return {
        "InstanceNumber": place.slice + 1,
        "AcquisitionNumber": 1,
        "SeriesDate": date(place.started),
        "SeriesTime": clock(place.started),
        "AcquisitionDate": date(place.started),
        "AcquisitionTime": clock(place.started),
        "ContentDate": date(reconstructed),
        "ContentTime": clock(reconstructed),
    }


def _by_content_time(place: Place) -> Tags:
    """As the trial's old exams: the acquisition number tells pre from post only, and no other time is there."""
    return {
        "InstanceNumber": place.number,
        "AcquisitionNumber": 2 if place.is_post_contrast else 1,
        "SeriesDate": date(place.first_started),
        "SeriesTime": clock(place.first_started),
        "ContentDate": date(place.started),
        "ContentTime": clock(place.started),
    }


def _pass_label(place: Place) -> str:
    ordinals = ("pre", "1st pass", "2nd pass", "3rd pass")
    return f"{place.plane_word} dyn {ordinals[place.phase] if place.phase < 4 else f'{place.phase}th pass'}"


LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            name="one-series",
            meaning="All phases in one series, told apart by TemporalPositionIdentifier, AcquisitionNumber and times.",
            expected="phases",
            manufacturer="GE MEDICAL SYSTEMS",
            series_per_phase=False,
            label=lambda place: f"{place.plane_word} Vibrant MultiPhase",
            tags=_by_temporal_position,
            contrast_agent=lambda _: "GADOLINIUM CHELATE",
        ),
        Layout(
            name="series-per-phase",
            meaning="Each phase is a series of its own; only SeriesDescription and the times say which.",
            expected="phases",
            manufacturer="SIEMENS",
            series_per_phase=True,
            label=_pass_label,
            tags=_by_series,
            contrast_agent=lambda place: "GADOLINIUM CHELATE" if place.is_post_contrast else None,
        ),
        Layout(
            name="content-time-only",
            meaning="All phases in one series, AcquisitionNumber 1, 2, 2, ...; only ContentTime tells the posts apart.",
            expected="phases",
            manufacturer="GE MEDICAL SYSTEMS",
            series_per_phase=False,
            label=lambda place: f"{place.plane_word.capitalize()} 3D FGRE",
            tags=_by_content_time,
            contrast_agent=lambda _: "NONE",
        ),
    )
}


def layout_named(name: str) -> Layout:
    if name not in LAYOUTS:
        raise ValueError(f"no layout is called {name!r}; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]
