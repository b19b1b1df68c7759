"""Features of the grey level co-occurrence matrix (Haralick 1973, doi 10.1109/TSMC.1973.4309314).

How often grey levels i and j are neighbours, counted from both, in each of 13 directions: a feature is the mean of the
directions' values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.texture.grey_levels import EPSILON, GreyLevels
from tilscope.models.kernels.texture import pairs

Array = NDArray[np.float64]

#: An eigenvalue that may be 0 but for rounding.
NOISE = 1e-10


def _sum(terms: Array, axes: int | tuple[int, int], keepdims: bool = False) -> Array:
    total: Array = np.sum(terms, axis=axes, keepdims=keepdims)
    return total


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """Probabilities of pairs, and what several features read from them."""

    p: Array
    """[level, neighbour, direction]: 0 to 1, the sum of a direction is 1."""
    greys: Array
    """[level]: whole numbers."""

    @classmethod
    def of(cls, region: GreyLevels) -> Cooccurrence:
        """The matrix of a region.

        Directions in which no voxel has a neighbour are left out.
        """
        one_way = pairs(region.levels, region.count)
        both_ways = one_way + one_way.transpose(0, 2, 1)
        total = both_ways.sum(axis=(1, 2))
        p = (both_ways[total > 0] / total[total > 0, None, None]).transpose(1, 2, 0)
        if total.all():
            # In the order that pyradiomics' arrays have in memory, in which sums come to the same bits.
            p = np.ascontiguousarray(p.transpose(1, 0, 2)).transpose(1, 0, 2)
        return cls(p, region.greys.astype(np.float64))

    @property
    def i(self) -> Array:
        """The grey of a level, for arrays with the axes [level, neighbour, direction]: whole numbers."""
        return self.greys[:, None, None]

    @property
    def j(self) -> Array:
        """The grey of a neighbour's level, for arrays with the axes [level, neighbour, direction]: whole numbers."""
        return self.greys[None, :, None]

    @cached_property
    def px(self) -> Array:
        """[level, 1, direction]: 0 to 1, how likely a level is; symmetric as the matrix is, so is a neighbour's."""
        return _sum(self.p, 1, keepdims=True)

    @cached_property
    def py(self) -> Array:
        """[1, neighbour, direction]: 0 to 1."""
        return _sum(self.p, 0, keepdims=True)

    @cached_property
    def mean_i(self) -> Array:
        """[1, 1, direction]: the mean grey, a number in units of bins."""
        return _sum(self.i * self.p, (0, 1), keepdims=True)

    @cached_property
    def mean_j(self) -> Array:
        """[1, 1, direction]: the neighbours', which is the same but for rounding, in units of bins."""
        return _sum(self.j * self.p, (0, 1), keepdims=True)

    @cached_property
    def from_mean(self) -> Array:
        """[level, neighbour, direction]: how far two greys together are from their mean, in units of bins."""
        return self.i + self.j - self.mean_i - self.mean_j

    @cached_property
    def from_mean_2(self) -> Array:
        """[level, neighbour, direction]: its square, in units of bins squared; numpy's powers take 40 times as long."""
        return self.from_mean**2

    @cached_property
    def variance_i(self) -> Array:
        """[direction]: of the greys, in units of bins squared."""
        return self.expected((self.i - self.mean_i) ** 2)

    @cached_property
    def variance_j(self) -> Array:
        """[direction]: of the neighbours' greys, in units of bins squared."""
        return self.expected((self.j - self.mean_j) ** 2)

    @cached_property
    def k_sums(self) -> Array:
        """[k, 1]: whole numbers, what two greys can come to together."""
        return np.arange(2.0, 2 * self.greys[-1] + 1)[:, None]

    @cached_property
    def k_differences(self) -> Array:
        """[k, 1]: whole numbers, by what two greys can differ."""
        return np.arange(self.greys[-1])[:, None]

    @cached_property
    def p_sums(self) -> Array:
        """[k, direction]: 0 to 1, how likely two greys come to k together."""
        of_sum = np.zeros((len(self.k_sums), self.p.shape[2]))
        greys = self.greys.astype(np.int64)
        for grey, row in zip(greys, self.p, strict=True):
            of_sum[grey + greys - 2] += row
        return of_sum

    @cached_property
    def p_differences(self) -> Array:
        """[k, direction]: 0 to 1, how likely two greys differ by k."""
        of_difference = np.zeros((len(self.k_differences), self.p.shape[2]))
        greys = self.greys.astype(np.int64)
        for level, (grey, row) in enumerate(zip(greys, self.p, strict=True)):
            # In two steps, since two neighbours can differ by as much, one below and one above.
            of_difference[grey - greys[:level]] += row[:level]
            of_difference[greys[level:] - grey] += row[level:]
        return of_difference

    @cached_property
    def entropy(self) -> Array:
        """[direction]: in units of bits."""
        return -_sum(self.p * np.log2(self.p + EPSILON), (0, 1))

    @cached_property
    def independent(self) -> Array:
        """[level, neighbour, direction]: 0 to 1, the probabilities if levels knew nothing of their neighbours."""
        return self.px * self.py

    def expected(self, quantity: Array) -> Array:
        """The mean of a quantity over the pairs of a direction.

        Parameters
        ----------
        quantity : ndarray of float64, [level, neighbour, direction]
            In any unit.

        Returns
        -------
        ndarray of float64, [direction]
            In the same unit.
        """
        return _sum(self.p * quantity, (0, 1))


