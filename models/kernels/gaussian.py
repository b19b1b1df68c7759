"""Gaussian smoothing of a volume whatever the width, at one cost; compiled, or by its twin.

The recursion of ITK's `SmoothingRecursiveGaussian`, whose sums are the same to the rounding of a float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import c_int64
from functools import cache
from math import cos, exp, sin

import numpy as np
from numpy.ctypeslib import ndpointer
from numpy.typing import NDArray

from tilscope.models.kernels import gaussian_twin as twin
from tilscope.models.kernels.library import in_parts, kernel

Volume = NDArray[np.float32]

_Floats = ndpointer(np.float32, ndim=3, flags="C")
_Doubles = ndpointer(np.float64, flags="C")
_Shape = ndpointer(np.int64, shape=(3,), flags="C")

_axis = kernel("gaussian_axis", _Floats, _Shape, c_int64, _Doubles, _Doubles, c_int64, c_int64, _Floats)

#: Two damped cosines that make up the right half of a Gaussian: A cos(W x) + B sin(W x), damped by exp(L x).
_A1, _B1, _W1, _L1 = 1.3530, 1.8151, 0.6681, -1.3932
_A2, _B2, _W2, _L2 = -0.3531, 0.0902, 2.0787, -1.3732

#: Eight lines, three times; of each line its voxels, and four before and after them.
_ROOM, _BORDERS = 24, 8

#: Shorter lines have nothing to start a recursion with; ITK refuses them.
FEWEST_VOXELS = 4


def smoothed(values: Volume, spacing_mm: Sequence[float], width_mm: float) -> Volume:
    """An image smoothed by a Gaussian along all three axes.

    Parameters
    ----------
    values : ndarray of float32, [z, y, x]
        In any unit, four voxels or more along each axis; beyond its border it goes on with its last value.
    spacing_mm : sequence of float
        Of the voxels along x, y and z.
    width_mm : float
        The Gaussian's standard deviation.

    Returns
    -------
    ndarray of float32, [z, y, x]
        In the same unit.
    """
    if _axis is None:
        return twin.smoothed(values, spacing_mm, width_mm)
    if min(values.shape) < FEWEST_VOXELS:
        raise ValueError(f"cannot smooth {values.shape} voxels: fewer than {FEWEST_VOXELS} along an axis")
    smooth = np.array(values, np.float32, order="C")
    for axis in (2, 1, 0):
        _smooth_along(axis, smooth, _recursion(width_mm / spacing_mm[2 - axis]))
    return smooth


def _smooth_along(axis: int, values: Volume, recursion: NDArray[np.float64]) -> None:
    """In place."""
    assert _axis is not None
    along, shape = _axis, np.array(values.shape, np.int64)

    def part(first: int, end: int) -> None:
        room = np.empty(_ROOM * (values.shape[axis] + _BORDERS))
        along(values, shape, axis, recursion, room, first, end, values)

    in_parts(values.shape[1 if axis == 0 else 0], values.size, part)


@cache
def _recursion(width: float) -> NDArray[np.float64]:
    """What the kernel takes, for a Gaussian of this width in voxels."""
    sin1, cos1, exp1 = sin(_W1 / width), cos(_W1 / width), exp(_L1 / width)
    sin2, cos2, exp2 = sin(_W2 / width), cos(_W2 / width), exp(_L2 / width)
    n0 = _A1 + _A2
    n1 = exp2 * (_B2 * sin2 - (_A2 + 2 * _A1) * cos2) + exp1 * (_B1 * sin1 - (_A1 + 2 * _A2) * cos1)
    n2 = 2 * exp1 * exp2 * ((_A1 + _A2) * cos2 * cos1 - _B1 * cos2 * sin1 - _B2 * cos1 * sin2)
    n2 += _A2 * exp1**2 + _A1 * exp2**2
    n3 = exp2 * exp1**2 * (_B2 * sin2 - _A2 * cos2) + exp1 * exp2**2 * (_B1 * sin1 - _A1 * cos1)
    output = np.array(
        [
            -2 * (exp2 * cos2 + exp1 * cos1),
            4 * cos2 * cos1 * exp1 * exp2 + exp1**2 + exp2**2,
            -2 * cos1 * exp1 * exp2**2 - 2 * cos2 * exp2 * exp1**2,
            exp1**2 * exp2**2,
        ]
    )
    forward, whole = np.array([n0, n1, n2, n3]), 1 + output.sum()
    # Both halves together leave an even image as it is; the sample itself is counted once.
    forward /= 2 * forward.sum() / whole - n0
    backward = np.append(forward[1:], 0.0) - output * forward[0]
    even = [forward.sum() / whole, backward.sum() / whole]
    recursion = np.concatenate([forward, backward, output, even])
    recursion.setflags(write=False)
    return recursion
