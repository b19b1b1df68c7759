"""A site's own linear models: weights and cohort in a manifest, with a case that every installation computes again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Signature, settings_hash
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.trained_linear import CYT, SIGNATURE, TakesLinear, TrainedLinear, Weights
from tilscope.service.site.atomic_files import write_durably
from tilscope.service.site.model_manifest import (
    MANIFEST,
    LinearCheck,
    LinearManifest,
    LinearScore,
    TrainedCohort,
    digest_of,
    read_manifest,
    unusable_model,
)

#: The same sums on the same numbers; other processors add in another order.
_SAME = 1e-9
_BESIDE_FEATURES = frozenset({SIGNATURE, CYT})


def load_linear(folder: Path, signature: Signature, settings: PipelineSettings) -> TrainedLinear:
    """Load and check a linear model. Raises `BadInput` with the reason where it must not be used."""
    folder = folder.resolve()  # what is installed is a link, which may come to point elsewhere meanwhile
    manifest = read_manifest(folder)
    if manifest.demo and not settings.demo:
        raise BadInput("demo-only", path=folder)
    if not isinstance(manifest, LinearManifest):
        raise unusable_model(folder, f"it is a forest, and {signature.id} is a weighted sum and takes no forest")
    if (found := digest_of(manifest.weights, manifest.cohort)) != manifest.sha256:
        raise BadInput("model-altered", path=folder, found=found[:12])
    if why := _why_not_for(signature, manifest):
        raise unusable_model(folder, why)
    if (here := settings_hash(signature, settings)) != manifest.settings_hash:
        raise BadInput("model-settings", path=folder, made=manifest.settings_hash, here=here)
    model = _model(manifest)
    case = dict(zip(manifest.features, manifest.check.values, strict=True))
    for score, told in manifest.check.sums.items():
        given = model.weighted_sum(score, case)
        if abs(given - told) > _SAME * max(1.0, abs(told)):
            raise unusable_model(
                folder, f"its check case gives {given:.6g} for {score} here and {told:.6g} in its manifest"
            )
    return model


def write_linear(
    folder: Path, model: TrainedLinear, facts: Mapping[str, Any], case: Mapping[str, float]
) -> LinearManifest:
    """Write a linear model as a folder that `load_linear` reads. `facts` are name, version, card, and where there are
    any `tested` and `demo`.

    `case` are the features of one study: its sums are kept, so that every installation can check that it computes the same.
    """
    reference = model.reference
    main = next(iter(model.weights))
    cohort = TrainedCohort(
        name=reference.cohort,
        studies=reference.studies,
        mean=dict(reference.mean),
        sd=dict(reference.sd),
        scores={main: reference.scores, **reference.further_scores},
        cut_offs=reference.cut_offs,
    )
    weights = {
        id: LinearScore(intercept=one.intercept, coefficients=dict(one.coefficients))
        for id, one in model.weights.items()
    }
    of_features = [id for id, one in model.weights.items() if not _BESIDE_FEATURES & one.coefficients.keys()]
    manifest = LinearManifest(
        kind="linear",
        signature=reference.signature,
        settings_hash=reference.settings_hash,
        features=model.features,
        weights=weights,
        cohort=cohort,
        sha256=digest_of(weights, cohort),
        check=LinearCheck(
            values=tuple(case[id] for id in model.features),
            sums={id: model.weighted_sum(id, case) for id in of_features},
        ),
        **facts,
    )
    text = json.dumps(manifest.model_dump(), indent=1, ensure_ascii=False)
    write_durably(folder / MANIFEST, (text + "\n").encode())
    return manifest


def _model(manifest: LinearManifest) -> TrainedLinear:
    cohort = manifest.cohort
    main, *others = manifest.weights
    reference = Reference(
        signature=manifest.signature,
        cohort=cohort.name,
        studies=cohort.studies,
        settings_hash=manifest.settings_hash,
        mean=cohort.mean,
        sd=cohort.sd,
        scores=tuple(sorted(cohort.scores.get(main, ()))),
        further_scores={id: tuple(sorted(cohort.scores[id])) for id in others if id in cohort.scores},
        cut_offs=tuple(sorted(cohort.cut_offs)),
        name=f"{manifest.name} {manifest.version}",
        demo=manifest.demo,
    )
    weights = {id: Weights(one.coefficients, one.intercept) for id, one in manifest.weights.items()}
    return TrainedLinear(reference.name, reference, weights, manifest.features)


def _why_not_for(signature: Signature, manifest: LinearManifest) -> str:
    if manifest.signature != signature.id:
        return f"it belongs to signature {manifest.signature}, not {signature.id}"
    if not isinstance(signature, TakesLinear):
        return f"{signature.id} is no weighted sum and takes no linear model"
    main = signature.linear_scores[0]
    if next(iter(manifest.weights), "") != main:
        return f"its first score is not {main}"
    if unknown := [id for id in manifest.weights if id not in signature.linear_scores]:
        return f"{signature.id} has no score {', '.join(unknown)}"
    if unmeasured := [id for id in manifest.features if not signature.may_take(id)]:
        return f"{signature.id} measures no {', '.join(unmeasured)}"
    return _why_not_whole(manifest)


def _why_not_whole(manifest: LinearManifest) -> str:
    taken = {id for one in manifest.weights.values() for id in one.coefficients}
    if len(set(manifest.features)) != len(manifest.features):
        return "it names a feature twice"
    if unnamed := sorted(taken - set(manifest.features) - _BESIDE_FEATURES):
        return f"it weighs {', '.join(unnamed)} and does not name it among its features"
    if lacking := sorted(taken - (manifest.cohort.mean.keys() & manifest.cohort.sd.keys())):
        return f"it has no mean and SD of {', '.join(lacking)}"
    if len(manifest.check.values) != len(manifest.features):
        return f"its check case has {len(manifest.check.values)} values for {len(manifest.features)} features"
    if not manifest.check.sums.keys() <= manifest.weights.keys():
        return "its check case names a score that it does not give"
    return ""
