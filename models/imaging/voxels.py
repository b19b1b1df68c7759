"""Images and their voxels: numpy arrays indexed [z, y, x], and the way back onto a grid."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

Volume = NDArray[np.float32]
Mask = NDArray[np.bool_]


class _Held:
    """An image's memory, which keeps the image: SimpleITK's own view outlives it and then shows other data."""

    def __init__(self, image: sitk.Image) -> None:
        self.image = image
        self.__array_interface__ = sitk.GetArrayViewFromImage(image).__array_interface__


def values_of(image: sitk.Image) -> Volume:
    """The voxels, read-only and not copied.

    Parameters
    ----------
    image : SimpleITK.Image
        On any grid, in any unit.

    Returns
    -------
    ndarray, [z, y, x]
        The image's own type and unit; it shares the image's memory and keeps it alive.
    """
    return np.asarray(_Held(image))


def mask_of(image: sitk.Image) -> Mask:
    """True where the image is not 0.

    Parameters
    ----------
    image : SimpleITK.Image
        Labels, or 0 and 1, on any grid.

    Returns
    -------
    ndarray of bool, [z, y, x]
        A copy, which may be changed.
    """
    inside: Mask = sitk.GetArrayViewFromImage(image) != 0
    return inside


def image_of(values: Volume | Mask, grid: sitk.Image) -> sitk.Image:
    """An image on the grid of another; masks become 0 and 1, uint8.

    Parameters
    ----------
    values : ndarray of float32 or bool, [z, y, x]
        As many voxels as the grid has, in any unit.
    grid : SimpleITK.Image
        Gives the grid; its own values are not read.

    Returns
    -------
    SimpleITK.Image
        A copy on that grid, in the same unit.
    """
    image = sitk.GetImageFromArray(values.astype(np.uint8) if values.dtype == bool else values)
    image.CopyInformation(grid)
    return image


def voxel_cc(grid: sitk.Image) -> float:
    """One voxel's volume in cm3.

    Parameters
    ----------
    grid : SimpleITK.Image
        Gives the grid, whose spacing is in mm; its values are not read.

    Returns
    -------
    float
        cm3.
    """
    return float(np.prod(grid.GetSpacing())) / 1000


def box_of(region: Mask, margin: int = 0) -> tuple[slice, slice, slice]:
    """The smallest box around a region that is not empty, widened by some voxels within the image.

    Parameters
    ----------
    region : ndarray of bool, [z, y, x]
        Not empty.
    margin : int
        Voxels to add on every side.

    Returns
    -------
    tuple of slice
        Indices along z, y and x.
    """
    (found,) = ndimage.find_objects(region.astype(np.uint8))
    return widened(found, margin, region.shape)


def widened(box: tuple[slice, ...], by: int, shape: tuple[int, ...]) -> tuple[slice, slice, slice]:
    """A box with some voxels more on every side, within the image."""
    z, y, x = (slice(max(0, s.start - by), min(n, s.stop + by)) for s, n in zip(box, shape, strict=True))
    return z, y, x


def part_of(image: sitk.Image, box: tuple[slice, slice, slice]) -> sitk.Image:
    """The part of an image in a box of its array.

    Parameters
    ----------
    image : SimpleITK.Image
        On any grid, in any unit.
    box : tuple of slice
        Indices along z, y and x.

    Returns
    -------
    SimpleITK.Image
        The same voxels on the grid's part: its origin is the centre of the box's first voxel, patient LPS in mm, so
        that every voxel stays where it was in the patient.
    """
    z, y, x = box
    return image[x, y, z]
