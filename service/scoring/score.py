"""One study from its archive to its result objects: the whole pipeline, readable top to bottom.

The same function scores a study in Orthanc, on a DICOMweb server or in a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.results import edition_of, named_by_report
from tilscope.models import PIPELINE_VERSION
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import Refused
from tilscope.models.result import RefusedSeries, SeriesResult, StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Molecular
from tilscope.service.scoring.guidance import Guidance, guidance_for, lesion_annotations, manual_rois_of
from tilscope.service.scoring.inputs import input_hash
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.recalculated_series import RecalculatedSeries, recalculated_series
from tilscope.service.scoring.refusal_notes import images_of_source, note_refusal, noting_refusals
from tilscope.service.scoring.score_series import ScoredSeries, score_series
from tilscope.service.scoring.stages import Report, StageClock
from tilscope.service.site.molecular import NOTHING_KNOWN


@dataclass(frozen=True)
class StoredObject:
    """Where one result object is found in the archive."""

    kind: str
    laterality: str
    sop_class_uid: str
    series_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class StudyScore:
    """The answer for one study, and the objects that carry it."""

    result: StudyResult
    objects: tuple[StoredObject, ...]

    @property
    def input_hash(self) -> str:
        return self.result.input_hash

    def as_json(self) -> dict[str, Any]:
        """result.json and the API's answer."""
        return {**self.result.as_json(), "objects": [asdict(o) for o in self.objects]}


def score(
    archive: Archive,
    study_uid: str,
    settings: PipelineSettings,
    report: Report,
    steering: Steering | None = None,
    show: Callable[[ScoredSeries], None] | None = None,
    molecular: Molecular = NOTHING_KNOWN,
    kept: Sequence[SeriesResult] = (),
) -> StudyScore:
    """Score one study and store its result objects. Raises Refused or BadInput with the reason in words; a refused study of
    the breast holds a note of it then (`service.scoring.refusal_notes`).

    Lesions that a person has drawn in the study replace the automatic ones; `steering` says where those shall be looked for.
    `molecular` is what the site knows of the tumour from elsewhere.
    Where only conclusions have changed since one of the results that were `kept`, they are drawn from the report that
    stands, and no image is read.
    `show` gets each series whose images were read while its volumes are still there, for pictures of it.
    """
    clock = StageClock(report)
    clock.begin("finding the dynamic series", 0.00)
    assembly = inspect_study(archive, study_uid, settings).assembly
    with noting_refusals(archive, assembly, settings):
        sources = assembly.require_sources()
        outlines = manual_rois_of(archive, study_uid)
        # Named before anything is computed: what is installed at the site may change meanwhile.
        lesions = lesion_annotations(outlines, steering)
        name = input_hash(sources, settings, lesions, molecular)
        guidance = guidance_for(archive, sources, outlines, steering, molecular)
        scored, refused = _each(archive, sources, guidance, settings, kept, clock)
    scored = _with_editions(archive, study_uid, scored)
    if name != input_hash(sources, settings, lesions, molecular):
        raise RuntimeError("a reference or model was installed while the study was scored; it is scored again")
    clock.begin("writing results", 0.90)
    result = StudyResult(
        study_uid=study_uid,
        input_hash=name,
        settings_hash=settings.digest(),
        pipeline_version=PIPELINE_VERSION,
        dynamic_series=tuple(one.result for one in scored),
        refused_series=tuple(_told(source, refusal) for source, refusal in refused),
        demo=settings.demo,
    )
    objects = [stored for one in scored for stored in _store(archive, one)]
    objects += [note for source, refusal in refused for note in _store_note(archive, source, refusal, settings)]
    for one in scored:
        if show is not None and isinstance(one, ScoredSeries):
            show(one)
    clock.begin("done", 1.0)
    # What is inside the objects could not know these yet: they include the writing.
    return StudyScore(replace(result, timings_s=clock.seconds()), tuple(objects))


