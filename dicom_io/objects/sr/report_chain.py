"""The reports and refusal notes on the same images, one after another: which of them a new one supersedes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from pydicom import Dataset

from tilscope.dicom_io.identity import code_item
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.sr.report_reading import (
    current_documents,
    evidence_of,
    is_report_or_note,
    predecessors,
    written,
)


@dataclass(frozen=True)
class PreviousReport:
    """What a new document supersedes: a report, or the note that there was no score."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str


def named_by(report: Dataset) -> PreviousReport:
    """A report or note, or its header, as what a new one supersedes."""
    uids = (report.SOPClassUID, report.SOPInstanceUID, report.SeriesInstanceUID, report.StudyInstanceUID)
    return PreviousReport(*map(str, uids))


def latest_document(reports: Sequence[Dataset], images: Iterable[str], but: str) -> PreviousReport | None:
    """Our latest report or note on some of these images that is not the one of UID `but`."""
    wanted = set(images)
    others = [r for r in reports if is_report_or_note(r) and r.SOPInstanceUID != but and wanted & evidence_of(r)]
    return named_by(max(others, key=written)) if others else None


def current_predecessors(reports: Sequence[Dataset], images: Iterable[str], but: str) -> tuple[PreviousReport, ...]:
    """All current ones on some of these images: of a pair of breasts each may have its own."""
    wanted = set(images)
    current = (r for r in current_documents(reports) if r.SOPInstanceUID != but and wanted & evidence_of(r))
    return tuple(named_by(report) for report in current)


def first_edition(reports: Sequence[Dataset], uid_of: Callable[[int], str], names: Iterable[str] = ()) -> int:
    """The first edition whose document (by `uid_of`) is not among these, or is, is current and names these instances.

    An input can come back: a model is installed and removed. Its old report was replaced meanwhile and stays as it is, so a
    new one has to state that it is current again.
    """
    there = {str(report.SOPInstanceUID): report for report in reports}
    replaced = {uid for report in reports for uid in predecessors(report)}

    def holds(uid: str) -> bool:
        return uid not in replaced and set(names) <= evidence_of(there[uid])

    return next(edition for edition in count() if (uid := uid_of(edition)) not in there or holds(uid))


def predecessor(*previous: PreviousReport) -> Dataset:
    """Hierarchical SOP Instance Reference (PS3.3 C.17.2.1) with its purpose; highdicom writes none."""
    study = Dataset()
    study.StudyInstanceUID = previous[0].study_instance_uid
    study.ReferencedSeriesSequence = [_in_series(one) for one in previous]
    return study


def _in_series(previous: PreviousReport) -> Dataset:
    """Each document lies in a series of its own."""
    instance = Dataset()
    instance.ReferencedSOPClassUID = previous.sop_class_uid
    instance.ReferencedSOPInstanceUID = previous.sop_instance_uid
    instance.PurposeOfReferenceCodeSequence = [code_item(concepts.REPLACED_REPORT)]
    series = Dataset()
    series.SeriesInstanceUID = previous.series_instance_uid
    series.ReferencedSOPSequence = [instance]
    return series
