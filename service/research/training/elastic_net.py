"""LASSO and elastic net along a path of penalties, for numbers and for classes, as glmnet has them.

The papers' authors worked in R, and what glmnet chooses is part of their methods: features are standardised with the SD that
divides by n, the intercept is not penalised, the path has a hundred penalties from the one that leaves nothing, and it ends
early where nothing is left to explain. At each penalty the loss is

    1/(2n) sum (y - b0 - x b)^2   or   -1/n log-likelihood,   plus   penalty ((1 - mix)/2 |b|^2 + mix |b|_1)

For classes the log-likelihood is approximated by a weighted sum of squares, again and again (Friedman, Hastie and Tibshirani,
J Stat Softw 2010), of the features that have a weight or are due for one. Of thousands of features each step sees only those
that the strong rules (Tibshirani et al., J R Stat Soc B 2012) do not discard; whether one was discarded wrongly is then checked
for all.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from tilscope.service.research.training.penalised_squares import least_penalised

Numbers = NDArray[np.float64]
Family = Literal["numbers", "classes"]

PENALTIES = 100
#: glmnet's own: of the deviance, what is explained where a path ends, and the least that a step must add.
_ALL_EXPLAINED, _NOTHING_ADDED, _FEWEST_STEPS = 0.999, 1e-5, 5
#: A fitted probability is held this far from 0 and 1.
_SURE = 1e-9
_TOLERANCE = 1e-8
_ROUNDS = 50
#: A round that moves no weight, in SDs of its feature, by more than this was the last: the next would move its square.
_STILL = 1e-5


@dataclass(frozen=True, eq=False)
class Path:
    """A model for each penalty, from the strongest on."""

    penalties: Numbers
    intercepts: Numbers
    coefficients: Numbers
    """[penalty, feature], of the features as they were given."""

    def linear(self, x: Numbers) -> Numbers:
        """[study, penalty]: intercept and weighted sum."""
        used = np.flatnonzero(self.coefficients.any(axis=0))
        values: Numbers = self.intercepts + x[:, used] @ self.coefficients[:, used].T
        return values


@dataclass(frozen=True, eq=False)
class _Standardised:
    x: Numbers
    """In columns one after the other, each of mean 0 and SD 1; of a feature that is the same in all, zeros."""
    mean: Numbers
    sd: Numbers

    @classmethod
    def of(cls, x: Numbers) -> _Standardised:
        mean, sd = x.mean(axis=0), x.std(axis=0)
        flat = sd <= 1e-12 * np.maximum(1.0, np.abs(mean))
        scale = np.where(flat, 1.0, sd)
        made = np.asfortranarray((x - mean) / scale)
        made[:, flat] = 0.0
        return cls(made, mean, scale)

    def path(self, penalties: Numbers, intercepts: Numbers, coefficients: Numbers) -> Path:
        """Back to the features as they were given."""
        own = coefficients / self.sd
        return Path(penalties, intercepts - own @ self.mean, own)


def path_of(x: Numbers, y: Numbers, family: Family, mix: float = 1.0, penalties: Numbers | None = None) -> Path:
    """The whole path.

    Parameters
    ----------
    x : ndarray of float, [study, feature]
        In any unit; no value missing.
    y : ndarray of float, [study]
        Numbers, or the classes 1 and 0.
    family : str
        Which of the two.
    mix : float
        1 for the LASSO, below it the elastic net (glmnet's alpha).
    penalties : ndarray of float, optional
        Descending (glmnet's lambda); a hundred of its own where left out, fewer where the path ends early.

    Returns
    -------
    Path
        Of the features as they were given. With `penalties` of others the path has as many: where it ends early, the
        last model stands for the rest.
    """
    z = _Standardised.of(np.asarray(x, float))
    wanted = _penalties(z.x, y, mix) if penalties is None else np.asarray(penalties, float)
    with config_context(skip_parameter_validation=True), warnings.catch_warnings():
        # Near its end a path creeps; what is reached by then is as good as glmnet's.
        warnings.simplefilter("ignore", ConvergenceWarning)
        solve = _of_numbers if family == "numbers" else _of_classes
        intercepts, coefficients = solve(z.x, y, mix, wanted)
    if penalties is None:
        return z.path(wanted[: len(intercepts)], intercepts, coefficients)
    rest = len(wanted) - len(intercepts)
    return z.path(wanted, np.pad(intercepts, (0, rest), "edge"), np.pad(coefficients, ((0, rest), (0, 0)), "edge"))


def penalties_of(x: Numbers, y: Numbers, mix: float) -> Numbers:
    """The hundred of a path, of features as they are given."""
    return _penalties(_Standardised.of(x).x, y, mix)


def _penalties(x: Numbers, y: Numbers, mix: float) -> Numbers:
    """From the least that leaves no feature; evenly in their logarithm."""
    strongest = float(np.abs(x.T @ (y - y.mean())).max()) / len(y) / max(mix, 1e-3)
    weakest = 0.01 if len(y) < x.shape[1] else 1e-4
    made: Numbers = max(strongest, 1e-12) * np.geomspace(1.0, weakest, PENALTIES)
    return made


def _of_numbers(x: Numbers, y: Numbers, mix: float, penalties: Numbers) -> tuple[Numbers, Numbers]:
    middle = float(y.mean())
    centred = y - middle
    all_of_it = float(centred @ centred) or 1.0
    # In glmnet the penalty is one of y over its SD, which tells where there is a square beside the absolute value.
    sd = float(np.std(y)) or 1.0
    models = sd * _descend(x, centred / sd, penalties / sd, mix, np.zeros(x.shape[1])).T
    rest = centred[:, None] - x @ models.T
    explained = 1 - (rest**2).sum(axis=0) / all_of_it
    ends = (n for n in range(1, len(models)) if _ended(n + 1, explained[n], explained[n - 1]))
    steps = next(ends, len(models) - 1) + 1
    return np.full(steps, middle), models[:steps]


def _of_classes(x: Numbers, y: Numbers, mix: float, penalties: Numbers) -> tuple[Numbers, Numbers]:
    # [feature, study]: some features are picked again and again, and each lies in one piece.
    rows = x.T
    share = float(np.clip(y.mean(), _SURE, 1 - _SURE))
    intercept, coefficients = float(np.log(share / (1 - share))), np.zeros(x.shape[1])
    null = _deviance(y, np.full(len(y), share))
    gradient = rows @ (y - share) / len(y)
    ever = np.zeros(x.shape[1], bool)
    intercepts, found = [], []
    explained, stronger = 0.0, float(penalties[0])
    for penalty in penalties:
        strong = ever | (np.abs(gradient) >= mix * (2 * penalty - stronger))
        while True:
            used = np.flatnonzero(strong)
            intercept, coefficients[used] = _fitted(rows[used], y, penalty, mix, intercept, coefficients[used])
            weighted = np.flatnonzero(coefficients)
            probability = expit(intercept + coefficients[weighted] @ rows[weighted])
            gradient = rows @ (y - probability) / len(y)
            wrongly = ~strong & (np.abs(gradient) > mix * penalty * (1 + 1e-6))
            if not wrongly.any():
                break
            strong |= wrongly
        ever |= coefficients != 0
        stronger = float(penalty)
        intercepts.append(intercept)
        found.append(coefficients.copy())
        before, explained = explained, 1 - _deviance(y, probability) / null
        if _ended(len(found), explained, before):
            break
    return np.array(intercepts), np.array(found)


def _fitted(
    rows: Numbers, y: Numbers, penalty: float, mix: float, intercept: float, coefficients: Numbers
) -> tuple[float, Numbers]:
    """The penalised maximum of the likelihood, from a start that is near it."""
    for _ in range(_ROUNDS):
        weighted = np.flatnonzero(coefficients)
        linear = intercept + coefficients[weighted] @ rows[weighted]
        probability = np.clip(expit(linear), _SURE, 1 - _SURE)
        # A feature without a weight gets one only where the likelihood rises by more than the penalty.
        rises = np.abs(rows @ (y - probability)) / len(y) > mix * penalty
        free = np.flatnonzero((coefficients != 0) | rises)
        new = np.zeros_like(coefficients)
        middle, new[free] = _of_squares(rows[free], y, linear, probability, penalty, mix, coefficients[free])
        largest = max(abs(middle - intercept), float(np.abs(new - coefficients).max(initial=0.0)))
        intercept, coefficients = middle, new
        if largest < _STILL:
            break
    return intercept, coefficients


def _of_squares(
    rows: Numbers, y: Numbers, linear: Numbers, probability: Numbers, penalty: float, mix: float, start: Numbers
) -> tuple[float, Numbers]:
    """Intercept and weights of the sum of squares that stands for the likelihood where it was last."""
    weight = probability * (1 - probability)
    working = linear + (y - probability) / weight
    root, whole = np.sqrt(weight), float(weight.sum())
    middle_x, middle = rows @ weight / whole, float(weight @ working) / whole
    centred = (rows - middle_x[:, None]) * root
    gram, target = centred @ centred.T / len(y), centred @ ((working - middle) * root) / len(y)
    found = least_penalised(gram, target, mix * penalty, (1 - mix) * penalty, start)
    return middle - float(middle_x @ found), found


def _descend(x: Numbers, y: Numbers, penalties: Numbers, mix: float, start: Numbers) -> Numbers:
    """[feature, penalty]: each from where the one before it ended."""
    _, found, _ = enet_path(
        x, np.ascontiguousarray(y), l1_ratio=mix, alphas=penalties, coef_init=start.copy(),
        precompute=False, check_input=False, tol=_TOLERANCE, max_iter=10_000,
    )  # fmt: skip
    solved: Numbers = found
    return solved


def _deviance(y: Numbers, probability: Numbers) -> float:
    sure = np.clip(probability, _SURE, 1 - _SURE)
    return float(-2 * np.sum(y * np.log(sure) + (1 - y) * np.log(1 - sure)))


def _ended(steps: int, explained: float, before: float) -> bool:
    return steps >= _FEWEST_STEPS and (
        explained > _ALL_EXPLAINED or explained - before < _NOTHING_ADDED * max(explained, 0)
    )


def errors(path: Path, x: Numbers, y: Numbers, family: Family) -> Numbers:
    """[study, penalty]: squared errors, or deviances, of studies that the path has not seen."""
    linear = path.linear(x)
    if family == "numbers":
        squares: Numbers = (y[:, None] - linear) ** 2
        return squares
    probability = np.clip(expit(linear), _SURE, 1 - _SURE)
    right = np.where(y[:, None] == 1, probability, 1 - probability)
    deviances: Numbers = -2 * np.log(right)
    return deviances
