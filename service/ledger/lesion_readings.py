"""What readers have said of single lesions: confirmed, or rejected. Kept with who and when until it is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from math import dist

from sqlalchemy import Connection, Engine

from tilscope.service.ledger.annotations import STEERING, Annotation, annotation_of, keep_annotation, of_study

READINGS = "readings"
#: Two points so near mean one and the same lesion.
SAME_POINT_MM = 0.05
PointMm = tuple[float, float, float]


class ReadingVerdict(StrEnum):
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True)
class LesionReading:
    """One lesion, as a reader has judged it."""

    point_mm: PointMm
    """Inside the lesion: patient LPS, mm."""
    name: str
    """What the lesion was called then."""
    verdict: ReadingVerdict
    who: str
    at: float

    @classmethod
    def of(cls, plain: Annotation) -> LesionReading:
        x, y, z = plain["point_mm"]
        return cls((x, y, z), plain["name"], ReadingVerdict(plain["verdict"]), plain["who"], plain["at"])

    def is_of(self, point_mm: Sequence[float]) -> bool:
        return dist(self.point_mm, point_mm) <= SAME_POINT_MM


def readings_of(db: Connection, study_uid: str) -> tuple[LesionReading, ...]:
    """In the order in which they were given."""
    kept = annotation_of(db, of_study(study_uid), READINGS) or {}
    return tuple(map(LesionReading.of, kept.get("lesions", ())))


def rejected_points(readings: Sequence[LesionReading]) -> list[list[float]]:
    """Inside each rejected lesion, in an order that does not depend on who came first."""
    return sorted(list(one.point_mm) for one in readings if one.verdict is ReadingVerdict.REJECTED)


def keep_reading(db: Connection, study_uid: str, point_mm: PointMm, reading: LesionReading | None, now: float) -> None:
    """Replaces what was said of the lesion at this point; None takes it back."""
    others = [one for one in readings_of(db, study_uid) if not one.is_of(point_mm)]
    kept = [*others, replace(reading, at=now)] if reading else others
    said = {"lesions": [asdict(one) for one in kept]} if kept else None
    keep_annotation(db, of_study(study_uid), READINGS, said, reading.who if reading else "", now)


class LesionReadings:
    """Reads what readers have said of a study's lesions."""

    def __init__(self, reading: Engine) -> None:
        self._reading = reading

    def of(self, study_uid: str) -> tuple[LesionReading, ...]:
        """In the order in which they were given."""
        with self._reading.begin() as db:
            return readings_of(db, study_uid)

    def steering_of(self, study_uid: str) -> Annotation | None:
        """What the next run must use: the seed or box that a person gave, else what was rejected; None without either."""
        with self._reading.begin() as db:
            pointed = annotation_of(db, of_study(study_uid), STEERING)
            rejected = rejected_points(readings_of(db, study_uid))
        return pointed or ({"rejected_mm": rejected} if rejected else None)
