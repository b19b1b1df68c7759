"""Random numbers and fields over a patch, [z, y, x]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from second_opinion.views import STEP_MM

from tilscope.models.imaging.voxels import Volume

#: Voxels along z, y and x that the network is trained on at once.
PATCH = (48, 40, 48)

Random = np.random.Generator


def away_from(centre: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Voxels from a point along z, y and x, that broadcast to a patch."""
    return [
        np.arange(n).reshape([-1 if axis == other else 1 for other in range(3)]) - centre[axis]
        for axis, n in enumerate(PATCH)
    ]


def soft(depth: Volume | NDArray[np.float64]) -> Volume:
    """The part of a voxel that lies within a border at this depth in voxels."""
    part: Volume = np.clip(0.5 + depth, 0, 1).astype(np.float32)
    return part


def share(random: Random) -> Volume:
    """0 to 1, smooth: where something happens."""
    part: Volume = np.clip(0.5 + 0.5 * field(random, 50.0), 0, 1).astype(np.float32)
    return part


def field(random: Random, scale_mm: float) -> Volume:
    """Mean about 0, standard deviation about 1, as wide as this."""
    step = max(1.0, scale_mm / STEP_MM)
    coarse = random.standard_normal([int(np.ceil(n / step)) + 3 for n in PATCH], dtype=np.float32)
    fine = ndimage.affine_transform(
        coarse, np.full(3, 1 / step), random.uniform(0, 1, 3), output_shape=PATCH, order=1, mode="nearest"
    )
    scaled: Volume = 1.5 * fine
    return scaled


def grain(random: Random, width: float) -> Volume:
    """Noise of standard deviation 1, blurred over so many voxels."""
    noise = random.standard_normal(PATCH, dtype=np.float32)
    smooth = ndimage.gaussian_filter(noise, width) if width > 0.3 else noise
    even: Volume = smooth / max(float(smooth.std()), 1e-6)
    return even


def uniform(random: Random, low: float, high: float) -> float:
    """Any number between the two alike."""
    return float(random.uniform(low, high))


def log_uniform(random: Random, low: float, high: float) -> float:
    """Any factor alike: as often from 1 to 2 as from 2 to 4."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))
