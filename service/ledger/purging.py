"""Removing all that the ledger holds of studies, so that nothing in it leads back to their patients."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, Connection, Engine, Table, case, delete, false, func, or_, select, update

from tilscope.models.result import StoredObject
from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.patient_key import PatientKey
from tilscope.service.ledger.states import State
from tilscope.service.ledger.tables import (
    actions,
    events,
    metadata,
    outbox,
    patient_annotations,
    patients_of_studies,
    scores,
    study_annotations,
    work,
)

#: In the audit log, in place of a study's UID.
PURGED = "(purged)"
#: Studies in one transaction: others who write wait for it.
_AT_ONCE = 50


@dataclass(frozen=True)
class Purged:
    """How many lines of each kind were removed, or would be."""

    studies: int = 0
    inputs: int = 0
    events: int = 0
    scores: int = 0
    annotations: int = 0
    """Of studies and of patients: seeds, boxes, molecular findings."""
    patient_links: int = 0
    messages: int = 0
    """To webhooks."""
    further: int = 0
    """What else names the studies."""
    audit_lines: int = 0
    """They stay, without the study's UID."""

    def __add__(self, other: Purged) -> Purged:
        return Purged(**{name: count + getattr(other, name) for name, count in vars(self).items()})


class BeingScored(Exception):
    """A study cannot be purged while it is being scored."""

    def __init__(self, study_uids: Sequence[str]) -> None:
        self.study_uids = tuple(study_uids)
        super().__init__(f"{len(self.study_uids)} of the studies are being scored now; purge them when that has ended.")


class Purging:
    """Whole studies only. The service may run meanwhile: each transaction leaves a ledger that is in order."""

    def __init__(self, engine: Engine, reading: Engine, patient_key: PatientKey) -> None:
        self._engine = engine
        self._reading = reading
        self._patient_key = patient_key

    # ------------------------------------------------------------------------------------------------- which studies

    def known(self, study_uid: str) -> bool:
        """Whether the ledger holds anything of this study."""
        with self._reading.begin() as db:
            return any(_counted(db, table, where) for table, where in _of_studies([study_uid]))

    def studies_of(self, patient_id: str) -> list[str]:
        """The patient's studies that are in the ledger, in the archive or no longer."""
        wanted = select(patients_of_studies.c.study_uid).where(
            patients_of_studies.c.patient_key == self._patient_key.of(patient_id)
        )
        with self._reading.begin() as db:
            return list(db.execute(wanted.order_by(patients_of_studies.c.study_uid)).scalars())

    def unchanged_since(self, moment: float, limit: int) -> list[str]:
        """Studies to which nothing has happened since then, the longest unchanged first; none that is being scored."""
        latest = func.max(work.c.updated_at)
        running = func.sum(case((work.c.state == State.RUNNING, 1), else_=0))
        wanted = select(work.c.study_uid).group_by(work.c.study_uid).having(latest < moment, running == 0)
        with self._reading.begin() as db:
            return list(db.execute(wanted.order_by(latest).limit(limit)).scalars())

    def deleted_before(self, moment: float, limit: int) -> list[str]:
        """Studies that the archive deleted before then, and of which nothing has come again; the longest gone first."""
        latest = func.max(work.c.updated_at)
        deleted = func.sum(case((work.c.state == State.DELETED, 1), else_=0))
        others = func.sum(case((work.c.state.in_((State.DELETED, State.SUPERSEDED)), 0), else_=1))
        wanted = select(work.c.study_uid).group_by(work.c.study_uid).having(latest < moment, deleted > 0, others == 0)
        with self._reading.begin() as db:
            return list(db.execute(wanted.order_by(latest).limit(limit)).scalars())

    def being_scored(self, study_uids: Iterable[str]) -> list[str]:
        with self._reading.begin() as db:
            return [uid for some in _some(study_uids) for uid in _running(db, some)]

    def objects_of(self, study_uids: Iterable[str]) -> list[StoredObject]:
        """The objects that the results of these studies name, those of earlier results too."""
        found: dict[str, StoredObject] = {}
        with self._reading.begin() as db:
            for uid in study_uids:
                kept = select(work.c.result).where(work.c.study_uid == uid, work.c.result.is_not(None))
                for result in readable_results(json.loads(text) for text in db.execute(kept).scalars()):
                    found |= {one.sop_instance_uid: one for one in result.objects}
        return list(found.values())

    # ------------------------------------------------------------------------------------------------------- removing

    def count(self, study_uids: Sequence[str], patient_id: str = "") -> Purged:
        """What `purge` would remove."""
        with self._reading.begin() as db:
            counted = [_count(db, some) for some in _some(study_uids)]
            left = _annotations_of_patients(db, self._patients(db, study_uids, patient_id), study_uids)
            return sum(counted, Purged(annotations=_counted(db, patient_annotations, left)))

    def purge(self, study_uids: Sequence[str], patient_id: str = "") -> Purged:
        """Remove all that is known of these studies; `BeingScored` before anything is removed if one of them runs.

        Findings of a patient go with the last of the patient's studies, and with `patient_id` in any case.
        """
        if running := self.being_scored(study_uids):
            raise BeingScored(running)
        done = Purged()
        for some in list(_some(study_uids)) or [()]:
            with self._engine.begin() as db:
                if running := _running(db, some):
                    raise BeingScored(running)
                done += _count(db, some)
                left = _annotations_of_patients(db, self._patients(db, some, patient_id), some)
                done += Purged(annotations=_counted(db, patient_annotations, left))
                db.execute(delete(patient_annotations).where(left))
                _remove(db, some)
        return done

    def purge_findings_without_study(self, moment: float) -> int:
        """Remove what people gave before then of studies and patients of whom nothing has come, or nothing is left."""
        of_study, of_patient = study_annotations.c, patient_annotations.c
        of_none = of_study.study_uid.not_in(select(work.c.study_uid))
        linked_to_none = of_patient.patient_key.not_in(select(patients_of_studies.c.patient_key))
        with self._engine.begin() as db:
            gone = db.execute(delete(study_annotations).where(of_none, of_study.at < moment)).rowcount
            return int(
                gone + db.execute(delete(patient_annotations).where(linked_to_none, of_patient.at < moment)).rowcount
            )

    def _patients(self, db: Connection, study_uids: Sequence[str], patient_id: str) -> tuple[set[str], str]:
        linked = select(patients_of_studies.c.patient_key).where(patients_of_studies.c.study_uid.in_(study_uids))
        return set(db.execute(linked).scalars()), self._patient_key.of(patient_id)


