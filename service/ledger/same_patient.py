"""The results of a patient's other studies. Whether they are surely of the same person is asked of the archive."""

from __future__ import annotations

import json

from sqlalchemy import Engine, exists, select

from tilscope.models.result import StudyResult
from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.states import WITH_RESULT
from tilscope.service.ledger.tables import patients_of_studies, work

#: The latest to be scored. A patient under therapy has some four; a filler that many patients share has thousands.
MOST_STUDIES = 12


class SamePatient:
    """Reads studies that have the same patient identifier, by its keyed hash."""

    def __init__(self, reading: Engine) -> None:
        self._reading = reading

    def results_beside(self, study_uid: str) -> tuple[StudyResult, ...]:
        """The current result of each other study of the patient, as far as they have one that can be read."""
        linked, own = patients_of_studies.alias("linked"), patients_of_studies.alias("own")
        newer = work.alias("newer")
        has_result = work.c.state.in_(WITH_RESULT) & work.c.result.is_not(None)
        later = (newer.c.study_uid == work.c.study_uid) & (newer.c.turn > work.c.turn)
        replaced = exists().where(later, newer.c.state.in_(WITH_RESULT), newer.c.result.is_not(None))
        wanted = (
            select(work.c.result)
            .join(linked, linked.c.study_uid == work.c.study_uid)
            .join(own, own.c.patient_key == linked.c.patient_key)
            .where(own.c.study_uid == study_uid, work.c.study_uid != study_uid, has_result, ~replaced)
            .order_by(work.c.finished_at.desc())
            .limit(MOST_STUDIES)
        )
        with self._reading.begin() as db:
            kept = [row.result for row in db.execute(wanted).all()]
        return tuple(readable_results(json.loads(one) for one in kept))
