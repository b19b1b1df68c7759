"""How a patient moves between the phases: a known smooth displacement of everything, phase by phase.

A moved phase shows at a point p what lies at p + u(p) in the phase that is the frame of reference, the first one after
the injection. The field u is a rigid part (a shift and a small turn) and a smooth part (the breast gives way). The
patient's tissues are moved, the coil and the noise stay where the scanner is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from tilscope.phantom.grid import Mask, PhantomGrid, Volume
from tilscope.phantom.texture import generator, smooth_field

#: A turn about the middle of the breasts moves a point at this distance as far as the shift does.
TURN_ARM_MM = 100.0


@dataclass(frozen=True)
class MotionSpec:
    """How far, how stiffly and when she moves."""

    rms_mm: float = 2.3
    """Root mean square of the displacement's length over the breasts in the field of view."""
    rigid_part: float = 0.5
    """How much of it (of the mean square, before both are added) is shift and turn; the rest is smooth deformation."""
    bump_mm: float = 45.0
    """Width of the smooth part's bumps."""
    phases: tuple[int, ...] | None = None
    """Which phases moved, counted from 0; None: all but the first after the injection, which never moves."""

    def __post_init__(self) -> None:
        if not 0 < self.rms_mm <= 30:
            raise ValueError(f"a motion of {self.rms_mm} mm is not within 0 to 30 mm")
        if not 0 <= self.rigid_part <= 1:
            raise ValueError(f"a rigid part of {self.rigid_part} is not within 0 to 1")
        if self.bump_mm < 20:
            raise ValueError(f"bumps of {self.bump_mm} mm would fold the breast; 20 mm at least")


def displacement(motion: MotionSpec, seed: int, phase: int, grid: PhantomGrid, breast: Mask) -> sitk.Image:
    """The displacement field of one phase.

    Parameters
    ----------
    motion : MotionSpec
        How far, how much of it rigid, how fine.
    seed : int
        The patient's.
    phase : int
        Each phase moves otherwise.
    grid : PhantomGrid
        The voxels wanted.
    breast : ndarray of bool, [slice, row, column]
        Over it the root mean square is what the spec wants.

    Returns
    -------
    SimpleITK.Image
        Three components a voxel: x, y and z in mm, patient LPS, on the grid.
    """
    here = grid.coordinates()
    rigid = _rigid(generator(seed, f"shift and turn of phase {phase}"), here, breast)
    smooth = np.stack(
        [
            np.broadcast_to(
                smooth_field(seed, f"motion of phase {phase} along {axis}", motion.bump_mm, *here), grid.shape
            )
            for axis in "xyz"
        ],
        axis=-1,
    )
    field = motion.rigid_part**0.5 * _unit(rigid, breast) + (1 - motion.rigid_part) ** 0.5 * _unit(smooth, breast)
    image = sitk.GetImageFromArray(motion.rms_mm * _unit(field, breast), isVector=True)
    image.CopyInformation(grid.image(breast))
    return image


def moved(values: Volume, field: sitk.Image, grid: PhantomGrid) -> Volume:
    """What lies at p + u(p), for every voxel p. Cubic: a linear interpolation would blur only the phases that moved.

    Parameters
    ----------
    values : ndarray of float32, [slice, row, column]
        Signal.
    field : SimpleITK.Image
        Displacements in mm, patient LPS, on the grid.
    grid : PhantomGrid
        Of the values.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        Signal, never negative.
    """
    transform = sitk.DisplacementFieldTransform(sitk.Cast(field, sitk.sitkVectorFloat64))
    image = grid.image(values)
    found = sitk.Resample(image, image, transform, sitk.sitkBSpline, 0.0, sitk.sitkFloat32, True)
    moved_values: Volume = np.maximum(sitk.GetArrayFromImage(found), 0)
    return moved_values


def _rigid(random: np.random.Generator, here: tuple[Volume, Volume, Volume], breast: Mask) -> Volume:
    """A shift, and a turn about the middle of the breasts; small turns are a cross product."""
    shift, turn = (v / np.linalg.norm(v) for v in random.standard_normal((2, 3)))
    x, y, z = (
        line - np.float32(np.broadcast_to(line, breast.shape)[breast].mean()) if breast.any() else line for line in here
    )
    around = (turn[1] * z - turn[2] * y, turn[2] * x - turn[0] * z, turn[0] * y - turn[1] * x)
    return np.stack(
        [np.broadcast_to(s + a / TURN_ARM_MM, breast.shape) for s, a in zip(shift, around, strict=True)], axis=-1
    ).astype(np.float32)


def _unit(field: Volume, breast: Mask) -> Volume:
    """The field scaled to a root mean square of 1 over the breasts."""
    length = np.sqrt(np.square(field[breast]).sum(axis=-1).mean())
    scaled: Volume = field / length
    return scaled
