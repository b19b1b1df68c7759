"""Headers of MR series without pixels: enough for assembly, quick to make by the hundred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from tilscope.dicom_io.files import to_bytes

AXIAL = (1, 0, 0, 0, 1, 0)
SAGITTAL = (0, 1, 0, 0, 0, -1)


def uid(*facts: object) -> str:
    """The same facts give the same UID."""
    return str(generate_uid(entropy_srcs=[repr(facts)]))


def mr_header(series: str, phase: int, slice_number: int, **tags: Any) -> Dataset:
    """One axial bilateral slice, 2 mm apart; any keyword may be given, None leaves it out."""
    header = Dataset()
    header.SOPClassUID = MRImageStorage
    header.Modality = "MR"
    header.StudyInstanceUID = uid("study")
    header.SeriesInstanceUID = uid("series", series)
    header.SOPInstanceUID = uid("instance", series, phase, slice_number)
    header.SeriesDescription = series
    header.SeriesNumber = 1
    header.StudyDate = header.AcquisitionDate = header.ContentDate = "20240312"
    header.FrameOfReferenceUID = uid("frame")
    header.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    header.ImageOrientationPatient = list(AXIAL)
    header.ImagePositionPatient = [-160, -120, 2.0 * slice_number]
    header.PixelSpacing = [1.25, 1.25]
    header.Rows = header.Columns = 256
    header.EchoTime, header.RepetitionTime = 2.1, 5.5
    for keyword, value in tags.items():
        if value is None:
            if keyword in header:
                delattr(header, keyword)
        else:
            setattr(header, keyword, value)
    return header


def as_file(header: Dataset) -> bytes:
    """As it is sent."""
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return to_bytes(header)


def clock(seconds_after_ten: float) -> str:
    """A TM value, counted from 10 o'clock."""
    total = 10 * 3600 + seconds_after_ten
    return f"{int(total // 3600):02d}{int(total % 3600 // 60):02d}{total % 60:06.3f}"


def one_series(starts: Sequence[float] = (0, 200, 320, 440, 560), slices: int = 20, **tags: Any) -> list[Dataset]:
    """All phases in one series, told apart by TemporalPositionIdentifier and AcquisitionTime."""
    return [
        mr_header(
            "dynamic", phase, k,
            **{"TemporalPositionIdentifier": phase + 1, "AcquisitionTime": clock(start), **tags},
        )
        for phase, start in enumerate(starts)
        for k in range(slices)
    ]  # fmt: skip


def series_per_phase(starts: Sequence[float] = (0, 200, 320, 440, 560), slices: int = 20, **tags: Any) -> list[Dataset]:
    """Each phase a series of its own."""
    return [
        mr_header(f"dyn {phase}", phase, k, SeriesNumber=phase + 3, **{"AcquisitionTime": clock(start), **tags})
        for phase, start in enumerate(starts)
        for k in range(slices)
    ]
