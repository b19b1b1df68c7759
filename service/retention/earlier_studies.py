"""Studies that came before the ledger linked each to its patient: the archive is asked whose they are, once in a life of the service."""

from __future__ import annotations

import logging

import httpx

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.service.ledger import Ledger

log = logging.getLogger(__name__)
_PORTION = 50


class EarlierStudies:
    """Goes through the studies without a patient. Those that the archive no longer has stay without."""

    def __init__(self, ledger: Ledger, orthanc: OrthancAddress) -> None:
        self._ledger = ledger
        self._orthanc = orthanc
        self._done_up_to = ""

    def link_some(self) -> bool:
        """A portion; whether there may be more. Where the archive does not answer, there is none for now."""
        unlinked = self._ledger.annotations.without_patient(self._done_up_to, _PORTION)
        if not unlinked:
            return False
        try:
            with OrthancArchive(self._orthanc) as archive:
                for uid in unlinked:
                    self._ledger.annotations.link_patient(uid, archive.patient_id(uid))
                    self._done_up_to = uid
        except httpx.HTTPError as fault:
            log.info("patients of earlier studies are asked for later", extra={"fault": type(fault).__name__})
            return False
        return len(unlinked) == _PORTION
