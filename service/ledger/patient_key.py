"""Names patients in the ledger without their identifiers: by a keyed hash, whose key lies in a file beside the database.

Equal identifiers have equal names, so that a patient's studies are found again. Whoever has the database alone cannot try
identifiers until one fits; whoever has the key too can, and so can a search for one patient (`purge --patient`).
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, text

from tilscope.service.ledger.tables import patient_annotations, patients_of_studies
from tilscope.service.settings import PATIENT_KEY_FILE


@dataclass(frozen=True)
class PatientKey:
    """Threads may share one."""

    secret: bytes = field(repr=False)

    @classmethod
    def kept_in(cls, file: Path | None) -> PatientKey:
        """The key in this file, made where there is none; without a file, one for this process only."""
        if file is None:
            return cls(secrets.token_bytes(32))
        if not file.exists():
            _make(file)
        return cls(bytes.fromhex(file.read_text(encoding="ascii")))

    def of(self, patient_id: str) -> str:
        """The patient's name in the ledger; '' for an empty identifier, which names no patient.

        >>> PatientKey(bytes(32)).of("P-1 ") == PatientKey(bytes(32)).of("P-1") != PatientKey(bytes(32)).of("P-2")
        True
        """
        significant = patient_id.strip()  # DICOM pads identifiers with spaces
        return hmac.new(self.secret, significant.encode(), "sha256").hexdigest()[:32] if significant else ""


def beside(url: str) -> Path | None:
    """Where the key of an SQLite database lies; None for one that is in no file of ours."""
    place = make_url(url)
    in_file = place.get_backend_name() == "sqlite" and place.database not in (None, "", ":memory:")
    return Path(str(place.database)).absolute().with_name(PATIENT_KEY_FILE) if in_file else None


def _make(file: Path) -> None:
    """Written under another name first: of two processes that start at once, both read the whole key of one."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as written:
        written.write(secrets.token_hex(32))
        written.flush()
        os.fsync(written.fileno())
    with suppress(FileExistsError):
        os.link(new, file)
    new.unlink()


def name_patients_by_key(db: Connection, key: PatientKey) -> None:
    """Take over what versions before 4 kept under the identifiers themselves."""
    there = set(inspect(db).get_table_names())
    if "patient_statements" in there:
        for row in db.execute(text("SELECT patient_id, about, said, who, at FROM patient_statements")).mappings().all():
            db.execute(patient_annotations.insert().values(patient_key=key.of(row["patient_id"]), **row))
        db.execute(text("DROP TABLE patient_statements"))
    if "patients_studies" in there:
        for study_uid, patient_id in db.execute(text("SELECT study_uid, patient_id FROM patients_studies")).all():
            linked = {"study_uid": study_uid, "patient_key": key.of(patient_id)}
            db.execute(patients_of_studies.insert().values(**linked))
        db.execute(text("DROP TABLE patients_studies"))
