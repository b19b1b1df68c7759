"""Images and masks on cubic voxels of 1 mm, as the texture papers ask. Linear: a higher order overshoots at borders."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from models.voxels import Mask, Volume

STEP_MM = 1.0


def isotropic_grid(image: sitk.Image) -> sitk.Image:
    """The same extent and directions on cubic voxels; the first voxel's outer corner stays where it was."""
    spacing = np.array(image.GetSpacing())
    size = np.maximum(np.round(np.array(image.GetSize()) * spacing / STEP_MM), 1).astype(int)
    grid = sitk.Image([int(n) for n in size], sitk.sitkUInt8)
    grid.SetSpacing([STEP_MM] * 3)
    grid.SetDirection(image.GetDirection())
    inwards = (STEP_MM / spacing - 1) / 2
    grid.SetOrigin(image.TransformContinuousIndexToPhysicalPoint([float(v) for v in inwards]))
    return grid


def onto(grid: sitk.Image, image: sitk.Image) -> Volume:
    """An image's values on the cubic grid. The outer half of border voxels takes the nearest value."""
    resampled = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    values: Volume = sitk.GetArrayFromImage(resampled)
    return values


def mask_onto(grid: sitk.Image, mask: sitk.Image) -> Mask:
    """A mask on the cubic grid: the voxels of which the greater part lies in it."""
    inside: Mask = onto(grid, sitk.Cast(mask, sitk.sitkFloat32)) >= 0.5
    return inside
