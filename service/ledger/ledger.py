"""The ledger as one thing: opened once, and shared by all who write into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from tilscope.service.ledger.annotations import Annotations
from tilscope.service.ledger.archived import Archived
from tilscope.service.ledger.attempts import Attempts
from tilscope.service.ledger.database import open_database
from tilscope.service.ledger.lesion_readings import LesionReadings
from tilscope.service.ledger.outcomes import Announce
from tilscope.service.ledger.past_calibrations import PastCalibrations
from tilscope.service.ledger.patient_key import PatientKey, beside
from tilscope.service.ledger.purging import Purging
from tilscope.service.ledger.receiving import Receiving
from tilscope.service.ledger.requests import Requests
from tilscope.service.ledger.same_patient import SamePatient
from tilscope.service.ledger.work_rows import WorkRows


class Ledger:
    """Threads may share one."""

    def __init__(
        self,
        url: str,
        now: Callable[[], float] = time.time,
        announce: Announce = lambda db, outcome: None,
        steady: Callable[[], float] | None = None,
        patient_key_file: Path | None = None,
    ) -> None:
        """`announce` is called with the outcome of every attempt, and may write in the same transaction.

        `steady` is the clock of what is waited for; None: the same as `now`. Patients are named with the key in
        `patient_key_file`; without it, with the one beside the database's file.
        """
        self.steady = steady or now
        patient_key = PatientKey.kept_in(patient_key_file or beside(url))
        self.engine: Engine = open_database(url, patient_key)
        self.reading: Engine = self.engine.execution_options(reads_only=True)
        rows = WorkRows(self.engine, self.reading, now, self.steady, announce)
        self.receiving = Receiving(rows)
        self.attempts = Attempts(rows)
        self.archived = Archived(rows)
        self.requests = Requests(rows, patient_key)
        self.past = PastCalibrations(rows)
        self.annotations = Annotations(self.engine, self.reading, patient_key)
        self.readings = LesionReadings(self.reading)
        self.same_patient = SamePatient(self.reading)
        self.purging = Purging(self.engine, self.reading, patient_key)

    def close(self) -> None:
        self.engine.dispose()
