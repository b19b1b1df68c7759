"""The objects of what was measured: which are written, how each is made, and which of them a report names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydicom import Dataset
from pydicom.uid import (
    ComprehensiveSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    ParametricMapStorage,
    RTStructureSetStorage,
)

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.images.parametric_maps import build_map
from tilscope.dicom_io.objects.images.presentation_state import build_presentation_state
from tilscope.dicom_io.objects.images.secondary_capture import build_secondary_capture
from tilscope.dicom_io.objects.images.turning_mip import build_turning_mip
from tilscope.dicom_io.objects.rtstruct.structure_set import build_structure_set
from tilscope.dicom_io.objects.sr.contour_report import build_contour_report
from tilscope.dicom_io.objects.sr.key_objects import build_key_objects
from tilscope.models.finding import Finding
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.result import SeriesResult
from tilscope.models.settings import ObjectSettings

#: What is no Segmentation.
_MODALITIES = {
    ParametricMapStorage: "OT",
    MultiFrameTrueColorSecondaryCaptureImageStorage: "OT",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage: "OT",
    KeyObjectSelectionDocumentStorage: "KO",
    ComprehensiveSRStorage: "SR",
    GrayscaleSoftcopyPresentationStateStorage: "PR",
    RTStructureSetStorage: "RTSTRUCT",
}


#: In this order, before all others; the lesions last, since a viewer opens the segmentation that was stored last.
_STORED_FIRST = (Kind.TISSUE_SEGMENTATION, Kind.BREAST_SEGMENTATION, Kind.SEGMENTATION)


def kinds_of_measurement(objects: ObjectSettings, finding: Finding = Finding.MASS) -> list[Kind]:
    """What is written of a measurement under these settings.

    The contour report is of the one lesion that is meant; of candidates there is none. Tissue has a segmentation where
    there is any, which the settings do not tell.
    """
    return [
        Kind.SEGMENTATION,
        Kind.BREAST_SEGMENTATION,
        *([Kind.PE_MAP, Kind.SER_MAP] if objects.parametric_maps else []),
        *([Kind.CONTOURS] if objects.secondary_capture else []),
        *([Kind.KEY_IMAGES] if objects.key_images else []),
        *([Kind.CONTOUR_REPORT] if objects.contour_report and finding.is_scored else []),
        *([Kind.PRESENTATION] if objects.presentation_state else []),
        *([Kind.STRUCTURE_SET] if objects.rt_structure_set else []),
        *([Kind.TURNING] if objects.turning_mip else []),
    ]


def build_further(
    objects: ObjectSettings,
    result: SeriesResult,
    series: DceSeries,
    regions: Regions,
    source: DceSource,
    author: Author,
    now: datetime,
) -> Iterator[Dataset]:
    """What is written beside the segmentations.

    Parameters
    ----------
    objects : ObjectSettings
        Which of them are wanted.
    result : SeriesResult
        What was measured.
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Yields
    ------
    Dataset
        In storing order.
    """
    for kind in kinds_of_measurement(objects, result.finding):
        if kind in (Kind.PE_MAP, Kind.SER_MAP):
            yield build_map(kind, series, regions, source, author, now)
        elif kind is Kind.CONTOURS:
            yield build_secondary_capture(series, regions, source, author, now)
        elif kind is Kind.KEY_IMAGES:
            yield build_key_objects(regions, source, author, now)
        elif kind is Kind.PRESENTATION:
            yield build_presentation_state(regions, source, author, now)
        elif kind is Kind.CONTOUR_REPORT:
            yield build_contour_report(result, regions, source, author, now)
        elif kind is Kind.STRUCTURE_SET:
            yield build_structure_set(regions, source, author, now)
        elif kind is Kind.TURNING:
            yield build_turning_mip(series, regions, source, author, now)


def named_by_report(report: Dataset, result: SeriesResult) -> dict[Kind, Dataset]:
    """The objects on the same measurements that a report was written with, of whatever class they are: what names each."""
    author = Author.of(result)
    kinds = {author.instance_uid(kind): kind for kind in Kind if kind.is_of_measurement}
    named: dict[Kind, Dataset] = {}
    for study in report.get("CurrentRequestedProcedureEvidenceSequence") or ():
        for series in study.ReferencedSeriesSequence:
            for instance in series.ReferencedSOPSequence:
                if kind := kinds.get(str(instance.ReferencedSOPInstanceUID)):
                    one = Dataset()
                    one.SOPClassUID, one.SOPInstanceUID = (
                        instance.ReferencedSOPClassUID,
                        instance.ReferencedSOPInstanceUID,
                    )
                    one.SeriesInstanceUID = series.SeriesInstanceUID
                    one.Modality = _MODALITIES.get(one.SOPClassUID, "SEG")
                    named[kind] = one
    return {kind: named[kind] for kind in (*_STORED_FIRST, *Kind) if kind in named}
