"""The pictures of a scored study, kept in Orthanc beside it: workers elsewhere can bring them there, they go when the study
goes, and whoever may not see the study sees no picture either."""

from __future__ import annotations

import logging
from contextlib import suppress

import httpx

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.models.imaging.series import Laterality
from tilscope.service.scoring.score_series import ScoredSeries

log = logging.getLogger(__name__)
#: Attachments of the study, in the range that Orthanc leaves to its users.
_NUMBERS = {Laterality.BOTH: 9120, Laterality.LEFT: 9121, Laterality.RIGHT: 9122}


def keep_picture(archive: OrthancArchive, scored: ScoredSeries) -> None:
    """Replace the earlier picture, which is removed in any case: it must not be shown beside a newer result.

    A picture that cannot be kept is logged; the scores are kept without it.
    """
    try:
        study = archive.orthanc_id(scored.result.study_uid)
        place = f"/studies/{study}/attachments/{_NUMBERS[scored.source.laterality]}"
        try:
            archive.client.put(place, scored.montage().png())
        except httpx.HTTPError:
            with suppress(httpx.HTTPError):
                archive.client.delete(place)
            raise
    except httpx.HTTPError as fault:
        log.warning(
            "the pictures could not be kept", extra={"study_uid": scored.result.study_uid, "fault": repr(fault)}
        )


def picture_of(archive: OrthancArchive, study_uid: str, laterality: Laterality) -> bytes | None:
    """PNG; None where there is none."""
    study = archive.orthanc_id(study_uid)
    if study is None:
        return None
    try:
        return archive.client.get_bytes(f"/studies/{study}/attachments/{_NUMBERS[laterality]}/data")
    except httpx.HTTPStatusError as fault:
        if fault.response.status_code == httpx.codes.NOT_FOUND:
            return None
        raise
