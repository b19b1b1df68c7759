"""A trained forest as a folder that `tilscope models install` takes, with the card that a person must have read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.research.training.held_out import HELD_OUT, write_held_out
from tilscope.service.research.training.train_forest import Trained
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.site.artefacts import write_model
from tilscope.service.site.model_manifest import ModelManifest, TestedOn


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
    done = trained.performance
    facts = {
        "name": name,
        "version": version,
        "threshold": trained.performance.threshold,
        "card": card(signature, settings, table, trained, f"{name} {version}", about, demo),
        "demo": demo,
        "tested": TestedOn(statistic="AUC", value=done.auc, low=done.interval[0], high=done.interval[1]),
    }
    # The middle of each feature is nobody's study, and as good a case to check the forest by.
    middle = dict(zip(table.features, np.median(table.values, axis=0).tolist(), strict=True))
    manifest = write_model(folder, signature, settings, trained.forest, trained.features, facts, middle)
    write_held_out(folder, trained.held_out)
    return manifest


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
    done = trained.performance
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
        *(f"- {sentence}" for sentence in trained.sentences),
        f"- Seed {trained.seed}.",
        f"- AUC {done.auc:.3f} (95 % interval {done.interval[0]:.3f} to {done.interval[1]:.3f}) on studies left out "
        f"({HELD_OUT}); the interval is from patients drawn anew. Studies of another site may do worse.",
        f"- Threshold {done.threshold:.3f} ({ruled}), where sensitivity {done.sensitivity:.3f} and specificity {done.specificity:.3f} "
        "add up to most; chosen on the same studies, and so a little flattered.",
        "",
        "| feature | share of the weight |",
        "|---|---|",
        *(f"| {id} | {share:.3f} |" for id, share in sorted(trained.importance.items(), key=lambda one: -one[1])),
        "",
    ]
    return "\n".join(lines)
