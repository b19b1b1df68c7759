"""A patient's other studies and what became of them. Whether they are surely of the same person is asked of the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, exists, select

from tilscope.models.result_schema import readable_results
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.ledger.states import WITH_RESULT, State
from tilscope.service.ledger.tables import patients_of_studies, work

#: The latest to be scored. A patient under therapy has some four; a filler that many patients share has thousands.
MOST_STUDIES = 12


class SamePatient:
    """Reads studies that have the same patient identifier, by its keyed hash."""

    def __init__(self, reading: Engine) -> None:
        self._reading = reading

    def studies_beside(self, study_uid: str) -> tuple[AnsweredStudy, ...]:
        """Each other study of the patient whose current input has an answer that can be read."""
        linked, own = patients_of_studies.alias("linked"), patients_of_studies.alias("own")
        newer = work.alias("newer")
        answered = (*WITH_RESULT, State.REFUSED)
        later = (newer.c.study_uid == work.c.study_uid) & (newer.c.turn > work.c.turn)
        replaced = exists().where(later, newer.c.state.in_(answered))
        wanted = (
            select(work.c.study_uid, work.c.state, work.c.result, work.c.code, work.c.reason)
            .join(linked, linked.c.study_uid == work.c.study_uid)
            .join(own, own.c.patient_key == linked.c.patient_key)
            .where(own.c.study_uid == study_uid, work.c.study_uid != study_uid, work.c.state.in_(answered), ~replaced)
            .order_by(work.c.finished_at.desc())
            .limit(MOST_STUDIES)
        )
        with self._reading.begin() as db:
            rows = db.execute(wanted).all()
        return tuple(study for row in rows for study in _answered(row))


def _answered(row: Any) -> Iterator[AnsweredStudy]:
    if row.state == State.REFUSED:
        yield AnsweredStudy(row.study_uid, None, row.code, row.reason)
    elif row.result:
        yield from (AnsweredStudy(row.study_uid, result) for result in readable_results([json.loads(row.result)]))
