"""What people have said of a study or of a patient: kept until somebody says something else, with who said it and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select

from service.ledger_tables import patient_statements, patients_studies, statements

#: A statement as plain JSON values.
Said = dict[str, Any]
STEERING, MOLECULAR = "steering", "molecular"


def keep_statement(db: Connection, study_uid: str, about: str, said: Said | None, who: str, now: float) -> None:
    """Of a study; None takes back what was said before."""
    _keep(db, statements, {"study_uid": study_uid, "about": about}, said, who, now)


def keep_statement_of_patient(
    db: Connection, patient_id: str, about: str, said: Said | None, who: str, now: float
) -> None:
    _keep(db, patient_statements, {"patient_id": patient_id, "about": about}, said, who, now)


def said_of(db: Connection, study_uid: str, about: str) -> Said | None:
    """None where nobody has said anything."""
    return _read(db, statements, (statements.c.study_uid == study_uid) & (statements.c.about == about))


def said_of_patient(db: Connection, patient_id: str, about: str) -> Said | None:
    c = patient_statements.c
    return _read(db, patient_statements, (c.patient_id == patient_id) & (c.about == about))


def said_of_study_or_patient(db: Connection, study_uid: str, about: str) -> Said | None:
    """Of the two, key by key, what is said of the study comes first."""
    of_study = said_of(db, study_uid, about)
    link = select(patients_studies.c.patient_id).where(patients_studies.c.study_uid == study_uid)
    patient = db.execute(link).scalar()
    of_patient = said_of_patient(db, patient, about) if patient is not None else None
    return {**(of_patient or {}), **(of_study or {})} or None


def link(db: Connection, study_uid: str, patient_id: str) -> None:
    """This study is that patient's. Kept of patients of whom something was said, and of nobody else."""
    wanted = patients_studies.c.study_uid == study_uid
    db.execute(delete(patients_studies).where(wanted))
    spoken_of = select(patient_statements.c.about).where(patient_statements.c.patient_id == patient_id)
    if patient_id and db.execute(spoken_of.limit(1)).first() is not None:
        db.execute(insert(patients_studies).values(study_uid=study_uid, patient_id=patient_id))


def linked_rightly(db: Connection, study_uid: str, patient_id: str) -> bool:
    """Nothing has to be written."""
    linked = db.execute(select(patients_studies.c.patient_id).where(patients_studies.c.study_uid == study_uid)).scalar()
    spoken_of = select(patient_statements.c.about).where(patient_statements.c.patient_id == patient_id)
    return linked == (patient_id if db.execute(spoken_of.limit(1)).first() is not None else None)


def any_patient(db: Connection) -> bool:
    return db.execute(select(patient_statements.c.about).limit(1)).first() is not None


def merged(before: Said | None, told: Mapping[str, Any]) -> Said | None:
    """What is known after this was told; a key with None takes back what was said before."""
    return {key: value for key, value in {**(before or {}), **told}.items() if value is not None} or None


def _keep(db: Connection, table: Table, key: Mapping[str, str], said: Said | None, who: str, now: float) -> None:
    same = [table.c[name] == value for name, value in key.items()]
    db.execute(delete(table).where(*same))
    if said is not None:
        db.execute(insert(table).values(**key, said=json.dumps(said), who=who, at=now))


def _read(db: Connection, table: Table, wanted: ColumnElement[bool]) -> Said | None:
    row = db.execute(select(table.c.said).where(wanted)).first()
    return json.loads(row.said) if row is not None else None
