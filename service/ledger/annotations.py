"""Annotations that people give of a study or of a patient, with who gave them and when. Each is kept until it is replaced."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, insert, select

from tilscope.service.ledger.tables import patient_annotations, patients_studies, study_annotations

#: As plain JSON values.
Annotation = dict[str, Any]
STEERING, MOLECULAR = "steering", "molecular"


@dataclass(frozen=True)
class Subject:
    """The study or patient that an annotation is about."""

    table: Table
    key: str
    value: str

    def holds(self, about: str) -> ColumnElement[bool]:
        return (self.table.c[self.key] == self.value) & (self.table.c.about == about)


def of_study(study_uid: str) -> Subject:
    return Subject(study_annotations, "study_uid", study_uid)


def of_patient(patient_id: str) -> Subject:
    return Subject(patient_annotations, "patient_id", patient_id)


def annotation_of(db: Connection, subject: Subject, about: str) -> Annotation | None:
    """None where there is none."""
    row = db.execute(select(subject.table.c.said).where(subject.holds(about))).first()
    return json.loads(row.said) if row is not None else None


def keep_annotation(
    db: Connection, subject: Subject, about: str, annotation: Annotation | None, who: str, now: float
) -> None:
    """Replaces the one before; None removes it."""
    db.execute(delete(subject.table).where(subject.holds(about)))
    if annotation is not None:
        kept = {subject.key: subject.value, "about": about, "said": json.dumps(annotation), "who": who, "at": now}
        db.execute(insert(subject.table).values(**kept))


def merged(before: Annotation | None, changes: Mapping[str, Any]) -> Annotation | None:
    """The annotation with these changes; a key whose new value is None is removed."""
    return {key: value for key, value in {**(before or {}), **changes}.items() if value is not None} or None


def link(db: Connection, study_uid: str, patient_id: str) -> None:
    """Record that this study is of that patient. Only of patients with annotations: the ledger holds no other identifiers."""
    db.execute(delete(patients_studies).where(patients_studies.c.study_uid == study_uid))
    if _has_annotations(db, patient_id):
        db.execute(insert(patients_studies).values(study_uid=study_uid, patient_id=patient_id))


class Annotations:
    """Reads the annotations that the next run of a study must use."""

    def __init__(self, engine: Engine, reading: Engine) -> None:
        self._engine = engine
        self._reading = reading

    def steering_of(self, study_uid: str) -> Annotation | None:
        """The seed or box that a person gave for this study's lesions; None where nobody did."""
        with self._reading.begin() as db:
            return annotation_of(db, of_study(study_uid), STEERING)

    def molecular_of(self, study_uid: str) -> Annotation | None:
        """Molecular findings of this study's tumour; None where there are none.

        Value by value, findings of the study come before findings of its patient.
        """
        with self._reading.begin() as db:
            patient = _patient_of(db, study_uid)
            findings_of_patient = annotation_of(db, of_patient(patient), MOLECULAR) if patient is not None else None
            findings_of_study = annotation_of(db, of_study(study_uid), MOLECULAR)
        return {**(findings_of_patient or {}), **(findings_of_study or {})} or None

    def has_patient_annotations(self) -> bool:
        """Whether there are annotations of any patient."""
        with self._reading.begin() as db:
            return db.execute(select(patient_annotations.c.about).limit(1)).first() is not None

    def link_patient(self, study_uid: str, patient_id: str) -> None:
        """Link a study to the patient that its headers name, where that patient has annotations."""
        with self._reading.begin() as db:
            if _patient_of(db, study_uid) == (patient_id if _has_annotations(db, patient_id) else None):
                return
        with self._engine.begin() as db:
            link(db, study_uid, patient_id)


def _patient_of(db: Connection, study_uid: str) -> str | None:
    linked = select(patients_studies.c.patient_id).where(patients_studies.c.study_uid == study_uid)
    return db.execute(linked).scalar()


def _has_annotations(db: Connection, patient_id: str) -> bool:
    """False for an empty identifier, which names no patient."""
    annotations = select(patient_annotations.c.about).where(patient_annotations.c.patient_id == patient_id)
    return bool(patient_id) and db.execute(annotations.limit(1)).first() is not None
