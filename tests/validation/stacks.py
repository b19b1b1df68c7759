"""The volumes of a study on disk, and the way back: read from DICOM, changed as images, written as DICOM again.

What tells the volumes apart stays in the headers that each was read with; geometry and pixels are written anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tilscope.models.imaging.voxels import values_of

#: Headers that differ between the volumes of one series.
_TELL_APART = ("SeriesInstanceUID", "AcquisitionTime", "ContentTime", "TriggerTime")


@dataclass(frozen=True, eq=False)
class Stack:
    """One volume of a study."""

    header: Dataset
    """Of one of its slices."""
    image: sitk.Image
    """Stored values as float32, in patient space (LPS, mm)."""

    @property
    def may_be_phase(self) -> bool:
        """False of a series that is said to be without fat suppression: the exams' dynamic series are with it."""
        return "ScanOptions" not in self.header or "FS" in str(self.header.ScanOptions)


def read_stacks(folder: Path) -> list[Stack]:
    """Every volume below a folder; slices on either side of the patient's middle are two volumes."""
    slices: dict[tuple[str, ...], list[Dataset]] = defaultdict(list)
    for path in sorted(folder.rglob("*.dcm")):
        header = pydicom.dcmread(path)
        side = "right" if float(header.ImagePositionPatient[0]) < 0 else "left"
        slices[(*(str(header.get(keyword, "")) for keyword in _TELL_APART), side)].append(header)
    return [_stack(headers) for _, headers in sorted(slices.items())]


def _stack(headers: list[Dataset]) -> Stack:
    row, column = np.array(headers[0].ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(row, column)
    ordered = sorted(headers, key=lambda one: float(normal @ np.array(one.ImagePositionPatient, float)))
    image = sitk.GetImageFromArray(np.stack([one.pixel_array for one in ordered]).astype(np.float32))
    first, last = (np.array(ordered[end].ImagePositionPatient, float) for end in (0, -1))
    down, across = (float(step) for step in headers[0].PixelSpacing)
    image.SetSpacing((across, down, float(normal @ (last - first)) / (len(ordered) - 1)))
    image.SetOrigin(first.tolist())
    image.SetDirection(np.column_stack([row, column, normal]).ravel().tolist())
    return Stack(ordered[0], image)


def write_stacks(stacks: Iterable[Stack], folder: Path) -> None:
    """Write the volumes as one study of single-frame images, numbered as they come."""
    folder.mkdir(parents=True)
    numbers: dict[str, int] = defaultdict(int)
    for stack in stacks:
        values = values_of(stack.image)
        for index in range(values.shape[0]):
            series = str(stack.header.SeriesInstanceUID)
            numbers[series] += 1
            one = _slice(stack, index, values[index])
            one.InstanceNumber = numbers[series]
            one.save_as(folder / f"{one.SOPInstanceUID}.dcm", enforce_file_format=True)


def _slice(stack: Stack, index: int, values: np.ndarray) -> Dataset:
    one = deepcopy(stack.header)
    image, turn = stack.image, np.array(stack.image.GetDirection()).reshape(3, 3)
    across, down, between = image.GetSpacing()
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    one.ImagePositionPatient = [f"{v:.5f}" for v in image.TransformIndexToPhysicalPoint((0, 0, index))]
    one.ImageOrientationPatient = [f"{v:.10f}" for v in (*turn[:, 0], *turn[:, 1])]
    one.PixelSpacing, one.SliceThickness = [f"{down:.6f}", f"{across:.6f}"], f"{between:.6f}"
    if "SpacingBetweenSlices" in one:
        one.SpacingBetweenSlices = f"{between:.6f}"
    one.pop("SliceLocation", None)
    signed = one.PixelRepresentation == 1
    kind = np.int16 if signed else np.uint16
    stored = np.rint(values).clip(0, np.iinfo(np.int16).max).astype(kind)
    one.Rows, one.Columns = stored.shape
    one.PixelData = np.ascontiguousarray(stored).tobytes()
    return one
