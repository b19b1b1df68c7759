"""RT Structure Set (PS3.3 A.19): lesions and breast as closed planar contours on the images of the early phase.

Fibroglandular tissue and the ring are left out: they are thousands of contours that no planning system is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import numpy as np
from pydicom import Dataset
from pydicom.uid import RTStructureSetStorage
from pydicom.valuerep import DA, TM

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind, code_item, inherited, new_object, notice
from tilscope.dicom_io.objects.codes.private_codes import declare_scheme
from tilscope.dicom_io.objects.rtstruct.closed_contours import Points, contours_in_patient
from tilscope.dicom_io.objects.seg.segmentation import Segment, breast, check_grid, lesions
from tilscope.models.imaging.regions import Regions

_KIND = Kind.STRUCTURE_SET
#: Of an element with a length of 16 bits (PS3.5 7.1.2), which DS has in explicit transfer syntaxes.
_MOST_BYTES = 65534
#: What the study is called in the reference (PS3.3 C.8.8.5): Detached Study Management, retired and still asked for.
DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"


def build_structure_set(regions: Regions, source: DceSource, author: Author, now: datetime) -> Dataset:
    """A region without any voxel is left out.

    Parameters
    ----------
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series; those of the early phase are the images that are drawn on.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Structure set date and time.

    Returns
    -------
    Dataset
        An RT Structure Set.

    Raises
    ------
    ValueError
        A slice does not lie where its header says.
    """
    drawn = [segment for segment in _drawn(regions, source) if not segment.is_empty]
    images = [inherited(header) for header in source.early.headers]
    for segment in drawn:
        check_grid(segment.label, segment.mask, images)
    obj = new_object(RTStructureSetStorage, _KIND, author, images[0], now)
    # It has a date of its own, and the module of these two is not its.
    del obj.ContentDate, obj.ContentTime
    obj.Modality = "RTSTRUCT"
    obj.OperatorsName = ""
    obj.StructureSetLabel = "TILSCOPE"
    obj.StructureSetDescription = notice(author.demo)
    obj.StructureSetDate, obj.StructureSetTime = DA(now.date()), TM(now.time().replace(tzinfo=None))
    frame = str(images[0].FrameOfReferenceUID)
    obj.FrameOfReferenceUID = frame
    obj.PositionReferenceIndicator = images[0].get("PositionReferenceIndicator") or ""
    obj.ReferencedFrameOfReferenceSequence = [_frame_of_reference(frame, images)]
    obj.StructureSetROISequence = [
        _roi(number, one, frame, regions, author) for number, one in enumerate(drawn, start=1)
    ]
    obj.ROIContourSequence = [_contours(number, one, images) for number, one in enumerate(drawn, start=1)]
    obj.RTROIObservationsSequence = [_observation(number, one) for number, one in enumerate(drawn, start=1)]
    declare_scheme(obj)
    return obj


def _drawn(regions: Regions, source: DceSource) -> Iterator[Segment]:
    """The lesions, and the breast without its glands."""
    yield from lesions(regions)
    yield breast(regions, source.laterality)[0]


def _named(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item


def _frame_of_reference(frame: str, images: Sequence[Dataset]) -> Dataset:
    """What was drawn on: the study, its series and all their images of the early phase."""
    series: dict[str, Dataset] = {}
    for image in images:
        one = series.setdefault(str(image.SeriesInstanceUID), Dataset())
        one.SeriesInstanceUID = image.SeriesInstanceUID
        one.ContourImageSequence = [*one.get("ContourImageSequence", ()), _named(image)]
    study = Dataset()
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = DETACHED_STUDY, images[0].StudyInstanceUID
    study.RTReferencedSeriesSequence = list(series.values())
    item = Dataset()
    item.FrameOfReferenceUID = frame
    item.RTReferencedStudySequence = [study]
    return item


def _roi(number: int, segment: Segment, frame: str, regions: Regions, author: Author) -> Dataset:
    item = Dataset()
    item.ROINumber, item.ROIName = number, segment.label[:64]
    item.ReferencedFrameOfReferenceUID = frame
    item.ROIDescription = " ".join((notice(author.demo), segment.remark)).strip()[:1024]
    item.ROIGenerationAlgorithm = "SEMIAUTOMATIC" if segment.by_hand else "AUTOMATIC"
    item.ROIGenerationDescription = f"{regions.algorithm} {regions.algorithm_version}"[:64]
    return item


def _contours(number: int, segment: Segment, images: Sequence[Dataset]) -> Dataset:
    item = Dataset()
    item.ReferencedROINumber = number
    item.ROIDisplayColor = list(segment.colour)
    item.ContourSequence = []
    for k, planes in contours_in_patient(segment.mask).items():
        for points in planes:
            contour = Dataset()
            contour.ContourImageSequence = [_named(images[k])]
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.ContourNumber = len(item.ContourSequence) + 1
            written = _written(points)
            contour.NumberOfContourPoints = len(written) // 3
            contour.ContourData = written
            item.ContourSequence.append(contour)
    return item


def _written(points: Points) -> list[str]:
    """To a hundredth of a millimetre. Of more than fit into an element, every second is left out: half a pixel at most."""
    while True:
        words = [f"{value:.2f}" for value in np.round(points, 2).ravel() + 0.0]
        if _bytes(words) <= _MOST_BYTES:
            return words
        points = points[::2]


def _bytes(words: Iterable[str]) -> int:
    return sum(len(word) + 1 for word in words)


def _observation(number: int, segment: Segment) -> Dataset:
    """What it is, by code. Of what kind of structure it is in a plan nobody has said: that stays empty."""
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    item.RTROIIdentificationCodeSequence = [code_item(segment.type)]
    item.RTROIInterpretedType = item.ROIInterpreter = ""
    return item
