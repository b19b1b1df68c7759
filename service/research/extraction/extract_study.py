"""The complete feature sets of one study: the same way as scoring, up to where the signatures begin."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.archives.zipped import ZippedFile, unpack
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.objects.sr.report_reading import scanner_of
from tilscope.models.features import NoValue, compute
from tilscope.models.finding import Finding
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.result import Verdict
from tilscope.models.signatures.base import SignatureCase
from tilscope.service.archive_place import ArchivePlace
from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.feature_rows import Row, RowState
from tilscope.service.research.extraction.processes import processes
from tilscope.service.research.extraction.request import ExtractionRequest
from tilscope.service.scoring.boxes import steering_by_box
from tilscope.service.scoring.guidance import Guidance, guidance_for, lesion_annotations, manual_rois_of
from tilscope.service.scoring.inputs import measurement_hash, with_digests
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.measured_series import MeasuredSeries, measure_series
from tilscope.service.scoring.stages import Report, StageClock
from tilscope.service.site.molecular import NOTHING_KNOWN


@dataclass(frozen=True)
class StudyAt:
    """A study and where it is; travels to a worker."""

    study_uid: str
    place: ArchivePlace
    files: tuple[Path, ...] | None = None
    """Of a folder: those that hold the study."""
    zipped: tuple[ZippedFile, ...] = ()
    """Those of it that lie in zip archives."""

    @contextmanager
    def open(self) -> Iterator[Archive]:
        """The archive that holds the study. What is zipped is unpacked as long as it is open."""
        if not self.zipped:
            with self.place.open(self.files) as archive:
                yield archive
            return
        with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
            unpacked = unpack(self.zipped, Path(folder))
            yield FolderArchive(Path(folder), files=(*(self.files or ()), *unpacked))


@dataclass(frozen=True)
class Extracted:
    """The rows of one study. Those of a checkpoint lie in its file; without one, they are here."""

    states: tuple[RowState, ...]
    part: str = ""
    kept: bool = False
    """Whether an earlier run had finished it."""
    rows: tuple[Row, ...] = field(default=(), repr=False)

    @property
    def input_hash(self) -> str:
        return self.part

    def as_json(self) -> dict[str, Any]:
        return {
            "states": [state.value for state in self.states],
            "part": self.part,
            "kept": self.kept,
            "rows": [row.as_json() for row in self.rows],
        }

    @classmethod
    def of(cls, values: dict[str, Any]) -> Extracted:
        states = tuple(RowState(state) for state in values["states"])
        return cls(states, values["part"], values["kept"], tuple(Row.of(row) for row in values["rows"]))


#: Measures one study into its checkpoint, if it is not there yet.
ExtractOne = Callable[[StudyAt, ExtractionRequest, Checkpoints, Report], Extracted]


def extract_study(study: StudyAt, request: ExtractionRequest, checkpoints: Checkpoints, report: Report) -> Extracted:
    """One study of an archive into its checkpoint, if it is not there yet. A refusal is a row like any other."""
    with study.open() as archive:
        return extract(archive, study.study_uid, request, checkpoints, report)


def extract(
    archive: Archive, study_uid: str, request: ExtractionRequest, checkpoints: Checkpoints, report: Report
) -> Extracted:
    clock = StageClock(report)
    clock.begin("finding the dynamic series", 0.0)
    inspected = inspect_study(archive, study_uid, request.settings)
    about = Row(
        study_uid,
        RowState.REFUSED,
        patient_id=patient_of(inspected.headers),
        settings_hash=request.settings.digest(),
    )
    try:
        sources: Sequence[DceSource] = inspected.assembly.require_sources()
    except (Refused, BadInput) as refusal:
        # Read from the headers alone, in no time: nothing is kept of it, for the rest of the study may still come.
        return without_checkpoint([refused_row(about, refusal)])
    manual_rois = manual_rois_of(archive, study_uid)
    sources = with_digests(archive, sources, manual_rois)
    try:
        steering = steering_by_box(request.boxes_file, sources)
    except BadInput as wrong:
        return without_checkpoint([refused_row(about, wrong)])
    annotations = lesion_annotations(manual_rois, steering)
    checkpoint = request.checkpoint_name(measurement_hash(sources, request.settings, annotations))
    if (kept := checkpoints.read(checkpoint)) is not None:
        return Extracted(tuple(row.state for row in kept), checkpoint, kept=True)
    try:
        guidance = guidance_for(archive, sources, manual_rois, steering, NOTHING_KNOWN)
    except (Refused, BadInput) as refusal:
        return without_checkpoint([refused_row(about, refusal)])
    rows: list[Row] = []
    final = True
    with processes(request.processes) as executor:
        for number, (source, of_series) in enumerate(zip(sources, guidance, strict=True)):
            words = f", {source.laterality.breasts}" if len(sources) > 1 else ""
            share = clock.share(number / len(sources), (number + 1) / len(sources), words)
            so_far = of_source(about, source, of_series, request)
            # A breast that is refused does not keep the other from its features.
            try:
                other_breast = sources[1 - number] if len(sources) == 2 else None
                rows.append(_row(archive, so_far, source, other_breast, of_series, request, share, executor))
            except (Refused, BadInput) as refusal:
                rows.append(refused_row(so_far, refusal))
                final &= isinstance(refusal, Refused)
    if not final:
        # Images that cannot be read now may be sent again, under the same names.
        return without_checkpoint(rows)
    checkpoints.write(checkpoint, rows)
    clock.begin("done", 1.0)
    return Extracted(tuple(row.state for row in rows), checkpoint)


def _row(
    archive: Archive,
    about: Row,
    source: DceSource,
    other_breast: DceSource | None,
    guidance: Guidance,
    request: ExtractionRequest,
    clock: StageClock,
    executor: Executor | None,
) -> Row:
    measured = measure_series(archive, source, guidance, request.settings, clock, other_breast)
    if measured.regions.finding is Finding.CANDIDATES:
        raise Refused("needs-a-reader", count=len(measured.regions.lesions))
    clock.begin("computing features", 0.75)
    case = SignatureCase(measured.prepared, measured.regions, extractor=request.settings.extractor)
    return with_features(of_measured(about, measured), case, request, executor)


def with_features(row: Row, case: SignatureCase, request: ExtractionRequest, executor: Executor | None) -> Row:
    """The row with every column of the sets that are asked for, or why there is no value."""
    wanted = {one for chosen in request.complete_sets for one in chosen.needs(case)}
    values = compute(case.prepared, case.regions, wanted, executor, case.extractor)
    table = {name: value for chosen in request.complete_sets for name, value in chosen.table(case, values).items()}
    return replace(
        row,
        phases_of_set={chosen.name: chosen.phase_numbers(case) for chosen in request.complete_sets},
        values={name: value for name, value in table.items() if not isinstance(value, NoValue)},
        missing={name: value.why for name, value in table.items() if isinstance(value, NoValue)},
    )


def of_source(about: Row, source: DceSource, guidance: Guidance, request: ExtractionRequest) -> Row:
    """What is known before the images are read."""
    return replace(
        about,
        series_uids=source.series_uids,
        laterality=source.laterality.value,
        lesion_source=guidance.source.source,
        drawn_by=guidance.source.by,
        scanner=scanner_of(source.early.headers[0]),
        measurement_hash=measurement_hash((source,), request.settings, guidance.lesion_annotations),
    )


def of_measured(row: Row, measured: MeasuredSeries) -> Row:
    """With what is known of a series once its lesion is."""
    source, regions = measured.source, measured.regions
    return replace(
        row,
        state=RowState.MEASURED,
        lesion_laterality=regions.index_lesion.laterality.value,
        lesions=len(regions.lesions),
        segmenter=f"{regions.algorithm} {regions.algorithm_version}",
        time_zero=source.time_zero,
        time_zero_assumed=source.time_zero_assumed,
        phase_times_s=tuple(phase.time_s for phase in source.phases),
        phase_roles=tuple(source.roles.name(index) for index in range(len(source.phases))),
        warnings=tuple(
            finding.code for finding in measured.quality if finding.verdict is Verdict.WARN and finding.checkable
        ),
    )


def refused_row(row: Row, refusal: Refused | BadInput) -> Row:
    return replace(row, state=RowState.REFUSED, code=refusal.code, reason=str(refusal))


def without_checkpoint(rows: Sequence[Row]) -> Extracted:
    return Extracted(tuple(row.state for row in rows), rows=tuple(rows))


def patient_of(headers: Sequence[Dataset]) -> str:
    return str(headers[0].get("PatientID") or "") if headers else ""
