"""The network: a small 3D U-Net, of half a million weights."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray
from second_opinion.views import CHANNELS
from torch import nn

#: Features from the finest level to the coarsest.
WIDTHS = (8, 24, 48, 64)


class Block(nn.Sequential):
    """A convolution of 3 x 3 x 3, normalised and cut at 0."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv3d(before, after, 3, padding=1, bias=False), nn.BatchNorm3d(after, momentum=0.03), nn.ReLU()
        )


class Network(nn.Module):
    """Lesion or not, as a logit of every voxel."""

    def __init__(self) -> None:
        super().__init__()
        before = (CHANNELS, *WIDTHS)
        self.down = nn.ModuleList(nn.Sequential(Block(a, b), Block(b, b)) for a, b in zip(before, WIDTHS, strict=False))
        self.up = nn.ModuleList(Block(a + b, a) for a, b in itertools.pairwise(WIDTHS))
        self.pool = nn.MaxPool3d(2)
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")
        self.last = nn.Conv3d(WIDTHS[0], 1, 1)

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """[batch, channel, z, y, x], each a multiple of 8, to [batch, z, y, x]."""
        kept = []
        for level, block in enumerate(self.down):
            views = block(self.pool(views) if level else views)
            kept.append(views)
        for block, fine in zip(reversed(self.up), reversed(kept[:-1]), strict=True):
            views = block(torch.cat([self.grow(views), fine], dim=1))
        found: torch.Tensor = self.last(views)[:, 0]
        return found


def probabilities(network: Network, views: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a trained network says.

    Parameters
    ----------
    network : Network
        In whatever mode it is; it is used as trained.
    views : ndarray of float32, [channel, z, y, x]
        As `views_of` gives them, of any size.

    Returns
    -------
    ndarray of float32, [z, y, x]
        0 to 1: how likely a voxel is lesion.
    """
    coarsest = 2 ** (len(WIDTHS) - 1)
    z, y, x = views.shape[1:]
    padded = np.pad(views, [(0, 0), *((0, -n % coarsest) for n in (z, y, x))])
    network.eval()
    with torch.no_grad():
        found = torch.sigmoid(network(torch.from_numpy(padded)[None]))[0]
    return found.numpy()[:z, :y, :x]
