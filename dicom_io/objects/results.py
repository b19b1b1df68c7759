"""Everything that is written for one dynamic series, built together: two segmentations, the report, the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from pydicom import Dataset
from pydicom.uid import SegmentationStorage

from dicom_io.dce.frames import resolve
from dicom_io.dce.source import DceSource
from dicom_io.objects.identity import Author, Kind, inherited, present_time
from dicom_io.objects.report import PreviousReport, build_report, named_by
from dicom_io.objects.report_reading import evidence_of, predecessors
from dicom_io.objects.report_renewal import renew_report
from dicom_io.objects.segmentation import breast, build_segmentation, lesions_and_tissue
from dicom_io.objects.summary_pdf import build_summary
from models.regions import Regions
from models.result import SeriesResult
from models.series import DceSeries

__all__ = [
    "PreviousReport", "RenewedObjects", "ResultObjects", "build_results", "previous_report", "renew_results",
    "segmentations_of",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class ResultObjects:
    """Each in a series of its own: OHIF keeps only the last instance of a SEG or SR series."""

    segmentation: Dataset
    """The lesions and the fibroglandular tissue; lesion n is segment n."""
    breast_segmentation: Dataset
    report: Dataset
    pdf: Dataset

    def __iter__(self) -> Iterator[Dataset]:
        """In storing order: what is referred to comes before what refers to it."""
        return iter((self.segmentation, self.breast_segmentation, self.report, self.pdf))


def build_results(
    result: SeriesResult,
    series: DceSeries,
    regions: Regions,
    source: DceSource,
    previous: PreviousReport | None = None,
) -> ResultObjects:
    """All objects of one result. Equal inputs give equal UIDs; only the content dates and times differ."""
    author = Author.of(result)
    now = present_time(source.early.headers[0])
    side = source.laterality
    seg = build_segmentation(Kind.SEGMENTATION, lesions_and_tissue(regions, side), source, regions, author, now)
    whole = build_segmentation(Kind.BREAST_SEGMENTATION, breast(regions, side), source, regions, author, now)
    report = build_report(result, regions, source, (seg, whole), author, now, previous)
    pdf = build_summary(result, series, regions, source, report, author, now)
    objects = ResultObjects(seg, whole, report, pdf)
    for obj in objects:
        resolve(obj, source.frames)
    return objects


@dataclass(frozen=True, eq=False)
class RenewedObjects:
    """The report and the page of a result whose segmentations are there already."""

    report: Dataset
    pdf: Dataset

    def __iter__(self) -> Iterator[Dataset]:
        """What is to be stored."""
        return iter((self.report, self.pdf))


def segmentations_of(result: SeriesResult) -> list[Dataset]:
    """What names the segmentations that a result was written with: they follow from what was measured."""
    author = Author.of(result)
    named = []
    for kind in (kind for kind in Kind if kind.is_segmentation):
        one = Dataset()
        one.Modality, one.SOPClassUID = "SEG", SegmentationStorage
        one.SeriesInstanceUID, one.SOPInstanceUID = author.series_uid(kind), author.instance_uid(kind)
        named.append(one)
    return named


def renew_results(result: SeriesResult, source: DceSource, old: Dataset) -> RenewedObjects:
    """From a report on the same measurements; no image is needed."""
    author = Author.of(result)
    header = source.early.headers[0]
    now = present_time(header)
    report = renew_report(old, result, author, inherited(header), now)
    pdf = build_summary(result, None, None, source, report, author, now)
    resolve(pdf, source.frames)
    return RenewedObjects(report, pdf)


def edition_of(reports: Sequence[Dataset], result: SeriesResult) -> int:
    """The first whose report is not among these, or is and still holds.

    An input can come back: a model is installed and removed. Its old report was replaced meanwhile and stays as it is, so a
    new one has to say that it holds again.
    """
    there = {str(report.SOPInstanceUID) for report in reports}
    replaced = {uid for report in reports for uid in predecessors(report)}
    for edition in count():
        uid = Author.of(replace(result, edition=edition)).instance_uid(Kind.REPORT)
        if uid not in there or uid not in replaced:
            return edition
    raise AssertionError("there is no end of editions")


def previous_report(reports: Sequence[Dataset], result: SeriesResult, source: DceSource) -> PreviousReport | None:
    """The report that the one about `result` supersedes: the latest of ours on the same images that is not this very one."""
    this_one = Author.of(result).instance_uid(Kind.REPORT)
    images = set(source.files_needed)
    others = [r for r in reports if r.SOPInstanceUID != this_one and images & evidence_of(r)]
    if not others:
        return None
    latest = max(others, key=lambda r: (str(r.get("ContentDate") or ""), str(r.get("ContentTime") or "")))
    return named_by(latest)
