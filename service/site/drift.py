"""The drift of newly scored studies away from their reference's cohort.

A shift of the mean in the cohort's SDs, with its interval: it needs few studies and says how far. (A population stability
index needs some hundred and says neither direction nor certainty.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from tilscope.models.refusals import BadInput
from tilscope.models.result import StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import all_signatures
from tilscope.service.ledger.queries import Reader
from tilscope.service.site.calibration import spread
from tilscope.service.site.installed import load_installed, references_of

#: Fewer new scores have an interval too wide to act on.
FEWEST_NEW = 10
#: Of the latest studies: what came in years ago hides what changed last week.
LATEST = 200
_Z95 = 1.96


@dataclass(frozen=True)
class Drift:
    """Of one signature's score; in SDs of its reference's cohort."""

    studies: int
    shift: float
    low: float
    high: float
    """The 95 % interval of the shift."""

    @property
    def seen(self) -> bool:
        """Whether the interval excludes a shift of zero."""
        return self.low > 0 or self.high < 0


def drift(cohort: Sequence[float], new: Sequence[float]) -> Drift | None:
    """None where there are too few scores. Far values are limited as in a reference."""
    if len(cohort) < 2 or len(new) < FEWEST_NEW:
        return None
    then, now = spread(cohort), spread(new)
    if not then.sd > 0:
        return None
    shift = (now.mean - then.mean) / then.sd
    half = _Z95 * sqrt(then.sd**2 / len(cohort) + now.sd**2 / len(new)) / then.sd
    return Drift(len(new), shift, shift - half, shift + half)


def drifts(reader: Reader, settings: PipelineSettings) -> dict[str, Drift]:
    """By reference (`wu2018`, `wu2018@scanner`), of the studies that came since it was installed and were scored with it.

    The cohort's own studies are scored again with it, but they came before. One that cannot be used has none.
    """
    found = {}
    for signature in all_signatures():
        for path in references_of(signature.id, settings):
            try:
                reference = load_installed(path, signature, settings)
            except BadInput:  # every study is refused with that reason: here it would only hide the other metrics
                continue
            new = _scores(reader.latest_results(path.stat().st_mtime, LATEST), signature.id, reference.name)
            if (one := drift(reference.scores, new)) is not None:
                found[path.stem] = one
    return found


def _scores(results: Iterable[StudyResult], signature: str, reference: str) -> list[float]:
    """The scores of a signature under one reference, of every series: two breasts imaged one by one are two scores."""
    return [
        scored.value
        for result in results
        for series in result.dynamic_series
        for scored in series.signatures
        if scored.id == signature and scored.reference == reference and scored.value is not None
    ]
