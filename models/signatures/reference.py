"""A signature's reference: the cohort's mean and SD that turn its features into z-scores.

A reference is data, never code, and applies only to features computed under the very settings it was made with.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tilscope.models.refusals import BadInput
from tilscope.models.short_hash import short_hash


@dataclass(frozen=True)
class Reference:
    """Mean and SD of each feature over a cohort of scored studies."""

    signature: str
    cohort: str
    studies: int
    settings_hash: str
    mean: Mapping[str, float]
    sd: Mapping[str, float]
    scores: tuple[float, ...] = ()
    """The cohort's own scores, ascending; () where the file does not hold them."""
    further_scores: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """The same of a signature's other scores, by their ids."""
    cut_offs: tuple[float, ...] = ()
    """Between the classes, ascending: chosen against labels of the cohort; () where it had none."""
    name: str = ""
    """Which installed one it is: its file, and the beginning of the file's SHA-256."""
    demo: bool = False
    """Made of synthetic studies, for demonstrations only."""

    @property
    def origin(self) -> str:
        return f"Calibrated on {self.studies} studies ({self.cohort})."

    @property
    def median(self) -> float | None:
        """The cut-off of signatures whose papers publish none."""
        return float(np.median(self.scores)) if self.scores else None

    def percentile(self, score: float, of: str = "") -> float | None:
        """The part of the cohort with a lower score, in percent; equal ones count half. `of` names a further score."""
        scores = self.further_scores.get(of, ()) if of else self.scores
        if not scores:
            return None
        below, equal = bisect_left(scores, score), bisect_right(scores, score)
        return round(100 * (below + equal) / 2 / len(scores), 1)

    def score_above(self, share: float) -> float | None:
        """The value at or below which this share of the cohort's own scores lies; None where the file does not hold them."""
        return float(np.quantile(self.scores, share)) if self.scores else None

    def has(self, *names: str) -> bool:
        """Whether these have a mean and an SD: what only a part of the references holds, such as gene expression."""
        return all(name in self.mean and self.sd.get(name, 0.0) > 0 for name in names)

    def z(self, feature: str, value: float) -> float:
        return (value - self.mean[feature]) / self.sd[feature]


#: Of a file, in bytes: the scores of a hundred thousand patients take less.
_LONGEST = 16 * 2**20


def load_reference(
    path: Path, signature: str, settings_hash: str, features: tuple[str, ...], demo: bool = False
) -> Reference:
    """Read a reference from JSON; refused if it was made for other features or under other settings.

    `demo`: whether one that was made of synthetic studies may be used.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError(f"it is longer than {_LONGEST} bytes")
        text = path.read_bytes()
        content = json.loads(text)
        reference = Reference(
            signature=str(content["signature"]),
            cohort=str(content["cohort"]),
            studies=int(content["studies"]),
            settings_hash=str(content["settings_hash"]),
            mean={name: float(value) for name, value in content["mean"].items()},
            sd={name: float(value) for name, value in content["sd"].items()},
            scores=_ascending(content.get("scores", ())),
            further_scores={id: _ascending(scores) for id, scores in content.get("further_scores", {}).items()},
            cut_offs=_ascending(content.get("cut_offs", ())),
            name=f"{path.stem} {short_hash(text, 12)}",
            demo=bool(content.get("demo", False)),
        )
    except OSError as problem:
        raise BadInput("unusable-reference", path=path, problem=f"it cannot be read ({problem.strerror})") from problem
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise BadInput("unusable-reference", path=path, problem=f"{type(problem).__name__}: {problem}") from problem
    if reference.demo and not demo:
        raise BadInput("demo-only", path=path)
    if why := _why_not(reference, signature, settings_hash, features):
        raise BadInput("unusable-reference", path=path, problem=why)
    return reference


def _ascending(scores: Iterable[float]) -> tuple[float, ...]:
    return tuple(sorted(float(score) for score in scores))


def _why_not(reference: Reference, signature: str, settings_hash: str, features: tuple[str, ...]) -> str:
    if reference.signature != signature:
        return f"it belongs to signature {reference.signature}, not {signature}"
    if reference.settings_hash != settings_hash:
        return f"it was made under settings {reference.settings_hash}, this installation computes under {settings_hash}"
    if missing := [f for f in features if f not in reference.mean or f not in reference.sd]:
        return f"it lacks {', '.join(missing)}"
    if flat := [f for f in features if not reference.sd[f] > 0]:
        return f"its SD of {', '.join(flat)} is not positive"
    return ""
