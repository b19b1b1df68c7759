"""DICOM Segmentation (PS3.3 A.51, A.101), as anybody writes it: BINARY, FRACTIONAL or LABELMAP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset

from tilscope.dicom_io.dce.values import number, numbers, text
from tilscope.dicom_io.manual_roi.meaning import Named
from tilscope.dicom_io.manual_roi.planes import ContourPlane, axes_of, distance_between, stack
from tilscope.models.refusals import Refused


def read_segments(dataset: Dataset, lesions: Sequence[Named], name: str) -> Iterator[tuple[Named, sitk.Image]]:
    """Each lesion's volume. A segment without any drawn pixel is left out, as if it had not been made.

    Parameters
    ----------
    dataset : Dataset
        A DICOM Segmentation with its pixels.
    lesions : sequence of Named
        The segments wanted, by number.
    name : str
        The object's, for sentences.

    Yields
    ------
    tuple of (Named, SimpleITK.Image)
        How much of each voxel is drawn, float32 from 0 to 1, on the grid of the segmentation's own frames (patient LPS,
        mm).

    Raises
    ------
    Refused
        `outline-unplaced`: frames lack their place, or are not evenly spaced.
    """
    pixels = dataset.pixel_array
    frames = pixels.reshape(-1, *pixels.shape[-2:])
    groups = _Groups(dataset, len(frames), name)
    places = [groups.place(k) for k in range(len(frames))]
    label_map = text(dataset, "SegmentationType") == "LABELMAP"
    numbers_of = [None if label_map else groups.segment(k) for k in range(len(frames))]
    planes: dict[int, list[ContourPlane]] = {}
    for lesion in lesions:
        for k, (first, axes, step) in enumerate(places):
            if label_map or numbers_of[k] == lesion.number:
                share = (frames[k] == lesion.number).astype(np.float32) if label_map else _share(frames[k], dataset)
                if share.any():
                    planes.setdefault(lesion.number, []).append(ContourPlane(share, first, axes, step))
    if not planes:
        return
    # The distance shows in all planes together: one lesion may hold a single one.
    everywhere = [ContourPlane(np.empty((0, 0), np.float32), *place) for place in places]
    between = distance_between(everywhere, groups.thickness, name)
    for lesion in lesions:
        if lesion.number in planes:
            yield lesion, stack(planes[lesion.number], between, name)


def _share(frame: NDArray[np.generic], dataset: Dataset) -> NDArray[np.float32]:
    """A pixel of a probability map is drawn or not; of an occupancy map it may be drawn in part (PS3.3 C.8.20.2.3)."""
    share: NDArray[np.float32] = frame.astype(np.float32)
    if text(dataset, "SegmentationType") == "FRACTIONAL":
        share /= number(dataset, "MaximumFractionalValue") or 255
        if text(dataset, "SegmentationFractionalType") != "OCCUPANCY":
            share = (share >= 0.5).astype(np.float32)
    return share


class _Groups:
    """What the functional groups hold for each frame: its own, or what all share (PS3.3 C.7.6.16)."""

    def __init__(self, dataset: Dataset, frames: int, name: str) -> None:
        self._shared = next(iter(dataset.get("SharedFunctionalGroupsSequence") or ()), Dataset())
        self._own = list(dataset.get("PerFrameFunctionalGroupsSequence") or ())
        self._name = name
        if len(self._own) != frames:
            raise self._unplaced(f"it describes {len(self._own)} of its {frames} frames")

    def place(self, frame: int) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]]:
        """First pixel, axes and steps."""
        position = numbers(self._item(frame, "PlanePositionSequence"), "ImagePositionPatient", 3)
        orientation = numbers(self._item(frame, "PlaneOrientationSequence"), "ImageOrientationPatient", 6)
        spacing = numbers(self._item(frame, "PixelMeasuresSequence"), "PixelSpacing", 2)
        if position is None or orientation is None or spacing is None or min(spacing) <= 0:
            raise self._unplaced(f"frame {frame + 1} lacks position, orientation or spacing")
        rows, columns = spacing
        return np.array(position), axes_of(orientation), (columns, rows)

    def segment(self, frame: int) -> int | None:
        found = number(self._item(frame, "SegmentIdentificationSequence"), "ReferencedSegmentNumber")
        return None if found is None else int(found)

    @property
    def thickness(self) -> float:
        """Of the first frame; the larger of two values, since one of them may be the gap."""
        measures = self._item(0, "PixelMeasuresSequence")
        return max(number(measures, "SpacingBetweenSlices") or 0.0, number(measures, "SliceThickness") or 0.0)

    def _item(self, frame: int, keyword: str) -> Dataset:
        items = self._own[frame].get(keyword) or self._shared.get(keyword)
        return items[0] if items else Dataset()

    def _unplaced(self, problem: str) -> Refused:
        return Refused("outline-unplaced", outline=self._name, problem=problem)
