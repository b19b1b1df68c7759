"""One study of a cohort scored as the service scores it; the archive that it comes from is only read.

What was measured is kept, so that a reference or a model that is installed later changes the table without an image being
read again.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image
from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.archives.passed_on import PassedOn
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.objects.sr.report_reading import scanner_of
from tilscope.models.pictures.montage import Montage
from tilscope.models.pictures.raster import pixels_of
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.result import RefusedSeries, SeriesResult
from tilscope.models.settings import PipelineSettings
from tilscope.service.research.cohort.cohort_study import CohortStudy
from tilscope.service.research.cohort.kept_studies import KeptStudies
from tilscope.service.research.extraction.extract_study import StudyAt
from tilscope.service.scoring.guidance import lesion_annotations, manual_rois_of
from tilscope.service.scoring.inputs import measurement_hash, with_digests
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.recalculated_series import concluded_anew
from tilscope.service.scoring.score import score
from tilscope.service.scoring.series_picture import SeriesPicture
from tilscope.service.scoring.stages import Report
from tilscope.service.site.installed import installed_at

#: Pixels for each unit of a montage, which is 800 units wide: letters can be read, and a thousand fit into one page.
_PER_UNIT = 1.25
_QUALITY = 75


@dataclass(frozen=True)
class ScoreStudies:
    """What is done with each study of a cohort."""

    settings: PipelineSettings
    kept: KeptStudies
    objects_folder: str = ""
    """Where the result objects go, in a folder for each study; '' for nowhere."""

    timed_out = "timed-out"

    def __call__(self, study: StudyAt, report: Report) -> CohortStudy:
        with study.open() as archive:
            out = Path(self.objects_folder) / study.study_uid if self.objects_folder else None
            return _score(ResultsAside(archive, out), study.study_uid, self.settings, self.kept, report)


class ResultsAside(PassedOn):
    """An archive that is only read: results go into a folder, or nowhere, and what was stored before does not count."""

    def __init__(self, archive: Archive, out: Path | None) -> None:
        super().__init__(archive)
        self._out = out

    def our_reports(self, study_uid: str) -> list[Dataset]:
        return []

    def store(self, objects: Iterable[Dataset]) -> None:
        if self._out is not None:
            self._out.mkdir(parents=True, exist_ok=True)
            FolderArchive(self._out, self._out, files=()).store(objects)


def _score(
    archive: Archive, study_uid: str, settings: PipelineSettings, kept: KeptStudies, report: Report
) -> CohortStudy:
    inspected = inspect_study(archive, study_uid, settings)
    about = _about(study_uid, inspected.headers)
    try:
        assembled = inspected.assembly.require_sources()
    except (Refused, BadInput) as refusal:
        # Read from the headers alone, in no time: nothing is kept of it, for the rest of the study may still come.
        return replace(about, refused=(_refused(refusal),))
    manual_rois = manual_rois_of(archive, study_uid)
    sources = with_digests(archive, assembled, manual_rois)
    lesions = lesion_annotations(manual_rois)
    name = measurement_hash(sources, settings, lesions)
    if (before := kept.read(name)) is not None and (now := _with_todays_conclusions(before, sources, settings)):
        return now
    return _from_images(archive, about, sources, settings, kept, name, report)


def _from_images(
    archive: Archive,
    about: CohortStudy,
    sources: Sequence[DceSource],
    settings: PipelineSettings,
    kept: KeptStudies,
    name: str,
    report: Report,
) -> CohortStudy:
    pictures: dict[str, bytes] = {}

    def show(picture: SeriesPicture) -> None:
        pictures[picture.laterality.value] = _jpeg(picture.montage)

    try:
        result = score(
            archive, about.study_uid, settings, report, show=lambda one: show(one.picture()), show_refused=show
        )
        study = replace(about, result=result, refused=result.refused_series)
    except Refused as refusal:
        study = replace(about, refused=tuple(_refused_each(refusal, sources)))
    except BadInput as problem:
        # Images that cannot be read now may be sent again, under the same names.
        return replace(about, refused=(_refused(problem),))
    study = replace(study, pictures=kept.write_pictures(name, pictures))
    kept.write(name, study)
    return study


def _with_todays_conclusions(
    before: CohortStudy, sources: Sequence[DceSource], settings: PipelineSettings
) -> CohortStudy | None:
    """None where the images must be read for what is installed now."""
    if before.result is None:
        return before
    by_side = {source.laterality.value: source for source in sources}
    series = [
        _concluded(one, by_side[one.laterality], before.scanner, settings) for one in before.result.dynamic_series
    ]
    whole = tuple(one for one in series if one is not None)
    return replace(before, result=replace(before.result, dynamic_series=whole)) if len(whole) == len(series) else None


def _concluded(kept: SeriesResult, source: DceSource, scanner: str, settings: PipelineSettings) -> SeriesResult | None:
    if not kept.finding.is_scored:
        return kept
    signatures = concluded_anew(kept, settings, installed_at(settings, scanner))
    return None if signatures is None else replace(kept, signatures=signatures)


def _about(study_uid: str, headers: Sequence[Dataset]) -> CohortStudy:
    first = headers[0] if headers else Dataset()
    patient, day = (str(first.get(keyword) or "") for keyword in ("PatientID", "StudyDate"))
    return CohortStudy(study_uid, patient, day, scanner_of(first))


def _refused_each(refusal: Refused, sources: Sequence[DceSource]) -> Iterator[RefusedSeries]:
    """Of two breasts that were refused, each with its own reason."""
    cause = refusal.__cause__
    each = cause.exceptions if isinstance(cause, ExceptionGroup) else ()
    if len(each) != len(sources) or len(each) < 2:
        yield _refused(refusal, sources[0] if len(sources) == 1 else None)
        return
    for one, source in zip(each, sources, strict=True):
        assert isinstance(one, Refused)
        yield _refused(one, source)


def _refused(refusal: Refused | BadInput, source: DceSource | None = None) -> RefusedSeries:
    series, side = (source.series_uids, source.laterality.value) if source else ((), "")
    return RefusedSeries(series, side, refusal.code, str(refusal))


def _jpeg(sheet: Montage) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels_of(sheet.drawing, sheet.style.paper, _PER_UNIT)).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
