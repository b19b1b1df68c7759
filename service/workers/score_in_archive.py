"""What the engine's workers run for each study: fetch it from Orthanc, score it, store the objects and the pictures there.

`service.scoring` knows archives by their protocol alone, and works where no Orthanc and no server is. A result that Orthanc did
not take the last time is only stored.
"""

from __future__ import annotations

import httpx

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.dicom_io.archives.whose_fault import is_of_the_archive
from tilscope.dicom_io.files import to_bytes
from tilscope.models.refusals import BadInput, NoResult
from tilscope.models.result import StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.service.faults.archive_faults import ResultsNotStored
from tilscope.service.followup.following_in_archive import Following
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.score import score
from tilscope.service.scoring.series_picture import SeriesPicture
from tilscope.service.scoring.stages import Report
from tilscope.service.storing.deliver import Waiting
from tilscope.service.storing.setting_aside import SettingAside
from tilscope.service.storing.unstored import UnstoredPicture, UnstoredResult, UnstoredResults


def score_in_archive(
    address: OrthancAddress,
    study_uid: str,
    settings: PipelineSettings,
    report: Report,
    known: Known,
    unstored: UnstoredResults,
) -> StudyResult | UnstoredResult:
    """Score one study of an Orthanc in this process, or store what was computed before.

    Raises `ResultsNotStored` where Orthanc does not take the results for a fault of its own.
    """
    with SettingAside(address) as archive:
        if finished := unstored.of(study_uid):
            waiting = Waiting(finished, archive, study_uid, settings, known)
            if waiting.still_holds():
                report("storing the results", 0.9)
                _deliver(waiting)
                return finished
        result = _scored(archive, study_uid, settings, report, known)
        if archive.fault is not None:
            kept = unstored.keep(study_uid, _finished(result, archive))
            raise ResultsNotStored(archive.fault, kept)
        return result


def _scored(
    archive: SettingAside, study_uid: str, settings: PipelineSettings, report: Report, known: Known
) -> StudyResult:
    def show_refused(picture: SeriesPicture) -> None:
        if not known.result_stands:
            archive.show(picture)

    try:
        if archive.orthanc_id(study_uid) is None:  # deleted since it was examined
            raise BadInput("no-such-study", study=study_uid)
        # They are needed when all is computed, and Orthanc may be away by then.
        archive.our_reports(study_uid)
        headers = {uid: archive.one_header(uid) for uid in known.studies_to_ask_for(study_uid)}
        return score(
            archive, study_uid, settings, report, known.steering, lambda one: archive.show(one.picture()),
            known.molecular, known.results, show_refused=show_refused, result_stands=known.result_stands,
            follow=Following(known.of_patient, headers.get),
        )  # fmt: skip
    except NoResult:
        # A refusal is soon found again: it waits for its note as a whole.
        if archive.fault is not None:
            raise ResultsNotStored(archive.fault) from None
        raise


def _deliver(waiting: Waiting) -> None:
    try:
        waiting.deliver()
    except httpx.HTTPError as fault:
        if is_of_the_archive(fault):
            raise ResultsNotStored(fault, kept=True) from None
        raise


def _finished(result: StudyResult, archive: SettingAside) -> UnstoredResult:
    return UnstoredResult(
        result.input_hash,
        result.as_json(),
        tuple(map(to_bytes, archive.objects)),
        tuple(map(_picture, archive.pictures)),
    )


def _picture(shown: SeriesPicture) -> UnstoredPicture:
    places = shown.montage.map
    return UnstoredPicture(shown.laterality.value, shown.montage.png(), None if places is None else places.to_json())
