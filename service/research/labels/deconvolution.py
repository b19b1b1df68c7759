"""Fractions of cell types in a mixture by nu support vector regression on a signature matrix, as CIBERSORT (Newman 2015).

The signature matrix is the user's file: LM22 has a licence of its own. Written from the paper's description: signature and
mixture standardised, nu of 0.25, 0.5 and 0.75, the fit with the least error, negative coefficients set to zero, the rest
scaled to one. The P value says how often a mixture drawn at random from all values is fitted as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NU = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class CellFractions:
    """Of every sample."""

    fractions: NDArray[np.float64]
    """[sample, cell type], each row 1 in all; NaN where nothing was fitted."""
    correlation: NDArray[np.float64]
    """Of each mixture with what its fractions would give."""
    p: NDArray[np.float64]
    """NaN without permutations; never below one in as many as there were."""


def cell_fractions(
    mixtures: NDArray[np.float64],
    signature: NDArray[np.float64],
    permutations: int = 0,
    seed: int = 1,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> CellFractions:
    """Deconvolve mixtures.

    Parameters
    ----------
    mixtures
        [gene, sample], not logarithmic.
    signature
        [gene, cell type], the same genes, not logarithmic.
    permutations
        Random mixtures for the P value; 0 for none.
    """
    standard = (signature - signature.mean()) / signature.std(ddof=1)
    rng = np.random.default_rng(seed)
    total = permutations + mixtures.shape[1]
    by_chance = np.empty(permutations)
    for n in range(permutations):
        by_chance[n] = _fit(standard, rng.choice(mixtures.ravel(), size=len(mixtures), replace=False))[1]
        tick(n + 1, total)
    fits = []
    for n, mixture in enumerate(mixtures.T):
        fits.append(_fit(standard, mixture))
        tick(permutations + n + 1, total)
    correlation = np.array([fit[1] for fit in fits])
    # The sample itself counts as one of the draws (Phipson and Smyth 2010): no P value is zero.
    p = (1 + (by_chance[None, :] >= correlation[:, None]).sum(axis=1)) / (1 + permutations)
    return CellFractions(
        np.array([fit[0] for fit in fits]), correlation, p if permutations else np.full(len(fits), np.nan)
    )


def _fit(signature: NDArray[np.float64], mixture: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Fractions, and the correlation of the mixture with what they give; of three nu, the one with the least error."""
    standard = (mixture - mixture.mean()) / mixture.std(ddof=1)
    fits = [_with_nu(signature, standard, nu) for nu in _NU]
    return min(fits, key=lambda fit: fit[2])[:2]


def _with_nu(
    signature: NDArray[np.float64], mixture: NDArray[np.float64], nu: float
) -> tuple[NDArray[np.float64], float, float]:
    from sklearn.svm import NuSVR

    weights = np.maximum(NuSVR(kernel="linear", nu=nu).fit(signature, mixture).coef_.ravel(), 0)
    if not weights.any():
        return np.full(signature.shape[1], np.nan), 0.0, np.inf
    fractions = weights / weights.sum()
    fitted = signature @ fractions
    error = float(np.sqrt(np.mean((fitted - mixture) ** 2)))
    return fractions, float(np.corrcoef(fitted, mixture)[0, 1]), error
