"""Smooth random fields in patient space: the wobble of a skin line, the lobules of a gland, the patches of enhancement.

A field is a cubic B-spline with random coefficients on a lattice that is fixed in the patient, so the same seed gives
the same patient on every grid. The spline is separable, so a whole volume costs three small matrix products.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from tilscope.phantom.grid import Volume

#: The lattice repeats after so many knots: 160 mm for the finest field in use, more than one breast.
PERIOD = 32


def generator(seed: int, purpose: str) -> np.random.Generator:
    """An independent stream of random numbers for each purpose: a new purpose does not disturb the others."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def smooth_field(seed: int, purpose: str, scale_mm: float, x: Volume, y: Volume, z: Volume) -> Volume:
    """A field of mean 0 and standard deviation about 1, whose bumps are about `scale_mm` wide.

    Parameters
    ----------
    seed : int
        The patient's.
    purpose : str
        Other words give an independent field.
    scale_mm : float
        The distance of the lattice's knots.
    x : ndarray of float32, that varies along one of the axes [slice, row, column]
        Patient x in mm, as `PhantomGrid.coordinates` gives it.
    y : ndarray of float32, that varies along another of these axes
        Patient y in mm, likewise.
    z : ndarray of float32, that varies along the third of these axes
        Patient z in mm, likewise.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        Without a unit.
    """
    coefficients = generator(seed, purpose).standard_normal((PERIOD, PERIOD, PERIOD), dtype=np.float32)
    lines = (x, y, z)
    varies_along = [int(np.argmax(line.shape)) if line.size > 1 else -1 for line in lines]
    spare = [axis for axis in range(3) if axis not in varies_along]
    varies_along = [axis if axis >= 0 else spare.pop() for axis in varies_along]
    source = [varies_along.index(axis) for axis in range(3)]

    # Bring the lattice's axes from (x, y, z) into the volume's order; then one product per axis, the longest sum
    # first, while the field is still small.
    field = coefficients.transpose(source)
    parts = [_spline_weights(lines[source[axis]].ravel(), scale_mm) for axis in range(3)]
    for axis in sorted(range(3), key=lambda a: -len(parts[a][1])):
        weights, knots = parts[axis]
        product = np.tensordot(weights, np.take(field, knots, axis=axis), axes=(1, axis))
        field = np.moveaxis(product, 0, axis)
    # The variance of a cubic B-spline with unit coefficients, averaged over a cell, is 151/315 per axis.
    return np.ascontiguousarray(field, dtype=np.float32) * np.float32((315 / 151) ** 1.5)


def _spline_weights(positions: Volume, scale_mm: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The cubic B-spline's weights (positions x knots) of the knots that matter, and which knots these are."""
    u = positions.astype(float) / scale_mm
    cell = np.floor(u).astype(np.int64)
    t = u - cell
    first, last = int(cell.min()), int(cell.max()) + 3
    weights = np.zeros((len(u), last - first + 1), dtype=np.float32)
    pieces = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    rows = np.arange(len(u))
    for offset, piece in enumerate(pieces):
        weights[rows, cell + offset - first] = piece / 6
    return weights, np.arange(first, last + 1) % PERIOD
