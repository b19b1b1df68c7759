"""A trained network as the arrays that the product's numpy network reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from second_opinion.torch_network import Block, Network

Arrays = dict[str, NDArray[np.float16]]


def arrays_of(network: Network) -> Arrays:
    """Every convolution with its normalisation in it, in half precision: that is enough for weights."""
    blocks = {f"down.{level}.{n}": block for level, pair in enumerate(network.down) for n, block in enumerate(pair)}
    blocks |= {f"up.{level}": block for level, block in enumerate(network.up)}
    found = {}
    for name, block in blocks.items():
        found[f"{name}.kernel"], found[f"{name}.bias"] = _folded(block)
    found["last.kernel"] = _half(network.last.weight.reshape(-1))
    found["last.bias"] = _half(network.last.bias[0])
    return found


def write(network: Network, path: Path) -> None:
    """The arrays as the file that lies in models/second_opinion."""
    np.savez_compressed(path, allow_pickle=False, **arrays_of(network))


def _folded(block: Block) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    convolution, normalisation = block[0], block[1]
    scale = normalisation.weight / torch.sqrt(normalisation.running_var + normalisation.eps)
    bias = normalisation.bias - normalisation.running_mean * scale
    return _half(convolution.weight * scale[:, None, None, None, None]), _half(bias)


def _half(tensor: torch.Tensor) -> NDArray[np.float16]:
    return tensor.detach().numpy().astype(np.float16)
