"""The manifest of an installed network: what it is, what it wants to see, what its labels mean, and which files it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from tilscope.models.refusals import BadInput
from tilscope.models.settings import MANIFEST
from tilscope.models.validation_messages import first_fault

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Target = Literal["lesion", "breast", "fgt"]

#: A phase by its role; "first" is the first one after the injection.
ROLES = ("pre", "first", "early", "late")
PLANS, DATASET = "plans.json", "dataset.json"
_WEIGHTS = re.compile(r"fold_(\d+|all)/checkpoint_(final|best)\.pth")


def _is_channel(text: str) -> str:
    """A role, or one role less another.

    >>> _is_channel("early-pre")
    'early-pre'
    """
    roles = text.split("-")
    if len(roles) > 2 or any(role not in ROLES for role in roles):
        raise ValueError(f"must be one of {', '.join(ROLES)} or a difference such as early-pre")
    return text


def _is_orientation(text: str) -> str:
    if len(text) != 3 or any(len(set(text) & set(pair)) != 1 for pair in ("LR", "PA", "SI")):
        raise ValueError("must be three letters such as LPS: where columns, rows and slices run to")
    return text


class Licence(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Words
    research_only: bool


class Manifest(BaseModel):
    """`tilscope-segmenter.json`, beside the files that nnU-Net's training wrote."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Words
    version: Words
    licence: Licence
    channels: Annotated[tuple[Annotated[str, AfterValidator(_is_channel)], ...], Field(min_length=1)]
    """What the network sees, in the order of dataset.json's channel_names."""
    labels: Mapping[Target, tuple[Words, ...]]
    """Which of dataset.json's labels together make up a region of ours; what is not told is found by the classical rules."""
    orientation: Annotated[str, AfterValidator(_is_orientation)]
    """Where columns, rows and slices of the training's images run to."""
    images: Literal["acquired", "even"]
    """Whether the training's images were as acquired or had their coil shading taken out."""
    configuration: Words = "3d_fullres"
    mirror_axes: tuple[Annotated[int, Field(ge=0, le=2)], ...] = ()
    """Array axes to average predictions over mirror images of; none unless asked for."""
    files: Mapping[str, Sha256]
    """SHA-256 of plans.json, dataset.json and of each fold's weights; several folds are averaged."""
    trained_on: Words
    contact: Words

    @model_validator(mode="after")
    def _complete(self) -> Manifest:
        if not self.labels.get("lesion"):
            raise ValueError("labels must say which labels are lesion")
        unknown = [name for name in self.files if name not in (PLANS, DATASET) and not _WEIGHTS.fullmatch(name)]
        if unknown:
            raise ValueError(f"files may name {PLANS}, {DATASET} and fold_N/checkpoint_final.pth, not {unknown[0]}")
        missing = [name for name in (PLANS, DATASET) if name not in self.files]
        if missing or not self.weights:
            raise ValueError(f"files lacks the SHA-256 of {missing[0] if missing else 'fold_0/checkpoint_final.pth'}")
        return self

    @property
    def weights(self) -> tuple[str, ...]:
        """The files of weights, one per fold."""
        return tuple(sorted(name for name in self.files if _WEIGHTS.fullmatch(name)))

    @property
    def weights_hash(self) -> str:
        """The SHA-256 of the weights; of several folds, that of their hashes in order."""
        hashes = [self.files[name] for name in self.weights]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an installed network; `BadInput` with a sentence where it cannot be used."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except OSError as problem:
        raise unusable(folder, f"{MANIFEST} cannot be read ({problem.strerror or problem})") from problem
    except ValidationError as problem:
        raise unusable(folder, f"{MANIFEST}: {first_fault(problem)}") from problem


def verified(folder: Path, manifest: Manifest, name: str) -> bytes:
    """A file's contents, if they are those that the manifest names."""
    try:
        content = (folder / name).read_bytes()
    except OSError as problem:
        raise unusable(folder, f"{name} cannot be read ({problem.strerror or problem})") from problem
    found = hashlib.sha256(content).hexdigest()
    if found != manifest.files[name]:
        raise unusable(folder, f"{name} is not the file that its manifest names (SHA-256 {found[:12]})")
    return content


def unusable(folder: Path, problem: str) -> BadInput:
    return BadInput("unusable-segmenter", path=folder, problem=problem)


def several(words: Sequence[str]) -> str:
    """A list for a sentence."""
    return ", ".join(words) or "none"
