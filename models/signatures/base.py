"""What a signature is. Each published one is a folder of its own beside this, or a package of somebody else's (`registry`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tilscope.models.features import FeatureRequest, NoValue, Values
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.result import (
    RADIOMICS_MARK,
    CalibrationState,
    Contribution,
    Measurement,
    Missing,
    Reading,
    SignatureResult,
)
from tilscope.models.settings import Extractor, PipelineSettings
from tilscope.models.short_hash import hash_of_facts
from tilscope.models.signatures.forest import Forest
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.sensitivity import sensitivity_of
from tilscope.models.signatures.trained_linear import TrainedLinear
from tilscope.models.units import UNITS

#: Values by feature id, of an outline that was changed a little; None where there is none.
NearbyFeatures = dict[str, float | None]


@dataclass(frozen=True, eq=False)
class SignatureCase:
    """One prepared and segmented study; signatures describe its index lesion."""

    prepared: PreparedSeries
    regions: Regions
    forest: Forest | None = None
    """The signature's own, if one is installed: what it takes is measured."""
    extractor: Extractor = "tilscope"
    """Who computes shape, first-order and texture features."""
    linear: TrainedLinear | None = None
    """As `forest`, of a signature that is a weighted sum."""


@dataclass(frozen=True)
class Molecular:
    """What a site knows of the tumour from elsewhere. None where it was not supplied."""

    gzma: float | None = None
    """Expression of granzyme A, in the unit of the reference's cohort."""
    prf1: float | None = None
    """Expression of perforin 1."""
    triple_negative: bool | None = None


@dataclass(frozen=True, eq=False)
class Installed:
    """What is there to turn a signature's features into a score."""

    reference: Reference | None = None
    forest: Forest | None = None
    molecular: Molecular = Molecular()
    digest: str = ""
    """Names all that is installed for the signature; '' where nothing is."""
    unreadable: tuple[str, ...] = ()
    """Files of it that cannot be read: until they can, there is no score."""
    linear: TrainedLinear | None = None
    """The site's own weights; they bring a reference of their own, and `reference` is None then."""


NOTHING = Installed()


def case_of(
    prepared: PreparedSeries, regions: Regions, installed: Installed, extractor: Extractor = "tilscope"
) -> SignatureCase:
    """The study for one signature: what its model takes is measured as well.

    Parameters
    ----------
    prepared : PreparedSeries
        Phases as acquired and with an even field.
    regions : Regions
        On the grid of `prepared`; the first lesion is the index lesion.
    installed : Installed
        Of the signature.
    extractor : str
        Who computes: 'tilscope' or 'pyradiomics'.

    Returns
    -------
    SignatureCase
        Of the same phases and regions, on the same grid.
    """
    return SignatureCase(prepared, regions, installed.forest, extractor, installed.linear)


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
    def published(self) -> str:
        """How well the signature did in its paper, in one sentence."""

    @property
    def parameters(self) -> str:
        """Every choice the features depend on, the open ones of the paper included; enters the settings hash."""

    @property
    def model_features(self) -> tuple[str, ...]:
        """The features that the model takes, by id."""

    @property
    def measurement_ids(self) -> tuple[str, ...]:
        """Every score that may be concluded, the main one first, and every feature; what a forest takes besides is left out."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class that may be concluded, in the signature's words."""

    def needs(self, case: SignatureCase) -> tuple[FeatureRequest, ...]:
        """The radiomic features to be computed; the union over all signatures is planned as one (`models.features`)."""

    def measure(self, case: SignatureCase, values: Values) -> tuple[Measurement, ...]:
        """The signature's features, from the values that it needed and from the case itself."""

    def conclude(self, features: Mapping[str, Measurement], installed: Installed) -> Conclusion: ...


@dataclass(frozen=True)
class Conclusion:
    """The state, the score if there may be one, its class, and one sentence why."""

    state: CalibrationState
    reason: str
    score: Measurement | None = None
    category: str | None = None
    further_scores: tuple[Measurement, ...] = ()
    percentile: float | None = None
    contributions: tuple[Contribution, ...] = ()
    supplied: tuple[str, ...] = ()
    """What is known of the tumour from elsewhere and was taken into account."""
    readings: tuple[Reading, ...] = ()
    """The score by every admissible reading of the paper, the one that `score` holds first."""
    outside: str = ""
    """Why the tumour may be none of those that the signature was made for, in a few words; '' where it is one."""


def settings_hash(signature: Signature, settings: PipelineSettings) -> str:
    """Equal hashes mean comparable features; a reference made under another hash does not apply."""
    facts = [signature.id, signature.version, signature.parameters, settings.digest()]
    return hash_of_facts(facts, 16)


def evaluate(
    signature: Signature,
    case: SignatureCase,
    values: Values,
    settings: PipelineSettings,
    installed: Installed,
    nearby: Sequence[NearbyFeatures] = (),
) -> SignatureResult:
    """Measure and conclude, and name the settings in the parameters."""
    return conclude(signature, signature.measure(case, values), settings, installed, nearby)


