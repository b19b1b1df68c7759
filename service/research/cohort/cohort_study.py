"""What became of one study of a cohort: its result or why there is none, and where its pictures lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tilscope.models.finding import Finding
from tilscope.models.result import RefusedSeries, StudyResult
from tilscope.models.result_schema import read_result


class CohortState(StrEnum):
    """Of one study and side."""

    NEEDS_READER = "needs-reader"
    """Candidates were found, none surely a lesion."""
    FAILED = "failed"
    """A fault: tried again by the next run."""
    REFUSED = "refused"
    SCORED = "scored"


@dataclass(frozen=True)
class CohortStudy:
    """One study, scored or refused."""

    study_uid: str
    patient_id: str = ""
    study_date: str = ""
    """As DICOM writes it."""
    scanner: str = ""
    result: StudyResult | None = None
    refused: tuple[RefusedSeries, ...] = ()
    """The breasts that a rule says no to; where it was said of the whole study, one without a side."""
    pictures: Mapping[str, str] = field(default_factory=dict)
    """File names by side."""
    kept: bool = False
    """Whether an earlier run had scored it."""
    failed: bool = False

    @property
    def states(self) -> tuple[StrEnum, ...]:
        series = self.result.dynamic_series if self.result else ()
        of_refused = CohortState.FAILED if self.failed else CohortState.REFUSED
        return (*(state_of(one.finding) for one in series), *(of_refused for _ in self.refused))

    @property
    def input_hash(self) -> str:
        return self.result.input_hash if self.result else ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> CohortStudy:
        """Back from plain JSON values."""
        refused = tuple(RefusedSeries(**{**one, "series_uids": tuple(one["series_uids"])}) for one in values["refused"])
        result = read_result(values["result"]) if values["result"] else None
        return cls(**{**values, "result": result, "refused": refused})


def state_of(finding: Finding) -> CohortState:
    return CohortState.SCORED if finding.is_scored else CohortState.NEEDS_READER
