"""A manual lesion from the grid on which it was drawn onto that of the dynamic series, with the geometry checked."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.dicom_io.manual_roi.roi_volumes import ManualRoiVolume
from tilscope.models.imaging.voxels import Mask, Volume, image_of, values_of
from tilscope.models.refusals import Refused

#: More than this share of a manual ROI outside the images, and it was drawn on something else.
MOST_OUTSIDE = 0.1
#: A voxel is divided into so many parts a side at most.
_FINEST = 6


def placed(
    volume: ManualRoiVolume, grid: sitk.Image, frame_of_reference: str, manual_roi: str, series: str
) -> sitk.Image:
    """The voxels of which at least half was drawn.

    Parameters
    ----------
    volume : ManualRoiVolume
        On the grid on which it was drawn.
    grid : SimpleITK.Image
        The grid of the dynamic series; its values are not read.
    frame_of_reference : str
        The UID of the dynamic series' frame of reference.
    manual_roi : str
        The object's name, for sentences.
    series : str
        The dynamic series' name, for sentences.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on `grid`.

    Raises
    ------
    Refused
        `outline-other-frame`, `outline-empty` or `outline-outside`.
    """
    if volume.frame_of_reference != frame_of_reference:
        raise Refused("outline-other-frame", outline=manual_roi, series=series)
    if not values_of(volume.share).any():
        raise Refused("outline-empty", outline=manual_roi, lesion=volume.roi.label)
    inside = share_inside(volume.share, grid)
    if inside < 1 - MOST_OUTSIDE:
        raise Refused("outline-outside", outline=manual_roi, series=series, outside=100 * (1 - inside))
    mask: Mask = np.zeros(grid.GetSize()[::-1], bool)
    box, share = share_on(grid, volume.share)
    mask[box] = share >= 0.5
    if not mask.any():
        raise Refused("outline-empty", outline=manual_roi, lesion=volume.roi.label)
    return image_of(mask, grid)


def share_inside(share: sitk.Image, grid: sitk.Image) -> float:
    """How much of what was drawn lies within the images, 0 to 1.

    Parameters
    ----------
    share : SimpleITK.Image
        How much of each voxel was drawn, 0 to 1, on the grid on which it was drawn; not 0 everywhere.
    grid : SimpleITK.Image
        The images' grid in the same patient space (LPS, mm); its values are not read.

    Returns
    -------
    float
        0 to 1.
    """
    values = values_of(share)
    voxels = np.argwhere(values > 0)
    weights = values[values > 0]
    index = _index_in(grid, share, voxels[:, ::-1].astype(float))
    within = np.all((index >= -0.5) & (index <= np.array(grid.GetSize()) - 0.5), axis=1)
    return float(weights[within].sum() / weights.sum())


def share_on(grid: sitk.Image, share: sitk.Image) -> tuple[tuple[slice, slice, slice], Volume]:
    """The part of `grid` around what was drawn, and how much of each of its voxels was drawn.

    Where the drawing is finer than the images, a voxel's share is the mean over its parts; where it is coarser, it is
    interpolated linearly, so that the border does not take on the shape of large voxels. On the same grid both give
    back what was drawn, to the voxel.

    Parameters
    ----------
    grid : SimpleITK.Image
        The grid of the dynamic series; its values are not read.
    share : SimpleITK.Image
        How much of each voxel was drawn, 0 to 1, on a grid of the same patient space (LPS, mm); not 0 everywhere.

    Returns
    -------
    tuple of slice
        The part's indices along z, y and x of `grid`.
    ndarray of float32, [z, y, x]
        0 to 1, in that part.
    """
    first, size = _around(grid, share)
    parts = _parts(grid, share)
    fine = sitk.Image([int(n) for n in size * parts], sitk.sitkUInt8)
    fine.SetDirection(grid.GetDirection())
    fine.SetSpacing([float(v) for v in np.array(grid.GetSpacing()) / parts])
    # Centre of the first part: half a voxel back, half a part forward.
    start = first - 0.5 + 0.5 / parts
    fine.SetOrigin(grid.TransformContinuousIndexToPhysicalPoint([float(v) for v in start]))
    # Drawing ends where its slices end: a slice of nothing on every side, so that nothing is carried beyond.
    framed = sitk.ConstantPad(share, [1, 1, 1], [1, 1, 1], 0.0)
    resampled = sitk.Resample(framed, fine, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32)
    (i, j, k), (x, y, z) = parts, size
    divided = values_of(resampled).reshape(z, k, y, j, x, i)
    box = tuple(slice(int(f), int(f + n)) for f, n in zip(first[::-1], size[::-1], strict=True))
    return (box[0], box[1], box[2]), divided.mean(axis=(1, 3, 5), dtype=np.float32)


def _around(grid: sitk.Image, share: sitk.Image) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """First index and size (x, y, z) of the part of the grid that what was drawn can reach."""
    voxels = np.argwhere(values_of(share) > 0)[:, ::-1].astype(float)
    low, high = voxels.min(axis=0) - 1, voxels.max(axis=0) + 1
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
    index = _index_in(grid, share, corners)
    shape = np.array(grid.GetSize())
    first = np.clip(np.floor(index.min(axis=0)).astype(int), 0, shape - 1)
    last = np.clip(np.ceil(index.max(axis=0)).astype(int), 0, shape - 1)
    return first, last - first + 1


def _parts(grid: sitk.Image, share: sitk.Image) -> NDArray[np.int_]:
    """Into how many parts a voxel is divided along each axis: about as fine as the drawing in that direction."""
    ours, theirs = (np.array(image.GetDirection()).reshape(3, 3) for image in (grid, share))
    along = np.abs(ours.T @ theirs).argmax(axis=1)
    ratio = np.array(grid.GetSpacing()) / np.array(share.GetSpacing())[along]
    # A rounded spacing must not halve the voxels of one and the same grid.
    parts: NDArray[np.int_] = np.clip(np.ceil(ratio - 0.05), 1, _FINEST).astype(int)
    return parts


def _index_in(grid: sitk.Image, image: sitk.Image, index: NDArray[np.float64]) -> NDArray[np.float64]:
    """Continuous indices (x, y, z) of one image as those of another."""

    def to_patient(of: sitk.Image) -> NDArray[np.float64]:
        matrix: NDArray[np.float64] = np.array(of.GetDirection()).reshape(3, 3) * np.array(of.GetSpacing())
        return matrix

    points = index @ to_patient(image).T + np.array(image.GetOrigin())
    inverse = np.linalg.inv(to_patient(grid))
    found: NDArray[np.float64] = (points - np.array(grid.GetOrigin())) @ inverse.T
    return found
