"""What a result says of two earlier exams: a lesion that shrinks, one that is gone, one that cannot be matched."""

from __future__ import annotations

from tilscope.models.result import ChangeOverTime, ComparedExam, LesionOverTime, OverTime, StoredObject

#: Of the scored study's lesions, in whichever breast they are.
SHRINKS = LesionOverTime(
    "Lesion 1", "L", "2.25.111", (1, 1, 1), "followed through all exams.",
    (
        ChangeOverTime("volume", "Volume", "cm3", (12.5, 6.1, 2.4), -80.8, (-86.1, -74.9)),
        ChangeOverTime("longest_diameter", "Longest diameter", "mm", (34.0, 27.5, 20.1), -40.9),
        ChangeOverTime("ftv", "Functional tumour volume", "cm3", (10.2, None, 1.1), None, None, "no change is told: the second exam warns."),
    ),
)  # fmt: skip
GONE = LesionOverTime(
    "Lesion 2", "L", "2.25.222", (2, None, None), "seen on 2024-01-15 and not since.",
    (ChangeOverTime("volume", "Volume", "cm3", (1.25, None, None), None, None, "there is nothing to compare with."),),
)  # fmt: skip
UNMATCHED = LesionOverTime(
    "Lesion 2 of this exam", "L", "2.25.333", (None, None, 2), "cannot be matched: two earlier lesions lie equally near.",
    (ChangeOverTime("volume", "Volume", "cm3", (None, None, 0.8), None, None, "it has no earlier value."),),
)  # fmt: skip


def earlier_exam(number: int, date: str, doubt: str = "") -> ComparedExam:
    uid = f"1.2.826.0.1.{number}"
    report = StoredObject("SR", "L", "1.2.840.10008.5.1.4.1.1.88.34", f"{uid}.9003", f"{uid}.9003.1")
    return ComparedExam(uid, date, doubt, report)


def followed(study_uid: str) -> OverTime:
    return OverTime(
        (
            earlier_exam(7, "2024-01-15"),
            earlier_exam(8, "2024-02-26", "its lesion lies at the edge of the images; changes of it are not told."),
            ComparedExam(study_uid, "2024-05-20"),
        ),
        (SHRINKS, GONE, UNMATCHED),
        ("Study 1.2.3.4 is not compared: the birth dates differ.",),
    )
