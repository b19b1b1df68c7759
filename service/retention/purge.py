"""Purging on request: which studies are meant, what of them is removed, and a line in the audit log that names none of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.models.result import StoredObject
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.audit_log import AuditEntry, AuditLog
from tilscope.service.ledger.erasing import erase_deleted
from tilscope.service.ledger.purging import BeingScored, Purged
from tilscope.service.retention.result_objects import find_ours, remove
from tilscope.service.retention.study_files import remove_files
from tilscope.service.scoring.pictures import remove_pictures

_DAY_S = 86400.0
#: Of one request. Whoever has more asks again.
MOST_STUDIES = 100_000
#: As a request would end on the page.
_TAKEN, _FAULT = 200, 500


@dataclass(frozen=True)
class ToPurge:
    """Which studies are meant, by one of these three."""

    study_uid: str = ""
    patient_id: str = ""
    older_than_days: float | None = None
    """Nothing has happened to them for so long."""


@dataclass(frozen=True)
class PurgeReport:
    """What was removed; after a trial, what would be."""

    purged: Purged
    result_objects: int = 0
    """Of the archive."""
    result_objects_left: tuple[str, ...] = ()
    """SOP Instance UIDs of those that the archive did not remove, for whoever removes them there by hand."""
    erased: bool = False
    """Whether the ledger's file was rewritten too, so that no byte of it is left there."""

    @property
    def sentence(self) -> str:
        return sentence_of(self.purged.studies)


def sentence_of(studies: int) -> str:
    """For the audit log, which must not lead back to them."""
    return "1 study was purged" if studies == 1 else f"{studies} studies were purged"


def studies_meant(ledger: Ledger, wanted: ToPurge, archive: OrthancArchive | None = None) -> list[str]:
    """Those of which the ledger knows anything. The archive, where it is there, knows of a patient's older studies too."""
    if wanted.older_than_days is not None:
        return ledger.purging.unchanged_since(time.time() - wanted.older_than_days * _DAY_S, MOST_STUDIES)
    meant = [wanted.study_uid] if wanted.study_uid else ledger.purging.studies_of(wanted.patient_id)
    if wanted.patient_id and archive is not None:
        meant += [uid for uid, _ in archive.studies_of(wanted.patient_id) if uid not in meant]
    return [uid for uid in meant if ledger.purging.known(uid)]


def try_purge(
    ledger: Ledger, wanted: ToPurge, archive: OrthancArchive | None = None, results: bool = False
) -> PurgeReport:
    """What `purge` would remove. Nothing is changed; `BeingScored` where it could not be done now."""
    studies = studies_meant(ledger, wanted, archive)
    if running := ledger.purging.being_scored(studies):
        raise BeingScored(running)
    objects = find_ours(archive, ledger.purging.objects_of(studies)) if archive is not None and results else {}
    return PurgeReport(ledger.purging.count(studies, wanted.patient_id), len(objects))


def purge(
    ledger: Ledger, data: Path, wanted: ToPurge, who: str, archive: OrthancArchive | None = None, results: bool = False
) -> PurgeReport:
    """Remove all that the ledger and the data directory hold of these studies.

    With `results` TILscope's objects and pictures in the archive too.

    The archive is asked first, so that nothing is done where it does not answer; the ledger forgets first, so that nobody
    takes the objects for deleted by accident and makes them again.
    """
    studies = studies_meant(ledger, wanted, archive)
    objects: Sequence[StoredObject] = ledger.purging.objects_of(studies) if results else ()
    found = find_ours(archive, objects) if archive is not None else {}
    audit_log = AuditLog(ledger.engine)
    number = audit_log.begin(AuditEntry(time.time(), who, sentence_of(len(studies)), "", None))
    try:
        purged = ledger.purging.purge(studies, wanted.patient_id)
        remove_files(data, studies)
        left = []
        if archive is not None and results:
            left = remove(archive, found)
            for uid in studies:
                remove_pictures(archive, uid)
        erased = erase_deleted(ledger.engine)
    except BaseException:
        audit_log.complete(number, _FAULT)
        raise
    audit_log.complete(number, _FAULT if left else _TAKEN)
    return PurgeReport(purged, len(found) - len(left), tuple(left), erased)
