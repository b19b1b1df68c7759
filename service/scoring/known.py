"""What is known of a study beside its images, when it is about to be scored."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.lesions.steering import Steering
from tilscope.models.result import SeriesResult, StudyResult
from tilscope.models.signatures.base import Molecular
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.site.molecular import NOTHING_KNOWN


@dataclass(frozen=True)
class Known:
    """People's annotations of it, and its earlier results."""

    steering: Steering | None = None
    molecular: Molecular = NOTHING_KNOWN
    earlier_results: tuple[StudyResult, ...] = ()
    """The newest first."""
    result_stands: bool = False
    """A person asks for more than the result that there is. If that is refused, the archive is left as it is."""
    of_patient: tuple[AnsweredStudy, ...] = ()
    """Other studies with the same patient identifier."""

    @property
    def results(self) -> tuple[SeriesResult, ...]:
        """Of every dynamic series in the earlier results."""
        return tuple(series for result in self.earlier_results for series in result.dynamic_series)

    def studies_to_ask_for(self, study_uid: str) -> tuple[str, ...]:
        """Whose patients must be compared before lesions are followed; none where there is no other study."""
        return (study_uid, *(one.study_uid for one in self.of_patient)) if self.of_patient else ()
