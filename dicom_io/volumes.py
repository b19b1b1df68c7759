"""From the files of an assembled series to volumes in real-world values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.utils import pixel_array

from dicom_io.frames import Frame
from dicom_io.scaling import Scaling, check_comparable, scaling_of
from dicom_io.slices import Slice
from dicom_io.source import DceSource, SourcePhase
from models.answers import BadInput
from models.series import DceSeries, Phase


def read_series(source: DceSource, files: Mapping[str, Path]) -> DceSeries:
    """Every phase as one float32 image; slice k of the volume is header k of the phase."""
    scalings: list[Scaling] = []
    phases = tuple(Phase(_read_phase(phase, source.frames, files, scalings), phase.time_s) for phase in source.phases)
    check_comparable(scalings, source.name)
    # One grid for all: positions agree to a hundredth of a millimetre, SimpleITK compares to less.
    for phase in phases[1:]:
        phase.image.CopyInformation(phases[0].image)
    return DceSeries(phases, source.roles, source.laterality, source.time_zero)


def _read_phase(
    phase: SourcePhase, frames: Mapping[str, Frame], files: Mapping[str, Path], scalings: list[Scaling]
) -> sitk.Image:
    first = phase.headers[0]
    stack = np.empty((len(phase.headers), int(first.Rows), int(first.Columns)), np.float32)
    for k, header in enumerate(phase.headers):
        frame = frames.get(str(header.SOPInstanceUID))
        if frame is None:
            stack[k], scaling = _pixels(files[str(header.SOPInstanceUID)])
        else:
            scaling = scaling_of(header)
            stack[k] = scaling.apply(_frame_pixels(files[frame.sop_instance_uid], frame))
        scalings.append(scaling)
    image = sitk.GetImageFromArray(stack)
    set_geometry(image, [Slice(header) for header in phase.headers])
    return image


def set_geometry(image: sitk.Image, slices: Sequence[Slice]) -> None:
    """Origin, spacing and directions from the slices themselves, sorted along the normal (PS3.3 C.7.6.2)."""
    first, last = slices[0], slices[-1]
    row_step, column_step = (float(v) for v in first.header.PixelSpacing)
    slice_step = (last.depth - first.depth) / (len(slices) - 1)
    image.SetOrigin([float(v) for v in first.position])
    image.SetSpacing([column_step, row_step, slice_step])
    image.SetDirection([float(v) for v in first.axes.T.ravel()])


def _pixels(path: Path) -> tuple[NDArray[np.float32], Scaling]:
    """Real-world values of one slice, by the rescale of its own header."""
    dataset = pydicom.dcmread(path)
    try:
        stored = dataset.pixel_array
    except Exception as problem:  # every decoder raises its own
        raise _why_undecodable(dataset, path, problem) from problem
    scaling = scaling_of(dataset)
    return scaling.apply(stored), scaling


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
