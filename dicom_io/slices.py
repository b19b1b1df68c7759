"""One MR slice and the facts of its header that assembly decides by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydicom import Dataset
from pydicom.uid import EnhancedMRImageStorage

from dicom_io.frames import Frame, split_frames
from models.answers import BadInput

#: Without these a slice has no place in a volume.
_NEEDED = ("SOPInstanceUID", "SeriesInstanceUID", "Rows", "Columns", "PixelSpacing")


@dataclass(frozen=True)
class Grid:
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
    frame: Frame | None = None
    """Which frame of an enhanced multi-frame image it is; None for a classic one."""

    @cached_property
    def position(self) -> np.ndarray:
        """ImagePositionPatient: the centre of the first pixel, patient LPS, mm."""
        return np.array(self.header.ImagePositionPatient, dtype=float)

    @cached_property
    def axes(self) -> np.ndarray:
        """Rows of the 3x3 matrix: direction of columns, of rows, and their right-handed normal."""
        x, y = np.array(self.header.ImageOrientationPatient, dtype=float).reshape(2, 3)
        return np.stack([x, y, np.cross(x, y)])

    @cached_property
    def depth(self) -> float:
        """Distance along the normal, mm. SliceLocation is not used: its sign is not the position's on some GE scanners."""
        return float(self.axes[2] @ self.position)

    @cached_property
    def grid(self) -> Grid:
        header = self.header
        return Grid(
            tuple(round(float(v), 3) for v in header.ImageOrientationPatient),
            int(header.Rows),
            int(header.Columns),
            tuple(round(float(v), 3) for v in header.PixelSpacing),
            str(header.get("FrameOfReferenceUID", "")),
        )

    @property
    def uid(self) -> str:
        return str(self.header.SOPInstanceUID)

    @property
    def series_uid(self) -> str:
        return str(self.header.SeriesInstanceUID)

    @property
    def has_geometry(self) -> bool:
        return len(self.header.get("ImagePositionPatient") or ()) == 3 and (
            len(self.header.get("ImageOrientationPatient") or ()) == 6
        )


def slices_of(headers: Iterable[Dataset]) -> list[Slice]:
    """Each slice once; an instance sent twice is the same instance."""
    found: dict[str, Slice] = {}
    for header in headers:
        if str(header.get("SOPInstanceUID", "")) in found:
            continue
        if header.get("SOPClassUID") == EnhancedMRImageStorage:
            for flat, frame in split_frames(header):
                found.setdefault(str(flat.SOPInstanceUID), _checked(Slice(flat, frame)))
        else:
            found[str(header.get("SOPInstanceUID", ""))] = _checked(Slice(header))
    return list(found.values())


def _checked(s: Slice) -> Slice:
    for keyword in _NEEDED:
        if s.header.get(keyword) in (None, ""):
            name = str(s.header.get("SOPInstanceUID", "an instance"))
            raise BadInput("unreadable-file", name=name, problem=f"{keyword} is missing")
    return s
