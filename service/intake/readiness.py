"""Whether a study is complete enough to be scored, decided from its headers alone when it has fallen quiet."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.assembly import Assembly
from tilscope.dicom_io.dce.expected_phases import missing_phases
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Molecular
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.study_input import hash_of_files, hash_of_study
from tilscope.service.site.molecular import NOTHING_KNOWN


@dataclass(frozen=True)
class Ready:
    """All phases are there, with the same slices."""

    input_hash: str


@dataclass(frozen=True)
class NotYet:
    """Something is missing, which may still come."""

    input_hash: str
    """Of what is there, so that an incomplete study is handed on once and not at every inspection."""
    code: str
    reason: str


@dataclass(frozen=True)
class NotOurs:
    """No MR image at all, or not to be scored by the site's rules: passed over in silence, unless a person asked for it."""

    input_hash: str


Readiness = Ready | NotYet | NotOurs


def examine(
    archive: Archive,
    study_uid: str,
    settings: PipelineSettings,
    steering: Steering | None = None,
    molecular: Molecular = NOTHING_KNOWN,
) -> Readiness:
    """Inspect a study's headers. `steering` and `molecular` are annotations of people, which enter the input hash.

    Raises only when the archive does not answer (`httpx.HTTPError`).
    """
    files = archive.input_files(study_uid)
    try:
        headers = archive.headers(study_uid)
        if not headers:
            return NotOurs(hash_of_files(study_uid, files, settings))
        inspection = inspect_study(archive, study_uid, settings, headers=headers)
        assembly = inspection.assembly
        if inspection.rule is not None and not inspection.rule.score:
            return NotOurs(hash_of_study(archive, inspection, study_uid, settings, steering, molecular))
        name = hash_of_study(archive, inspection, study_uid, settings, steering, molecular)
        missing = assembly.refusal or _not_arrived(assembly)
        return Ready(name) if missing is None else NotYet(name, missing.code, str(missing))
    except httpx.HTTPError:
        raise
    except BadInput as refusal:
        return NotYet(hash_of_files(study_uid, files, settings), refusal.code, str(refusal))
    except Exception as fault:
        # A header that cannot be read must not stop the watcher. The worker will meet the same fault, and there it is
        # reported, retried and given up like any other.
        reason = f"The headers could not be read ({type(fault).__name__})."
        return NotYet(hash_of_files(study_uid, files, settings), "unreadable-headers", reason)


def _not_arrived(assembly: Assembly) -> Refused | None:
    """Phases that the headers announce. If they never come, the study is scored without: scanners announce too many."""
    for source in assembly.require_sources():
        if missing := missing_phases(source):
            return Refused("phases-missing", found=missing.found, promised=missing.expected, series=source.name)
    return None
