"""A scikit-learn forest as a signature sees it: a probability, and what each feature adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TrainedForest:
    """Implements `models.signatures.forest.Forest`. `forest` is a fitted classifier of the classes 0 and 1."""

    forest: Any
    name: str
    settings_hash: str
    features: tuple[str, ...]
    threshold: float

    def probability(self, values: Mapping[str, float]) -> float:
        return float(self.forest.predict_proba(self._row(values))[0, 1])

    def contributions(self, values: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds to the probability: summed along the paths through the trees, the mean over the trees.

        Each step down a tree changes the share of positive cases; the change belongs to the feature that the node splits on
        (Saabas 2014). With the forest's mean they add up to the probability exactly.
        """
        # As the trees themselves see it: in single precision.
        row = self._row(values).astype(np.float32)
        total = np.zeros(len(self.features))
        for one in self.forest.estimators_:
            tree = one.tree_
            share = shares(tree)
            path = tree.decision_path(row).indices  # root first: a child's number is greater than its parent's
            np.add.at(total, tree.feature[path[:-1]], share[path[1:]] - share[path[:-1]])
        return dict(zip(self.features, (total / len(self.forest.estimators_)).tolist(), strict=True))

    def _row(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        return np.array([[values[id] for id in self.features]], dtype=float)


def shares(tree: Any) -> NDArray[np.float64]:
    """Of the positive class in each node of a tree."""
    counts = tree.value[:, 0, :]
    found: NDArray[np.float64] = counts[:, 1] / counts.sum(axis=1)
    return found


def why_no_forest(forest: Any, features: int) -> str:
    """What is wrong with a loaded forest; '' for nothing.

    The compiled code that walks a tree believes its numbers: a child outside the tree or above its parent would be read
    from foreign memory, or for ever.
    """
    if [int(c) for c in getattr(forest, "classes_", ())] != [0, 1]:
        return "it is no classifier of the classes 0 and 1"
    if not getattr(forest, "estimators_", ()):
        return "it has no trees"
    if forest.n_features_in_ != features:
        return f"it takes {forest.n_features_in_} features, its manifest names {features}"
    for one in forest.estimators_:
        tree = one.tree_
        nodes = np.arange(tree.node_count)
        left, right = tree.children_left, tree.children_right
        leaf = left == -1  # what the compiled walk stops at
        inside = (left > nodes) & (left < tree.node_count) & (right > nodes) & (right < tree.node_count)
        asked = (tree.feature >= 0) & (tree.feature < features)
        if not np.all(np.where(leaf, right == -1, inside & asked)):
            return "one of its trees is no tree"
        if tree.max_depth < _depth(left, right):
            return "one of its trees is deeper than it says"
        if tree.n_features != features or tree.value.shape[1:] != (1, 2) or not (tree.value.sum(axis=2) > 0).all():
            return "one of its trees is of another forest"
    return ""


def _depth(left: NDArray[np.intp], right: NDArray[np.intp]) -> int:
    """Of the deepest leaf; children come after their parents."""
    depth = np.zeros(len(left), int)
    for node in np.flatnonzero(left >= 0):
        depth[left[node]] = depth[right[node]] = depth[node] + 1
    return int(depth.max(initial=0))
