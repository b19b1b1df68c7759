"""The network itself: built from its plans, its weights read as numbers, run over the image patch by patch.

The only module that needs PyTorch, and it is imported only where a network is run: `docker/install.sh --learned`.
Weights are read with `weights_only`: a checkpoint is a pickle, and a pickle can hold any program.
"""

from __future__ import annotations

import io
import itertools
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet, ResidualEncoderUNet
from scipy import ndimage
from torch import nn

from tilscope.models.imaging.voxels import Volume
from tilscope.models.segmenters.plans import Architecture

_ARCHITECTURES = {"PlainConvUNet": PlainConvUNet, "ResidualEncoderUNet": ResidualEncoderUNet}
#: What plans may name; anything else in plans.json is never imported.
_CLASSES = {
    "Conv3d": nn.Conv3d,
    "InstanceNorm3d": nn.InstanceNorm3d,
    "BatchNorm3d": nn.BatchNorm3d,
    "Dropout3d": nn.Dropout3d,
    "LeakyReLU": nn.LeakyReLU,
    "ReLU": nn.ReLU,
}
#: nnU-Net's training log, which lies in the same file, holds numbers of numpy. They are plain data. The old module's
#: name is in checkpoints that were written with numpy 1. numpy keeps the class in a private module, without types.
_PLAIN_DATA: list[Any] = [
    np._core.multiarray.scalar,  # type: ignore[attr-defined]
    (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"),  # type: ignore[attr-defined]
    np.dtype,
    *(type(np.dtype(kind)) for kind in (np.float16, np.float32, np.float64, np.int32, np.int64, np.bool_)),
]
#: Patches overlap by half, and count most in their middle: a Gaussian of an eighth of their size.
_OVERLAP = 0.5
_SIGMA = 1 / 8

Weights = Mapping[str, torch.Tensor]
Places = list[tuple[slice, slice, slice]]


class WrongWeights(ValueError):
    """A sentence without its end: why a checkpoint is not used."""


def network_of(architecture: Architecture, channels: int, labels: int) -> nn.Module:
    """An untrained network."""
    arguments = dict(architecture.arguments)
    for key in architecture.to_import:
        if arguments[key] is not None:
            arguments[key] = _class_named(arguments[key])
    build = _ARCHITECTURES[architecture.name]
    network: nn.Module = build(input_channels=channels, num_classes=labels, deep_supervision=False, **arguments)
    return network


def _class_named(path: str) -> Any:
    package, _, name = path.rpartition(".")
    if not (package + ".").startswith("torch.nn.") or name not in _CLASSES:
        raise WrongWeights(f"plans.json builds the network from {path}, which is not supported")
    return _CLASSES[name]


def read_weights(checkpoint: bytes) -> Weights:
    """The network's weights from a checkpoint of nnU-Net; the rest of it is not used."""
    try:
        with torch.serialization.safe_globals(_PLAIN_DATA):
            content = torch.load(io.BytesIO(checkpoint), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as problem:
        first = str(problem).strip().splitlines()[0]
        raise WrongWeights(f"its checkpoint holds more than numbers or is damaged, and is not read ({first})") from None
    if not isinstance(content, dict) or not isinstance(content.get("network_weights"), dict):
        raise WrongWeights("its checkpoint has no network_weights; nnU-Net v2 writes them")
    # What distributed or compiled training puts before each name.
    return {
        name.removeprefix("module.").removeprefix("_orig_mod."): tensor
        for name, tensor in content["network_weights"].items()
    }


def load(network: nn.Module, weights: Weights) -> None:
    try:
        network.load_state_dict(weights)
    except RuntimeError as problem:
        lines = str(problem).strip().splitlines()
        raise WrongWeights(f"its weights do not fit the network of plans.json ({lines[-1].strip()})") from None
    network.eval()


def logits_of(
    network: nn.Module, folds: Sequence[Weights], image: Volume, patch: tuple[int, ...], mirror_axes: Sequence[int]
) -> Volume:
    """The network's output for each voxel: mean over folds, patches and mirror images.

    Parameters
    ----------
    network : torch.nn.Module
        Takes each fold's weights in turn.
    folds : sequence of dict
        Weights; at least one.
    image : ndarray of float32, [channel, three axes]
        Preprocessed signal, normalised as the plans say and so without a unit; the axes as the plans have them.
    patch : tuple of int
        Voxels along the three axes.
    mirror_axes : sequence of int
        Of the three axes, from 0.

    Returns
    -------
    ndarray of float32, [label, three axes]
        Logits, of the image's shape.
    """
    total: torch.Tensor | None = None
    with torch.inference_mode(), _deterministic():
        for weights in folds:
            load(network, weights)
            one = _over_patches(network, image, patch, mirror_axes)
            total = one if total is None else total + one
    assert total is not None, "a manifest names at least one fold"
    mean: Volume = (total / len(folds)).numpy()
    return mean


@contextmanager
def _deterministic() -> Iterator[None]:
    """One result for one image: where PyTorch could give another, it fails."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def _over_patches(
    network: nn.Module, image: Volume, patch: tuple[int, ...], mirror_axes: Sequence[int]
) -> torch.Tensor:
    padded, inside = _padded(image, patch)
    importance = torch.from_numpy(gaussian(patch))
    total: torch.Tensor | None = None
    weight = torch.zeros(padded.shape[1:])
    for place in places(tuple(padded.shape[1:]), patch):
        scores = _mirrored(network, padded[(slice(None), *place)][None], mirror_axes)[0]
        if total is None:
            total = torch.zeros((len(scores), *padded.shape[1:]))
        total[(slice(None), *place)] += scores * importance
        weight[place] += importance
    assert total is not None, "an image has at least one patch"
    return (total / weight)[(slice(None), *inside)]


def _mirrored(network: nn.Module, patch: torch.Tensor, axes: Sequence[int]) -> torch.Tensor:
    dimensions = [axis + 2 for axis in axes]
    turns = [c for n in range(len(axes) + 1) for c in itertools.combinations(dimensions, n)]
    outputs = [torch.flip(network(torch.flip(patch, turn)), turn) for turn in turns]
    return torch.stack(outputs).mean(dim=0)


def _padded(image: Volume, patch: tuple[int, ...]) -> tuple[torch.Tensor, tuple[slice, ...]]:
    """At least one patch large, the image in the middle."""
    lacking = [max(0, want - have) for want, have in zip(patch, image.shape[1:], strict=True)]
    around = [(n // 2, n - n // 2) for n in lacking]
    inside = tuple(slice(low, low + have) for (low, _), have in zip(around, image.shape[1:], strict=True))
    return torch.from_numpy(np.pad(image, [(0, 0), *around]).astype(np.float32)), inside


def places(shape: tuple[int, ...], patch: tuple[int, ...]) -> Places:
    """Where patches lie: as few as overlap by half at least, evenly spread."""
    starts = []
    for size, width in zip(shape, patch, strict=True):
        steps = int(np.ceil((size - width) / (width * _OVERLAP)))
        starts.append([round((size - width) * n / steps) for n in range(steps + 1)] if steps else [0])
    return [
        (slice(z, z + patch[0]), slice(y, y + patch[1]), slice(x, x + patch[2]))
        for z, y, x in itertools.product(*starts)
    ]


def gaussian(patch: tuple[int, ...]) -> Volume:
    """How much each voxel of a patch counts; nowhere 0.

    Parameters
    ----------
    patch : tuple of int
        Voxels along the three axes.

    Returns
    -------
    ndarray of float32, [three axes]
        Weights from above 0 to 1 in the middle.
    """
    peak = np.zeros(patch)
    peak[tuple(size // 2 for size in patch)] = 1
    bell = ndimage.gaussian_filter(peak, [size * _SIGMA for size in patch], mode="constant")
    bell /= bell.max()
    result: Volume = np.maximum(bell, bell[bell > 0].min()).astype(np.float32)
    return result
