"""Multi-frame Grayscale Byte Secondary Capture (PS3.3 A.8.3): the subtraction's projection, turning about the patient's long axis.

A film that viewers play: where the enhancement lies in depth is seen by its turning. Without a place in the patient and without
a spacing: a length on a projection is foreshortened, and no viewer should measure it. A scale bar is burned in.
"""

from __future__ import annotations

from datetime import datetime

from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.tag import Tag
from pydicom.uid import MultiFrameGrayscaleByteSecondaryCaptureImageStorage, RLELossless

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind, code_item, inherited, new_object, notice
from tilscope.dicom_io.objects.images.secondary_capture import image_reference, notice_on_pictures, put_loss
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.pictures.turning import STEP_DEGREES, TurningProjection

_KIND = Kind.TURNING
#: A full turn in about four seconds.
_FRAME_MS = 120


def build_turning_mip(series: DceSeries, regions: Regions, source: DceSource, author: Author, now: datetime) -> Dataset:
    """Compressed by run lengths, which every reader knows and which lose nothing: most of a frame is black.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series; what lies outside breasts and lesions is not shown.
    source : DceSource
        Headers of the series.
    author : Author
        Gives UIDs and software version.
    now : datetime
        Content date and time.

    Returns
    -------
    Dataset
        A Multi-frame Grayscale Byte Secondary Capture.
    """
    turning = TurningProjection.of(series, regions, notice_on_pictures(regions, author))
    header = inherited(source.early.headers[0])
    obj = new_object(MultiFrameGrayscaleByteSecondaryCaptureImageStorage, _KIND, author, header, now)
    obj.Modality = "OT"
    obj.ConversionType = "WSD"
    obj.ImageType = ["DERIVED", "SECONDARY"]
    obj.BodyPartExamined = "BREAST"
    obj.ImageLaterality = source.laterality.value
    obj.PatientOrientation = ""  # type 2C; it turns
    # What is burned in names no patient and no date (PS3.3 C.8.6.3).
    obj.BurnedInAnnotation = "NO"
    obj.RecognizableVisualFeatures = "NO"
    obj.DerivationDescription = (
        f"{notice(author.demo)} Maximum intensity projections of early minus pre inside the breasts, turned about the patient's "
        f"long axis in steps of {STEP_DEGREES} degrees, from the front first."
    )
    obj.DerivationCodeSequence = [
        code_item(codes.DCM.PixelByPixelSubtraction), code_item(codes.DCM.MaximumIntensityProjection)
    ]  # fmt: skip
    put_loss(obj, header)
    _put_cine(obj)
    # Both phases: every slice may show through.
    used = (source.phases[source.roles.pre], source.early)
    obj.SourceImageSequence = [image_reference(one) for phase in used for one in phase.headers]
    _put_pixels(obj, turning)
    return obj


def _put_cine(obj: Dataset) -> None:
    """How viewers play it (PS3.3 C.7.6.5): round and round."""
    obj.FrameIncrementPointer = Tag("FrameTime")
    obj.FrameTime = _FRAME_MS
    obj.CineRate = obj.RecommendedDisplayFrameRate = round(1000 / _FRAME_MS)
    obj.PreferredPlaybackSequencing = 0


def _put_pixels(obj: Dataset, turning: TurningProjection) -> None:
    frames = turning.frames()
    obj.NumberOfFrames, obj.Rows, obj.Columns = frames.shape
    obj.SamplesPerPixel = 1
    obj.PhotometricInterpretation = "MONOCHROME2"
    obj.BitsAllocated = obj.BitsStored = 8
    obj.HighBit = 7
    obj.PixelRepresentation = 0
    # The values are those of the screen (PS3.3 C.8.6.3).
    obj.PresentationLUTShape = "IDENTITY"
    obj.RescaleIntercept, obj.RescaleSlope, obj.RescaleType = 0, 1, "US"
    obj.WindowCenter, obj.WindowWidth = 128, 256
    obj.compress(RLELossless, frames, generate_instance_uid=False)
