"""What is known of a study beside its images, when it is about to be scored."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.lesions.steering import Steering
from tilscope.models.result import SeriesResult, StudyResult
from tilscope.models.signatures.base import Molecular
from tilscope.service.site.molecular import NOTHING_KNOWN


@dataclass(frozen=True)
class Known:
    """What people have said of it, and what was answered before."""

    steering: Steering | None = None
    molecular: Molecular = NOTHING_KNOWN
    answers: tuple[StudyResult, ...] = ()
    """The newest first."""

    @property
    def results(self) -> tuple[SeriesResult, ...]:
        """Of every dynamic series in those answers."""
        return tuple(series for answer in self.answers for series in answer.dynamic_series)
