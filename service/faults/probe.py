"""Whether what was not well is well again, asked with as little as tells it."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import httpx

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.service.faults.fault import Fault
from tilscope.service.storing.unstored import UnstoredResults

log = logging.getLogger(__name__)
#: A disk on which not even this can be written is full.
_BYTES = 1 << 20


def is_well(fault: Fault, address: OrthancAddress, data: Path, unstored: UnstoredResults) -> bool:
    """Ask the archive, or write to the disk, whichever the fault is of."""
    try:
        if fault.code == "disk-full":
            _write_something(data)
        else:
            _ask(address, unstored if fault.storing else None)
    except (httpx.HTTPError, OSError) as problem:
        log.info("not well yet", extra={"code": fault.code, "kind": type(problem).__name__})
        return False
    return True


def _ask(address: OrthancAddress, unstored: UnstoredResults | None) -> None:
    """Of an archive that stores nothing, the first object that waits is stored: nothing else may be put into it."""
    with OrthancArchive(address) as archive:
        archive.client.get("/changes", limit=1)  # of its database; the bare system answers without one
        for study_uid in unstored.studies() if unstored else ():
            if archive.orthanc_id(study_uid) is None:  # deleted meanwhile: it must not come back
                continue
            if finished := unstored.of(study_uid) if unstored else None:
                archive.store_files(finished.objects[:1])
                return


def _write_something(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_BYTES))
        file.flush()
