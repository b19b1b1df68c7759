"""What a layout is: how a dynamic series is encoded as DICOM, and what a reader must make of it.

An entry says into which series a phase goes, how that series is labelled, and what each instance carries to tell the
phases apart. What the images show is the same in all of them, so whatever is read must be the same too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tilscope.phantom.spec import PhantomSpec

Value = str | int | float | list[str]
Tags = dict[str, Value]
"""DICOM keyword to value; what an entry does not name is absent from the file."""

GADOLINIUM = "GADOLINIUM CHELATE"
USUAL_COMPANIONS = ("localizer", "T2", "subtraction")


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
    slab: int = 0
    """0, or 1 for the second of two slabs that were acquired together, one for each breast."""
    slices_of_slabs: tuple[int, ...] = ()
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """ImagePositionPatient."""

    @property
    def number(self) -> int:
        """Running over all phases, from 1; within a phase one slab after the other."""
        together = self.slices_of_slabs or (self.slices,)
        return self.phase * sum(together) + sum(together[: self.slab]) + self.slice + 1

    @property
    def depth(self) -> float:
        """Position along the axis on which the slices stack."""
        return self.position[2 if self.plane_word == "ax" else 0]

    @property
    def is_post_contrast(self) -> bool:
        return self.started >= self.injected_at

    @property
    def since_first_ms(self) -> int:
        return round((self.started - self.first_started).total_seconds() * 1000)

    @property
    def temporal_index(self) -> int:
        """From 1."""
        return self.phase + 1


class InstanceFrames(StrEnum):
    """How many images an instance holds."""

    SINGLE = "one image an instance"
    PHASE = "one multi-frame instance a phase"
    ALL = "one multi-frame instance for all phases"


@dataclass(frozen=True)
class StoredScaling:
    """How stored values relate to the signal (Philips: floating-point value = (SV x RS + RI) / (RS x SS)).

    With `scale_slope` the stored value is the signal times it, and RescaleSlope only brings it into a display range;
    without, RescaleSlope itself leads back to the signal.
    """

    slope: float
    scale_slope: float | None = None
    scale_slope_written: bool = True
    """False where de-identification has removed (2005,100E), as it does with private attributes."""


def _always(_: Place) -> bool:
    return True


def _never(_: Place) -> bool:
    return False


@dataclass(frozen=True)
class Component:
    """A part of the complex signal other than its magnitude, as images of their own at every position of every phase."""

    name: str
    """phase or real."""
    image_type: tuple[str, ...]


@dataclass(frozen=True)
class Copy:
    """A second series (or set of them) of phases, made from the first: it must not count twice."""

    kind: str
    """registered, motion-corrected or duplicate."""
    label: Callable[[Place], str]
    image_type: tuple[str, ...]
    series: Callable[[Place], int]
    tags: Callable[[Place], Tags]
    first_number: int
    holds: Callable[[Place], bool] = _always
    """Which images it is a copy of."""
    resampled: bool = True
    """False for one with the very same pixels."""


def in_one_series(_: Place) -> int:
    return 0


def series_per_phase(place: Place) -> int:
    return place.phase


def _as_it_is(spec: PhantomSpec) -> tuple[PhantomSpec, ...]:
    return (spec,)


def _agent(_: Place) -> str | None:
    return GADOLINIUM


@dataclass(frozen=True)
class Layout:
    name: str
    meaning: str
    expected: str
    """What a reader must make of it: 'phases' or the code of the reason for refusal."""
    manufacturer: str
    """Whose encoding it follows. ManufacturerModelName says that it is a phantom."""
    label: Callable[[Place], str]
    tags: Callable[[Place], Tags]
    evidence: tuple[str, ...]
    """DICOM keywords each of which tells all phases apart; A+B where two do it together; 'pixels' and
    'ContrastBolusStartTime' where they decide what is before contrast."""
    source: str = ""
    """Which real series it follows."""
    series: Callable[[Place], int] = in_one_series
    """Which of the dynamic series an instance goes into, from 0."""
    contrast_agent: Callable[[Place], str | None] = _agent
    """ContrastBolusAgent, or None where the scanner would not write the module."""
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "OTHER")
    first_number: int = 4
    """SeriesNumber of the first dynamic series."""
    examinations: Callable[[PhantomSpec], tuple[PhantomSpec, ...]] = _as_it_is
    """The examination that occurs in this encoding (a sagittal one, one across midnight); two for a pair of breasts."""
    frames: InstanceFrames = InstanceFrames.SINGLE
    scaling: Callable[[Place], StoredScaling] | None = None
    lost: Callable[[Place], bool] = _never
    """Instances that the study lacks."""
    twice: Callable[[Place], bool] = _never
    """Instances that the study holds a second time, under other UIDs."""
    copies: tuple[Copy, ...] = ()
    components: tuple[Component, ...] = ()
    """Interleaved with the magnitude images, in the same series."""
    companions: tuple[str, ...] = USUAL_COMPANIONS


def clock(moment: datetime) -> str:
    """DICOM TM, to the second where the moment is whole."""
    return moment.strftime("%H%M%S.%f") if moment.microsecond else moment.strftime("%H%M%S")


def date(moment: datetime) -> str:
    """DICOM DA."""
    return moment.strftime("%Y%m%d")


def stamp(moment: datetime) -> str:
    """DICOM DT."""
    return moment.strftime("%Y%m%d%H%M%S.%f") if moment.microsecond else moment.strftime("%Y%m%d%H%M%S")


def times(**moments: datetime) -> Tags:
    """Date and time of each kind named: times(Series=..., Content=...) gives SeriesDate, SeriesTime, ContentDate, ..."""
    tags: Tags = {}
    for kind, moment in moments.items():
        tags[f"{kind}Date"], tags[f"{kind}Time"] = date(moment), clock(moment)
    return tags
