"""What people have said of a study or of a patient: kept until somebody says something else, with who said it and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, insert, select

from tilscope.service.ledger.tables import patient_statements, patients_studies, study_annotations

#: A statement as plain JSON values.
Annotation = dict[str, Any]
STEERING, MOLECULAR = "steering", "molecular"


@dataclass(frozen=True)
class Subject:
    """Of whom something is said."""

    table: Table
    key: str
    value: str

    def holds(self, about: str) -> ColumnElement[bool]:
        return (self.table.c[self.key] == self.value) & (self.table.c.about == about)


def of_study(study_uid: str) -> Subject:
    return Subject(study_annotations, "study_uid", study_uid)


def of_patient(patient_id: str) -> Subject:
    return Subject(patient_statements, "patient_id", patient_id)


def annotation_of(db: Connection, subject: Subject, about: str) -> Annotation | None:
    """None where nobody has said anything."""
    row = db.execute(select(subject.table.c.said).where(subject.holds(about))).first()
    return json.loads(row.said) if row is not None else None


def keep_annotation(
    db: Connection, subject: Subject, about: str, said: Annotation | None, who: str, now: float
) -> None:
    """None takes back what was said before."""
    db.execute(delete(subject.table).where(subject.holds(about)))
    if said is not None:
        kept = {subject.key: subject.value, "about": about, "said": json.dumps(said), "who": who, "at": now}
        db.execute(insert(subject.table).values(**kept))


def merged(before: Annotation | None, told: Mapping[str, Any]) -> Annotation | None:
    """What is known after this was told; a key with None takes back what was said before."""
    return {key: value for key, value in {**(before or {}), **told}.items() if value is not None} or None


def link(db: Connection, study_uid: str, patient_id: str) -> None:
    """This study is that patient's. Kept of patients of whom something was said, and of nobody else."""
    db.execute(delete(patients_studies).where(patients_studies.c.study_uid == study_uid))
    if _spoken_of(db, patient_id):
        db.execute(insert(patients_studies).values(study_uid=study_uid, patient_id=patient_id))


class Annotations:
    """What was said, for every run that shall heed it."""

    def __init__(self, engine: Engine, reading: Engine) -> None:
        self._engine = engine
        self._reading = reading

    def steering_of(self, study_uid: str) -> Annotation | None:
        """Where a person said that this study's lesions are; None where nobody did."""
        with self._reading.begin() as db:
            return annotation_of(db, of_study(study_uid), STEERING)

    def molecular_of(self, study_uid: str) -> Annotation | None:
        """What the site knows of this study's tumour from elsewhere; None where nobody said anything.

        Value by value, what is said of the study comes before what is said of its patient.
        """
        with self._reading.begin() as db:
            patient = _patient_of(db, study_uid)
            elsewhere = annotation_of(db, of_patient(patient), MOLECULAR) if patient is not None else None
            here = annotation_of(db, of_study(study_uid), MOLECULAR)
        return {**(elsewhere or {}), **(here or {})} or None

    def knows_patients(self) -> bool:
        """Something was said of some patient."""
        with self._reading.begin() as db:
            return db.execute(select(patient_statements.c.about).limit(1)).first() is not None

    def is_of_patient(self, study_uid: str, patient_id: str) -> None:
        """Seen in the study's headers; kept where something was said of the patient."""
        with self._reading.begin() as db:
            if _patient_of(db, study_uid) == (patient_id if _spoken_of(db, patient_id) else None):
                return
        with self._engine.begin() as db:
            link(db, study_uid, patient_id)


def _patient_of(db: Connection, study_uid: str) -> str | None:
    linked = select(patients_studies.c.patient_id).where(patients_studies.c.study_uid == study_uid)
    return db.execute(linked).scalar()


def _spoken_of(db: Connection, patient_id: str) -> bool:
    """An empty identifier is nobody's."""
    said = select(patient_statements.c.about).where(patient_statements.c.patient_id == patient_id)
    return bool(patient_id) and db.execute(said.limit(1)).first() is not None
