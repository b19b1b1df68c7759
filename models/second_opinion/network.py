"""The network without PyTorch: a small 3D U-Net, its convolutions as matrix products.

Its weights were learned by tests/second_opinion, which holds the same network for training; the normalisation of training
is part of the convolutions here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
"""[channel, z, y, x]"""

WEIGHTS = "weights.npz"

#: So many voxels at once: their neighbourhoods fit into the processor's cache.
CHUNK = 2048


@dataclass(frozen=True, eq=False)
class Convolution:
    """Over 3 x 3 x 3 voxels, cut at 0."""

    kernel: Features
    """[after, before, 3, 3, 3]"""
    bias: NDArray[np.float32]

    def of(self, features: Features) -> Features:
        """The convolved features, on the same grid, with zeros around it.

        Parameters
        ----------
        features : ndarray of float32, [channel, z, y, x]
            As many channels as the kernel takes.

        Returns
        -------
        ndarray of float32, [channel, z, y, x]
            As many channels as the kernel gives; 0 and more.
        """
        framed = np.pad(features, [(0, 0), (1, 1), (1, 1), (1, 1)])
        channels, depth, rows, columns = framed.shape
        flat = framed.reshape(channels, -1)
        # In the flat array a neighbour is a fixed number of places away; what the frame gets is cut off below.
        away = [(z * rows + y) * columns + x for z, y, x in np.ndindex(3, 3, 3)]
        matrix = self.kernel.transpose(0, 2, 3, 4, 1).reshape(len(self.kernel), -1)
        places = flat.shape[1] - away[-1]
        found = np.zeros((len(matrix), depth * rows * columns), np.float32)
        for start in range(0, places, CHUNK):
            stop = min(start + CHUNK, places)
            neighbours = np.concatenate([flat[:, start + step : stop + step] for step in away])
            np.matmul(matrix, neighbours, out=found[:, start:stop])
        found += self.bias[:, None]
        np.maximum(found, 0, out=found)
        return found.reshape(-1, depth, rows, columns)[:, : depth - 2, : rows - 2, : columns - 2]


@dataclass(frozen=True, eq=False)
class Network:
    """From fine to coarse and back; what was seen on the way down is seen again on the way up."""

    down: tuple[tuple[Convolution, Convolution], ...]
    up: tuple[Convolution, ...]
    """The finest first."""
    last: Features
    """[channel]: what each of the finest features weighs."""
    bias: float

    @classmethod
    def of(cls, arrays: dict[str, Features]) -> Network:
        """The network of these arrays, named as `tests/second_opinion/torch_export.py` names them."""
        levels = sum(name.startswith("down") and name.endswith("0.kernel") for name in arrays)

        def convolution(name: str) -> Convolution:
            kernel, bias = (arrays[f"{name}.{part}"].astype(np.float32) for part in ("kernel", "bias"))
            return Convolution(kernel, bias)

        return cls(
            tuple((convolution(f"down.{n}.0"), convolution(f"down.{n}.1")) for n in range(levels)),
            tuple(convolution(f"up.{n}") for n in range(levels - 1)),
            arrays["last.kernel"].astype(np.float32),
            float(arrays["last.bias"]),
        )

    def probabilities(self, views: Features) -> NDArray[np.float32]:
        """How likely each voxel is lesion.

        Parameters
        ----------
        views : ndarray of float32, [channel, z, y, x]
            As `views_of` gives them.

        Returns
        -------
        ndarray of float32, [z, y, x]
            0 to 1, on the same grid.
        """
        coarsest = 2 ** len(self.up)
        size = views.shape[1:]
        features = np.pad(views, [(0, 0), *((0, -n % coarsest) for n in size)])
        seen = list(self._on_the_way_down(features))
        features = seen.pop()
        for convolution in reversed(self.up):
            features = convolution.of(np.concatenate([_twice_as_fine(features), seen.pop()]))
        logits = np.tensordot(self.last, features, axes=1) + self.bias
        found: NDArray[np.float32] = 1 / (1 + np.exp(-logits))
        return found[tuple(slice(n) for n in size)]

    def _on_the_way_down(self, features: Features) -> Iterator[Features]:
        for level, (first, second) in enumerate(self.down):
            features = second.of(first.of(_half_as_fine(features) if level else features))
            yield features


@cache
def trained_network() -> Network:
    """The network with the weights that lie beside it."""
    with resources.files(__package__).joinpath(WEIGHTS).open("rb") as file, np.load(file) as arrays:
        return Network.of(dict(arrays))


def _half_as_fine(features: Features) -> Features:
    """The largest of every 2 x 2 x 2 voxels."""
    channels, z, y, x = features.shape
    blocks = features.reshape(channels, z // 2, 2, y // 2, 2, x // 2, 2)
    found: Features = blocks.max(axis=(2, 4, 6))
    return found


def _twice_as_fine(features: Features) -> Features:
    return features.repeat(2, axis=1).repeat(2, axis=2).repeat(2, axis=3)