def _each(
    archive: Archive,
    sources: Sequence[DceSource],
    guidance: Sequence[Guidance],
    settings: PipelineSettings,
    kept: Sequence[SeriesResult],
    clock: StageClock,
) -> tuple[list[ScoredSeries | RecalculatedSeries], list[tuple[DceSource, Refused]]]:
    """Score every dynamic series; a breast that is refused does not keep the other from its answer."""
    scored: list[ScoredSeries | RecalculatedSeries] = []
    refusals: list[tuple[DceSource, Refused]] = []
    share = 0.85 / len(sources)
    for number, (source, said) in enumerate(zip(sources, guidance, strict=True)):
        about = f", {source.laterality.breasts}" if len(sources) > 1 else ""
        part = clock.share(0.05 + number * share, 0.05 + (number + 1) * share, about)
        try:
            renewed = recalculated_series(archive, source, said, settings, kept, part) if kept else None
            scored.append(renewed or score_series(archive, source, said, settings, part))
        except Refused as refusal:
            refusals.append((source, refusal))
    if not scored:
        raise _refusal_of_all(refusals) from ExceptionGroup("each breast", [refusal for _, refusal in refusals])
    return scored, refusals


def _told(source: DceSource, refusal: Refused) -> RefusedSeries:
    return RefusedSeries(source.series_uids, source.laterality.value, refusal.code, str(refusal))


def _with_editions(
    archive: Archive, study_uid: str, scored: Sequence[ScoredSeries | RecalculatedSeries]
) -> list[ScoredSeries | RecalculatedSeries]:
    """An answer that holds again after another gets a report of its own."""
    reports = archive.our_reports(study_uid)

    def edition(one: ScoredSeries | RecalculatedSeries) -> int:
        return edition_of(reports, one.result, one.wanted if isinstance(one, ScoredSeries) else None)

    return [replace(one, result=replace(one.result, edition=edition(one))) for one in scored]


def _refusal_of_all(refusals: Sequence[tuple[DceSource, Refused]]) -> Refused:
    """One sentence for the study; the code stays that of the reason where both breasts share it."""
    codes = {refusal.code for _, refusal in refusals}
    if len(refusals) == 1 or (len(codes) == 1 and len({str(refusal) for _, refusal in refusals}) == 1):
        return refusals[0][1]
    right, left = (str(refusal) for _, refusal in refusals)
    return Refused("neither-breast", right=right, left=left)


def _store(archive: Archive, scored: ScoredSeries | RecalculatedSeries) -> list[StoredObject]:
    new = list(scored.objects(archive))
    report = scored.report if isinstance(scored, RecalculatedSeries) else _stored_before(archive, scored.result)
    archive.store(new)
    # What an earlier report names is this one's too.
    standing = named_by_report(report, scored.result) if report is not None else {}
    objects = {str(o.SOPInstanceUID): o for o in (*standing.values(), *new)}
    return [_stored(o, scored.result.laterality) for o in objects.values()]


def _stored_before(archive: Archive, result: SeriesResult) -> Dataset | None:
    """The report of this very result, from a run of before: it may name objects that are switched off by now."""
    uid = Author.of(result).instance_uid(Kind.REPORT)
    return next((report for report in archive.our_reports(result.study_uid) if report.SOPInstanceUID == uid), None)


def _store_note(
    archive: Archive, source: DceSource, refusal: Refused, settings: PipelineSettings
) -> Iterator[StoredObject]:
    """On the one breast that is refused; the other one proves that it is one."""
    note = note_refusal(archive, refusal, [images_of_source(source)], settings, is_breast=True)
    if note is not None:
        yield _stored(note, source.laterality.value)


def _stored(obj: Dataset, side: str) -> StoredObject:
    uids = (str(obj.SOPClassUID), str(obj.SeriesInstanceUID), str(obj.SOPInstanceUID))
    return StoredObject(str(obj.Modality), side, *uids)
