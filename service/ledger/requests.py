"""What people ask of the service, and what they tell it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

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
from tilscope.service.ledger.states import Event
from tilscope.service.ledger.work_rows import WorkRows, receiving

#: Stands for: what was said before stays.
KEEP: Annotation = {}


class Requests:
    """Each is kept on a row that is `receiving`, since the input must be looked at first: the watcher takes it up there."""

    def __init__(self, rows: WorkRows) -> None:
        self._rows = rows

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

        `steering` and `molecular` are kept for every later run too; None takes back what was said before.
        """
        with self._rows.engine.begin() as db:
            for about, said in ((STEERING, steering), (MOLECULAR, molecular)):
                if said is not KEEP:
                    keep_annotation(db, of_study(study_uid), about, said, who, self._rows.now())
            self._ask(db, study_uid, orthanc_id, who, detail)

    def recalculate(self, studies: Iterable[tuple[str, str]], who: str, detail: str) -> int:
        """Scored studies (with Orthanc's identifiers) are looked at anew, behind all that arrives; how many are.

        Unlike after a wish for one study, an input that is still the same stays as it is.
        """
        asked = 0
        behind = {"stable": True, "background": True}
        with self._rows.engine.begin() as db:
            for study_uid, orthanc_id in studies:
                if receiving(db, study_uid) is None:
                    self._rows.add(db, study_uid, orthanc_id, Event.RESCORE, who, detail, **behind)
                    asked += 1
        return asked

    def learn(self, study_uid: str, orthanc_id: str, told: Annotation, who: str) -> tuple[Annotation | None, bool]:
        """Molecular findings of a study; None takes one back. What is known of it now, and whether that is news."""
        with self._rows.engine.begin() as db:
            known, news = self._take_in(db, of_study(study_uid), told, who)
            if news:
                self._ask(db, study_uid, orthanc_id, who, _told_of(known))
        return known, news

    def learn_of_patient(
        self, patient_id: str, studies: Iterable[tuple[str, str]], told: Annotation, who: str
    ) -> tuple[Annotation | None, bool]:
        """The same of a patient; `studies` are those that are there now. Later ones are linked when they are looked at."""
        with self._rows.engine.begin() as db:
            known, news = self._take_in(db, of_patient(patient_id), told, who)
            for study_uid, orthanc_id in studies if news else ():
                link(db, study_uid, patient_id)
                self._ask(db, study_uid, orthanc_id, who, _told_of(known))
        return known, news

    def _take_in(self, db: Connection, subject: Subject, told: Annotation, who: str) -> tuple[Annotation | None, bool]:
        """Beside what was said before. In the transaction that read it: of two who tell different things neither is lost."""
        before = annotation_of(db, subject, MOLECULAR)
        known = merged(before, told)
        if known == before:
            return known, False
        keep_annotation(db, subject, MOLECULAR, known, who, self._rows.now())
        return known, True

    def _ask(self, db: Connection, study_uid: str, orthanc_id: str, who: str, detail: str) -> None:
        row = receiving(db, study_uid)
        if row is None:
            self._rows.add(db, study_uid, orthanc_id, Event.RESCORE, who, detail, asked_by=who)
        else:
            wish = {"asked_by": who, "examine_after": 0.0, "background": False}
            self._rows.move(db, row, Event.RESCORE, detail, who=who, **wish)


def _told_of(known: Annotation | None) -> str:
    """For the timeline. The numbers stay out of it, for more people read it; who said them, and when, is kept."""
    return f"molecular findings: {', '.join(known or ()) or 'none any more'}"
