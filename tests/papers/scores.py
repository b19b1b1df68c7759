"""What the scores do with features that are means, or one SD beside them: coefficients as they act, not as they are written."""

from __future__ import annotations

from collections.abc import Mapping

from tilscope.models.result import Measurement
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Conclusion, Installed, Molecular, Signature
from tilscope.models.signatures.reference import Reference

_FURTHER = ("signature", "CYT")


def signature_named(id: str) -> Signature:
    return next(one for one in all_signatures() if one.id == id)


def concluded(
    signature: Signature,
    z: Mapping[str, float],
    scores: tuple[float, ...] = (),
    cyt: float | None = None,
    mean: Mapping[str, float] | None = None,
) -> Conclusion:
    """Of features given as z-scores, those not named being means; `cyt` is expression, of which the mean and SD are 1."""
    names = (*signature.model_features, *_FURTHER)
    centre = dict.fromkeys(names, 0.0) | {"CYT": 1.0} | dict(mean or {})
    reference = Reference(signature.id, "of no patients", 100, "", centre, dict.fromkeys(names, 1.0), scores)
    features = {id: Measurement.of(id, id, z.get(id, 0.0), "1") for id in signature.model_features}
    molecular = Molecular() if cyt is None else Molecular(gzma=cyt, prf1=cyt)
    return signature.conclude(features, Installed(reference=reference, molecular=molecular))


def score(conclusion: Conclusion, id: str) -> float:
    found = next(one for one in (conclusion.score, *conclusion.further_scores) if one is not None and one.id == id)
    if found.value is None:
        raise ValueError(f"{id} has no value: {found.reason}")
    return found.value


def coefficient(signature: Signature, score_id: str, feature: str) -> float:
    """What one SD more of a feature adds."""
    more, mean = (score(concluded(signature, {feature: z}), score_id) for z in (1.0, 0.0))
    return more - mean
