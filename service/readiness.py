"""Is a study complete enough to be scored? Asked when it has fallen quiet, answered from its headers alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom import Dataset

from dicom_io.archives import Archive
from dicom_io.assembly import look
from models import PIPELINE_VERSION
from models.settings import PipelineSettings
from service.score import input_hash


@dataclass(frozen=True)
class Ready:
    """All phases are there, with the same slices."""

    input_hash: str


@dataclass(frozen=True)
class NotYet:
    """Something is missing, which may still come."""

    input_hash: str
    """Of what is there, so that an incomplete study is refused once and not at every look."""
    code: str
    reason: str


@dataclass(frozen=True)
class NotOurs:
    """Nothing that a dynamic series could be made of."""


Readiness = Ready | NotYet | NotOurs


def examine(archive: Archive, study_uid: str, settings: PipelineSettings) -> Readiness:
    """Look at a study's headers. Raises only what the archive raises."""
    headers = archive.headers(study_uid)
    if not headers:
        return NotOurs()
    try:
        assembly = look(headers, settings.timing)
        if assembly.source is not None:
            return Ready(input_hash(assembly.source, settings))
        refusal = assembly.refusal
    except Exception as fault:
        # A header that trips the assembly must not stop the watcher. The worker will meet the same fault, and there it
        # is told, retried and given up like any other.
        return NotYet(_hash_of_images(headers, settings), "fault", f"The headers could not be read ({type(fault).__name__}).")
    code, reason = (refusal.code, str(refusal)) if refusal else ("no-dynamic-series", "No dynamic series was found.")
    return NotYet(_hash_of_images(headers, settings), code, reason)


def _hash_of_images(headers: Sequence[Dataset], settings: PipelineSettings) -> str:
    """Stands in for the input hash where there is no dynamic series to take it from."""
    facts = ["incomplete", PIPELINE_VERSION, settings.digest(), *sorted(str(h.SOPInstanceUID) for h in headers)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
