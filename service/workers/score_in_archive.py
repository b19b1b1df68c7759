"""What the engine's workers run for each study: fetch it from Orthanc, score it, store the objects and the pictures there.

`service.scoring` knows archives by their protocol alone, and works where no Orthanc and no server is.
"""

from __future__ import annotations

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.result import StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.pictures import keep_picture
from tilscope.service.scoring.score import score
from tilscope.service.scoring.series_picture import SeriesPicture
from tilscope.service.scoring.stages import Report


def score_in_archive(
    address: OrthancAddress, study_uid: str, settings: PipelineSettings, report: Report, known: Known
) -> StudyResult:
    """Score one study of an Orthanc in this process."""
    with OrthancArchive(address) as archive:

        def keep_refused(picture: SeriesPicture) -> None:
            if not known.result_stands:
                keep_picture(archive, picture)

        return score(
            archive, study_uid, settings, report, known.steering, lambda one: keep_picture(archive, one.picture()),
            known.molecular, known.results, show_refused=keep_refused, result_stands=known.result_stands,
        )  # fmt: skip
