"""Smooth random fields in patient space: the wobble of a skin line, the lobules of a gland, the patches of enhancement.

A field is a cubic B-spline with random coefficients on a lattice that is fixed in the patient, so the same seed gives
the same patient on every grid. The spline is separable, so a whole volume costs three small matrix products.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from phantom.grid import Volume

#: Half the side of the cube around the patient's origin that fields cover, in millimetres.
EXTENT_MM = 320.0


def generator(seed: int, purpose: str) -> np.random.Generator:
    """An independent stream of random numbers for each purpose: a new purpose does not disturb the others."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def smooth_field(seed: int, purpose: str, scale_mm: float, x: Volume, y: Volume, z: Volume) -> Volume:
    """A field of mean 0 and standard deviation about 1, whose bumps are about `scale_mm` wide.

    `x`, `y` and `z` are the grid's coordinates as `Grid.coordinates` gives them, each varying along one axis only.
    """
    knots = int(np.ceil(2 * EXTENT_MM / scale_mm)) + 4
    coefficients = generator(seed, purpose).standard_normal((knots, knots, knots), dtype=np.float32)
    # Bring the lattice's axes (x, y, z) into the order in which the volume's axes vary.
    axis_of = [int(np.argmax(c.shape)) if c.size > 1 else -1 for c in (x, y, z)]
    free = [axis for axis in range(3) if axis not in axis_of]
    axis_of = [free.pop() if axis == -1 else axis for axis in axis_of]
    order = [axis_of.index(axis) for axis in range(3)]
    field = coefficients.transpose(order)
    for axis, source in enumerate(order):
        weights, first = _spline_weights((x, y, z)[source].ravel(), scale_mm)
        used = np.take(field, np.arange(first, first + weights.shape[1]), axis=axis)
        field = np.moveaxis(np.tensordot(weights, used, axes=(1, axis)), 0, axis)
    # The variance of a cubic B-spline with unit coefficients, averaged over a cell, is 151/315 per axis.
    return np.asarray(field / np.float32((151 / 315) ** 1.5), dtype=np.float32)


def _spline_weights(positions: Volume, scale_mm: float) -> tuple[NDArray[np.float32], int]:
    """The cubic B-spline's weights of the knots that matter for these positions, and the first such knot."""
    u = (positions.astype(float) + EXTENT_MM) / scale_mm
    cell = np.floor(u).astype(int)
    t = u - cell
    first, last = int(cell.min()), int(cell.max()) + 3
    weights = np.zeros((len(u), last - first + 1), dtype=np.float32)
    pieces = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    rows = np.arange(len(u))
    for offset, piece in enumerate(pieces):
        weights[rows, cell + offset - first] = piece / 6
    return weights, first
