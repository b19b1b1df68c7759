"""ComBat (Johnson, Li and Rabinovic 2007): batches of an expression matrix brought together by parametric empirical Bayes.

Each gene's location and scale in each batch are shrunk towards what the batch does to all genes, and taken out. What the
samples are known to differ in (a class, a receptor) is modelled beside the batches, so that it is not taken out with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: As in the original: the larger relative change of a gene's location or scale.
_CONVERGED = 1e-4
_MOST_STEPS = 1000


class ConfoundedBatches(ValueError):
    """What is to be kept cannot be told from the batches."""


def combat(
    values: NDArray[np.float64], batches: Sequence[str], kept: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Bring batches of a matrix together.

    Parameters
    ----------
    values
        [gene, sample], on a log scale.
    batches
        The batch of each sample; at least two samples each.
    kept
        [sample, covariate]: what is not to be taken out; None for nothing.

    Returns
    -------
    NDArray
        [gene, sample]. A gene that is constant in one of the batches stays as it was.
    """
    names = sorted(set(batches))
    member = np.array([[batch == name for name in names] for batch in batches], dtype=float)
    covariates = np.empty((len(batches), 0)) if kept is None else kept
    design = np.hstack([member, covariates])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ConfoundedBatches
    varying = np.all([np.ptp(values[:, of == 1], axis=1) > 0 for of in member.T], axis=0)
    adjusted = values.copy()
    adjusted[varying] = _adjusted(values[varying], member, design)
    return adjusted


def _adjusted(
    values: NDArray[np.float64], member: NDArray[np.float64], design: NDArray[np.float64]
) -> NDArray[np.float64]:
    sizes = member.sum(axis=0)
    coefficients = np.linalg.lstsq(design, values.T, rcond=None)[0]
    variance = np.mean((values - (design @ coefficients).T) ** 2, axis=1)
    scale = np.sqrt(variance)[:, None]
    grand_mean = sizes / sizes.sum() @ coefficients[: len(sizes)]
    expected = grand_mean[:, None] + (design[:, len(sizes) :] @ coefficients[len(sizes) :]).T
    standardised = (values - expected) / scale
    for of in member.T == 1:
        location, spread = _shrunk(standardised[:, of])
        standardised[:, of] = (standardised[:, of] - location[:, None]) / np.sqrt(spread)[:, None]
    result: NDArray[np.float64] = standardised * scale + expected
    return result


def _shrunk(batch: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Location and variance of each gene in a batch: those of its own samples, drawn towards those of all genes."""
    count = batch.shape[1]
    own_location, own_variance = batch.mean(axis=1), batch.var(axis=1, ddof=1)
    prior_mean, prior_variance = own_location.mean(), own_location.var(ddof=1)
    mean, variance = own_variance.mean(), own_variance.var(ddof=1)
    shape = (2 * variance + mean**2) / variance
    rate = (mean * variance + mean**3) / variance
    location, spread = own_location, own_variance
    for _ in range(_MOST_STEPS):
        new_location = (count * prior_variance * own_location + spread * prior_mean) / (count * prior_variance + spread)
        squares = ((batch - new_location[:, None]) ** 2).sum(axis=1)
        new_spread = (0.5 * squares + rate) / (count / 2 + shape - 1)
        change = max(_relative_change(new_location, location), _relative_change(new_spread, spread))
        location, spread = new_location, new_spread
        if change <= _CONVERGED:
            break
    return location, spread


def _relative_change(new: NDArray[np.float64], old: NDArray[np.float64]) -> float:
    return float(np.max(np.abs(new - old) / np.maximum(np.abs(old), np.finfo(float).tiny)))
