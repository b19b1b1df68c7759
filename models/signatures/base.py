"""What a signature is. Each published one is a file of its own beside this; `SIGNATURES` in the package lists them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from models.preparation import PreparedSeries
from models.reference import Reference
from models.regions import Regions
from models.result import CalibrationState, Measurement, Missing, SignatureResult
from models.settings import PipelineSettings


@dataclass(frozen=True, eq=False)
class Case:
    """One prepared and segmented study; signatures describe its index lesion."""

    prepared: PreparedSeries
    regions: Regions


class Signature(Protocol):
    """A published signature: what it is called, what it measures, what it concludes.

    Attributes are plain values; `measure` computes the features, `conclude` turns them into a score. Neither may
    invent a number: a feature that cannot be computed is a missing measurement with its reason.
    """

    @property
    def id(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def citation(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def parameters(self) -> str:
        """Every choice the features depend on, the open ones of the paper included; enters the settings hash."""

    @property
    def model_features(self) -> tuple[str, ...]:
        """The features that the model takes, by id."""

    def measure(self, case: Case) -> tuple[Measurement, ...]: ...

    def conclude(self, features: Mapping[str, Measurement], reference: Reference | None) -> Conclusion: ...


@dataclass(frozen=True)
class Conclusion:
    """The state, the score if there may be one, its class, and one sentence why."""

    state: CalibrationState
    reason: str
    score: Measurement | None = None
    category: str | None = None


def settings_hash(signature: Signature, settings: PipelineSettings) -> str:
    """Equal hashes mean comparable features; a reference made under another hash does not apply."""
    facts = [signature.id, signature.version, signature.parameters, settings.digest()]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def evaluate(
    signature: Signature, case: Case, settings: PipelineSettings, reference: Reference | None
) -> SignatureResult:
    """Measure and conclude, and say under which settings."""
    current = settings_hash(signature, settings)
    if reference is not None and reference.settings_hash != current:
        # Never combined: z-scores under other settings would be numbers without meaning.
        raise ValueError(f"a reference made under settings {reference.settings_hash} does not apply under {current}")
    features = signature.measure(case)
    conclusion = signature.conclude({f.id: f for f in features}, reference)
    return SignatureResult(
        id=signature.id,
        title=signature.title,
        citation=signature.citation,
        version=signature.version,
        state=conclusion.state,
        reason=conclusion.reason,
        score=conclusion.score,
        category=conclusion.category,
        features=features,
        parameters=f"{signature.parameters} Settings {current}.",
    )


def missing_inputs(features: Mapping[str, Measurement], wanted: tuple[str, ...]) -> list[str]:
    """The model's features that could not be computed, each with its reason."""
    return [f"{id} ({features[id].reason})" for id in wanted if features[id].value is None]


def no_score(id: str, name: str, unit: str, missing: Missing, reason: str) -> Measurement:
    """A score that is not given, and why."""
    return Measurement(id, name, None, unit, missing, reason)
