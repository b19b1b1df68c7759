"""One dynamic series from its headers to its numbers and the objects that carry them. Nothing is stored here."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.laterality import contradicting_tag
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.objects.results import ResultObjects, build_results
from tilscope.dicom_io.objects.sr.report_reading import scanner_of
from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.pictures.montage import montage
from tilscope.models.result import PhaseSummary, QualityFinding, SeriesResult, SignatureResult
from tilscope.models.settings import USUAL_OBJECTS, ObjectSettings, PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.service.scoring.earlier_reports import EarlierReports
from tilscope.service.scoring.guidance import Guidance
from tilscope.service.scoring.inputs import input_hash, measurement_hash
from tilscope.service.scoring.measured_series import measure_series
from tilscope.service.scoring.series_picture import SeriesPicture, Show, show_nothing
from tilscope.service.scoring.stages import StageClock
from tilscope.service.site.installed import installed_at


@dataclass(frozen=True, eq=False)
class ScoredSeries:
    """The result of one dynamic series, with all that its objects are built from."""

    result: SeriesResult
    source: DceSource
    series: DceSeries
    regions: Regions
    wanted: ObjectSettings = USUAL_OBJECTS
    """Which objects are written."""

    def picture(self) -> SeriesPicture:
        """All pictures of the series on one sheet."""
        sheet = montage(self.series, self.regions, self.result.ftv_pe_percent)
        return SeriesPicture(self.result.study_uid, self.source.laterality, sheet)

    def objects(self, earlier: EarlierReports) -> ResultObjects:
        """The objects to store. An earlier report on the same images, from another input, is named as the predecessor."""
        previous = earlier.superseded_by(self.result, self.source)
        return build_results(self.result, self.series, self.regions, self.source, previous, self.wanted)


def score_series(
    archive: Archive,
    source: DceSource,
    guidance: Guidance,
    settings: PipelineSettings,
    clock: StageClock,
    other_breast: DceSource | None = None,
    show_refused: Show = show_nothing,
) -> ScoredSeries:
    """Read, prepare, segment and measure one dynamic series. Raises Refused or BadInput with the reason in words.

    `other_breast` is the other series of a pair.
    """
    # Before the series is read: what its images tell of the injection follows from the input, and is no part of it.
    lesions = guidance.lesion_annotations
    name = input_hash((source,), settings, lesions, guidance.molecular)
    measured_from = measurement_hash((source,), settings, lesions)
    measured = measure_series(archive, source, guidance, settings, clock, other_breast, show_refused)
    source, prepared, regions = measured.source, measured.prepared, measured.regions

    signatures: tuple[SignatureResult, ...] = ()
    # Of candidates none is surely a lesion: until a person has said which, there is nothing that a signature could be of.
    if regions.finding.is_scored:
        clock.begin("computing signatures", 0.75)
        installed = installed_at(settings, scanner_of(source.early.headers[0]), guidance.molecular)
        signatures = evaluate_all(prepared, regions, settings, installed, spread=True)

    result = SeriesResult(
        study_uid=source.study_uid,
        series_uids=source.series_uids,
        input_hash=name,
        measurement_hash=measured_from,
        settings_hash=settings.digest(),
        pipeline_version=PIPELINE_VERSION,
        segmenter=f"{regions.algorithm} {regions.algorithm_version}",
        laterality=source.laterality.value,
        time_zero=source.time_zero,
        phases=_phases(source),
        lesions=measured.lesions,
        breast=measured.breast,
        signatures=signatures,
        quality=(*_doubts(source), *measured.quality),
        segmentation=guidance.source,
        demo=settings.demo,
        finding=regions.finding,
        time_zero_assumed=source.time_zero_assumed,
        description=measured.description,
        ftv_pe_percent=settings.ftv.pe_threshold_percent,
    )
    return ScoredSeries(result, source, prepared.series, regions, settings.objects)


def _phases(source: DceSource) -> tuple[PhaseSummary, ...]:
    return tuple(PhaseSummary(i + 1, source.roles.name(i), p.time_s) for i, p in enumerate(source.phases))


def _doubts(source: DceSource) -> tuple[QualityFinding, ...]:
    """What the headers leave in doubt."""
    tag = contradicting_tag((h for phase in source.phases for h in phase.headers), source.laterality)
    if not tag:
        return ()
    sentence = f"The images lie in the patient's {source.laterality.word} breast, but {tag} names the other; the place was believed."
    return (QualityFinding("laterality-contradicted", sentence),)
