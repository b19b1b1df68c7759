"""Images and masks on the voxels that a paper asks for. Linear: a higher order overshoots at borders."""

from __future__ import annotations

from itertools import product

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import Mask, Volume

Spacing = tuple[float, float, float]

#: The texture papers' usual voxel, mm.
ISOTROPIC: Spacing = (1.0, 1.0, 1.0)

#: Of coarse slices, many voxels lie in a mask by exactly half. They are inside by rule (SIGNATURES, "Tie rule"): what float32
#: makes of a half hangs on the way in which an image is stored.
TIE = 1e-5


def patient_grid(image: sitk.Image, spacing_mm: Spacing = ISOTROPIC) -> sitk.Image:
    """Voxels of this size along the patient's own axes, over all that an image shows.

    Filters and slices have directions. Along the scanner's axes, the same tissue would have other features in a sagittal
    series than in an axial one, and others again where rows or slices are stored in reverse.

    Parameters
    ----------
    image : SimpleITK.Image
        On any grid of patient space, oblique ones included; its values are not read.
    spacing_mm : tuple of float
        x, y, z in mm.

    Returns
    -------
    SimpleITK.Image
        An image for its geometry only, in patient LPS: x runs to the left, y to the back, z to the head. Its first voxel's
        outer corner is the rightmost, foremost and lowest place of the image; along each axis it ends less than half a voxel
        from where the image does.
    """
    ends = [(-0.5, n - 0.5) for n in image.GetSize()]
    corners = np.array([image.TransformContinuousIndexToPhysicalPoint(corner) for corner in product(*ends)])
    lowest, wanted = corners.min(axis=0), np.array(spacing_mm)
    # Half a voxel more or less must not hang on the last bit of a corner, which hangs on how the image is stored.
    steps = np.round((corners.max(axis=0) - lowest) / wanted, 6)
    size = np.maximum(np.floor(steps + 0.5), 1)
    grid = sitk.Image([int(n) for n in size], sitk.sitkUInt8)
    grid.SetSpacing([float(step) for step in wanted])
    grid.SetOrigin([float(v) for v in lowest + wanted / 2])
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
    return _linear(grid, _seen_from(grid, image))


def phase_onto(grid: sitk.Image, phase: Phase) -> Volume:
    """A phase's signal on the grid, of which no more is computed than is wanted.

    Parameters
    ----------
    grid : SimpleITK.Image
        The grid wanted; its values are not read.
    phase : Phase
        As acquired or even, on a grid of the same patient space (LPS, mm).

    Returns
    -------
    ndarray of float32, [z, y, x]
        In units of the signal; beyond the image, its nearest value.
    """
    return _linear(grid, phase.part(lambda whole: _seen_from(grid, whole)))


def mask_onto(grid: sitk.Image, mask: sitk.Image) -> Mask:
    """A mask on the grid: the voxels of which half or more lies in it.

    Parameters
    ----------
    grid : SimpleITK.Image
        The grid wanted; its values are not read.
    mask : SimpleITK.Image
        0 and 1, on a grid of the same patient space (LPS, mm).

    Returns
    -------
    ndarray of bool, [z, y, x]
        True inside; False beyond the mask's grid.
    """
    seen = sitk.Cast(_seen_from(grid, mask), sitk.sitkFloat32)
    # A border of 0: half a voxel out from the last centre is the grid's edge, and beyond it there is no mask.
    bordered = sitk.ConstantPad(seen, [1, 1, 1], [1, 1, 1], 0.0)
    inside: Mask = _linear(grid, bordered) >= 0.5 - TIE
    return inside


def _linear(grid: sitk.Image, image: sitk.Image) -> Volume:
    resampled = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    values: Volume = sitk.GetArrayFromImage(resampled)
    return values


def _seen_from(grid: sitk.Image, image: sitk.Image) -> sitk.Image:
    """The part of an image that values on the grid are interpolated from, in one order of storage whatever its own."""
    ends = [(-0.5, n - 0.5) for n in grid.GetSize()]
    places = [grid.TransformContinuousIndexToPhysicalPoint(corner) for corner in product(*ends)]
    indices = np.array([image.TransformPhysicalPointToContinuousIndex(place) for place in places])
    size = np.array(image.GetSize())
    first = np.clip(np.floor(indices.min(axis=0)) - 1, 0, size - 1).astype(int)
    stop = np.clip(np.ceil(indices.max(axis=0)) + 2, first + 1, size).astype(int)
    part = image[tuple(slice(int(a), int(b)) for a, b in zip(first, stop, strict=True))]
    return sitk.DICOMOrient(part, "LPS")
