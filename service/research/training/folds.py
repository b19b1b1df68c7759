"""Who is left out with whom: patients are never divided, and classes are spread evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int_]


def folds_of(labels: NDArray[np.float64], patients: NDArray[np.str_], count: int, seed: int, classes: bool) -> Places:
    """The fold of each study, from 1 on.

    Parameters
    ----------
    labels : ndarray of float, [study]
        Classes 1 and 0, or numbers.
    patients : ndarray of str, [study]
        Whose each study is.
    count : int
        How many folds.
    seed : int
        Equal ones give equal folds.
    classes : bool
        Whether the labels are classes: each fold has its share of both.

    Returns
    -------
    ndarray of int, [study]
        All studies of a patient in one fold.
    """
    names, whose = np.unique(patients, return_inverse=True)
    random = np.random.default_rng(seed)
    found = np.zeros(len(names), int)
    dealt = 0
    for members in _strata(labels, whose, len(names), classes):
        # Dealt on from where the last stratum ended: folds are of one size, but for one patient.
        found[random.permutation(members)] = (dealt + np.arange(len(members))) % count + 1
        dealt += len(members)
    places: Places = found[whose]
    return places


def held_back(labels: NDArray[np.float64], patients: NDArray[np.str_], share: float, seed: int) -> NDArray[np.bool_]:
    """Which studies are kept for the test: this share of the patients of each class."""
    names, whose = np.unique(patients, return_inverse=True)
    random = np.random.default_rng(seed)
    kept = np.zeros(len(names), bool)
    for members in _strata(labels, whose, len(names), classes=True):
        kept[random.permutation(members)[: round(share * len(members))]] = True
    test: NDArray[np.bool_] = kept[whose]
    return test


def _strata(labels: NDArray[np.float64], whose: Places, patients: int, classes: bool) -> list[Places]:
    """Patients with a positive study, and the others; all together where labels are numbers."""
    if not classes:
        return [np.arange(patients)]
    positive = np.bincount(whose, labels == 1, patients) > 0
    return [np.flatnonzero(positive), np.flatnonzero(~positive)]
