"""Drawn planes in patient space, stacked into a volume: in any order, with empty ones left out, whatever way they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Volume
from tilscope.models.refusals import Refused

#: Planes whose distances differ by less (mm) lie in one place: DS text is rounded.
_SAME_PLACE_MM = 0.02
#: A plane may lie this far beside its place, as a share of the distance between planes.
_UNEVEN = 0.1
#: Planes further apart than this leave open what lies between them. The thickest slices of breast MRI have 6 mm.
COARSEST_MM = 10.0


@dataclass(frozen=True, eq=False)
class ContourPlane:
    """One drawn plane: how much of each pixel is drawn, 0 to 1, and where in the patient it lies (LPS, mm)."""

    share: NDArray[np.float32]
    """[row, column]"""
    first: NDArray[np.float64]
    """The centre of the first pixel."""
    axes: NDArray[np.float64]
    """Unit vectors in rows: along a row, along a column, the normal."""
    step: tuple[float, float]
    """From column to column, from row to row."""

    @property
    def depth(self) -> float:
        return float(self.first @ self.axes[2])


def axes_of(orientation: Sequence[float]) -> NDArray[np.float64]:
    """From ImageOrientationPatient, whose digits are rounded, to exactly perpendicular unit vectors.

    Parameters
    ----------
    orientation : sequence of float
        Six direction cosines, patient LPS: along a row, along a column.

    Returns
    -------
    ndarray of float64, shape (3, 3)
        Unit vectors of the patient (LPS), one a row: along a row, along a column, the right-handed normal.
    """
    along_row, along_column = np.array(orientation, dtype=float).reshape(2, 3)
    normal = np.cross(along_row, along_column)
    normal /= np.linalg.norm(normal)
    along_row = along_row / np.linalg.norm(along_row)
    return np.stack([along_row, np.cross(normal, along_row), normal])


def stack(planes: Sequence[ContourPlane], between: float, name: str) -> sitk.Image:
    """The volume whose slices, `between` mm apart, are these planes. Two at one place are joined.

    Parameters
    ----------
    planes : sequence of ContourPlane
        Parallel, in any order; at least one.
    between : float
        mm between slices.
    name : str
        The object's, for sentences.

    Returns
    -------
    SimpleITK.Image
        float32, 0 to 1, how much of each voxel is drawn, on the planes' own grid (patient LPS, mm); empty places are 0.

    Raises
    ------
    Refused
        `outline-unplaced`: planes are not parallel, not of one size, or lie beside each other.
    """
    first = min(planes, key=lambda plane: plane.depth)
    _check_parallel(planes, first, name)
    places = [round((plane.depth - first.depth) / between) for plane in planes]
    volume: Volume = np.zeros((max(places) + 1, *first.share.shape), np.float32)
    for place, plane in zip(places, planes, strict=True):
        np.maximum(volume[place], plane.share, out=volume[place])
    image = sitk.GetImageFromArray(volume)
    image.SetOrigin(first.first.tolist())
    image.SetSpacing([*first.step, between])
    image.SetDirection(first.axes.T.ravel().tolist())
    return image


def distance_between(planes: Sequence[ContourPlane], nominal: float, name: str) -> float:
    """Of neighbouring planes: the smallest gap that occurs, of which all others must be multiples.

    What an object declares is believed only where it holds a single plane: scanners write the empty gap between slices
    in place of their distance, and tools copy it.
    """
    depths = np.unique(np.round([plane.depth for plane in planes], 4))
    gaps = np.diff(depths)
    gaps = gaps[gaps > _SAME_PLACE_MM]
    if gaps.size == 0:
        if nominal <= 0:
            raise Refused("outline-unplaced", outline=name, problem="its only slice has no thickness")
        return nominal
    steps = np.round(gaps / gaps.min())
    step = float(gaps.sum() / steps.sum())
    if np.abs(gaps / step - steps).max() > _UNEVEN:
        problem = f"its slices are not evenly spaced ({gaps.min():.2f} to {gaps.max():.2f} mm)"
        raise Refused("outline-unplaced", outline=name, problem=problem)
    if step > COARSEST_MM:
        raise Refused("outline-unplaced", outline=name, problem=f"its slices lie {step:.0f} mm apart")
    return step


def _check_parallel(planes: Sequence[ContourPlane], first: ContourPlane, name: str) -> None:
    """All planes are parallel, of one size, and lie above each other."""
    for plane in planes:
        same = plane.share.shape == first.share.shape and np.allclose(plane.step, first.step, rtol=1e-3)
        if not same or np.abs(plane.axes - first.axes).max() > 1e-3:
            raise Refused("outline-unplaced", outline=name, problem="its slices are not parallel and of one size")
        beside = (plane.first - first.first) @ first.axes[:2].T
        if np.abs(beside).max() > _UNEVEN * min(first.step):
            raise Refused(
                "outline-unplaced",
                outline=name,
                problem=f"a slice lies {np.abs(beside).max():.1f} mm beside the others",
            )
