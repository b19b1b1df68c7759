"""What is known of a study beside its images, when it is about to be scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tilscope.models.lesions.steering import Steering
from tilscope.models.result import SeriesResult
from tilscope.models.signatures.base import Molecular
from tilscope.service.site.molecular import NOTHING_KNOWN

_ADAPTER = TypeAdapter(SeriesResult)


@dataclass(frozen=True)
class Known:
    """What people have said of it, and what was answered before."""

    steering: Steering | None = None
    molecular: Molecular = NOTHING_KNOWN
    answers: tuple[Mapping[str, Any], ...] = ()
    """As the ledger keeps them, the newest first."""

    @property
    def results(self) -> tuple[SeriesResult, ...]:
        """Of every dynamic series in those answers; one that another version kept in another shape is none."""
        return tuple(_series_of(self.answers))


def _series_of(answers: tuple[Mapping[str, Any], ...]) -> Iterator[SeriesResult]:
    for answer in answers:
        for series in answer.get("dynamic_series", ()):
            try:
                yield _ADAPTER.validate_python(series)
            except ValidationError:
                continue
