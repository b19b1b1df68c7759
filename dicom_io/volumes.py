"""From the files of an assembled series to volumes in real-world values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom import Dataset

from dicom_io.slices import Slice
from dicom_io.source import DceSource, SourcePhase
from models.answers import BadInput
from models.series import DceSeries, Phase


def read_series(source: DceSource, files: Mapping[str, Path]) -> DceSeries:
    """Every phase as one float32 image; slice k of the volume is header k of the phase."""
    phases = tuple(Phase(_read_phase(phase, files), phase.time_s) for phase in source.phases)
    # One grid for all: positions agree to a hundredth of a millimetre, SimpleITK compares to less.
    for phase in phases[1:]:
        phase.image.CopyInformation(phases[0].image)
    return DceSeries(phases, source.roles, source.laterality, source.time_zero)


def _read_phase(phase: SourcePhase, files: Mapping[str, Path]) -> sitk.Image:
    first = phase.headers[0]
    stack = np.empty((len(phase.headers), int(first.Rows), int(first.Columns)), np.float32)
    for k, uid in enumerate(phase.instance_uids):
        stack[k] = _pixels(files[uid])
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


def _pixels(path: Path) -> np.ndarray:
    """Real-world values of one slice: the rescale of its own header applied (PS3.3 C.11.1)."""
    dataset = pydicom.dcmread(path)
    try:
        stored = dataset.pixel_array
    except Exception as problem:  # every decoder raises its own
        raise _why_undecodable(dataset, path, problem) from problem
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    values = stored.astype(np.float32)
    if slope not in (None, "", 1) or intercept not in (None, "", 0):
        values = values * np.float32(slope or 1) + np.float32(intercept or 0)
    return values


def _why_undecodable(dataset: Dataset, path: Path, problem: Exception) -> BadInput:
    syntax = dataset.file_meta.TransferSyntaxUID.name if hasattr(dataset, "file_meta") else "unknown transfer syntax"
    uid = dataset.get("SOPInstanceUID", path.name)
    return BadInput("undecodable-pixels", name=uid, syntax=syntax, problem=str(problem).splitlines()[0])
