"""One MR slice and the facts of its header that assembly decides by."""

from __future__ import annotations

import math
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydicom import Dataset
from pydicom.uid import EnhancedMRImageStorage

from tilscope.dicom_io.dce.enhanced_frames import EnhancedFrame, split_frames
from tilscope.dicom_io.dce.values import number, numbers, text
from tilscope.models.refusals import BadInput

#: Positions are written with a few decimals; no two slices of a volume lie as close as this.
_SAME_PLACE_MM = 0.05


@dataclass(frozen=True)
class SliceGrid:
    """What slices must share to lie in one volume. Values are rounded: scanners write 0.70312 and 0.703125."""

    orientation: tuple[float, ...]
    rows: int
    columns: int
    spacing: tuple[float, ...]
    frame_of_reference: str


@dataclass(frozen=True, eq=False)
class Slice:
    """A header with its geometry worked out (PS3.3 C.7.6.2)."""

    header: Dataset
    frame: EnhancedFrame | None = None
    """Which frame of an enhanced multi-frame image it is; None for a classic one."""
    place: float = math.nan
    """Its position along the normal as a key, equal for slices at the same position; see `placed`."""

    @cached_property
    def position(self) -> np.ndarray:
        """ImagePositionPatient, [x, y, z]: the centre of the first pixel, patient LPS, mm."""
        return np.array(numbers(self.header, "ImagePositionPatient", 3))

    @cached_property
    def axes(self) -> np.ndarray:
        """Unit vectors of the patient (LPS) in rows, shape (3, 3): to the next column, to the next row, and their right-handed normal."""
        x, y = np.array(numbers(self.header, "ImageOrientationPatient", 6)).reshape(2, 3)
        return np.stack([x, y, np.cross(x, y)])

    @cached_property
    def depth(self) -> float:
        """Distance along the normal, mm. SliceLocation is not used: its sign is not the position's on some GE scanners."""
        return float(self.axes[2] @ self.position)

    @cached_property
    def aside(self) -> tuple[float, ...]:
        """Where the first pixel lies within the plane, to a tenth of a millimetre; equal in all slices of a volume."""
        return tuple(round(float(v), 1) + 0.0 for v in self.axes[:2] @ self.position)

    @cached_property
    def grid(self) -> SliceGrid:
        header = self.header
        return SliceGrid(
            tuple(round(v, 3) for v in numbers(header, "ImageOrientationPatient", 6) or ()),
            int(number(header, "Rows") or 0),
            int(number(header, "Columns") or 0),
            tuple(round(v, 3) for v in numbers(header, "PixelSpacing", 2) or ()),
            text(header, "FrameOfReferenceUID"),
        )

    @cached_property
    def uid(self) -> str:
        return str(self.header.SOPInstanceUID)

    @cached_property
    def series_uid(self) -> str:
        return text(self.header, "SeriesInstanceUID")

    @cached_property
    def has_geometry(self) -> bool:
        """Whether its header states a position that is possible."""
        position = numbers(self.header, "ImagePositionPatient", 3)
        orientation = numbers(self.header, "ImageOrientationPatient", 6)
        spacing = numbers(self.header, "PixelSpacing", 2)
        rows, columns = number(self.header, "Rows"), number(self.header, "Columns")
        if None in (position, orientation, spacing, rows, columns):
            return False
        x, y = np.array(orientation).reshape(2, 3)
        unit = abs(np.linalg.norm(x) - 1) < 0.01 and abs(np.linalg.norm(y) - 1) < 0.01 and abs(x @ y) < 0.01
        return bool(unit and min(spacing or ()) > 0 and min(rows or 0, columns or 0) >= 1)

    def at(self, place: float) -> Slice:
        """The same slice at its place. What was read from its header is not read again, since nothing of it depends on that."""
        there = copy(self)
        object.__setattr__(there, "place", place)
        return there


def placed(slices: Iterable[Slice]) -> list[Slice]:
    """The same slices of one grid with their places: depths that differ by rounding only are one place."""
    found: list[Slice] = []
    place = math.nan
    last = -math.inf
    for s in sorted(slices, key=lambda s: (s.depth, s.uid)):
        if s.depth - last > _SAME_PLACE_MM:
            place = round(s.depth, 2)
        last = s.depth
        found.append(s.at(place))
    return found


def slices_of(headers: Iterable[Dataset]) -> list[Slice]:
    """Each slice once; an instance sent twice is the same instance."""
    found: dict[str, Slice] = {}
    for header in headers:
        uid = text(header, "SOPInstanceUID")
        if not uid:
            raise BadInput("unreadable-file", name="An image", problem="it has no SOPInstanceUID")
        if uid in found:
            continue
        if text(header, "SOPClassUID") == EnhancedMRImageStorage:
            for flat, frame in split_frames(header):
                found.setdefault(str(flat.SOPInstanceUID), Slice(flat, frame))
        else:
            found[uid] = Slice(header)
    return list(found.values())
