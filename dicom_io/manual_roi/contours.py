"""RT structure sets (PS3.3 A.19): closed contours in planes, filled into volumes.

A point belongs to a region if it lies in an odd number of the plane's contours (even-odd), so that a hole is a contour
within a contour, or the keyhole that some tools draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset

from tilscope.dicom_io.dce.values import number, text, value
from tilscope.dicom_io.manual_roi.meaning import Named
from tilscope.dicom_io.manual_roi.planes import ContourPlane, distance_between, stack
from tilscope.models.refusals import Refused

Points = NDArray[np.float64]

_CLOSED = {"CLOSED_PLANAR", "CLOSEDPLANAR_XOR", ""}
#: Contours are filled on pixels of this share of the images' finest step.
_FINENESS = 0.25
#: Points may lie this far (mm) from the plane of their contour, and normals differ by this much.
_FLAT_MM, _PARALLEL = 0.1, 1e-2


def read_regions(
    dataset: Dataset, lesions: Sequence[Named], grid: sitk.Image, name: str
) -> Iterator[tuple[Named, sitk.Image]]:
    """Each lesion's volume, filled finely enough for `grid`. One without a closed contour is left out.

    Parameters
    ----------
    dataset : Dataset
        An RT Structure Set: contours in patient LPS, mm.
    lesions : sequence of Named
        The regions wanted, by number.
    grid : SimpleITK.Image
        The grid of the dynamic series; its values are not read.
    name : str
        The object's, for sentences.

    Yields
    ------
    tuple of (Named, SimpleITK.Image)
        How much of each voxel is drawn, float32 from 0 to 1, on a grid of the contours' own planes (patient LPS, mm).

    Raises
    ------
    Refused
        `outline-unplaced`: contours are not flat, not parallel or not evenly spaced.
    """
    by_number = {
        int(number(item, "ReferencedROINumber") or 0): item for item in dataset.get("ROIContourSequence") or ()
    }
    for lesion in lesions:
        contours = [_points(item, name) for item in _closed(by_number.get(lesion.number))]
        if contours:
            yield lesion, _filled(contours, grid, name)


def frame_of_region(dataset: Dataset, region: int) -> str:
    """The frame of reference that a region lies in."""
    for item in dataset.get("StructureSetROISequence") or ():
        if number(item, "ROINumber") == region:
            return text(item, "ReferencedFrameOfReferenceUID")
    return ""


def _closed(item: Dataset | None) -> list[Dataset]:
    contours = (item.get("ContourSequence") or []) if item is not None else []
    return [contour for contour in contours if text(contour, "ContourGeometricType") in _CLOSED]


def _points(contour: Dataset, name: str) -> Points:
    try:
        points = np.array(value(contour, "ContourData"), dtype=float).reshape(-1, 3)
    except (TypeError, ValueError):
        points = np.empty((0, 3))
    if len(points) < 3 or not np.isfinite(points).all():
        raise Refused("outline-unplaced", outline=name, problem="a contour has no three points")
    return points


def _filled(contours: Sequence[Points], grid: sitk.Image, name: str) -> sitk.Image:
    steps = np.array(grid.GetSpacing())
    axes = _common_axes(contours, np.array(grid.GetDirection()).reshape(3, 3).T, name)
    inside = [points @ axes.T for points in contours]
    pixel = float(steps.min()) * _FINENESS
    everything = np.concatenate(inside)
    low = everything[:, :2].min(axis=0) - pixel
    columns, rows = np.ceil((everything[:, :2].max(axis=0) - low) / pixel + 2).astype(int)

    together: dict[float, list[Points]] = {}
    for points in inside:
        depth = float(points[:, 2].mean())
        if np.abs(points[:, 2] - depth).max() > _FLAT_MM:
            raise Refused("outline-unplaced", outline=name, problem="a contour is not flat")
        place = next((d for d in together if abs(d - depth) <= _FLAT_MM), depth)
        together.setdefault(place, []).append(points[:, :2])
    planes = [
        ContourPlane(
            even_odd(polygons, (low[0], low[1]), pixel, (rows, columns)).astype(np.float32),
            np.array([low[0], low[1], depth]) @ axes,
            axes,
            (pixel, pixel),
        )
        for depth, polygons in together.items()
    ]
    # A single contour is as thick as the images' slices in its direction.
    along = int(np.argmax(np.abs(np.array(grid.GetDirection()).reshape(3, 3).T @ axes[2])))
    return stack(planes, distance_between(planes, float(steps[along]), name), name)


def _common_axes(contours: Sequence[Points], images: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """The plane of all contours: two directions in it and its normal."""
    normals = [_normal(points) for points in contours]
    largest = normals[int(np.argmax([np.linalg.norm(n) for n in normals]))]
    normal = largest / max(float(np.linalg.norm(largest)), 1e-12)
    for n in normals:
        size = float(np.linalg.norm(n))
        # Of a sliver the normal is mostly rounding: it is flat in any case, which is checked later.
        if size > 1.0 and np.linalg.norm(np.cross(n / size, normal)) > _PARALLEL:
            raise Refused("outline-unplaced", outline=name, problem="its contours are not parallel")
    nearest = int(np.argmax(np.abs(images @ normal)))
    if abs(float(images[nearest] @ normal)) > 1 - _PARALLEL**2:
        normal = images[nearest]
    along_row = images[(nearest + 1) % 3]
    along_row = along_row - (along_row @ normal) * normal
    along_row /= np.linalg.norm(along_row)
    return np.stack([along_row, np.cross(normal, along_row), normal])


def _normal(points: Points) -> Points:
    """Twice the area of a closed polygon, as a vector across its plane (Newell)."""
    around = points - points.mean(axis=0)
    total: Points = np.cross(around, np.roll(around, -1, axis=0)).sum(axis=0)
    return total


def even_odd(
    polygons: Sequence[Points], first: tuple[float, float], step: float, shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """True where a pixel's centre lies in an odd number of polygons.

    Parameters
    ----------
    polygons : sequence of ndarray of float64, shape (n, 2)
        Points x, y in mm within the plane.
    first : tuple of float
        The first pixel's centre: x, y in mm.
    step : float
        mm between pixels, both ways.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    ndarray of bool, [row, column]
        True inside.

    Examples
    --------
    >>> square = np.array([[0.5, 0.5], [3.5, 0.5], [3.5, 3.5], [0.5, 3.5]])
    >>> even_odd([square, square * 0.5 + 1], (0, 0), 1.0, (5, 5)).astype(int).tolist()[2]
    [0, 1, 0, 1, 0]
    """
    rows, columns = shape
    crossed = np.zeros((rows, columns + 1), bool)
    for polygon in polygons:
        pixels = (polygon - np.array(first)) / step
        for (x0, y0), (x1, y1) in zip(pixels, np.roll(pixels, -1, axis=0), strict=True):
            # A row belongs to an edge from its lower end up to, not including, its upper end: corners count once.
            here = np.arange(max(0, int(np.ceil(min(y0, y1)))), min(rows, int(np.ceil(max(y0, y1)))))
            if here.size:
                x = x0 + (here - y0) / (y1 - y0) * (x1 - x0)
                crossed[here, np.clip(np.ceil(x), 0, columns).astype(int)] ^= True
    inside: NDArray[np.bool_] = np.logical_xor.accumulate(crossed[:, :columns], axis=1)
    return inside
