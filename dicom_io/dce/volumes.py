"""From the files of an assembled series to volumes in real-world values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import get_expected_length, iter_pixels
from pydicom.uid import RLELossless

from tilscope.dicom_io.dce.enhanced_frames import EnhancedFrame, split_frames
from tilscope.dicom_io.dce.exact_stack import ExactStack
from tilscope.dicom_io.dce.scaling import PixelScaling, check_alike, check_comparable, scaling_of
from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.source import DceSource, SourcePhase
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.refusals import BadInput


def read_series(source: DceSource, files: Mapping[str, Path]) -> DceSeries:
    """Every phase as one image; slice k of the volume is header k of the phase.

    Parameters
    ----------
    source : DceSource
        The phases' headers, sorted along the slice normal.
    files : mapping of str to Path
        Each instance's file by its UID.

    Returns
    -------
    DceSeries
        Real-world values as acquired, all phases on the grid that the first one's headers give (patient LPS, mm).

    Raises
    ------
    BadInput
        `undecodable-pixels`: a file's pixels cannot be read.
    Refused
        `scaling-differs`: values cannot be compared between phases.
    """
    reader = _Reader(source, files)
    phases = tuple(Phase(reader.read(phase), phase.time_s) for phase in source.phases)
    check_comparable(reader.scalings, source.name)
    # One grid for all: positions agree to a hundredth of a millimetre, SimpleITK compares to less.
    for phase in phases[1:]:
        phase.stored.CopyInformation(phases[0].stored)
    return DceSeries(phases, source.roles, source.laterality, source.time_zero, source.time_zero_assumed)


class _Reader:
    """Reads phases one after the other, and remembers how each slice was scaled."""

    def __init__(self, source: DceSource, files: Mapping[str, Path]) -> None:
        self.scalings: list[PixelScaling] = []
        self._frames = source.frames
        self._series = source.name
        self._files = files
        self._frame_headers: dict[str, list[Dataset]] = {}

    def read(self, phase: SourcePhase) -> sitk.Image:
        stack = ExactStack(len(phase.headers))
        scalings: dict[str, PixelScaling] = {}
        for k, stored, header in self._slices(phase.instance_uids):
            uid = phase.instance_uids[k]
            scalings[uid] = scaling_of(header)
            stack.put(k, scalings[uid].apply(stored))
        check_alike(scalings, self._series)
        self.scalings += scalings.values()
        image = sitk.GetImageFromArray(stack.values)
        set_geometry(image, [Slice(header) for header in phase.headers])
        return image

    def _slices(self, uids: Sequence[str]) -> Iterator[tuple[int, NDArray[np.generic], Dataset]]:
        """Number in the phase, stored values, and the file's own header: archives leave out the private elements.

        Frames of one file are read together, since its header, of a thousand frames, is parsed for every reading.
        """
        of_file: dict[str, list[tuple[int, EnhancedFrame]]] = defaultdict(list)
        for k, uid in enumerate(uids):
            if (frame := self._frames.get(uid)) is None:
                yield k, *_pixels(self._files[uid])
            else:
                of_file[frame.sop_instance_uid].append((k, frame))
        for uid, wanted in of_file.items():
            headers = self._headers_of_frames(uid)
            numbers = [frame.number for _, frame in wanted]
            for (k, frame), stored in zip(wanted, _frames_pixels(self._files[uid], numbers), strict=True):
                yield k, stored, headers[frame.number - 1]

    def _headers_of_frames(self, uid: str) -> list[Dataset]:
        if uid not in self._frame_headers:
            header = pydicom.dcmread(self._files[uid], stop_before_pixels=True)
            self._frame_headers[uid] = [flat for flat, _ in split_frames(header)]
        return self._frame_headers[uid]


def set_geometry(image: sitk.Image, slices: Sequence[Slice]) -> None:
    """Origin, spacing and directions from the slices themselves, sorted along the normal (PS3.3 C.7.6.2).

    Parameters
    ----------
    image : SimpleITK.Image
        Slice k of its array is header k; its grid is set, patient LPS in mm.
    slices : sequence of Slice
        At least two, sorted along the normal.
    """
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
        _check_size(dataset)
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
            raise _Broken("the compressed image breaks off before its end marker")


def _check_size(dataset: Dataset) -> None:
    """Padding is allowed. Pixels for a second image mean that the header states a wrong size of the first one."""
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        return
    found, expected = len(dataset.PixelData), get_expected_length(dataset)
    if not expected <= found < 2 * expected:
        raise _Broken(f"{found} bytes of pixel data, where its header tells of {expected}")


def _frames_pixels(path: Path, numbers: Sequence[int]) -> Iterator[NDArray[np.generic]]:
    """The stored values of these frames, one after the other and no others: enhanced files of a gigabyte exist."""
    try:
        yield from iter_pixels(path, indices=[number - 1 for number in numbers])
    except Exception as problem:
        raise _why_undecodable(pydicom.dcmread(path, stop_before_pixels=True), path, problem) from problem


def _why_undecodable(dataset: Dataset, path: Path, problem: Exception) -> BadInput:
    syntax = dataset.file_meta.TransferSyntaxUID.name if hasattr(dataset, "file_meta") else "unknown transfer syntax"
    uid = dataset.get("SOPInstanceUID", path.name)
    words = str(problem) if isinstance(problem, _Broken) else "no decoder can read them"
    return BadInput("undecodable-pixels", name=uid, syntax=syntax, problem=words)


class _Broken(ValueError):
    """What is wrong with pixels in words of ours; a decoder's own are for programmers."""
