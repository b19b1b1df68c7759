"""One examination as it is followed: what each breast's answer is worth, and the lesions with their places and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tilscope.models.result import Measurement, QualityFinding, Side

OffsetMm = tuple[float, float, float]
"""From the nipple, mm towards the patient's left, back and head."""


class BreastState(StrEnum):
    """What an examination says of one breast."""

    MEASURED = "measured"
    """Its lesions are masses, outlined and measured; or it was searched beside them and holds none."""
    EMPTY = "empty"
    """The examination was understood and nothing in it passed for a lesion."""
    NEEDS_READER = "needs a reader"
    """There are candidates, and a person must decide."""
    DIFFUSE = "diffuse"
    """A large part of the gland enhances: an extent, and no lesion with a border."""
    REFUSED = "refused"
    """A rule says no to the images."""

    @property
    def is_searched(self) -> bool:
        """Whether a lesion that is not found there is told apart from one that was not looked for."""
        return self in (BreastState.MEASURED, BreastState.EMPTY)


@dataclass(frozen=True)
class ExamBreast:
    """One breast at one date."""

    side: Side
    state: BreastState
    reason: str = ""
    """Why it is not measured, as a sentence; '' where it is."""
    volume_cc: float | None = None
    """Of the breast, by which places are scaled; None where it is not known."""
    quality: tuple[QualityFinding, ...] = ()
    """What the gates have found on its series."""


@dataclass(frozen=True)
class ExamLesion:
    """One lesion at one date."""

    tracking_uid: str
    """As its segment has it."""
    number: int
    """As in that date's result."""
    side: Side
    offset_mm: OffsetMm | None
    """Of its middle from the nipple; None where no nipple is known, as in results before 1.6."""
    measurements: tuple[Measurement, ...]
    """As in that date's result: `ftv`, `longest_diameter`, `volume`, `ser_mean` and the others."""
    signatures: tuple[Measurement, ...] = ()
    """The main scores, by the signature's id; of the index lesion only."""
    place: str = ""
    """Quadrant, clock face and depth in words; '' where none is known."""

    def value(self, id: str) -> float | None:
        """A measurement's or a main score's; None where there is none."""
        return next((one.value for one in (*self.measurements, *self.signatures) if one.id == id), None)


@dataclass(frozen=True)
class Exam:
    """One date of one patient."""

    study_uid: str
    date: date
    patient_id: str
    breasts: tuple[ExamBreast, ...]
    """Those that were imaged, the right one first."""
    lesions: tuple[ExamLesion, ...]
    """Of measured breasts only, as the result numbers them."""
    settings_hash: str = ""
    """Of the settings that the numbers depend on: others measure another thing."""
    segmenter: str = ""
    """What has outlined the lesions."""

    def breast(self, side: str) -> ExamBreast | None:
        """None where that side was not imaged."""
        return next((one for one in self.breasts if one.side == side), None)

    def lesions_of(self, side: str) -> tuple[ExamLesion, ...]:
        """Those of one breast."""
        return tuple(one for one in self.lesions if one.side == side)
