"""What a result says of two earlier exams: a lesion that shrinks, one that is gone, one that cannot be matched."""

from __future__ import annotations

from tilscope.models.result import ChangeOverTime, ComparedExam, LesionOverTime, OverTime, StoredObject

#: Of the scored study's lesions, in whichever breast they are.
SHRINKS = LesionOverTime(
    "Lesion 1", "L", "2.25.111", (1, 1, 1), ("found", "matched", "matched"), "",
    (
        ChangeOverTime("ftv", "Functional tumour volume", "cm3", (10.2, 6.5, 1.1), refused="At 2024-02-26: the lesion lies at the edge of the images."),
        ChangeOverTime("longest_diameter", "Longest diameter", "mm", (34.0, 27.5, 20.1), -40.9, -13.9, (-46.4, -34.8), "partial response"),
        ChangeOverTime("volume", "Volume", "cm3", (12.5, 6.1, 2.4), -80.8, -10.1, (-83.6, -77.5)),
        ChangeOverTime("ser_mean", "Mean SER", "1", (1.2, 1.1, 0.85), None, -0.35, (-0.448, -0.252)),
    ),
)  # fmt: skip
GONE = LesionOverTime(
    "Lesion 2 of 2024-01-15", "L", "2.25.222", (2, None, None), ("found", "not found any more", "not found any more"),
    "Nothing is found where it was: whether it is gone a reader must say.",
    (ChangeOverTime("volume", "Volume", "cm3", (1.25, None, None), refused="Nothing is found where it was: whether it is gone a reader must say."),),
)  # fmt: skip
UNMATCHED = LesionOverTime(
    "Lesion 2", "L", "2.25.333", (None, None, 2), ("", "", "cannot be matched"),
    "It may be lesion 2, a piece of it, or new, and its place does not decide it.",
    (ChangeOverTime("volume", "Volume", "cm3", (None, None, 0.8)),),
)  # fmt: skip


def earlier_exam(number: int, date: str) -> ComparedExam:
    uid = f"1.2.826.0.1.{number}"
    report = StoredObject("SR", "L", "1.2.840.10008.5.1.4.1.1.88.34", f"{uid}.9003", f"{uid}.9003.1")
    return ComparedExam(uid, date, report)


def followed(study_uid: str) -> OverTime:
    return OverTime(
        (
            earlier_exam(7, "2024-01-15"),
            earlier_exam(8, "2024-02-26"),
            ComparedExam(study_uid, "2024-05-20"),
        ),
        (SHRINKS, GONE, UNMATCHED),
        ("Study 1.2.3.4 is not compared: the birth dates differ.",),
    )
