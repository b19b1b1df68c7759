"""From the files of an assembled series to volumes in real-world values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import RLELossless

from dicom_io.dce.frames import Frame, split_frames
from dicom_io.dce.scaling import Scaling, check_comparable, scaling_of
from dicom_io.dce.slices import Slice
from dicom_io.dce.source import DceSource, SourcePhase
from models.answers import BadInput
from models.series import DceSeries, Phase


def read_series(source: DceSource, files: Mapping[str, Path]) -> DceSeries:
    """Every phase as one float32 image; slice k of the volume is header k of the phase."""
    reader = _Reader(source.frames, files)
    phases = tuple(Phase(reader.read(phase), phase.time_s) for phase in source.phases)
    check_comparable(reader.scalings, source.name)
    # One grid for all: positions agree to a hundredth of a millimetre, SimpleITK compares to less.
    for phase in phases[1:]:
        phase.image.CopyInformation(phases[0].image)
    return DceSeries(phases, source.roles, source.laterality, source.time_zero)


class _Reader:
    """Reads phases one after the other, and remembers how each slice was scaled."""

    def __init__(self, frames: Mapping[str, Frame], files: Mapping[str, Path]) -> None:
        self.scalings: list[Scaling] = []
        self._frames = frames
        self._files = files
        self._frame_headers: dict[str, list[Dataset]] = {}

    def read(self, phase: SourcePhase) -> sitk.Image:
        first = phase.headers[0]
        stack = np.empty((len(phase.headers), int(first.Rows), int(first.Columns)), np.float32)
        for k, uid in enumerate(phase.instance_uids):
            stored, header = self._slice(uid)
            scaling = scaling_of(header)
            stack[k] = scaling.apply(stored)
            self.scalings.append(scaling)
        image = sitk.GetImageFromArray(stack)
        set_geometry(image, [Slice(header) for header in phase.headers])
        return image

    def _slice(self, uid: str) -> tuple[NDArray[np.generic], Dataset]:
        """Stored values, and the header with the scaling: the file's own, since archives leave out private elements."""
        frame = self._frames.get(uid)
        if frame is None:
            return _pixels(self._files[uid])
        path = self._files[frame.sop_instance_uid]
        if frame.sop_instance_uid not in self._frame_headers:
            header = pydicom.dcmread(path, stop_before_pixels=True)
            self._frame_headers[frame.sop_instance_uid] = [flat for flat, _ in split_frames(header)]
        return _frame_pixels(path, frame), self._frame_headers[frame.sop_instance_uid][frame.number - 1]


def set_geometry(image: sitk.Image, slices: Sequence[Slice]) -> None:
    """Origin, spacing and directions from the slices themselves, sorted along the normal (PS3.3 C.7.6.2)."""
    first, last = slices[0], slices[-1]
    row_step, column_step = (float(v) for v in first.header.PixelSpacing)
    slice_step = (last.depth - first.depth) / (len(slices) - 1)
    image.SetOrigin([float(v) for v in first.position])
    image.SetSpacing([column_step, row_step, slice_step])
    image.SetDirection([float(v) for v in first.axes.T.ravel()])


def _pixels(path: Path) -> tuple[NDArray[np.generic], Dataset]:
    """A classic image's stored values, and its header."""
    dataset = pydicom.dcmread(path)
    try:
        _check_end_marker(dataset)
        return dataset.pixel_array, dataset
    except Exception as problem:  # every decoder raises its own
        raise _why_undecodable(dataset, path, problem) from problem


def _check_end_marker(dataset: Dataset) -> None:
    """A JPEG, JPEG-LS or JPEG 2000 stream ends with the marker FFD9. Decoders make up what a truncated one lacks."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_compressed or syntax == RLELossless or syntax.is_deflated:
        return
    for frame in generate_frames(dataset.PixelData, number_of_frames=1):
        if not frame.rstrip(b"\x00").endswith(b"\xff\xd9"):
            raise ValueError("the compressed image breaks off before its end marker")


def _frame_pixels(path: Path, frame: Frame) -> NDArray[np.generic]:
    """One frame's stored values, without reading the others: enhanced files of a gigabyte exist."""
    try:
        return pixel_array(path, index=frame.number - 1)
    except Exception as problem:
        raise _why_undecodable(pydicom.dcmread(path, stop_before_pixels=True), path, problem) from problem


def _why_undecodable(dataset: Dataset, path: Path, problem: Exception) -> BadInput:
    syntax = dataset.file_meta.TransferSyntaxUID.name if hasattr(dataset, "file_meta") else "unknown transfer syntax"
    uid = dataset.get("SOPInstanceUID", path.name)
    return BadInput("undecodable-pixels", name=uid, syntax=syntax, problem=str(problem).splitlines()[0])