def _of_studies(study_uids: Sequence[str]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Every table that names studies, and the lines about these; first what refers to others."""
    rows = select(work.c.id).where(work.c.study_uid.in_(study_uids))
    for table in reversed(metadata.sorted_tables):
        if table is outbox:
            # Messages are JSON text; those that do not name their study lead to no patient.
            yield table, or_(false(), *(table.c.body.contains(json.dumps(uid)) for uid in study_uids))
        elif table is not actions and "study_uid" in table.c:
            yield table, table.c.study_uid.in_(study_uids)
        elif "work_id" in table.c:
            yield table, table.c.work_id.in_(rows)


def _some(study_uids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """So many as go into one transaction."""
    left = iter(study_uids)
    while some := tuple(islice(left, _AT_ONCE)):
        yield some


def _remove(db: Connection, study_uids: Sequence[str]) -> None:
    for table, where in _of_studies(study_uids):
        db.execute(delete(table).where(where))
    for uid in study_uids:
        nameless = {"study_uid": "", "action": func.replace(actions.c.action, uid, PURGED)}
        db.execute(update(actions).where(actions.c.study_uid == uid).values(**nameless))


def _annotations_of_patients(
    db: Connection, patients: tuple[set[str], str], study_uids: Sequence[str]
) -> ColumnElement[bool]:
    """Findings of the patients of these studies who have no other study in the ledger, and of the one who is meant."""
    linked, meant = patients
    others = select(patients_of_studies.c.patient_key).where(
        patients_of_studies.c.patient_key.in_(linked), patients_of_studies.c.study_uid.not_in(study_uids)
    )
    gone = linked - set(db.execute(others).scalars()) | ({meant} if meant else set())
    return patient_annotations.c.patient_key.in_(gone)


def _count(db: Connection, study_uids: Sequence[str]) -> Purged:
    found = {table.name: _counted(db, table, where) for table, where in _of_studies(study_uids)}
    different = select(func.count(func.distinct(work.c.study_uid))).where(work.c.study_uid.in_(study_uids))
    return Purged(
        studies=int(db.execute(different).scalar_one()),
        inputs=found.pop(work.name),
        events=found.pop(events.name),
        scores=found.pop(scores.name),
        annotations=found.pop(study_annotations.name),
        patient_links=found.pop(patients_of_studies.name),
        messages=found.pop(outbox.name),
        further=sum(found.values()),
        audit_lines=_counted(db, actions, actions.c.study_uid.in_(study_uids)),
    )


def _counted(db: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return int(db.execute(select(func.count()).select_from(table).where(where)).scalar_one())


def _running(db: Connection, study_uids: Sequence[str]) -> list[str]:
    running = select(work.c.study_uid).where(work.c.study_uid.in_(study_uids), work.c.state == State.RUNNING)
    return list(db.execute(running).scalars())
