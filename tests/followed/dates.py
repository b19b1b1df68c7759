"""Examinations made of a few words: lesions by place and diameter."""

from __future__ import annotations

from datetime import date, timedelta

from tilscope.models.followup import BreastState, Exam, ExamBreast, ExamLesion
from tilscope.models.followup.exam import OffsetMm
from tilscope.models.result import Measurement, QualityFinding

#: Of a lesion in the middle of the upper outer quadrant of a left breast.
HERE: OffsetMm = (20.0, 40.0, 15.0)


def lesion(
    number: int, at: OffsetMm | None = HERE, longest: float = 30.0, side: str = "L", ftv: float | None = None
) -> ExamLesion:
    """A ball, all of which is functional tumour unless it is said."""
    volume = 3.14159 / 6 * longest**3 / 1000
    return ExamLesion(
        tracking_uid=f"2.25.{number}",
        number=number,
        side=side,
        offset_mm=at,
        measurements=(
            Measurement.of("volume", "Volume", volume, "cm3"),
            Measurement.of("longest_diameter", "Longest diameter", longest, "mm"),
            Measurement.of("ftv", "Functional tumour volume", volume if ftv is None else ftv, "cm3"),
            Measurement.of("ser_mean", "Signal enhancement ratio, mean", 1.1, "{ratio}"),
        ),
    )


def exam(
    week: int,
    *lesions: ExamLesion,
    state: BreastState = BreastState.MEASURED,
    reason: str = "",
    sides: str = "RL",
    volume_cc: float | None = 600.0,
    quality: tuple[QualityFinding, ...] = (),
    patient_id: str = "P1",
    settings_hash: str = "same",
) -> Exam:
    """A date, so many weeks after the first."""
    return Exam(
        study_uid=f"1.2.{week}",
        date=date(2024, 3, 12) + timedelta(weeks=week),
        patient_id=patient_id,
        breasts=tuple(ExamBreast(side, state, reason, volume_cc, quality) for side in sides),
        lesions=lesions,
        settings_hash=settings_hash,
        segmenter="classical",
    )


def beside(way_mm: float, of: OffsetMm = HERE) -> OffsetMm:
    """A place so far to the patient's left."""
    return (of[0] + way_mm, of[1], of[2])
