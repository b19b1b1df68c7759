"""What the scanner adds: the breast coil's uneven sensitivity and the noise of a magnitude image."""

from __future__ import annotations

import numpy as np

from tilscope.phantom.grid import PhantomGrid, Volume
from tilscope.phantom.texture import generator

#: Centres of the coil's two loops, around the hanging breasts, and the reach of their sensitivity.
COIL_LOOPS = ((-82.0, -38.0, 0.0), (82.0, -38.0, 0.0))
COIL_REACH_MM = 70.0
#: No loop is quite as well tuned as the other.
LOOP_GAINS = (1.0, 0.9)


def coil_sensitivity(grid: PhantomGrid, shading: float) -> Volume:
    """1 in the middle of a breast, falling towards the chest.

    Parameters
    ----------
    grid : PhantomGrid
        The voxels wanted.
    shading : float
        0 is uniform.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        The factor that the signal is multiplied by.
    """
    x, y, z = grid.coordinates()
    total = np.zeros(grid.shape, dtype=np.float32)
    for gain, (cx, cy, cz) in zip(LOOP_GAINS, COIL_LOOPS, strict=True):
        away = (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2
        total += gain / (1 + away / COIL_REACH_MM**2)
    sensitivity: Volume = np.power(total / np.float32(1.1), np.float32(shading))
    return sensitivity


def rician(signal: Volume, sigma: float, seed: int, purpose: str) -> Volume:
    """The magnitude of the signal with equal Gaussian noise in both channels (Gudbjartsson 1995).

    Parameters
    ----------
    signal : ndarray of float32, of any shape
        In units of the signal, without noise.
    sigma : float
        The noise's standard deviation in each channel, in units of the signal.
    seed : int
        The patient's.
    purpose : str
        Other words give other noise.

    Returns
    -------
    ndarray of float32, of the same shape
        In units of the signal.
    """
    random = generator(seed, purpose)
    real = signal + np.float32(sigma) * random.standard_normal(signal.shape, dtype=np.float32)
    imaginary = np.float32(sigma) * random.standard_normal(signal.shape, dtype=np.float32)
    magnitude: Volume = np.hypot(real, imaginary)
    return magnitude
