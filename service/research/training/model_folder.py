"""A trained forest as a folder that `tilscope models install` takes, with the card that a person must have read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.research.training.train_forest import FOLDS, Trained
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.site.artefacts import write_model
from tilscope.service.site.model_manifest import ModelManifest


def write_trained(
    folder: Path,
    signature: ForestSignature,
    settings: PipelineSettings,
    table: TrainingTable,
    trained: Trained,
    name: str,
    version: str,
    about: str = "",
    demo: bool = False,
) -> ModelManifest:
    """`about` is what only the one who trains knows: whose studies, and where the labels come from."""
    facts = {
        "name": name,
        "version": version,
        "threshold": trained.performance.threshold,
        "card": card(signature, settings, table, trained, f"{name} {version}", about, demo),
        "demo": demo,
    }
    # The middle of each feature is nobody's study, and as good a case to check the forest by.
    middle = dict(zip(table.features, np.median(table.values, axis=0).tolist(), strict=True))
    return write_model(folder, signature, settings, trained.forest, trained.features, facts, middle)


def card(
    signature: ForestSignature,
    settings: PipelineSettings,
    table: TrainingTable,
    trained: Trained,
    name: str,
    about: str,
    demo: bool = False,
) -> str:
    """What a person must know of a model, in Markdown."""
    done, plan = trained.performance, trained.plan
    positive, negative = signature.classes
    of_positive = int(table.labels.sum())
    ruled = "the forest's" if signature.threshold is None else f"not used: the paper's is {signature.threshold:g}"
    lines = [
        f"# {name}, a model for {signature.id}",
        "",
        *([about, ""] if about else []),
        f"RESEARCH USE ONLY. {'' if demo else 'Made by this site from its own studies and labels. '}Not the model of the paper.",
        "",
        f"- Trained {date.today().isoformat()} on {len(table.labels)} studies of {table.patients_counted} patients: {of_positive} {positive}, {len(table.labels) - of_positive} {negative}.",
        f"- Left out: {table.left_out_in_words}.",
        f"- Applies to features under settings {settings_hash(signature, settings)} only.",
        f"- Random forest of {plan.trees} trees, at least {plan.least_leaf} studies in a leaf, classes weighted alike, seed {plan.seed}; "
        f"on the {len(trained.features)} of {len(table.features)} features that have most weight in such a forest on all of them.",
        f"- AUC {done.auc:.3f} (95 % interval {done.interval[0]:.3f} to {done.interval[1]:.3f}) on studies left out, by {FOLDS}-fold "
        f"cross-validation, {plan.repeats} times; all studies of a patient lay in one fold, the features were chosen anew in every fold, "
        "and the interval is from patients drawn anew. Studies of another site may do worse.",
        f"- Threshold {done.threshold:.3f} ({ruled}), where sensitivity {done.sensitivity:.3f} and specificity {done.specificity:.3f} "
        "add up to most; chosen on the same studies, and so a little flattered.",
        "",
        "| feature | share of the weight |",
        "|---|---|",
        *(f"| {id} | {share:.3f} |" for id, share in sorted(trained.importance.items(), key=lambda one: -one[1])),
        "",
    ]
    return "\n".join(lines)
