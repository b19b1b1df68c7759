"""Annotations that people give of a study or of a patient, with who gave them and when. Each is kept until it is replaced."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union_all,
)

from tilscope.service.ledger.patient_key import PatientKey
from tilscope.service.ledger.tables import patient_annotations, patients_of_studies, study_annotations, work

#: As plain JSON values.
Annotation = dict[str, Any]
STEERING, MOLECULAR = "steering", "molecular"


@dataclass(frozen=True)
class Subject:
    """The study or patient that an annotation is about."""

    table: Table
    key: str
    value: str
    patient_id: str = ""
    """Of a patient: the identifier as people know it."""

    @property
    def columns(self) -> dict[str, str]:
        named = {"patient_id": self.patient_id} if self.table is patient_annotations else {}
        return {self.key: self.value, **named}

    def holds(self, about: str) -> ColumnElement[bool]:
        return (self.table.c[self.key] == self.value) & (self.table.c.about == about)


def unlink_unknown(db: Connection, study_uid: str) -> None:
    """Forget whose a study is that the ledger does not hold any more."""
    known = exists().where(work.c.study_uid == patients_of_studies.c.study_uid)
    db.execute(delete(patients_of_studies).where(patients_of_studies.c.study_uid == study_uid, ~known))


@dataclass(frozen=True)
class KnownFindings:
    """Molecular findings of a study or of a patient, and who gave them."""

    study_uid: str
    patient_id: str
    findings: Annotation
    who: str
    at: float
    studies: int
    """How many studies of the ledger they hold for."""


def of_study(study_uid: str) -> Subject:
    return Subject(study_annotations, "study_uid", study_uid)


def of_patient(patient_key: str, patient_id: str) -> Subject:
    return Subject(patient_annotations, "patient_key", patient_key, patient_id)


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
        kept = {**subject.columns, "about": about, "said": json.dumps(annotation), "who": who, "at": now}
        db.execute(insert(subject.table).values(**kept))


def merged(before: Annotation | None, changes: Mapping[str, Any]) -> Annotation | None:
    """The annotation with these changes; a key whose new value is None is removed."""
    return {key: value for key, value in {**(before or {}), **changes}.items() if value is not None} or None


def link(db: Connection, study_uid: str, patient_key: str) -> None:
    """Record that this study of the ledger is of that patient; '' for none."""
    db.execute(delete(patients_of_studies).where(patients_of_studies.c.study_uid == study_uid))
    known = db.execute(select(work.c.id).where(work.c.study_uid == study_uid).limit(1)).first()
    if patient_key and known is not None:
        db.execute(insert(patients_of_studies).values(study_uid=study_uid, patient_key=patient_key))


class Annotations:
    """Reads the annotations that the next run of a study must use."""

    def __init__(self, engine: Engine, reading: Engine, patient_key: PatientKey) -> None:
        self._engine = engine
        self._reading = reading
        self._patient_key = patient_key

    def steering_of(self, study_uid: str) -> Annotation | None:
        """The seed or box that a person gave for this study's lesions; None where nobody did."""
        with self._reading.begin() as db:
            return annotation_of(db, of_study(study_uid), STEERING)

    def molecular_of(self, study_uid: str) -> Annotation | None:
        """Molecular findings of this study's tumour; None where there are none.

        Value by value, findings of the study come before findings of its patient.
        """
        with self._reading.begin() as db:
            findings_of_study = annotation_of(db, of_study(study_uid), MOLECULAR)
            return {**_of_its_patient(db, study_uid), **(findings_of_study or {})} or None

    def molecular_of_patient_alone(self, study_uid: str) -> tuple[str, ...]:
        """Which findings of `molecular_of` were given of the patient, so that the study cannot take them back."""
        with self._reading.begin() as db:
            own = annotation_of(db, of_study(study_uid), MOLECULAR) or {}
            return tuple(name for name in _of_its_patient(db, study_uid) if name not in own)

    def knows_patient(self, patient_id: str) -> bool:
        """Whether the ledger holds a study of this patient, or findings."""
        key = self._patient_key.of(patient_id)
        with self._reading.begin() as db:
            return any(
                db.execute(select(table.c.patient_key).where(table.c.patient_key == key).limit(1)).first() is not None
                for table in (patients_of_studies, patient_annotations)
            )

    def studies_of_patient(self, patient_id: str) -> frozenset[str]:
        """The Study Instance UIDs of this patient that the ledger holds."""
        key = self._patient_key.of(patient_id)
        linked = select(patients_of_studies.c.study_uid).where(patients_of_studies.c.patient_key == key)
        with self._reading.begin() as db:
            return frozenset(db.execute(linked).scalars())

    def all_molecular(self, limit: int, offset: int) -> tuple[list[KnownFindings], int]:
        """A page of the molecular findings, the latest first, and how many there are in all."""
        studies, patients = study_annotations.c, patient_annotations.c
        linked = select(func.count()).where(patients_of_studies.c.patient_key == patients.patient_key).scalar_subquery()
        of_studies = select(
            studies.study_uid, literal("").label("patient_id"), studies.said, studies.who, studies.at,
            literal(1).label("studies"),
        ).where(studies.about == MOLECULAR)  # fmt: skip
        of_patients = select(
            literal(""), patients.patient_id, patients.said, patients.who, patients.at, linked
        ).where(patients.about == MOLECULAR)  # fmt: skip
        every = union_all(of_studies, of_patients).subquery()
        page = select(every).order_by(every.c.at.desc(), every.c.study_uid, every.c.patient_id)
        with self._reading.begin() as db:
            rows = db.execute(page.limit(limit).offset(offset)).all()
            total = db.execute(select(func.count()).select_from(every)).scalar_one()
        return [
            KnownFindings(r.study_uid, r.patient_id, json.loads(r.said), r.who, r.at, r.studies) for r in rows
        ], int(total)

    def without_patient(self, after: str, limit: int) -> list[str]:
        """Studies that are linked to no patient, in the order of their UIDs, behind this one."""
        linked = exists().where(patients_of_studies.c.study_uid == work.c.study_uid)
        wanted = select(work.c.study_uid).distinct().where(work.c.study_uid > after, ~linked)
        with self._reading.begin() as db:
            return list(db.execute(wanted.order_by(work.c.study_uid).limit(limit)).scalars())

    def link_patient(self, study_uid: str, patient_id: str) -> None:
        """Link a study to the patient that its headers name."""
        patient = self._patient_key.of(patient_id)
        with self._reading.begin() as db:
            if (_patient_of(db, study_uid) or "") == patient:
                return
        with self._engine.begin() as db:
            link(db, study_uid, patient)


def _of_its_patient(db: Connection, study_uid: str) -> Annotation:
    """Molecular findings of the patient of a study."""
    patient = _patient_of(db, study_uid)
    return (annotation_of(db, of_patient(patient, ""), MOLECULAR) if patient is not None else None) or {}


def _patient_of(db: Connection, study_uid: str) -> str | None:
    """The patient's key."""
    linked = select(patients_of_studies.c.patient_key).where(patients_of_studies.c.study_uid == study_uid)
    return db.execute(linked).scalar()