def conclude(
    signature: Signature,
    features: tuple[Measurement, ...],
    settings: PipelineSettings,
    installed: Installed,
    nearby: Sequence[NearbyFeatures] = (),
) -> SignatureResult:
    """From features, wherever they come from (a study, or a report in the archive), to the signature's result.

    `nearby`: the same features with the outline changed a little, of which the score's spread is made.
    """
    current = settings_hash(signature, settings)
    for made in (installed.reference, installed.forest, installed.linear):
        if made is not None and made.settings_hash != current:
            # Never combined: scores under other settings would be numbers without meaning.
            raise ValueError(f"what was made under settings {made.settings_hash} does not apply under {current}")
    conclusion = signature.conclude({f.id: f for f in features}, installed)
    if installed.unreadable:
        conclusion = _withheld(conclusion, f"{' and '.join(installed.unreadable)} cannot be read")
    caveat = _caveat(conclusion)
    if caveat and settings.withhold_doubtful_scores:
        none = f"this site's settings there is no score while it is {caveat}"
        conclusion = _withheld(conclusion, f"by {none}", f"By {none}")
    _hold_to_its_word(signature, conclusion, features)
    return SignatureResult(
        id=signature.id,
        title=signature.title,
        citation=signature.citation,
        version=signature.version,
        state=conclusion.state,
        reason=conclusion.reason,
        score=conclusion.score,
        category=conclusion.category,
        features=tuple(_marked(signature, feature) for feature in features),
        parameters=f"{signature.parameters} Settings {current}.",
        further_scores=conclusion.further_scores,
        percentile=conclusion.percentile,
        contributions=tuple(sorted(conclusion.contributions, key=lambda c: -abs(c.amount))),
        published=signature.published,
        reference="" if installed.reference is None else installed.reference.name,
        supplied=conclusion.supplied,
        installed=installed.digest,
        spread=_spread(signature, conclusion.score, features, installed, nearby),
        nearby=tuple({f.id: values.get(f.id) for f in features} for values in nearby),
        readings=conclusion.readings,
        caveat=_caveat(conclusion),
    )


def _caveat(conclusion: Conclusion) -> str:
    """Why a score that is given must not be read as a result; '' where it may be, and where there is none."""
    if conclusion.score is None or conclusion.score.value is None:
        return ""
    uncalibrated = "not calibrated" if conclusion.state is CalibrationState.UNCALIBRATED else ""
    return ", ".join(filter(None, (uncalibrated, conclusion.outside)))


def _withheld(conclusion: Conclusion, why: str, sentence: str = "") -> Conclusion:
    """Without its scores: a number would pass for one that it is not. A sentence of its own, where it must not begin as `why` does."""

    def without_value(score: Measurement) -> Measurement:
        return no_score(score.id, score.name, score.unit, Missing.NOT_ATTEMPTED, why)

    return Conclusion(
        conclusion.state,
        f"{sentence or why}: the features are given, a score and a class are withheld.",
        None if conclusion.score is None else without_value(conclusion.score),
        further_scores=tuple(map(without_value, conclusion.further_scores)),
    )


def _spread(
    signature: Signature,
    score: Measurement | None,
    features: tuple[Measurement, ...],
    installed: Installed,
    nearby: Sequence[NearbyFeatures],
) -> tuple[float, float] | None:
    """None without a score, or where an outline so changed gives none: a range of the rest would look too good."""
    if score is None or score.value is None or not nearby:
        return None
    scores = [score.value]
    for values in nearby:
        changed = {f.id: _with_value(f, values.get(f.id)) for f in features}
        other = signature.conclude(changed, installed).score
        if other is None or other.value is None:
            return None
        scores.append(other.value)
    return min(scores), max(scores)


def _with_value(feature: Measurement, value: float | None) -> Measurement:
    if value is None:
        return replace(feature, value=None, missing=Missing.CALCULATION_FAILURE)
    return replace(feature, value=value, missing=None)


def _hold_to_its_word(signature: Signature, conclusion: Conclusion, features: tuple[Measurement, ...]) -> None:
    """What a signature did not declare has no code: better refused here than when a report is written."""
    main = () if conclusion.score is None else (conclusion.score,)
    given = [one for one in (*main, *conclusion.further_scores, *features) if not one.id.startswith(RADIOMICS_MARK)]
    if undeclared := {one.id for one in given} - set(signature.measurement_ids):
        raise ValueError(f"signature {signature.id} gives {', '.join(sorted(undeclared))} and does not declare it")
    if unknown := {one.unit for one in given} - UNITS.keys():
        raise ValueError(
            f"signature {signature.id} measures in {', '.join(sorted(unknown))}, which is none of our units"
        )
    if conclusion.category is not None and conclusion.category not in signature.classes:
        raise ValueError(f"signature {signature.id} concludes {conclusion.category!r} and does not declare it")


def _marked(signature: Signature, feature: Measurement) -> Measurement:
    """With what is known of its fragility; nothing is said of what has no value."""
    why = "" if feature.value is None else sensitivity_of(signature.id).why_fragile(feature.id)
    return replace(feature, fragile=why) if why else feature


def measured(id: str, name: str, unit: str, value: float | NoValue) -> Measurement:
    """An engine's value as a measurement."""
    if isinstance(value, NoValue):
        return Measurement(id, name, None, unit, Missing.CALCULATION_FAILURE, value.why)
    return Measurement.of(id, name, value, unit)


def contributions(
    coefficients: Mapping[str, float], features: Mapping[str, Measurement], reference: Reference
) -> tuple[Contribution, ...]:
    """The terms of a linear model on z-scored features; every feature must have a value."""
    return tuple(
        Contribution(id, weight, reference.z(id, float(features[id].value or 0.0)))
        for id, weight in coefficients.items()
    )


def missing_inputs(features: Mapping[str, Measurement], wanted: tuple[str, ...]) -> list[str]:
    """The model's features that could not be computed, each with its reason."""
    return [f"{id} ({features[id].reason})" for id in wanted if features[id].value is None]


def no_score(id: str, name: str, unit: str, missing: Missing, reason: str) -> Measurement:
    """A score that is not given, and why."""
    return Measurement(id, name, None, unit, missing, reason)
