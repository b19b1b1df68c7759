"""One dynamic series from its headers to its lesions, measured: what scoring and the features of a cohort have in common."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.injection_time import place_injection
from tilscope.dicom_io.dce.phases_alike import leave_out_unlike
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.description.describe import describe
from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.kinetics.maps import kinetic_maps
from tilscope.models.measure import measure_breast, measure_lesion
from tilscope.models.preparation.freed_memory import give_back
from tilscope.models.preparation.prepare import prepare
from tilscope.models.quality import Examined, assess, check_enhancement
from tilscope.models.result import Description, LesionResult, Measurement, QualityFinding
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.guidance import Guidance
from tilscope.service.scoring.other_breast import level_of_other_breast
from tilscope.service.scoring.series_picture import Show, show_nothing, showing_refusal
from tilscope.service.scoring.stages import StageClock


@dataclass(frozen=True, eq=False)
class MeasuredSeries:
    """The images in memory, divided into regions, and found good enough to be scored."""

    source: DceSource
    """With the injection where the images place it."""
    prepared: PreparedSeries
    regions: Regions
    lesions: tuple[LesionResult, ...]
    breast: tuple[Measurement, ...]
    description: Description
    quality: tuple[QualityFinding, ...]


def measure_series(
    archive: Archive,
    source: DceSource,
    guidance: Guidance,
    settings: PipelineSettings,
    clock: StageClock,
    other_breast: DceSource | None = None,
    show_refused: Show = show_nothing,
) -> MeasuredSeries:
    """Read, prepare, segment and measure; three quarters of the clock. Raises Refused or BadInput with the reason in words.

    `other_breast` is the other series of a pair: asked only where this one does not decide. `show_refused` gets the picture of
    a series that is refused after its breast was found.
    """
    source, prepared, left_out = prepared_of(archive, source, settings, clock, show_refused)
    with showing_refusal(source, prepared, show_refused):
        clock.begin("segmenting", 0.45)
        regions = guidance.regions(prepared, settings)
        if regions.finding is Finding.CANDIDATES and other_breast is not None:
            clock.begin("comparing with the other breast", 0.50)
            level = level_of_other_breast(archive, other_breast, settings)
            regions = guidance.regions(prepared, settings, level)
        give_back()
        clock.begin("measuring kinetics", 0.65)
        maps = kinetic_maps(prepared)
        lesions = tuple(measure_lesion(lesion, prepared, maps, settings) for lesion in regions.lesions)
        breast = measure_breast(prepared, regions, maps)
        description = describe(prepared, regions, maps, settings.description)
        quality = (*left_out, *assess(Examined(prepared, regions, lesions, breast, settings)))
    give_back()
    return MeasuredSeries(source, prepared, regions, lesions, breast, description, quality)


def prepared_of(
    archive: Archive,
    source: DceSource,
    settings: PipelineSettings,
    clock: StageClock,
    show_refused: Show = show_nothing,
) -> tuple[DceSource, PreparedSeries, tuple[QualityFinding, ...]]:
    """Read and made ready, and what was left out. The phases as they were read end with this: where she moved, nothing needs them."""
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        clock.begin("fetching images", 0.00)
        files = archive.fetch(source.study_uid, source.files_needed, Path(folder), clock.within(0.00, 0.10))
        clock.begin("reading images", 0.10)
        series = read_series(source, files)
    alike = leave_out_unlike(source, series, settings.timing)
    source, series = place_injection(alike.source, alike.series, settings.timing)
    check_enhancement(series)

    clock.begin("preparing", 0.25)
    with showing_refusal(source, series, show_refused):
        prepared = prepare(series, settings)
    return source, prepared, alike.left_out
