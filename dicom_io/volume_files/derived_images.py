"""A case as DICOM MR images: the volumes' voxels at their places, and of headers what people have told. Nothing is made up.

Times are counted from noon of no date, since only their differences are known. Values that are whole numbers of 16 bits are
stored as they are; others with one slope for all phases, to within half a step of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pydicom.valuerep import format_number_as_ds

from tilscope.dicom_io.dce.values import number, text
from tilscope.dicom_io.identity import derive_uid
from tilscope.dicom_io.volume_files.case import VolumeCase
from tilscope.dicom_io.volume_files.facts import SIDE_FILE
from tilscope.dicom_io.volume_files.reading import is_left_handed, lies_on, read_image, read_phases, unusable
from tilscope.models.refusals import BadInput

#: By it these images are known again.
COMMENT = "Made of a volume file by TILscope; headers hold only what was told of it."
_NOON_S = 43200.0
_INTEGERS = (np.int16, np.uint16)


@dataclass(frozen=True, eq=False)
class _Stored:
    """All phases in one type; real values are stored ones times the slope."""

    volumes: tuple[NDArray[np.generic], ...]
    slope: float = 1.0


def write_derived_images(case: VolumeCase, folder: Path) -> list[Path]:
    """One series with all phases, a file a slice.

    Parameters
    ----------
    case : VolumeCase
        Its times must be told.
    folder : Path
        Where the files go.

    Returns
    -------
    list of Path
        The files, phase by phase.

    Raises
    ------
    BadInput
        `unusable-volume`; `times-untold` or `times-differ` where they cannot be placed in time.
    """
    images = [image for path in case.phases for image in read_phases(path)]
    starts, injection = _clock_times(case, len(images))
    grid = images[0]
    for index, image in enumerate(images):
        if not lies_on(image, grid):
            raise unusable(case.phases[min(index, len(case.phases) - 1)], "it has other voxels than the first phase")
    stored = _stored(case, images)
    shared = _shared(case, grid, stored, len(images), injection)
    # A file that was stored against the normal keeps its numbers: whoever counts slices counts them as there.
    slices = range(grid.GetSize()[2])
    numbers = slices[::-1] if _runs_against_the_normal(case) else slices
    files = []
    for phase, (volume, start) in enumerate(zip(stored.volumes, starts, strict=True), start=1):
        for k in slices:
            image = _slice(shared, grid, volume, phase, k)
            image.AcquisitionTime, image.TemporalPositionIdentifier, image.AcquisitionNumber = (
                _time(start),
                phase,
                phase,
            )
            image.InstanceNumber = (phase - 1) * len(slices) + numbers[k] + 1
            files.append(folder / f"{phase:02d}-{k + 1:04d}.dcm")
            image.save_as(files[-1], enforce_file_format=True)
    return files


def is_derived(header: Dataset) -> bool:
    """Whether an image was made here."""
    return text(header, "ImageComments") == COMMENT


def was_left_handed(headers: Sequence[Dataset]) -> bool:
    """Whether the slices of a phase, in order along the normal, ran the other way in their file.

    >>> was_left_handed([])
    False
    """
    numbers = [number(header, "InstanceNumber") or 0 for header in headers if is_derived(header)]
    return len(numbers) > 1 and numbers[0] > numbers[-1]


def _runs_against_the_normal(case: VolumeCase) -> bool:
    first = read_image(case.phases[0])
    return is_left_handed(first if first.GetDimension() == 3 else first[:, :, :, 0])


def _clock_times(case: VolumeCase, phases: int) -> tuple[list[float], float | None]:
    """When each acquisition began, and when contrast was injected where that is told; seconds after noon."""
    facts = case.facts
    times = facts.times_s or facts.starts_s
    if not times:
        raise BadInput("times-untold", case=case.name, count=phases, file=SIDE_FILE)
    if len(times) != phases:
        raise BadInput("times-differ", case=case.name, phases=phases, times=len(times))
    # A phase takes as long as the closest succession of two, as in images that say when each began (`dce.phase_times`).
    half = min((later - earlier for earlier, later in pairwise(times)), default=0.0) / 2 if facts.times_s else 0.0
    injection = 0.0 if facts.times_s else facts.injection_s
    return [_NOON_S + time - half for time in times], None if injection is None else _NOON_S + injection


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 6), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}{minutes:02d}{rest:09.6f}"


def _stored(case: VolumeCase, images: Sequence[sitk.Image]) -> _Stored:
    volumes = [sitk.GetArrayFromImage(image) for image in images]
    for path, volume in zip(case.phases, volumes, strict=False):
        if not np.isfinite(volume).all():
            raise unusable(path, "it holds voxels that are no number")
    low, high = min(float(v.min()) for v in volumes), max(float(v.max()) for v in volumes)
    if high == low:
        raise unusable(case.phases[0], "all its voxels are the same")
    whole = all(v.dtype.kind in "iu" or np.array_equal(v, np.rint(v)) for v in volumes)
    for integer in _INTEGERS if whole else ():
        if np.iinfo(integer).min <= low and high <= np.iinfo(integer).max:
            return _Stored(tuple(v.astype(integer) for v in volumes))
    kind = np.int16 if low < 0 else np.uint16
    # As it will be read: a header holds sixteen characters of it.
    slope = float(format_number_as_ds(max(high / np.iinfo(kind).max, -low / np.iinfo(np.int16).max) * (1 + 1e-9)))
    return _Stored(tuple(np.rint(v / slope).astype(kind) for v in volumes), slope)


def _shared(case: VolumeCase, grid: sitk.Image, stored: _Stored, phases: int, injection: float | None) -> Dataset:
    """What all images have in common."""
    facts, study = case.facts, case.study_uid
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 192"
    image.SOPClassUID, image.Modality = MRImageStorage, "MR"
    image.PatientID, image.PatientName = case.patient, ""
    image.PatientBirthDate = image.PatientSex = ""
    image.StudyInstanceUID, image.StudyID = study, ""
    image.StudyDate = image.StudyTime = image.AccessionNumber = image.ReferringPhysicianName = ""
    image.SeriesDescription, image.SeriesNumber = "DCE volumes", 1
    image.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    image.ImageComments = COMMENT
    image.Manufacturer = facts.manufacturer
    image.PatientPosition = facts.patient_position
    for keyword, value in {
        "ManufacturerModelName": facts.model,
        "MagneticFieldStrength": facts.field_strength_t,
        "RepetitionTime": facts.repetition_ms,
        "EchoTime": facts.echo_ms,
        "FlipAngle": facts.flip_degrees,
        "ContrastBolusStartTime": None if injection is None else _time(injection),
        "ScanOptions": None if facts.fat_suppressed is None else "FS" if facts.fat_suppressed else "",
    }.items():
        if value is not None and (value != "" or keyword == "ScanOptions"):
            setattr(image, keyword, value if isinstance(value, str) else _ds(value))
    image.NumberOfTemporalPositions = phases
    image.PositionReferenceIndicator = ""
    columns, rows, slices = grid.GetSpacing()
    directions = np.array(grid.GetDirection()).reshape(3, 3)
    image.ImageOrientationPatient = [_ds(v) for v in directions[:, :2].T.ravel()]
    image.PixelSpacing, image.SliceThickness = [_ds(rows), _ds(columns)], _ds(slices)
    image.SpacingBetweenSlices = _ds(slices)
    image.Columns, image.Rows = grid.GetSize()[:2]
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
    image.PixelRepresentation = int(stored.volumes[0].dtype.kind == "i")
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = 0, _ds(stored.slope), "US"
    image.FrameOfReferenceUID = derive_uid("volume frame of reference", study)
    # All that a result depends on is in the names of the images.
    mark = derive_uid("volume images", study, facts.model_dump_json(), image.to_json())
    image.SeriesInstanceUID = derive_uid("volume series", mark)
    return image


def _slice(shared: Dataset, grid: sitk.Image, volume: NDArray[np.generic], phase: int, k: int) -> Dataset:
    image = Dataset(dict(shared.items()))
    image.ImagePositionPatient = [_ds(v) for v in grid.TransformIndexToPhysicalPoint((0, 0, k))]
    pixels = np.ascontiguousarray(volume[k]).tobytes()
    digest = hashlib.sha256(pixels).hexdigest()
    image.SOPInstanceUID = derive_uid("volume image", shared.SeriesInstanceUID, str(phase), str(k), digest)
    image.PixelData = pixels
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID = MRImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def _ds(value: float) -> str:
    """The sixteen characters that a decimal string has."""
    return format_number_as_ds(float(value))
