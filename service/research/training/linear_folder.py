"""A trained weighted sum as a folder that `tilscope models install` takes, with its card and its held-out predictions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Signature, settings_hash
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.trained_linear import TrainedLinear
from tilscope.service.research.training.elastic_net import Numbers
from tilscope.service.research.training.held_out import HELD_OUT, write_held_out
from tilscope.service.research.training.linear_training import LinearPlan, LinearTrained
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.site.linear_models import write_linear
from tilscope.service.site.model_manifest import LinearManifest


def write_trained_linear(
    folder: Path,
    signature: Signature,
    settings: PipelineSettings,
    table: TrainingTable,
    trained: LinearTrained,
    plan: LinearPlan,
    name: str,
    version: str,
    about: str = "",
    demo: bool = False,
) -> LinearManifest:
    """`about` is what only the one who trains knows: whose studies, and where the labels come from."""
    made_under = settings_hash(signature, settings)
    named = f"{name} {version}"
    main, *others = trained.weights
    reference = Reference(
        signature=signature.id,
        cohort=about or name,
        studies=len(trained.trained_on.labels),
        settings_hash=made_under,
        mean=trained.mean,
        sd=trained.sd,
        scores=_ascending(trained.scores[main]),
        further_scores={id: _ascending(trained.scores[id]) for id in others if id in trained.scores},
        cut_offs=trained.cut_offs,
    )
    model = TrainedLinear(named, reference, trained.weights, trained.features)
    # The middle of each feature is nobody's study, and as good a case to check the sums by.
    columns = [trained.trained_on.features.index(id) for id in trained.features]
    middle = np.median(trained.trained_on.values[:, columns], axis=0).tolist()
    facts = {
        "name": name,
        "version": version,
        "tested": trained.tested,
        "card": card(signature, made_under, table, trained, plan, named, about, demo),
        "demo": demo,
    }
    manifest = write_linear(folder, model, facts, dict(zip(trained.features, middle, strict=True)))
    write_held_out(folder, trained.held_out)
    return manifest


def card(
    signature: Signature,
    made_under: str,
    table: TrainingTable,
    trained: LinearTrained,
    plan: LinearPlan,
    name: str,
    about: str,
    demo: bool,
) -> str:
    """What a person must know of a model, in Markdown."""
    out = trained.held_out.left_out
    chance = "" if not trained.tested.may_be_chance else " This interval holds chance: it may tell nothing."
    lines = [
        f"# {name}, a model for {signature.id}",
        "",
        *([about, ""] if about else []),
        f"RESEARCH USE ONLY. {'' if demo else 'Made by this site from its own studies and labels. '}Not the model of the paper.",
        "",
        f"- Trained {date.today().isoformat()} on {len(trained.trained_on.labels)} studies of {trained.trained_on.patients_counted} patients; "
        f"{len(table.labels)} studies of {table.patients_counted} patients had a label: {_labels_in_words(signature, table)}.",
        f"- Left out: {table.left_out_in_words}.",
        f"- Applies to features under settings {made_under} only.",
        f"- {trained.tested} on {int(out.sum())} studies that it had not seen ({HELD_OUT}); the interval is from patients "
        f"drawn anew, and does not know the chance of the training itself.{chance}",
        *(f"- {id}: {tested}." for id, tested in trained.further_tests.items()),
        f"- Seed {plan.seed}. All studies of a patient lie on one side of every division.",
        *(f"- {sentence}" for sentence in trained.sentences),
        "",
        *(f"{text}\n" for text in trained.tables),
    ]
    return "\n".join(lines)


def _labels_in_words(signature: Signature, table: TrainingTable) -> str:
    if len(signature.classes) != 2:
        low, middle, high = np.quantile(table.labels, [0, 0.5, 1])
        return f"{low:g} to {high:g}, median {middle:g}"
    first = int(table.labels.sum())
    return f"{first} {signature.classes[0]}, {len(table.labels) - first} {signature.classes[1]}"


def _ascending(values: Numbers) -> tuple[float, ...]:
    return tuple(sorted(float(f"{value:.9g}") for value in values))
