"""Lesions: how much of each voxel near one is lesion, and how much of that its slowly enhancing core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.phantom.anatomy.breasts import Breast
from tilscope.phantom.anatomy.placement import Ball
from tilscope.phantom.anatomy.shapes import Box, Coordinates, around, inside
from tilscope.phantom.anatomy.strands import Strand, deposit, tapered, winding
from tilscope.phantom.grid import PhantomGrid, Volume
from tilscope.phantom.lesion_spec import LesionKind, LesionSpec
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator, smooth_field

#: A wall that enhances around a centre that hardly does: at least this thick, or this part of the diameter.
_WALL_MM, _WALL_PART = 2.5, 0.13


@dataclass(frozen=True, eq=False)
class Body:
    box: Box
    here: Coordinates
    amount: Volume
    core: Volume
    """Of the amount, 0 to 1."""


def lesion_body(
    spec: PhantomSpec, lesion: LesionSpec, ball: Ball, breast: Breast, name: str, grid: PhantomGrid, voxel: float
) -> Body | None:
    """The lesion where the grid shows it; None where it does not."""
    far = 2 * ball.radius + 2 * voxel
    near = around(grid.coordinates(), ball.centre, (far, far, far))
    if near is None:
        return None
    box, here = near
    if lesion.kind is LesionKind.NON_MASS:
        amount = _clumps(spec, ball, breast, name, here, voxel)
        return Body(box, here, amount, np.zeros_like(amount))
    border = _border(spec, lesion, ball, name, here)
    amount = inside(border, voxel)
    if lesion.kind is LesionKind.SPICULATED:
        strands = deposit(_spiculae(generator(spec.seed, f"spiculae {name}"), ball), grid)[box]
        amount = np.minimum(amount + strands * (1 - amount), 1)
    return Body(box, here, amount, _core(spec, lesion, name, here, border))


def dull_part(spec: PhantomSpec, name: str, scale_mm: float, here: Coordinates) -> Volume:
    """The part of a tumour that is hardly perfused, in bumps.

    Parameters
    ----------
    spec : PhantomSpec
        Gives the seed, and how unevenly tumours enhance.
    name : str
        Another tumour has other bumps.
    scale_mm : float
        How wide they are.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

    Returns
    -------
    ndarray of float32, [slice, row, column]
        0 to 1.
    """
    bumps = smooth_field(spec.seed, f"dull parts of tumour {name}", scale_mm, *here)
    part: Volume = np.float32(spec.body.tumour_spread) / (1 + np.exp(-3.0 * bumps))
    return part


def _border(spec: PhantomSpec, lesion: LesionSpec, ball: Ball, name: str, here: Coordinates) -> Volume:
    """Distance to the body."""
    x, y, z = here
    cx, cy, cz = ball.centre
    away = np.sqrt((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2)
    if lesion.kind is LesionKind.ROUND or lesion.lobulation == 0:
        return np.asarray(away - np.float32(ball.radius), dtype=np.float32)
    lobes = np.clip(smooth_field(spec.seed, f"lobes {name}", max(ball.radius, 4.0), *here), -2, 2)
    return np.asarray(away - ball.radius * (1 + lesion.lobulation * lobes), dtype=np.float32)


def _core(spec: PhantomSpec, lesion: LesionSpec, name: str, here: Coordinates, border: Volume) -> Volume:
    if lesion.kind is LesionKind.RIM:
        wall = max(_WALL_MM, _WALL_PART * lesion.diameter_mm)
        return np.asarray(np.clip(0.5 - (border + wall) / 1.5, 0, 1), dtype=np.float32)
    if not lesion.necrotic_core:
        return np.zeros_like(border)
    ragged = 0.06 * lesion.diameter_mm * smooth_field(spec.seed, f"core {name}", 6.0, *here)
    return np.asarray(np.clip(0.5 - (border + 0.26 * lesion.diameter_mm + ragged) / 3.0, 0, 1), dtype=np.float32)


def _spiculae(random: np.random.Generator, ball: Ball) -> list[Strand]:
    """Thin strands from within the body outwards, a third to all of its radius long."""
    found = []
    for direction in random.standard_normal((34, 3)):
        unit = direction / np.linalg.norm(direction)
        start = np.array(ball.centre) + 0.7 * ball.radius * unit
        end = start + (0.3 + random.uniform(0.35, 0.9)) * ball.radius * unit
        found.append(tapered(winding(random, start, end, 0.06 * ball.radius), 0.35 + 0.05 * ball.radius, 0.2))
    return found


def _clumps(spec: PhantomSpec, ball: Ball, breast: Breast, name: str, here: Coordinates, voxel: float) -> Volume:
    """Non-mass enhancement: clumps within a spindle that points to the nipple."""
    x, y, z = (line - np.float32(c) for line, c in zip(here, ball.centre, strict=True))
    nipple = np.subtract(breast.point(0, 1, 0), ball.centre)
    a, b, c = nipple / np.linalg.norm(nipple)
    along = x * a + y * b + z * c
    across = np.sqrt(np.maximum(x**2 + y**2 + z**2 - along**2, 0))
    wobble = smooth_field(spec.seed, f"lobes {name}", 9.0, *here)
    level = np.sqrt((along / ball.radius) ** 2 + (across / (0.55 * ball.radius)) ** 2)
    spindle = (level - 1 - 0.15 * wobble) * 0.55 * ball.radius
    clumps = smooth_field(spec.seed, f"clumps {name}", 5.0, *here)
    # Positive over seven tenths of the volume, with borders a voxel wide.
    gaps = -(clumps + 0.5) * 2.5
    return inside(np.maximum(spindle, gaps).astype(np.float32), voxel)
