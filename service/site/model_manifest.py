"""The manifest of a trained model: which signature it serves, what it takes, what wrote it, and which file it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from tilscope.models.refusals import BadInput
from tilscope.models.validation_messages import first_fault
from tilscope.service.site.bounded_files import LONGEST_MANIFEST, read_at_most

MANIFEST = "tilscope-model.json"
MODEL = "forest.skops"

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Check(BaseModel):
    """A case with the probability that the forest gave where it was trained."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    values: tuple[float, ...]
    probability: Annotated[float, Field(ge=0, le=1)]


class ModelManifest(BaseModel):
    """`tilscope-model.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    signature: Words
    name: Words
    version: Words
    settings_hash: Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")]
    features: Annotated[tuple[Words, ...], Field(min_length=1)]
    """Ids of measurements, in the forest's order."""
    threshold: Annotated[float, Field(gt=0, lt=1)]
    scikit_learn: Words
    skops: Words
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    check: Check
    card: Words
    """Markdown: trained on what, by whom, how well it did, what it is not for."""
    demo: bool = False
    """Made of synthetic studies, for demonstrations only."""


def read_manifest(folder: Path) -> ModelManifest:
    try:
        return ModelManifest.model_validate_json(read_at_most(folder / MANIFEST, LONGEST_MANIFEST))
    except OSError as problem:
        raise unusable_model(folder, f"{MANIFEST} cannot be read ({problem.strerror or problem})") from problem
    except ValidationError as problem:
        raise unusable_model(folder, f"{MANIFEST}: {first_fault(problem)}") from problem


def unusable_model(folder: Path, problem: str) -> BadInput:
    return BadInput("unusable-model", path=folder, problem=problem)
