"""The manifest of a trained model: which signature it serves, what it takes, what wrote it, and which file it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from tilscope.models.refusals import BadInput
from tilscope.models.validation_messages import first_fault
from tilscope.service.site.bounded_files import LONGEST_MANIFEST, read_at_most

MANIFEST = "tilscope-model.json"
MODEL = "forest.skops"

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Check(_Part):
    """A case with the probability that the forest gave where it was trained."""

    values: tuple[float, ...]
    probability: Annotated[float, Field(ge=0, le=1)]


class LinearCheck(_Part):
    """A case with the weighted sums that the model gave where it was trained."""

    values: tuple[float, ...]
    sums: dict[Words, float]
    """By score, of those that take nothing but features."""


class TestedOn(_Part):
    """How well it did on studies that it had not seen."""

    statistic: Literal["AUC", "r"]
    value: float
    low: float
    high: float
    """The 95 % interval."""

    @property
    def chance(self) -> float:
        """What a model that knows nothing would have."""
        return 0.5 if self.statistic == "AUC" else 0.0

    @property
    def may_be_chance(self) -> bool:
        return self.low <= self.chance

    def __str__(self) -> str:
        return f"{self.statistic} {self.value:.3f} (95 % interval {self.low:.3f} to {self.high:.3f})"


class _Manifest(_Part):
    signature: Words
    name: Words
    version: Words
    settings_hash: Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")]
    features: Annotated[tuple[Words, ...], Field(min_length=1)]
    """Ids of measurements, in the model's order."""
    card: Words
    """Markdown: trained on what, by whom, how well it did, what it is not for."""
    demo: bool = False
    """Made of synthetic studies, for demonstrations only."""
    tested: TestedOn | None = None
    """None where whoever made it does not tell."""


class ModelManifest(_Manifest):
    """`tilscope-model.json` of a forest, which lies beside it."""

    kind: Literal["forest"] = "forest"
    threshold: Annotated[float, Field(gt=0, lt=1)]
    scikit_learn: Words
    skops: Words
    sha256: Digest
    check: Check

    @property
    def files(self) -> tuple[str, ...]:
        return (MODEL, MANIFEST)


class LinearScore(_Part):
    """One weighted sum of z-scores."""

    intercept: float
    coefficients: dict[Words, float]


class TrainedCohort(_Part):
    """Whom a linear model was trained on: the reference that it brings."""

    name: Words
    studies: Annotated[int, Field(gt=0)]
    mean: dict[Words, float]
    sd: dict[Words, Annotated[float, Field(gt=0)]]
    scores: dict[Words, tuple[float, ...]]
    """The cohort's own, by score."""
    cut_offs: tuple[float, ...] = ()
    """Between the classes, ascending; a signature that divides at the median needs none."""


class LinearManifest(_Manifest):
    """`tilscope-model.json` of a linear model, which is all in it."""

    kind: Literal["linear"]
    weights: dict[Words, LinearScore]
    """By the id of the score."""
    cohort: TrainedCohort
    sha256: Digest
    """Of weights and cohort as `digest_of` writes them."""
    check: LinearCheck

    @property
    def files(self) -> tuple[str, ...]:
        return (MANIFEST,)


AnyManifest = ModelManifest | LinearManifest


def digest_of(weights: dict[str, LinearScore], cohort: TrainedCohort) -> str:
    """Of what a linear model computes with, in one way of writing."""
    content = {"weights": {id: one.model_dump() for id, one in weights.items()}, "cohort": cohort.model_dump()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_manifest(folder: Path) -> AnyManifest:
    """By its `kind`; what names none is a forest's, as all were once."""
    try:
        content = read_at_most(folder / MANIFEST, LONGEST_MANIFEST)
        kind = LinearManifest if _is_linear(content) else ModelManifest
        return kind.model_validate_json(content)
    except OSError as problem:
        raise unusable_model(folder, f"{MANIFEST} cannot be read ({problem.strerror or problem})") from problem
    except ValidationError as problem:
        raise unusable_model(folder, f"{MANIFEST}: {first_fault(problem)}") from problem


def _is_linear(content: bytes) -> bool:
    try:
        facts = json.loads(content)
    except ValueError:
        return False
    return isinstance(facts, dict) and facts.get("kind") == "linear"


def unusable_model(folder: Path, problem: str) -> BadInput:
    return BadInput("unusable-model", path=folder, problem=problem)
