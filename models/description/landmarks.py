"""What places are told from: the nipple, the skin and the chest wall of one breast.

Patients are imaged prone, and the nipple is taken for the foremost point of the body before the breast. The skin's
surface is that of the body, the chest wall is where the breast ends to the back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.spatial import KDTree

from tilscope.models.breast.depth import depth_mm
from tilscope.models.description.surfaces import Points, in_the_patient, surface_of
from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.voxels import Mask, box_of, mask_of

#: The nipple is the middle of what lies so near to the foremost point.
TIP_MM = 2.0

#: Where the surface of the body is so near the breast ends on skin, and not on the chest wall.
NEAR_SURFACE_MM = 10.0

_BACK = 1


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Of one breast, in the patient: LPS, mm."""

    nipple: NDArray[np.float64]
    """[3]"""
    skin: Points
    """Its surface."""
    chest_wall: Points
    """The front of the chest, behind the breast."""

    def from_skin(self, points: Points) -> float | None:
        """How near a lesion comes to the skin's surface.

        Parameters
        ----------
        points : ndarray of float64, [n, 3]
            Of a lesion's surface, patient LPS in mm.

        Returns
        -------
        float or None
            mm from the nearest of them; None where the images show no skin.
        """
        return _nearest(self.skin, points)

    def from_chest_wall(self, points: Points) -> float | None:
        """How near a lesion comes to the chest wall.

        Parameters
        ----------
        points : ndarray of float64, [n, 3]
            Of a lesion's surface, patient LPS in mm.

        Returns
        -------
        float or None
            mm from the nearest of them; None where the images do not reach it.
        """
        return _nearest(self.chest_wall, points)

    def from_nipple(self, points: Points) -> float:
        """How near a lesion comes to the nipple.

        Parameters
        ----------
        points : ndarray of float64, [n, 3]
            Of a lesion's surface, patient LPS in mm.

        Returns
        -------
        float
            mm from the nearest of them.
        """
        return float(np.linalg.norm(points - self.nipple, axis=1).min())

    def depth_part(self, point: NDArray[np.float64]) -> float | None:
        """How far back a point lies.

        Parameters
        ----------
        point : ndarray of float64, shape (3,)
            Patient LPS in mm.

        Returns
        -------
        float or None
            0 at the nipple, 1 at the chest wall behind the point; None where there is no wall.
        """
        if not len(self.chest_wall):
            return None
        across = np.linalg.norm((self.chest_wall - point)[:, [0, 2]], axis=1)
        wall = float(self.chest_wall[int(np.argmin(across)), _BACK])
        tip = float(self.nipple[_BACK])
        return float((point[_BACK] - tip) / (wall - tip)) if wall > tip else None


def landmarks_of(breast: sitk.Image, body: sitk.Image) -> Landmarks | None:
    """The landmarks of a breast.

    Parameters
    ----------
    breast : SimpleITK.Image
        The mask of one breast without skin on the grid of the series, 0 and 1.
    body : SimpleITK.Image
        The body's mask on the same grid, 0 and 1.

    Returns
    -------
    Landmarks or None
        None where the mask is empty.
    """
    axes = PatientAxes(breast)
    grid = axes.turned(breast)
    whole = mask_of(grid)
    if not whole.any():
        return None
    box = box_of(whole, int(np.ceil(NEAR_SURFACE_MM / min(grid.GetSpacing()))) + 1)
    inside = whole[box]
    patient = mask_of(axes.turned(body))[box]
    depth = depth_mm(patient, axes.spacing)
    first = (box[0].start, box[1].start, box[2].start)
    surface = surface_of(inside, grid, first)
    near = depth[tuple((surface.inside - np.array(first)).T)] < NEAR_SURFACE_MM
    backwards = (surface.axis == _BACK) & surface.rises & _is_last(inside, surface.inside - np.array(first))
    lines = np.any(inside, axis=_BACK)
    before = patient & lines[:, None, :]
    return Landmarks(
        _tip(before, grid, first), surface_of(patient, grid, first).points, surface.points[backwards & ~near]
    )


def _tip(region: Mask, grid: sitk.Image, first: tuple[int, int, int]) -> NDArray[np.float64]:
    """The foremost point: [head, back, left] in, patient LPS in mm out."""
    foremost = int(np.flatnonzero(region.any(axis=(0, 2)))[0])
    deep = max(1, round(TIP_MM / grid.GetSpacing()[_BACK]))
    places = np.argwhere(region[:, foremost : foremost + deep]) + np.array([0, foremost, 0])
    points = in_the_patient(places + np.array(first), grid)
    middle = points.mean(axis=0)
    return np.array([middle[0], points[:, _BACK].min(), middle[2]])


def _is_last(inside: Mask, places: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether nothing of the breast lies behind a voxel: [head, back, left]."""
    last = inside.shape[_BACK] - 1 - np.argmax(inside[:, ::-1, :], axis=_BACK)
    found: NDArray[np.bool_] = places[:, 1] == last[places[:, 0], places[:, 2]]
    return found


def _nearest(of: Points, points: Points) -> float | None:
    if not len(of):
        return None
    return float(KDTree(of).query(points)[0].min())
