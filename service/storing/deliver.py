"""A finished result that waits goes into the archive, if the study is still what it was computed from."""

from __future__ import annotations

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.models.imaging.series import Laterality
from tilscope.models.refusals import NoResult
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.pictures import put_picture
from tilscope.service.scoring.study_input import hash_of_study
from tilscope.service.storing.unstored import UnstoredResult


def still_holds(
    finished: UnstoredResult, archive: Archive, study_uid: str, settings: PipelineSettings, known: Known
) -> bool:
    """Whether the study would be computed from the very same input today. One that was deleted meanwhile has none."""
    try:
        inspection = inspect_study(archive, study_uid, settings)
        name = hash_of_study(archive, inspection, study_uid, settings, known.steering, known.molecular)
    except NoResult:
        return False
    return finished.input_hash == name


def deliver(finished: UnstoredResult, archive: OrthancArchive, study_uid: str) -> None:
    """Store it. Whoever was killed in the middle does it again: what is there already stays as it is."""
    archive.store_files(finished.objects)
    for picture in finished.pictures:
        put_picture(archive, study_uid, Laterality(picture.laterality), picture.png, picture.places)
