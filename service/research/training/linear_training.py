"""What the three papers with weighted sums have in common: how they are trained, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tilscope.models.refusals import Refused
from tilscope.models.signatures.base import Signature
from tilscope.models.signatures.trained_linear import Weights
from tilscope.service.research.training.cross_validation import Rule
from tilscope.service.research.training.elastic_net import Numbers
from tilscope.service.research.training.held_out import HeldOut
from tilscope.service.research.training.refit import Fit
from tilscope.service.research.training.train_forest import FEWEST
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.site.model_manifest import TestedOn

#: Patients of each class: with fewer, a part of seven tenths and its folds lack one.
FEWEST_OF_CLASS = 10


@dataclass(frozen=True)
class LinearPlan:
    """How a weighted sum is trained; equal plans on equal tables give equal models."""

    seed: int = 1
    folds: int = 10
    """Of the cross-validation that chooses a penalty."""
    repeats: int = 100
    """Of Wu's selection, each in other folds."""
    often: float = 0.9
    """Wu takes what more than this part of the repeats have chosen."""
    share: float = 0.3
    """Of the patients, what Su and Qian keep back for the test."""
    mixes: tuple[float, ...] = (1.0, 0.75, 0.5, 0.25)
    """Of Su's elastic net, from the LASSO on."""
    rule: Rule | None = None
    """At which penalty features are chosen; None: Wu and Qian at the least error, and Su, whose weights are then fitted without
    a penalty and would follow every feature too many, at the strongest within a standard error of it."""

    def rule_or(self, usual: Rule) -> Rule:
        return self.rule or usual


@dataclass(frozen=True, eq=False)
class LinearTrained:
    weights: Mapping[str, Weights]
    """By score, the main one first; on z-scores."""
    mean: Mapping[str, float]
    sd: Mapping[str, float]
    scores: Mapping[str, Numbers]
    """Of the studies that it was trained on."""
    held_out: HeldOut
    tested: TestedOn
    trained_on: TrainingTable
    """The studies that the weights come from."""
    sentences: Sequence[str]
    """What was done, and wherever that is not what the paper did."""
    tables: Sequence[str] = ()
    """Of the card, in Markdown."""
    cut_offs: tuple[float, ...] = ()
    further_tests: Mapping[str, TestedOn] = field(default_factory=dict)
    """Of the other scores."""

    @property
    def features(self) -> tuple[str, ...]:
        """All that any score takes, each once."""
        named = dict.fromkeys(id for one in self.weights.values() for id in one.coefficients)
        return tuple(id for id in named if id in self.trained_on.features)


@dataclass(frozen=True, eq=False)
class Scale:
    """Mean and SD of the studies that a model is trained on, and of no others."""

    mean: Numbers
    sd: Numbers

    @classmethod
    def of(cls, x: Numbers) -> Scale:
        sd = x.std(axis=0, ddof=1)
        # In a part of the studies a feature may be the same in all: it then tells nothing.
        return cls(x.mean(axis=0), np.where(sd > 0, sd, 1.0))

    def z(self, x: Numbers) -> Numbers:
        scaled: Numbers = (x - self.mean) / self.sd
        return scaled


def weights_of(fit: Fit, names: Sequence[str]) -> Weights:
    """Of a fit on z-scores."""
    return Weights(dict(zip(names, fit.coefficients.tolist(), strict=True)), fit.intercept)


def require_enough(table: TrainingTable, signature: Signature, classes: bool) -> None:
    """Refuses fewer than 30 studies or patients, and, of two classes, one with fewer than ten patients."""
    facts = {"signature": signature.id, "left_out": table.left_out_in_words}
    for units, found in (("studies", len(table.labels)), ("patients", table.patients_counted)):
        if found < FEWEST:
            raise Refused("training-too-few", found=found, units=units, needed=FEWEST, **facts)
    if not classes:
        return
    for label, name in zip((1, 0), signature.classes, strict=True):
        of_class = len(np.unique(table.patients[table.labels == label]))
        if of_class < FEWEST_OF_CLASS:
            raise Refused(
                "training-one-class", found=table.patients_counted, units="patients", of_class=of_class, name=name,
                needed=FEWEST_OF_CLASS, **facts,
            )  # fmt: skip


def nothing_chosen(signature: Signature, how: str, score: str) -> Refused:
    return Refused("training-nothing-chosen", signature=signature.id, how=how, score=score)