def _entropy_of(p: Array) -> Array:
    return -_sum(p * np.log2(p + EPSILON), 0)


def _correlation(m: Cooccurrence) -> Array:
    """1 where all greys of a direction are one."""
    variance = m.variance_i**0.5 * m.variance_j**0.5
    covariance = _sum(m.p * (m.i - m.mean_i) * (m.j - m.mean_j), (0, 1))
    return np.where(variance == 0, 1.0, covariance / (variance + EPSILON))


def _difference_variance(m: Cooccurrence) -> Array:
    mean = _sum(m.k_differences * m.p_differences, 0)
    return _sum(m.p_differences * (m.k_differences - mean) ** 2, 0)


def _imc1(m: Cooccurrence) -> Array:
    """(HXY - HXY1) / max(HX, HY), 0 where all greys of a direction are one."""
    uncertain = np.maximum(_entropy_of(m.px)[0], _entropy_of(m.py[0]))
    shared = m.entropy + _sum(m.p * np.log2(m.independent + EPSILON), (0, 1))
    found: Array = np.divide(shared, uncertain, out=np.zeros_like(shared), where=uncertain != 0)
    return found


def _imc2(m: Cooccurrence) -> Array:
    """sqrt(1 - exp(-2 (HXY2 - HXY))); a direction in which rounding makes that root imaginary has no value."""
    shared = -_sum(m.independent * np.log2(m.independent + EPSILON), (0, 1)) - m.entropy
    with np.errstate(invalid="ignore"):
        found: Array = np.where(shared == 0, 0.0, (1 - np.e ** (-2 * shared)) ** 0.5)
    return found


def _mcc(m: Cooccurrence) -> Array:
    """The root of the second greatest eigenvalue of Q(i, j) = sum over k of p(i, k) p(j, k) / (px(i) py(k)).

    Q has the eigenvalues of sqrt(px(i)) Q(i, j) / sqrt(px(j)), which is symmetric but for EPSILON's part in it; of that,
    what is not symmetric moves no eigenvalue by more than its square. 1 where all greys are one.
    """
    if len(m.greys) < 2:
        return np.ones(1)
    p, roots = m.p.transpose(2, 0, 1), np.sqrt(m.px[:, 0].T)
    q = (p / (m.independent.transpose(2, 0, 1) + EPSILON)) @ p.transpose(0, 2, 1)
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 0)
    alike = roots[:, :, None] * q * inverse[:, None, :]
    second = np.linalg.eigvalsh((alike + alike.transpose(0, 2, 1)) / 2)[:, -2]
    return _mcc_of_noise(m) if second.min(initial=1.0) < NOISE else np.sqrt(second)


def _mcc_of_noise(m: Cooccurrence) -> Array:
    """Of an eigenvalue of 0, rounding leaves a root of 1e-8 or none: what pyradiomics finds comes out only as it sums."""
    p, px, py = m.p, m.px, m.py[0]
    q: Array = sum((p[:, None, k] * p[None, :, k]) / (px * py[k] + EPSILON) for k in range(len(m.greys)))
    eigenvalues = np.sort(np.linalg.eigvals(q.transpose(2, 0, 1)))
    with np.errstate(invalid="ignore"):
        return np.real(np.sqrt(eigenvalues[:, -2]))


Feature = Callable[[Cooccurrence], Array]

#: By pyradiomics' names and in its order.
FEATURES: Mapping[str, Feature] = {
    "Autocorrelation": lambda m: m.expected(m.i * m.j),
    "ClusterProminence": lambda m: m.expected(m.from_mean_2**2),
    "ClusterShade": lambda m: m.expected(m.from_mean_2 * m.from_mean),
    "ClusterTendency": lambda m: m.expected(m.from_mean_2),
    "Contrast": lambda m: m.expected(np.abs(m.i - m.j) ** 2),
    "Correlation": _correlation,
    "DifferenceAverage": lambda m: _sum(m.k_differences * m.p_differences, 0),
    "DifferenceEntropy": lambda m: _entropy_of(m.p_differences),
    "DifferenceVariance": _difference_variance,
    "Id": lambda m: _sum(m.p_differences / (1 + m.k_differences), 0),
    "Idm": lambda m: _sum(m.p_differences / (1 + m.k_differences**2), 0),
    "Idmn": lambda m: _sum(m.p_differences / (1 + m.k_differences**2 / m.greys[-1] ** 2), 0),
    "Idn": lambda m: _sum(m.p_differences / (1 + m.k_differences / m.greys[-1]), 0),
    "Imc1": _imc1,
    "Imc2": _imc2,
    "InverseVariance": lambda m: _sum(m.p_differences[1:] / m.k_differences[1:] ** 2, 0),
    "JointAverage": lambda m: m.mean_i[0, 0],
    "JointEnergy": lambda m: _sum(m.p**2, (0, 1)),
    "JointEntropy": lambda m: m.entropy,
    "MCC": _mcc,
    "MaximumProbability": lambda m: m.p.max(axis=(0, 1)),
    "SumAverage": lambda m: _sum(m.k_sums * m.p_sums, 0),
    "SumEntropy": lambda m: _entropy_of(m.p_sums),
    "SumSquares": lambda m: m.variance_i,
}
