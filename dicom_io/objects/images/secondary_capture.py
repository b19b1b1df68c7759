"""Multi-frame True Color Secondary Capture (PS3.3 A.8.5): the lesions' contours burned into the early phase.

The last resort: every viewer shows pictures. Each frame has its position, so that viewers that read it scroll it along
with the images and put it into the patient.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.tag import Tag
from pydicom.uid import MultiFrameTrueColorSecondaryCaptureImageStorage
from pydicom.valuerep import DSfloat

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind, code_item, inherited, new_object, notice
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.pictures.frames import ContourSlices

_KIND = Kind.CONTOURS
_NOTICE = "RESEARCH USE ONLY"


def build_secondary_capture(
    series: DceSeries, regions: Regions, source: DceSource, author: Author, now: datetime
) -> Dataset:
    """Uncompressed: whoever needs it has no better viewer. It opens at the key slice of lesion 1.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.
    source : DceSource
        Headers of the series; those of the early phase place the frames.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Returns
    -------
    Dataset
        A Multi-frame True Color Secondary Capture.
    """
    frames = ContourSlices.of(series, regions, notice_on_pictures(regions, author))
    header = inherited(source.early.headers[0])
    obj = new_object(MultiFrameTrueColorSecondaryCaptureImageStorage, _KIND, author, header, now)
    obj.Modality = "OT"
    obj.ConversionType = "WSD"
    obj.ImageType = ["DERIVED", "SECONDARY"]
    obj.FrameOfReferenceUID = header.FrameOfReferenceUID
    obj.PositionReferenceIndicator = header.get("PositionReferenceIndicator") or ""
    obj.BodyPartExamined = "BREAST"
    obj.ImageLaterality = source.laterality.value
    # What is burned in names no patient and no date (PS3.3 C.8.6.3); archives that drop identifying pictures may keep it.
    obj.BurnedInAnnotation = "NO"
    obj.RecognizableVisualFeatures = "NO"
    burned_in = "Early phase with the contours of the lesions, their numbers and the research use burned in."
    obj.DerivationDescription = f"{notice(author.demo)} {burned_in}"
    put_loss(obj, header)
    _put_pixels(obj, frames)
    _put_places(obj, frames, source)
    obj.SourceImageSequence = [image_reference(source.early.headers[index]) for index in dict.fromkeys(frames.slices)]
    obj.RepresentativeFrameNumber = 1
    return obj


def notice_on_pictures(regions: Regions, author: Author) -> str:
    """What is burned into every picture that leaves the archive without its report.

    Parameters
    ----------
    regions : Regions
        On the grid of the series; tell whether anything is surely a lesion.
    author : Author
        Tells whether it is a demonstration.

    Returns
    -------
    str
        Words in capitals.
    """
    undecided = "" if regions.finding.is_scored else "CANDIDATES, NO LESION YET. "
    return f"{'DEMO. ' if author.demo else ''}{undecided}{_NOTICE}"


def put_loss(obj: Dataset, header: Dataset) -> None:
    """Of the images: what was lost in them stays lost."""
    obj.LossyImageCompression = header.get("LossyImageCompression") or "00"
    for keyword in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
        if keyword in header:
            obj[keyword] = header[keyword]


def _put_pixels(obj: Dataset, frames: ContourSlices) -> None:
    obj.Rows, obj.Columns = frames.size
    obj.NumberOfFrames = len(frames.slices)
    obj.SamplesPerPixel = 3
    obj.PhotometricInterpretation = "RGB"
    obj.PlanarConfiguration = 0
    obj.BitsAllocated = obj.BitsStored = 8
    obj.HighBit = 7
    obj.PixelRepresentation = 0
    pixels = b"".join(np.ascontiguousarray(frame.pixels).tobytes() for frame in frames)
    obj.PixelData = pixels + b"\0" * (len(pixels) % 2)


def _put_places(obj: Dataset, frames: ContourSlices, source: DceSource) -> None:
    """The functional groups that the class has (PS3.3 A.8.5.4): where each frame lies."""
    headers = source.early.headers
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [DSfloat(step, auto_format=True) for step in frames.spacing]
    measures.SpacingBetweenSlices = DSfloat(frames.exhibit.upright.spacing[0], auto_format=True)
    measures.SliceThickness = headers[0].get("SliceThickness") or measures.SpacingBetweenSlices
    orientation.ImageOrientationPatient = headers[0].ImageOrientationPatient
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [orientation]
    obj.SharedFunctionalGroupsSequence = [shared]
    obj.PerFrameFunctionalGroupsSequence = [_place(headers[index], frames) for index in frames.slices]
    obj.FrameIncrementPointer = Tag("PerFrameFunctionalGroupsSequence")
    _, right, _, lower = frames.exhibit.upright.letters
    obj.PatientOrientation = [right, lower]


def _place(header: Dataset, frames: ContourSlices) -> Dataset:
    """A picture covers the image's area with smaller pixels: the middle of its first one lies nearer to the corner."""
    along_row, along_column = np.array(header.ImageOrientationPatient, dtype=float).reshape(2, 3)
    image_row_mm, image_column_mm = (float(step) for step in header.PixelSpacing)
    row_mm, column_mm = frames.spacing
    shift = along_row * (column_mm - image_column_mm) / 2 + along_column * (row_mm - image_row_mm) / 2
    first = np.array(header.ImagePositionPatient, dtype=float) + shift
    position, groups = Dataset(), Dataset()
    position.ImagePositionPatient = [DSfloat(v, auto_format=True) for v in first]
    groups.PlanePositionSequence = [position]
    return groups


def image_reference(header: Dataset) -> Dataset:
    """An image that pixels were made from."""
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    item.PurposeOfReferenceCodeSequence = [code_item(codes.DCM.SourceImageForImageProcessingOperation)]
    return item
