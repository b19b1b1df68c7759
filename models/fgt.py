"""Fibroglandular tissue: the glands against the fat, by fuzzy c-means on the pre-contrast signal (as Wu 2018, Methods)."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from models.preparation import PreparedSeries
from models.voxels import Mask, image_of, mask_of, values_of

#: Voxels per histogram of the signal: the clusters are fitted to the histogram, not to millions of voxels.
BINS = 512
FUZZINESS = 2.0
MOST_ITERATIONS = 200
TOLERANCE = 1e-4


def find_fgt(prepared: PreparedSeries) -> sitk.Image:
    """Fibroglandular tissue inside the breast, lesions not yet taken out.

    Two clusters; which of them is gland is not told by brightness, since fat is the darker one with fat suppression and
    the brighter one without. Gland takes up contrast and fat hardly does: gland is the cluster that gains more
    relative to its own signal, a comparison that a change of gain between the phases cannot turn.
    """
    breast = mask_of(prepared.breast)
    # A little smoothing within the slice's plane keeps speckle from being called gland.
    smooth = sitk.SmoothingRecursiveGaussian(prepared.corrected.pre, _sigma_mm(prepared.corrected.pre))
    signal = values_of(smooth)[breast]
    centres = cluster_centres(signal, 2)
    bright = signal > centres.mean()
    pre, early = values_of(prepared.series.pre)[breast], values_of(prepared.series.early)[breast]
    gland = bright if _gain(pre, early, bright) >= _gain(pre, early, ~bright) else ~bright
    found: Mask = np.zeros(breast.shape, bool)
    found[breast] = gland
    return image_of(found, prepared.breast)


def cluster_centres(signal: NDArray[np.floating], clusters: int) -> NDArray[np.float64]:
    """Fuzzy c-means (Bezdek 1981) of one signal, in rising order; the membership exponent is 2.

    Starts from evenly spaced percentiles, so that equal signals give equal centres.

    >>> cluster_centres(np.array([1.0, 1.0, 1.0, 9.0, 9.0]), 2).round(1).tolist()
    [1.0, 9.0]
    """
    low, high = np.percentile(signal, [0.1, 99.9])
    counts, edges = np.histogram(np.clip(signal, low, high), bins=BINS)
    values = (edges[1:] + edges[:-1]) / 2
    centres = np.percentile(signal, 100 * (np.arange(clusters) + 0.5) / clusters)
    for _ in range(MOST_ITERATIONS):
        distance = np.maximum(np.abs(values[None, :] - centres[:, None]), 1e-9)
        membership = distance ** (-2 / (FUZZINESS - 1))
        membership /= membership.sum(axis=0)
        weight = counts * membership**FUZZINESS
        moved = (weight * values).sum(axis=1) / weight.sum(axis=1)
        done = np.abs(moved - centres).max() < TOLERANCE * (high - low)
        centres = moved
        if done:
            break
    return np.sort(centres)


def _gain(pre: NDArray[np.floating], early: NDArray[np.floating], where: Mask) -> float:
    before = float(pre[where].sum(dtype=np.float64))
    return float(early[where].sum(dtype=np.float64)) / before if before > 0 else 0.0


def _sigma_mm(grid: sitk.Image) -> float:
    return float(min(grid.GetSpacing()))
