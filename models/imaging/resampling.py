"""Images and masks on the voxels that a paper asks for. Linear: a higher order overshoots at borders."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.voxels import Mask, Volume

Spacing = tuple[float, float, float]

#: The texture papers' usual voxel, mm.
ISOTROPIC: Spacing = (1.0, 1.0, 1.0)


def grid_of(image: sitk.Image, spacing_mm: Spacing = ISOTROPIC) -> sitk.Image:
    """The same extent and directions on voxels of this size (x, y, z); the first voxel's outer corner stays where it was.

    Parameters
    ----------
    image : SimpleITK.Image
        Gives the grid; its values are not read.
    spacing_mm : tuple of float
        x, y, z in mm.

    Returns
    -------
    SimpleITK.Image
        An image for its geometry only. The grid's extent differs from the old one by less than half a voxel along each axis.
    """
    spacing, wanted = np.array(image.GetSpacing()), np.array(spacing_mm)
    size = np.maximum(np.round(np.array(image.GetSize()) * spacing / wanted), 1).astype(int)
    grid = sitk.Image([int(n) for n in size], sitk.sitkUInt8)
    grid.SetSpacing([float(step) for step in wanted])
    grid.SetDirection(image.GetDirection())
    inwards = (wanted / spacing - 1) / 2
    grid.SetOrigin(image.TransformContinuousIndexToPhysicalPoint([float(v) for v in inwards]))
    return grid


def onto(grid: sitk.Image, image: sitk.Image) -> Volume:
    """An image's values on the grid. The outer half of border voxels takes the nearest value.

    Parameters
    ----------
    grid : SimpleITK.Image
        The grid wanted; its values are not read.
    image : SimpleITK.Image
        The values wanted, on a grid of the same patient space (LPS, mm).

    Returns
    -------
    ndarray of float32, [z, y, x]
        In the image's unit; beyond the image, its nearest value.
    """
    resampled = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    values: Volume = sitk.GetArrayFromImage(resampled)
    return values


def mask_onto(grid: sitk.Image, mask: sitk.Image) -> Mask:
    """A mask on the grid: the voxels of which the greater part lies in it.

    Parameters
    ----------
    grid : SimpleITK.Image
        The grid wanted; its values are not read.
    mask : SimpleITK.Image
        0 and 1, on a grid of the same patient space (LPS, mm).

    Returns
    -------
    ndarray of bool, [z, y, x]
        True inside.
    """
    inside: Mask = onto(grid, sitk.Cast(mask, sitk.sitkFloat32)) >= 0.5
    return inside
