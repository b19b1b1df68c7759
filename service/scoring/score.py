"""One study from its archive to its result objects: the whole pipeline, readable top to bottom.

The same function scores a study in Orthanc, on a DICOMweb server or in a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.objects.sr.refused_images import images_of_source
from tilscope.models import PIPELINE_VERSION
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import Refused
from tilscope.models.result import OtherBreast, RefusedSeries, SeriesResult, StoredObject, StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Molecular
from tilscope.service.scoring.earlier_reports import EarlierReports
from tilscope.service.scoring.following import Follow, follow_nothing
from tilscope.service.scoring.guidance import Guidance, guidance_for, lesion_annotations, manual_rois_of
from tilscope.service.scoring.inputs import input_hash, with_digests
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.installed_meanwhile import InstalledMeanwhile
from tilscope.service.scoring.recalculated_series import RecalculatedSeries, recalculated_series
from tilscope.service.scoring.refusal_notes import note_refusal, noting_refusals
from tilscope.service.scoring.score_series import ScoredSeries, score_series
from tilscope.service.scoring.series_picture import Show, show_nothing
from tilscope.service.scoring.stages import Report, StageClock
from tilscope.service.scoring.stored_objects import store, stored_object
from tilscope.service.scoring.study_input import HeldInput, hash_of_study
from tilscope.service.site.molecular import NOTHING_KNOWN


def score(
    archive: Archive,
    study_uid: str,
    settings: PipelineSettings,
    report: Report,
    steering: Steering | None = None,
    show: Callable[[ScoredSeries], None] | None = None,
    molecular: Molecular = NOTHING_KNOWN,
    kept: Sequence[SeriesResult] = (),
    show_refused: Show = show_nothing,
    result_stands: bool = False,
    follow: Follow = follow_nothing,
) -> StudyResult:
    """Score one study and store its result objects. Raises Refused or BadInput with the reason in words; a refused study of
    the breast then holds a note of it (`service.scoring.refusal_notes`).

    Manual ROIs in the study replace the automatic lesions; `steering` tells where automatic lesions are searched for.
    `molecular` are the site's molecular findings of the tumour.
    Where only conclusions have changed since one of the earlier results `kept`, they are recalculated from the current
    report, and no image is read.
    `show` gets each series whose images were read while its volumes are still in memory, for pictures of it; `show_refused`
    gets the picture of each that is refused after its breast was found.
    `result_stands`: a person asks for more than an earlier result; if that is refused, the archive is left as it is.
    `follow` adds what the patient's earlier exams say of the lesions.
    """
    clock = StageClock(report)
    clock.begin("finding the dynamic series", 0.00)
    inspection = inspect_study(archive, study_uid, settings)
    assembly = inspection.assembly
    # Named before anything is computed: what is in the archive, or installed at the site, may change meanwhile.
    name = hash_of_study(archive, inspection, study_uid, settings, steering, molecular)
    archive = HeldInput(archive, study_uid, name, partial(_name_now, archive, study_uid, settings, steering, molecular))
    earlier = EarlierReports(archive, study_uid)
    with nullcontext() if result_stands else noting_refusals(archive, earlier, assembly, settings):
        assembled = assembly.require_sources()
        manual_rois = manual_rois_of(archive, study_uid)
        sources = with_digests(archive, assembled, manual_rois)
        lesions = lesion_annotations(manual_rois, steering)
        guidance = guidance_for(archive, sources, manual_rois, steering, molecular)
        scored, refused = _each(archive, sources, guidance, settings, kept, earlier, clock, show_refused, result_stands)
    scored = _followed([_of_the_exam(one, scored, refused) for one in scored], follow)
    scored = [_with_edition(one, earlier) for one in scored]
    if name != input_hash(sources, settings, lesions, molecular):
        raise InstalledMeanwhile
    clock.begin("writing results", 0.90)
    result = StudyResult(
        study_uid=study_uid,
        input_hash=name,
        settings_hash=settings.digest(),
        pipeline_version=PIPELINE_VERSION,
        dynamic_series=tuple(one.result for one in scored),
        refused_series=tuple(_refused_series(source, refusal) for source, refusal in refused),
        demo=settings.demo,
    )
    objects = [stored for one in scored for stored in store(archive, one, earlier)]
    objects += [note for source, why in refused for note in _note(archive, earlier, source, why, settings)]
    for one in scored:
        if show is not None and isinstance(one, ScoredSeries):
            show(one)
    clock.begin("done", 1.0)
    # What is inside the objects could not know these yet: they include the writing.
    return replace(result, objects=tuple(objects), timings_s=clock.seconds(), cpu_s=clock.cpu_seconds())


def _name_now(
    archive: Archive, study_uid: str, settings: PipelineSettings, steering: Steering | None, molecular: Molecular
) -> str:
    inspection = inspect_study(archive, study_uid, settings)
    return hash_of_study(archive, inspection, study_uid, settings, steering, molecular)


def _each(
    archive: Archive,
    sources: Sequence[DceSource],
    guidance: Sequence[Guidance],
    settings: PipelineSettings,
    kept: Sequence[SeriesResult],
    earlier: EarlierReports,
    clock: StageClock,
    show_refused: Show,
    result_stands: bool,
) -> tuple[list[ScoredSeries | RecalculatedSeries], list[tuple[DceSource, Refused]]]:
    """Score every dynamic series; a breast that is refused does not keep the other from being scored.

    Unless a person pointed into it, and an earlier result of both is there to stand.
    """
    scored: list[ScoredSeries | RecalculatedSeries] = []
    refusals: list[tuple[DceSource, Refused]] = []
    share = 0.85 / len(sources)
    for number, (source, series_guidance) in enumerate(zip(sources, guidance, strict=True)):
        about = f", {source.laterality.breasts}" if len(sources) > 1 else ""
        part = clock.share(0.05 + number * share, 0.05 + (number + 1) * share, about)
        try:
            again = (
                recalculated_series(archive, source, series_guidance, settings, kept, earlier, part) if kept else None
            )
            other_breast = sources[1 - number] if len(sources) == 2 else None
            scored.append(
                again or score_series(archive, source, series_guidance, settings, part, other_breast, show_refused)
            )
        except Refused as refusal:
            if result_stands and series_guidance.steering and series_guidance.steering.points:
                raise
            refusals.append((source, refusal))
    if not scored:
        raise _refusal_of_all(refusals) from ExceptionGroup("each breast", [refusal for _, refusal in refusals])
    return scored, refusals


def _refused_series(source: DceSource, refusal: Refused) -> RefusedSeries:
    return RefusedSeries(source.series_uids, source.laterality.value, refusal.code, str(refusal))


def _of_the_exam(
    one: ScoredSeries | RecalculatedSeries,
    scored: Sequence[ScoredSeries | RecalculatedSeries],
    refused: Sequence[tuple[DceSource, Refused]],
) -> ScoredSeries | RecalculatedSeries:
    """With what became of the other breast, where there are two series."""
    others = [OtherBreast(other.result.laterality) for other in scored if other is not one]
    others += [OtherBreast(source.laterality.value, why.code, str(why)) for source, why in refused]
    return replace(one, result=replace(one.result, other_breast=others[0] if others else None))


def _followed(
    scored: Sequence[ScoredSeries | RecalculatedSeries], follow: Follow
) -> list[ScoredSeries | RecalculatedSeries]:
    """With what earlier exams say. Objects that are kept as they are keep the tracking UIDs that stand in them."""
    followed = follow([one.result for one in scored])
    return [
        replace(one, result=new if isinstance(one, ScoredSeries) else replace(one.result, over_time=new.over_time))
        for one, new in zip(scored, followed, strict=True)
    ]


def _with_edition(one: ScoredSeries | RecalculatedSeries, earlier: EarlierReports) -> ScoredSeries | RecalculatedSeries:
    """A result that holds again after another gets a report of its own."""
    written = one.wanted if isinstance(one, ScoredSeries) else None
    return replace(one, result=replace(one.result, edition=earlier.edition_of(one.result, written)))


def _refusal_of_all(refusals: Sequence[tuple[DceSource, Refused]]) -> Refused:
    """One sentence for the study; the code stays that of the reason where both breasts share it."""
    codes = {refusal.code for _, refusal in refusals}
    if len(refusals) == 1 or (len(codes) == 1 and len({str(refusal) for _, refusal in refusals}) == 1):
        return refusals[0][1]
    if codes == {"no-lesion"}:
        # The breast that takes up more speaks for both.
        return max((refusal for _, refusal in refusals), key=_uptake)
    right, left = (str(refusal) for _, refusal in refusals)
    return Refused("neither-breast", right=right, left=left)


def _note(
    archive: Archive, earlier: EarlierReports, source: DceSource, refusal: Refused, settings: PipelineSettings
) -> Iterator[StoredObject]:
    """The note on one refused breast; that the other was scored proves that the series shows breasts."""
    note = note_refusal(archive, earlier, refusal, [images_of_source(source)], settings, of_a_pair=True)
    if note is not None:
        yield stored_object(note, source.laterality.value)


def _uptake(no_lesion: Refused) -> float:
    """What the gland of a breast without a lesion reaches, percent."""
    high = no_lesion.facts["high"]
    assert isinstance(high, float)
    return high
