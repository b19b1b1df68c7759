"""The complete feature sets of one study, once for each outline or change. The images are read and made ready once."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace

from tilscope.dicom_io.archives import Archive
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.short_hash import hash_of_facts
from tilscope.models.signatures.base import SignatureCase
from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.extract_study import (
    Extracted,
    StudyAt,
    patient_of,
    refused_row,
    with_features,
    without_checkpoint,
)
from tilscope.service.research.extraction.feature_rows import Row, RowState
from tilscope.service.research.extraction.processes import processes
from tilscope.service.research.extraction.request import ExtractionRequest
from tilscope.service.research.repeatability.repeats import OpenedSeries, Repeats
from tilscope.service.scoring.guidance import lesion_annotations, manual_rois_of
from tilscope.service.scoring.inputs import measurement_hash, with_digests
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.stages import Report, StageClock


@dataclass(frozen=True)
class MeasureAgain:
    """What `extract_cohort` does with each study; travels to the workers."""

    repeats: Repeats

    def __call__(
        self, study: StudyAt, request: ExtractionRequest, checkpoints: Checkpoints, report: Report
    ) -> Extracted:
        """One study of an archive into its checkpoint, if it is not there yet: a row for each outline or change."""
        with study.open() as archive:
            return _measure(archive, study.study_uid, self.repeats, request, checkpoints, StageClock(report))


def _measure(
    archive: Archive,
    study_uid: str,
    repeats: Repeats,
    request: ExtractionRequest,
    checkpoints: Checkpoints,
    clock: StageClock,
) -> Extracted:
    clock.begin("finding the dynamic series", 0.0)
    inspected = inspect_study(archive, study_uid, request.settings)
    about = Row(
        study_uid,
        RowState.REFUSED,
        patient_id=patient_of(inspected.headers),
        settings_hash=request.settings.digest(),
    )
    try:
        found = inspected.assembly.require_sources()
    except (Refused, BadInput) as refusal:
        return without_checkpoint([refused_row(about, refusal)])
    manual_rois = manual_rois_of(archive, study_uid)
    sources = tuple(with_digests(archive, found, manual_rois))
    measured = measurement_hash(sources, request.settings, lesion_annotations(manual_rois))
    checkpoint = hash_of_facts([request.checkpoint_name(measured), repeats.identity], 32)
    if (kept := checkpoints.read(checkpoint)) is not None:
        return Extracted(tuple(row.state for row in kept), checkpoint, kept=True)
    rows: list[Row] = []
    with processes(request.processes) as executor:
        for number, source in enumerate(sources):
            share = clock.share(number / len(sources), (number + 1) / len(sources), "")
            opened = OpenedSeries(archive, sources, number, manual_rois, request.settings, share)
            rows += _rows(opened, repeats, replace(about, laterality=source.laterality.value), request, executor)
    checkpoints.write(checkpoint, rows)
    clock.begin("done", 1.0)
    return Extracted(tuple(row.state for row in rows), checkpoint)


def _rows(
    opened: OpenedSeries, repeats: Repeats, about: Row, request: ExtractionRequest, executor: Executor | None
) -> list[Row]:
    """Those that were measured before a refusal stay: the lesion is left out where it is compared."""
    rows: list[Row] = []
    try:
        for name, prepared, regions in repeats.of_series(opened):
            opened.clock.begin(f"computing features, {name}", 0.75)
            case = SignatureCase(prepared, regions, extractor=request.settings.extractor)
            row = replace(
                about,
                state=RowState.MEASURED,
                reading=name,
                lesion_laterality=regions.index_lesion.laterality.value,
                lesions=len(regions.lesions),
                segmenter=f"{regions.algorithm} {regions.algorithm_version}",
            )
            rows.append(with_features(row, case, request, executor))
    except (Refused, BadInput) as refusal:
        rows.append(refused_row(about, refusal))
    return rows
