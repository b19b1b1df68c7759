"""Everything that is written for one dynamic series, built together: segmentations, the report, the page, and on
request further objects of what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydicom import Dataset

from tilscope.dicom_io.dce.enhanced_frames import resolve
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind, inherited, present_time
from tilscope.dicom_io.objects.further_objects import build_further, kinds_of_measurement, named_by_report
from tilscope.dicom_io.objects.pdf.summary_pdf import build_summary
from tilscope.dicom_io.objects.seg.segmentation import Segment, breast, build_segmentation, lesions, tissue
from tilscope.dicom_io.objects.sr.report import build_report
from tilscope.dicom_io.objects.sr.report_chain import PreviousReport, first_edition, latest_document
from tilscope.dicom_io.objects.sr.report_recalculated import recalculate_report
from tilscope.models.features.peritumoral import ring_on_images
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.result import SeriesResult
from tilscope.models.settings import USUAL_OBJECTS, ObjectSettings

__all__ = [
    "PreviousReport", "RecalculatedObjects", "ResultObjects", "build_results", "edition_of", "kinds_of_measurement",
    "named_by_report", "previous_report", "recalculate_results",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class ResultObjects:
    """Each in a series of its own: OHIF keeps only the last instance of a SEG or SR series."""

    segmentation: Dataset
    """The lesions and nothing else; lesion n is segment n."""
    tissue_segmentation: Dataset | None
    """Fibroglandular tissue and the peritumoral ring; None where there is neither."""
    breast_segmentation: Dataset
    """The breast, and all of its fibroglandular tissue."""
    further: tuple[Dataset, ...]
    """Those of what was measured that are written on request."""
    report: Dataset
    """Names all of the above as evidence: whoever has it knows what there is."""
    pdf: Dataset

    def __iter__(self) -> Iterator[Dataset]:
        """In storing order: the report comes last, so that where it is, all is."""
        # The lesions come after tissue and breast: a viewer opens the segmentation that was stored last.
        return iter((*self.segmentations, *self.further, self.pdf, self.report))

    @property
    def segmentations(self) -> tuple[Dataset, ...]:
        around = () if self.tissue_segmentation is None else (self.tissue_segmentation,)
        return (*around, self.breast_segmentation, self.segmentation)


def build_results(
    result: SeriesResult,
    series: DceSeries,
    regions: Regions,
    source: DceSource,
    previous: PreviousReport | None = None,
    objects: ObjectSettings = USUAL_OBJECTS,
) -> ResultObjects:
    """All objects of one result. Equal inputs give equal UIDs; only the content dates and times differ.

    Parameters
    ----------
    result : SeriesResult
        What was measured.
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series.
    previous : PreviousReport, optional
        The report that this one replaces.
    objects : ObjectSettings
        Which objects are wanted beside the usual ones.

    Returns
    -------
    ResultObjects
        Not stored yet.
    """
    author = Author.of(result)
    now = present_time(source.early.headers[0])
    side = source.laterality

    def segmentation(kind: Kind, segments: Sequence[Segment], labelmap: bool) -> Dataset:
        return build_segmentation(kind, segments, source, regions, author, now, labelmap)

    ring = ring_on_images(series, regions) if regions.finding.is_scored else None
    seg = segmentation(Kind.SEGMENTATION, lesions(regions), objects.labelmap)
    around = [segment for segment in tissue(regions, ring, side) if not segment.is_empty]
    rest = segmentation(Kind.TISSUE_SEGMENTATION, around, objects.labelmap) if around else None
    # Of a map of labels each voxel has one: what overlaps is masks in any case.
    whole = segmentation(Kind.BREAST_SEGMENTATION, breast(regions, side), labelmap=False)
    further = tuple(build_further(objects, result, series, regions, source, author, now))
    evidence = (seg, *([] if rest is None else [rest]), whole, *further)
    report = build_report(result, regions, source, evidence, author, now, previous)
    pdf = build_summary(result, series, regions, source, report, author, now)
    written = ResultObjects(seg, rest, whole, further, report, pdf)
    for obj in written:
        resolve(obj, source.frames)
    return written


@dataclass(frozen=True, eq=False)
class RecalculatedObjects:
    """The report and the page of a result of which everything else is there already."""

    report: Dataset
    pdf: Dataset

    def __iter__(self) -> Iterator[Dataset]:
        """What is to be stored; the report last."""
        return iter((self.pdf, self.report))


def recalculate_results(result: SeriesResult, source: DceSource, old: Dataset) -> RecalculatedObjects:
    """From a report on the same measurements; no image is needed."""
    author = Author.of(result)
    header = source.early.headers[0]
    now = present_time(header)
    report = recalculate_report(old, result, author, inherited(header), now)
    pdf = build_summary(result, None, None, source, report, author, now)
    resolve(pdf, source.frames)
    return RecalculatedObjects(report, pdf)


def edition_of(reports: Sequence[Dataset], result: SeriesResult, objects: ObjectSettings | None = None) -> int:
    """The edition of the report on `result` among those that are there.

    One that does not name all that is written under the settings `objects` is of an edition before.
    """
    written = {
        Author.of(result).instance_uid(kind)
        for kind in (kinds_of_measurement(objects, result.finding) if objects else ())
    }
    return first_edition(
        reports, lambda edition: Author.of(replace(result, edition=edition)).instance_uid(Kind.REPORT), written
    )


def previous_report(reports: Sequence[Dataset], result: SeriesResult, source: DceSource) -> PreviousReport | None:
    """What the report about `result` supersedes: our latest report or refusal note on the same images that is not this very one."""
    return latest_document(reports, source.files_needed, Author.of(result).instance_uid(Kind.REPORT))
