"""The page that a person reads: an Encapsulated PDF (PS3.3 A.45.1) for viewers that show neither SEG nor SR."""

from __future__ import annotations

from datetime import datetime

from pydicom import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import (
    MODEL_NAME,
    Author,
    Kind,
    code_item,
    inherited,
    new_object,
)
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.pdf.summary_page import summary_page
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.pictures.montage import PagePictures
from tilscope.models.result import SeriesResult

_TITLE = f"{MODEL_NAME}: breast DCE-MRI, research use only"


def build_summary(
    result: SeriesResult,
    series: DceSeries | None,
    regions: Regions | None,
    source: DceSource,
    report: Dataset,
    author: Author,
    now: datetime,
) -> Dataset:
    """The page as DICOM; the report is what it was made from. Without series and regions it has no pictures.

    Parameters
    ----------
    result : SeriesResult
        What the page shows.
    series : DceSeries, optional
        Free of motion.
    regions : Regions, optional
        On the grid of the series.
    source : DceSource
        Headers of the series: patient and study.
    report : Dataset
        The structured report of the same result.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Returns
    -------
    Dataset
        An Encapsulated PDF.
    """
    header = inherited(source.early.headers[0])
    pictures = None
    if series is not None and regions is not None:
        pictures = PagePictures.of(series, regions, result.ftv_pe_percent)
    document = summary_page(result, header, pictures, now)
    obj = new_object(EncapsulatedPDFStorage, Kind.SUMMARY, author, header, now)
    obj.Modality = "DOC"
    obj.ConversionType = "WSD"
    obj.AcquisitionDateTime = ""  # type 2; a document is not acquired
    obj.BurnedInAnnotation = "YES"  # the page names the patient
    obj.DocumentTitle = f"DEMO: {_TITLE}" if author.demo else _TITLE
    obj.ConceptNameCodeSequence = [code_item(concepts.REPORT_TITLE)]
    obj.SourceInstanceSequence = [_reference(report)]
    obj.MIMETypeOfEncapsulatedDocument = "application/pdf"
    obj.EncapsulatedDocumentLength = len(document)
    obj.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    return obj


def _reference(other: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = other.SOPClassUID
    item.ReferencedSOPInstanceUID = other.SOPInstanceUID
    return item
