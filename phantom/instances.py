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
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.grid import PhantomGrid
from tilscope.phantom.layouts import Value, clock, date
from tilscope.phantom.pixels import Pixels, StoredVolume, put_pixels
from tilscope.phantom.spec import PhantomSpec

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
    stored: str = "16-bit"

    def uid(self, *what: object) -> UID:
        parts = (self.spec.digest(), self.layout, self.reversed_slices, self.salt, *what)
        if self.stored != "16-bit":
            parts = (*parts, self.stored)
        return UID(f"2.25.{uuid.uuid5(NAMESPACE, '|'.join(str(part) for part in parts)).int}")


def to_stored(image: sitk.Image) -> Stored:
    """Stored values: the signal to the nearest whole number, no rescale.

    Parameters
    ----------
    image : SimpleITK.Image
        Signal on any grid.

    Returns
    -------
    ndarray of uint16, [slice, row, column]
        Stored values.

    Raises
    ------
    ValueError
        The signal does not fit 16 bits.
    """
    values = np.rint(sitk.GetArrayViewFromImage(image))
    highest = float(values.max())
    if highest > 65535:
        raise ValueError(f"a signal of {highest:.0f} does not fit 16 bits")
    return np.asarray(values.astype(np.uint16))


def window_of(volume: NDArray[Any]) -> tuple[int, int]:
    """Centre and width that show the volume well at first sight.

    Parameters
    ----------
    volume : ndarray, of any shape
        Signal, or stored values.

    Returns
    -------
    tuple of int
        In the volume's own unit.
    """
    top = max(int(np.percentile(volume, 99.7)), 2)
    return top // 2, top


def image_of(
    identity: Identity,
    sop_class: UID,
    modality: str,
    manufacturer: str,
    grid: PhantomGrid,
    sides: tuple[Laterality, ...] | None = None,
) -> Dataset:
    """What all images of one series share, whatever the modality.

    `sides` are the breasts of the series, where they are not those of the study's spec.
    """
    spec = identity.spec
    sides = sides or spec.sides
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
    image.Laterality = sides[0].value if len(sides) == 1 else ""
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


def add_gradient_echo(image: Dataset, spec: PhantomSpec) -> None:
    """The three-dimensional spoiled gradient echo that `kinetics` computes."""
    image.ScanningSequence, image.SequenceVariant = "GR", "SP"
    image.ScanOptions = "FS" if spec.fat_saturated else ""
    image.MRAcquisitionType = "3D"
    image.RepetitionTime, image.EchoTime = spec.sequence.repetition_ms, spec.sequence.echo_ms
    image.EchoTrainLength, image.FlipAngle = 1, spec.sequence.flip_degrees
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
    series: Dataset,
    path: Path,
    grid: PhantomGrid,
    index: int,
    pixels: Pixels,
    uid: UID,
    tags: Mapping[str, Value],
    syntax: UID = ExplicitVRLittleEndian,
) -> None:
    """One slice of a series: what its images share, and what the slice has of its own.

    Parameters
    ----------
    series : Dataset
        What all images of the series share.
    path : Path
        The file to write.
    grid : PhantomGrid
        Gives the slice's position.
    index : int
        The slice, from 0 along the normal.
    pixels : ndarray, [row, column]
        Stored values.
    uid : UID
        SOPInstanceUID.
    tags : mapping of str to value
        What the slice has of its own, by keyword.
    syntax : UID
        The transfer syntax.
    """
    position = grid.position(index)
    image = instance_of(series, uid)
    image.ImagePositionPatient = [*position]
    # Along the axis that the slices stack on, in patient space: head, left and front are not the same sign for all.
    image.SliceLocation = position[int(np.argmax(np.abs(grid.normal)))]
    put_tags(image, tags)
    put_pixels(image, pixels, syntax)
    write(image, path)


def instance_of(series: Dataset, uid: UID) -> Dataset:
    """A dataset of its own with everything that the series' images share."""
    image = Dataset(dict(series.items()))
    image.SOPInstanceUID = uid
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = image.SOPClassUID
    meta.MediaStorageSOPInstanceUID = uid
    image.file_meta = meta
    return image


def put_tags(image: Dataset, tags: Mapping[str, Value]) -> None:
    for keyword, value in tags.items():
        # An element that comes from the series is shared with the other images: replaced, never changed.
        if keyword in image:
            delattr(image, keyword)
        setattr(image, keyword, value)


def add_rescale(image: Dataset, stored: StoredVolume) -> None:
    """RescaleSlope and RescaleIntercept, and Philips' scale slope with the name of its private block."""
    if not stored.rescaled:
        return
    image.RescaleIntercept, image.RescaleSlope = stored.intercept, stored.slope
    image.RescaleType = "normalized" if stored.scale_slope is not None else "US"
    if stored.scale_slope is not None:
        add_scale_slope(image, stored.scale_slope)


def add_scale_slope(image: Dataset, scale_slope: float) -> None:
    image.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", scale_slope)


def write(image: Dataset, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, image, enforce_file_format=True)
