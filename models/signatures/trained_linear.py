"""A site's own linear model of a signature: its weights, and the cohort that it was trained on as its reference.

It takes the place of the published coefficients. What it takes is measured beside the signature's own features; how one is
stored and checked is `service.site.linear_models`' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tilscope.models.signatures.reference import Reference

#: What a composite weighs besides features: the signature's own score, and the cytolytic activity.
SIGNATURE, CYT = "signature", "CYT"


@dataclass(frozen=True)
class Weights:
    """Of one score, on z-scores of the reference."""

    coefficients: Mapping[str, float]
    intercept: float = 0.0


@dataclass(frozen=True, eq=False)
class TrainedLinear:
    name: str
    """Name and version, for sentences."""
    reference: Reference
    """Of the cohort that it was trained on: means, SDs, its own scores, and the cut-offs."""
    weights: Mapping[str, Weights]
    """By the ids of scores."""
    features: tuple[str, ...]
    """Ids of all measurements that any of the scores takes."""

    @property
    def settings_hash(self) -> str:
        return self.reference.settings_hash

    @property
    def origin(self) -> str:
        """A sentence for results."""
        return f"By the site's own model {self.name}, trained on {self.reference.studies} studies ({self.reference.cohort})."

    def weighted_sum(self, score: str, values: Mapping[str, float]) -> float:
        """Of one score; where the score is a probability, its logit."""
        weights = self.weights[score]
        return weights.intercept + sum(w * self.reference.z(id, values[id]) for id, w in weights.coefficients.items())


@runtime_checkable
class TakesLinear(Protocol):
    """A signature whose published coefficients a site may replace with its own."""

    @property
    def linear_scores(self) -> tuple[str, ...]:
        """Which scores a model may give, the main one first; no model goes without that."""

    def may_take(self, id: str) -> bool:
        """Whether the paper's feature set has this, and the signature can measure it."""
