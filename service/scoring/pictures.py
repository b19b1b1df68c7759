"""The pictures of a scored or refused study, kept in Orthanc beside it: workers elsewhere can bring them there, they go when
the study goes, and whoever may not see the study sees no picture either."""

from __future__ import annotations

import logging
from contextlib import suppress

import httpx

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.models.imaging.series import Laterality
from tilscope.models.pictures.picture_map import PictureMap
from tilscope.service.scoring.series_picture import SeriesPicture

log = logging.getLogger(__name__)
#: Attachments of the study, in the range that Orthanc leaves to its users: the sheets, and where in the patient they lie.
_SHEETS = {Laterality.BOTH: 9120, Laterality.LEFT: 9121, Laterality.RIGHT: 9122}
_MAPS = {Laterality.BOTH: 9130, Laterality.LEFT: 9131, Laterality.RIGHT: 9132}


def keep_picture(archive: OrthancArchive, picture: SeriesPicture) -> None:
    """Keep the picture of a series beside its study."""
    places = picture.montage.map.to_json() if picture.montage.map is not None else None
    put_picture(archive, picture.study_uid, picture.laterality, picture.montage.png(), places)


def put_picture(
    archive: OrthancArchive, study_uid: str, laterality: Laterality, png: bytes, places_in_patient: bytes | None
) -> None:
    """Replace the earlier picture, which is removed in any case: it must not be shown beside a newer result.

    A picture that cannot be kept is logged; the scores are kept without it.
    """
    try:
        study = archive.orthanc_id(study_uid)
        sheet, places = (f"/studies/{study}/attachments/{numbers[laterality]}" for numbers in (_SHEETS, _MAPS))
        # Never a map beside a sheet that it is not of.
        _delete(archive, places)
        try:
            archive.client.put(sheet, png)
            if places_in_patient is not None:
                archive.client.put(places, places_in_patient)
        except httpx.HTTPError:
            _delete(archive, sheet)
            raise
    except httpx.HTTPError as fault:
        log.warning("the pictures could not be kept", extra={"study_uid": study_uid, "fault": repr(fault)})


def remove_pictures(archive: OrthancArchive, study_uid: str) -> None:
    """Of a study that may be in the archive no longer."""
    study = archive.orthanc_id(study_uid)
    for number in (*_MAPS.values(), *_SHEETS.values()) if study is not None else ():
        _delete(archive, f"/studies/{study}/attachments/{number}")


def _delete(archive: OrthancArchive, place: str) -> None:
    """An attachment that may be there."""
    with suppress(httpx.HTTPError):
        archive.client.delete(place)


def picture_of(archive: OrthancArchive, study_uid: str, laterality: Laterality) -> bytes | None:
    """PNG; None where there is none."""
    return _attachment(archive, study_uid, _SHEETS[laterality])


def map_of(archive: OrthancArchive, study_uid: str, laterality: Laterality) -> PictureMap | None:
    """Where in the patient the picture lies; None of one on which nobody is asked to point."""
    found = _attachment(archive, study_uid, _MAPS[laterality])
    return None if found is None else PictureMap.from_json(found)


def pictured(archive: OrthancArchive, study_uid: str) -> tuple[Laterality, ...]:
    """What the pictures of a study show."""
    study = archive.orthanc_id(study_uid)
    kept = set(archive.client.get(f"/studies/{study}/attachments")) if study is not None else set()
    return tuple(side for side, number in _SHEETS.items() if str(number) in kept)


def _attachment(archive: OrthancArchive, study_uid: str, number: int) -> bytes | None:
    study = archive.orthanc_id(study_uid)
    if study is None:
        return None
    try:
        return archive.client.get_bytes(f"/studies/{study}/attachments/{number}/data")
    except httpx.HTTPStatusError as fault:
        if fault.response.status_code == httpx.codes.NOT_FOUND:
            return None
        raise
