"""Requests of people, and the annotations that come with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tilscope.service.ledger.annotations import (
    MOLECULAR,
    STEERING,
    Annotation,
    Subject,
    annotation_of,
    keep_annotation,
    link,
    merged,
    of_patient,
    of_study,
)
from tilscope.service.ledger.earlier_results import request_words
from tilscope.service.ledger.lesion_readings import (
    LesionReading,
    PointMm,
    keep_reading,
    readings_of,
    rejected_points,
)
from tilscope.service.ledger.patient_key import PatientKey
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import Event
from tilscope.service.ledger.tables import work
from tilscope.service.ledger.work_rows import WorkRows, receiving

#: The annotation stays as it is.
KEEP: Annotation = {}


@dataclass(frozen=True)
class NewFindings:
    """Molecular findings of a patient, or of the one study that is named."""

    findings: Annotation
    studies: Sequence[tuple[str, str]]
    """Those that are to be scored again, with Orthanc's identifiers."""
    patient_id: str = ""


@dataclass(frozen=True)
class _Standing:
    """Of a request whose earlier result stands if nothing comes of it: where lesions were searched for before."""

    steering: Annotation | None


class Requests:
    """Each is kept on a row that is `receiving`, since the headers must be inspected first: the watcher does that."""

    def __init__(self, rows: WorkRows, patient_key: PatientKey) -> None:
        self._rows = rows
        self._patient_key = patient_key

    def rescore(
        self,
        study_uid: str,
        orthanc_id: str,
        who: str,
        detail: str = "",
        steering: Annotation | None = KEEP,
        molecular: Annotation | None = KEEP,
    ) -> None:
        """A person wants this study scored now, with what has arrived and with today's settings.

        `steering` and `molecular` are kept for every later run too; None removes the annotation.
        """
        with self._rows.engine.begin() as db:
            before = _steering(db, study_uid)
            for about, annotation in ((STEERING, steering), (MOLECULAR, molecular)):
                if annotation is not KEEP:
                    keep_annotation(db, of_study(study_uid), about, annotation, who, self._rows.now())
            self._ask(db, study_uid, orthanc_id, who, detail, _Standing(before))

    def read_lesion(
        self, study: Study, point_mm: PointMm, reading: LesionReading | None, who: str, detail: str
    ) -> bool:
        """A reader's verdict on one lesion of a study, or that it is taken back; returns whether it is scored again.

        That is where a rejection was given or taken back. No result of before stands in its place: what was rejected must
        not come back because nothing is left without it.
        """
        with self._rows.engine.begin() as db:
            before = rejected_points(readings_of(db, study.study_uid))
            keep_reading(db, study.study_uid, point_mm, reading, self._rows.now())
            if rejected_points(readings_of(db, study.study_uid)) == before:
                row = db.execute(select(work).where(work.c.id == study.work_id)).one()
                self._rows.move(db, row, Event.READ, detail, who=who)
                return False
            self._ask(db, study.study_uid, study.orthanc_id, who, detail, request=None)
            return True

    def recalculate(self, studies: Iterable[tuple[str, str]], who: str, detail: str) -> int:
        """Inspect scored studies (given with Orthanc's identifiers) again, behind all that arrives; returns how many.

        Unlike after a request for one study, an input that is still the same stays as it is.
        """
        asked = 0
        behind = {"stable": True, "background": True}
        with self._rows.engine.begin() as db:
            for study_uid, orthanc_id in studies:
                if receiving(db, study_uid) is None:
                    self._rows.add(db, study_uid, orthanc_id, Event.RESCORE, who, detail, **behind)
                    asked += 1
        return asked

    def record_findings(
        self, study_uid: str, orthanc_id: str, findings: Annotation, who: str
    ) -> tuple[Annotation | None, bool]:
        """Record molecular findings of a study, and have it scored again if they changed; a finding of None is removed.

        Returns all findings that are known now, and whether they changed.
        """
        with self._rows.engine.begin() as db:
            return self._record(db, NewFindings(findings, [(study_uid, orthanc_id)]), who)

    def record_findings_of_patient(
        self, patient_id: str, studies: Sequence[tuple[str, str]], findings: Annotation, who: str
    ) -> tuple[Annotation | None, bool]:
        """The same of a patient, for the `studies` that have arrived. Later ones are linked when they are inspected."""
        with self._rows.engine.begin() as db:
            return self._record(db, NewFindings(findings, studies, patient_id), who)

    def record_many_findings(self, many: Iterable[NewFindings], who: str) -> int:
        """All of them or, after a fault, none; returns of how many something has changed."""
        with self._rows.engine.begin() as db:
            return sum(self._record(db, one, who)[1] for one in many)

    def _record(self, db: Connection, new: NewFindings, who: str) -> tuple[Annotation | None, bool]:
        patient = self._patient_key.of(new.patient_id)
        subject = of_patient(patient, new.patient_id.strip()) if new.patient_id else of_study(new.studies[0][0])
        known, changed = self._merge(db, subject, new.findings, who)
        for study_uid, orthanc_id in new.studies if changed else ():
            self._ask(db, study_uid, orthanc_id, who, _names_of(known), _Standing(_steering(db, study_uid)))
            if patient:
                link(db, study_uid, patient)
        return known, changed

    def _merge(
        self, db: Connection, subject: Subject, findings: Annotation, who: str
    ) -> tuple[Annotation | None, bool]:
        """Read and write are one transaction, so that of two people who record different findings at once neither is lost."""
        before = annotation_of(db, subject, MOLECULAR)
        known = merged(before, findings)
        if known == before:
            return known, False
        keep_annotation(db, subject, MOLECULAR, known, who, self._rows.now())
        return known, True

    def _ask(
        self, db: Connection, study_uid: str, orthanc_id: str, who: str, detail: str, request: _Standing | None
    ) -> None:
        """`request` None: whatever comes of it replaces the result of before."""
        row, now = receiving(db, study_uid), _steering(db, study_uid)
        earlier = row.request if row is not None else None
        words = request_words(earlier, request.steering, now) if request else None
        if row is None:
            self._rows.add(db, study_uid, orthanc_id, Event.RESCORE, who, detail, asked_by=who, request=words)
        else:
            values = {"asked_by": who, "examine_after": 0.0, "background": False, "request": words}
            self._rows.move(db, row, Event.RESCORE, detail, who=who, **values)


def _steering(db: Connection, study_uid: str) -> Annotation | None:
    return annotation_of(db, of_study(study_uid), STEERING)


def _names_of(known: Annotation | None) -> str:
    """For the timeline. The numbers stay out of it, since more people read it than know the findings."""
    return f"molecular findings: {', '.join(known or ()) or 'none any more'}"
