"""One row of the table: a dynamic series with its features, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tilscope.models import PIPELINE_VERSION


class RowState(StrEnum):
    MEASURED = "measured"
    REFUSED = "refused"
    """A rule says no, or no usable images were given: an answer. Only what a rule says is kept."""
    FAILED = "failed"
    """A fault: tried again by the next run."""


@dataclass(frozen=True)
class Row:
    study_uid: str
    state: RowState
    code: str = ""
    reason: str = ""
    patient_id: str = ""
    series_uids: tuple[str, ...] = ()
    laterality: str = ""
    """What the series shows: R, L or B for both."""
    lesion_laterality: str = ""
    """Where its index lesion lies, the one that is measured."""
    lesions: int | None = None
    lesion_source: str = ""
    """automatic, or drawn by a person."""
    reading: str = ""
    """Whose outline, or which change, where a study is measured more than once (`repeatability`)."""
    drawn_by: str = ""
    segmenter: str = ""
    scanner: str = ""
    time_zero: str = ""
    time_zero_assumed: bool | None = None
    """True where nothing tells when the injection was; None before the images are read."""
    phase_times_s: tuple[float, ...] = ()
    phase_roles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """Codes of the quality gates that warn."""
    measurement_hash: str = ""
    settings_hash: str = ""
    pipeline_version: str = PIPELINE_VERSION
    phases_of_set: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By set: the phases, from 1 on, that its numbers come from."""
    values: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    """Why a feature has no value, by its name. A row that was not measured has neither: its reason holds for all."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Row:
        """Back from plain JSON values."""
        return cls(**{**values, "state": RowState(values["state"])})
