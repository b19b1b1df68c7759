"""From a cohort to a reference: mean and SD of each feature, and the cohort's own scores.

Values far out are limited rather than studies left out. Features such as volumes and texture sums have long honest tails,
and a rule that leaves out a study for one of many features leaves out the largest tumours first. Each value is limited to
`FENCE` robust SDs from the median, with a robust SD of its own for each side (1.4826 times the median distance of the values
on that side), so that one failed segmentation moves mean and SD by little, while a cohort without gross outliers has exactly
its plain mean and SD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import Refused
from tilscope.models.result import Measurement, SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Installed, Signature, conclude
from tilscope.models.signatures.forest import Forest
from tilscope.models.signatures.reference import Reference
from tilscope.service.site.cohort import Cohort, Observation

#: Below, a mean is too uncertain to be called one (its standard error is 18 % of the SD at 30, 10 % at 100).
FEWEST = 30
FEW = 100
FENCE = 5.0
_TO_SD = 1.4826  # of a normal distribution: SD over median absolute deviation


@dataclass(frozen=True)
class Calibration:
    """A reference with its cohort and warnings."""

    reference: Reference
    cohort: Cohort
    limited: Mapping[str, int]
    """How many values of each feature were limited; only where some were."""
    warnings: tuple[str, ...]
    study_scores: tuple[tuple[str, float], ...] = ()
    """The main score of each study that has one, by its UID."""


@dataclass(frozen=True)
class Spread:
    mean: float
    sd: float
    limited: int


def spread(values: Sequence[float]) -> Spread:
    """Mean and sample SD after far values were limited.

    >>> spread([1.0, 2.0, 3.0, 4.0, 5.0])
    Spread(mean=3.0, sd=1.5811388300841898, limited=0)
    >>> spread([*map(float, range(1, 21)), 500.0]).limited
    1
    """
    x: NDArray[np.float64] = np.asarray(values, dtype=float)
    kept = np.clip(x, *fences(values))
    return Spread(float(kept.mean()), float(kept.std(ddof=1)), int((kept != x).sum()))


def fences(values: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest value that is taken as it is; what lies beyond is limited to it.

    >>> [round(value, 4) for value in fences([1.0, 2.0, 3.0, 4.0, 5.0])]
    [-8.1195, 14.1195]
    """
    x: NDArray[np.float64] = np.asarray(values, dtype=float)
    middle = float(np.median(x))
    return middle - _reach(middle - x[x < middle]), middle + _reach(x[x > middle] - middle)


def _reach(distances: NDArray[np.float64]) -> float:
    """How far from the median values on one side may lie; 0 without a value on that side."""
    return FENCE * _TO_SD * float(np.median(distances)) if distances.size else 0.0


def calibrate(
    cohort: Cohort,
    signature: Signature,
    settings: PipelineSettings,
    name: str,
    forest: Forest | None = None,
    activity: Callable[[Observation], float | None] = lambda one: None,
) -> Calibration:
    """Refuses a cohort under 30 studies. `activity` is the cytolytic activity (CYT) of a study, where it is known."""
    found = len(cohort.observations)
    if found < FEWEST:
        facts = {"needed": FEWEST, "left_out": cohort.left_out_in_words}
        raise Refused("cohort-too-small", found=found, signature=signature.id, **facts)
    spreads = {id: spread([one.numbers[id] for one in cohort.observations]) for id in signature.model_features}
    if alike := [id for id, one in spreads.items() if not one.sd > 0]:
        raise Refused("cohort-all-alike", signature=signature.id, features=", ".join(alike))
    reference = Reference(
        signature=signature.id,
        cohort=name,
        studies=found,
        settings_hash=cohort.settings_hash,
        mean={id: one.mean for id, one in spreads.items()},
        sd={id: one.sd for id, one in spreads.items()},
    )
    results = [_scored(one, signature, settings, Installed(reference, forest)) for one in cohort.observations]
    scores = _values([result.score] for result in results)
    further = _values(result.further_scores for result in results)
    warnings = [f"Fewer than {FEW} studies: mean and SD are uncertain."] if found < FEW else []
    known = [value for one in cohort.observations if (value := activity(one)) is not None]
    if 0 < len(known) < FEWEST:
        warnings.append(f"CYT is known of {len(known)} studies only, {FEWEST} are needed: no composite.")
    # What a score is in SDs of the cohort, and CYT: terms of Wu's composite.
    main = next(iter(scores.values()), [])
    for id, values in (("signature", main), ("CYT", known)):
        if len(values) >= FEWEST and (one := spread(values)).sd > 0:
            spreads[id] = one
    return Calibration(
        replace(
            reference,
            mean={id: one.mean for id, one in spreads.items()},
            sd={id: one.sd for id, one in spreads.items()},
            scores=tuple(sorted(main)),
            further_scores={id: tuple(sorted(values)) for id, values in further.items()},
        ),
        cohort,
        {id: one.limited for id, one in spreads.items() if one.limited},
        tuple(warnings),
        tuple(
            (one.study_uid, result.value)
            for one, result in zip(cohort.observations, results, strict=True)
            if result.value is not None
        ),
    )


def _scored(
    one: Observation, signature: Signature, settings: PipelineSettings, installed: Installed
) -> SignatureResult:
    """The result that the study would have with this reference, from the features in its report."""
    features = tuple(Measurement.of(id, id, value, "1") for id, value in one.numbers.items())
    return conclude(signature, features, settings, installed)


def _values(scores: Iterable[Iterable[Measurement | None]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for score in (one for several in scores for one in several):
        if score is not None and score.value is not None:
            found.setdefault(score.id, []).append(score.value)
    return found
