"""One study from its archive to its result objects: the whole pipeline, readable top to bottom.

The same function scores a study in Orthanc, on a DICOMweb server or in a folder.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dicom_io.archives import Archive
from dicom_io.archives.orthanc import OrthancArchive
from dicom_io.archives.orthanc_client import OrthancAddress
from dicom_io.dce.assembly import assemble
from dicom_io.dce.injection import place_injection
from dicom_io.dce.source import DceSource
from dicom_io.dce.volumes import read_series
from dicom_io.objects.results import ResultObjects, build_results, previous_report
from models import PIPELINE_VERSION
from models.kinetics import kinetic_maps
from models.measure import measure_breast, measure_lesion
from models.preparation import prepare
from models.quality import check_enhancement
from models.regions import Regions
from models.result import PhaseSummary, StudyResult
from models.segmentation import segment
from models.series import DceSeries
from models.settings import PipelineSettings
from models.signatures import evaluate_all
from service.references import digest_of_references, installed_references

#: Called with the stage that begins and the fraction of the whole that is done.
Report = Callable[[str, float], None]


@dataclass(frozen=True)
class StoredObject:
    """Where one result object is found in the archive."""

    kind: str
    sop_class_uid: str
    series_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class Scored:
    """The answer for one study, and the objects that carry it."""

    result: StudyResult
    objects: tuple[StoredObject, ...]

    @property
    def input_hash(self) -> str:
        return self.result.input_hash

    def as_json(self) -> dict[str, Any]:
        """result.json and the API's answer."""
        return {**self.result.as_json(), "objects": [asdict(o) for o in self.objects]}


def score(archive: Archive, study_uid: str, settings: PipelineSettings, report: Report) -> Scored:
    """Score one study and store its result objects. Raises Refused or BadInput with the reason in words."""
    clock = _StageClock(report)

    clock.begin("finding the dynamic series", 0.00)
    source = assemble(archive.headers(study_uid), settings.timing)

    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        clock.begin("fetching images", 0.05)
        tick = clock.within(0.05, 0.15)
        files = archive.fetch(study_uid, source.files_needed, Path(folder), tick)
        clock.begin("reading images", 0.15)
        series = read_series(source, files)
    source, series = place_injection(source, series, settings.timing)
    check_enhancement(series)

    clock.begin("preparing", 0.25)
    prepared = prepare(series, settings)
    clock.begin("segmenting", 0.40)
    regions = segment(prepared, settings)
    clock.begin("measuring kinetics", 0.55)
    maps = kinetic_maps(prepared)
    lesions = tuple(measure_lesion(lesion, prepared, maps, settings) for lesion in regions.lesions)
    breast = measure_breast(prepared, regions, maps)
    clock.begin("computing signatures", 0.65)
    signatures = evaluate_all(prepared, regions, settings, installed_references(settings))

    clock.begin("writing results", 0.85)
    result = StudyResult(
        study_uid=study_uid,
        series_uids=source.series_uids,
        input_hash=input_hash(source, settings),
        settings_hash=settings.digest(),
        pipeline_version=PIPELINE_VERSION,
        segmenter=f"{regions.algorithm} {regions.algorithm_version}",
        laterality=source.laterality.value,
        time_zero=source.time_zero,
        phases=_phases(source),
        lesions=lesions,
        breast=breast,
        signatures=signatures,
        timings_s=clock.seconds(),
    )
    objects = _write(archive, result, series, regions, source)
    clock.begin("done", 1.0)
    # The times shown include the writing; what is inside the objects could not know it yet.
    return Scored(replace(result, timings_s=clock.seconds()), objects)


def score_in_archive(address: OrthancAddress, study_uid: str, settings: PipelineSettings, report: Report) -> Scored:
    """What the engine runs in a process of its own."""
    with OrthancArchive(address) as archive:
        return score(archive, study_uid, settings, report)


def input_hash(source: DceSource, settings: PipelineSettings) -> str:
    """Names exactly what a result was computed from and how. Equal hashes give equal results and equal UIDs."""
    facts = [PIPELINE_VERSION, settings.digest(), digest_of_references(settings), source.study_uid]
    facts += sorted(source.instance_uids)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]


def _phases(source: DceSource) -> tuple[PhaseSummary, ...]:
    return tuple(PhaseSummary(i + 1, source.roles.name(i), p.time_s) for i, p in enumerate(source.phases))


def _write(
    archive: Archive, result: StudyResult, series: DceSeries, regions: Regions, source: DceSource
) -> tuple[StoredObject, ...]:
    """Store the objects. A report of ours that another input made before is named as the predecessor."""
    previous = previous_report(archive.our_reports(result.study_uid), result)
    objects: ResultObjects = build_results(result, series, regions, source, previous)
    archive.store(objects)
    return tuple(
        StoredObject(str(o.Modality), str(o.SOPClassUID), str(o.SeriesInstanceUID), str(o.SOPInstanceUID))
        for o in objects
    )


class _StageClock:
    """Tells the stages on, and keeps how long each took."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._begun: list[tuple[str, float]] = []

    def begin(self, stage: str, fraction: float) -> None:
        self._begun.append((stage, time.perf_counter()))
        self._report(stage, fraction)

    def within(self, low: float, high: float) -> Callable[[int, int], None]:
        """Progress inside the stage that runs."""
        stage = self._begun[-1][0]
        return lambda done, total: self._report(stage, low + (high - low) * done / max(total, 1))

    def seconds(self) -> dict[str, float]:
        """Of every stage that has ended."""
        ends = [*(t for _, t in self._begun[1:]), time.perf_counter()]
        pairs = zip(self._begun, ends, strict=True)
        return {stage: round(end - begun, 3) for (stage, begun), end in pairs if stage != "done"}
