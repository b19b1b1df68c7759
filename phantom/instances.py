"""One DICOM image of a phantom: the modules that every image of the study shares, and its own slice.

PS3.3 A.4 (MR Image IOD) and A.3 (CT Image IOD). Each image says in several places that no scanner made it:
ManufacturerModelName, StationName, ImageComments, the patient's name and identifier.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

from phantom import kinetics
from phantom.grid import Grid
from phantom.layouts import Value, clock, date
from phantom.spec import PhantomSpec

#: Namespace of all phantom UIDs; a UID derived from a UUID (PS3.5 B.2) needs no registered root.
NAMESPACE = uuid.UUID("6c0f6f0e-5c1d-4d55-9d64-0b0b5ec1a7a1")
MODEL = "TILscope phantom"
COMMENT = "Synthetic image made by the TILscope phantom. No scanner, no patient."
Stored = NDArray[np.uint16]


@dataclass(frozen=True)
class Identity:
    """Which study this is: the root of its UIDs."""

    spec: PhantomSpec
    layout: str
    reversed_slices: bool = False
    salt: str = ""

    def uid(self, *what: object) -> UID:
        parts = (self.spec.digest(), self.layout, self.reversed_slices, self.salt, *what)
        return UID(f"2.25.{uuid.uuid5(NAMESPACE, '|'.join(str(part) for part in parts)).int}")


def to_stored(image: sitk.Image) -> Stored:
    """Stored values: the signal to the nearest whole number, no rescale."""
    values = np.rint(sitk.GetArrayViewFromImage(image))
    highest = float(values.max())
    if highest > 65535:
        raise ValueError(f"a signal of {highest:.0f} does not fit 16 bits")
    return np.asarray(values.astype(np.uint16))


def window_of(volume: Stored) -> tuple[int, int]:
    """Centre and width that show the volume well at first sight."""
    top = max(int(np.percentile(volume, 99.7)), 2)
    return top // 2, top


def image_of(identity: Identity, sop_class: UID, modality: str, manufacturer: str, grid: Grid) -> Dataset:
    """What all images of one series share, whatever the modality."""
    spec = identity.spec
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 192"
    image.SOPClassUID = sop_class
    image.PatientName = f"PHANTOM^{spec.patient_number:04d}"
    image.PatientID = f"TILSCOPE-PHANTOM-{spec.patient_number}"
    image.PatientBirthDate = ""
    image.PatientSex = "F"
    image.StudyInstanceUID = identity.uid("study")
    # The study begins with the localizer, a quarter of an hour before the injection.
    began = spec.injected_at - timedelta(minutes=15)
    image.StudyDate = date(began)
    image.StudyTime = clock(began)
    image.StudyID = f"P{spec.patient_number}"
    image.AccessionNumber = f"PHANTOM{identity.uid('accession')[-8:]}"
    image.ReferringPhysicianName = ""
    image.StudyDescription = f"Synthetic {modality} of the breast"
    image.Modality = modality
    image.Manufacturer = manufacturer
    image.ManufacturerModelName = MODEL
    image.StationName = "PHANTOM"
    image.SoftwareVersions = "TILscope"
    image.ImageComments = COMMENT
    image.BodyPartExamined = "BREAST"
    image.PatientPosition = "FFP"
    image.FrameOfReferenceUID = identity.uid("frame of reference")
    image.PositionReferenceIndicator = ""
    # Type 2C: present and empty for both breasts, as scanners write it; it names no side where both are seen.
    image.Laterality = spec.sides[0].value if len(spec.sides) == 1 else ""
    image.ImageOrientationPatient = [*grid.plane.orientation]
    # PixelSpacing is between rows first, between columns second (PS3.3 10.7.1.3).
    image.PixelSpacing = [grid.spacing[1], grid.spacing[0]]
    image.SliceThickness = grid.spacing[2]
    image.SpacingBetweenSlices = grid.spacing[2]
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Columns, image.Rows = grid.size[0], grid.size[1]
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
    image.PixelRepresentation = 0
    return image


def add_gradient_echo(image: Dataset) -> None:
    """The fat-saturated three-dimensional spoiled gradient echo that `kinetics` computes."""
    image.ScanningSequence, image.SequenceVariant, image.ScanOptions = "GR", "SP", "FS"
    image.MRAcquisitionType = "3D"
    image.RepetitionTime, image.EchoTime = kinetics.REPETITION_TIME_MS, kinetics.ECHO_TIME_MS
    image.EchoTrainLength, image.FlipAngle = 1, kinetics.FLIP_ANGLE_DEGREES
    _add_magnet(image)


def add_spin_echo(image: Dataset, repetition_ms: float, echo_ms: float, echoes: int) -> None:
    image.ScanningSequence, image.SequenceVariant, image.ScanOptions = "SE", "SK", ""
    image.MRAcquisitionType = "2D"
    image.RepetitionTime, image.EchoTime, image.EchoTrainLength = repetition_ms, echo_ms, echoes
    image.FlipAngle = 90
    _add_magnet(image)


def _add_magnet(image: Dataset) -> None:
    image.MagneticFieldStrength = 1.5
    image.ImagingFrequency = 63.87
    image.ImagedNucleus = "1H"
    image.NumberOfAverages = 1


def write_slice(
    image: Dataset, path: Path, grid: Grid, index: int, pixels: NDArray[np.uint16], uid: UID, tags: Mapping[str, Value]
) -> None:
    """Complete the series' dataset for one slice and write it; the dataset is reused for the next one."""
    position = grid.position(index)
    image.SOPInstanceUID = uid
    image.ImagePositionPatient = [*position]
    # Along the axis that the slices stack on, in patient space: head, left and front are not the same sign for all.
    image.SliceLocation = position[int(np.argmax(np.abs(grid.normal)))]
    for keyword, value in tags.items():
        setattr(image, keyword, value)
    image.PixelData = pixels.tobytes()
    image["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = image.SOPClassUID
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta = meta
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, image, enforce_file_format=True)
