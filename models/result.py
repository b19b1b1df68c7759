"""The answer for one study, as every output shows it: SR, PDF, result.json, page, table.

A study has one dynamic series, or two where each breast was imaged by itself; each is answered for itself.

A number enters an output only as a `Measurement`, already rounded, so that all outputs hold the same one.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

#: Significant digits kept. DICOM's DS holds 16 characters; an image measurement is not known to one part in a million.
DIGITS = 6


#: In front of the id of a measurement that no table lists, of which there are hundreds; its code is made of its name.
RADIOMICS_MARK = "radiomics:"

_UNIT_TEXT = {"1": "", "{ratio}": "", "cm3": "cm³", "mm3": "mm³", "mm2": "mm²", "/mm": "mm⁻¹"}


def unit_text(ucum: str) -> str:
    """A UCUM unit as people write it; nothing for a pure number."""
    return _UNIT_TEXT.get(ucum, ucum)


class Missing(StrEnum):
    """Why a measurement has no value, in the terms of DICOM CID 42."""

    NOT_ATTEMPTED = "not attempted"
    CALCULATION_FAILURE = "calculation failure"
    OUT_OF_RANGE = "value out of range"


@dataclass(frozen=True)
class Measurement:
    """A value with its unit (UCUM), or no value and the reason. Never NaN, never a stand-in."""

    id: str
    name: str
    value: float | None
    unit: str
    missing: Missing | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) == (self.missing is None):
            raise ValueError(f"measurement {self.id}: either a value or the reason why there is none")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"measurement {self.id}: {self.value} is no number; say why it is missing instead")

    @classmethod
    def of(cls, id: str, name: str, value: float, unit: str) -> Measurement:
        """A rounded value; a value that is no number becomes a missing one, said as such."""
        if not math.isfinite(value):
            return cls(id, name, None, unit, Missing.CALCULATION_FAILURE, "the computation gave no finite number")
        return cls(id, name, float(f"{value:.{DIGITS}g}"), unit)


class CalibrationState(StrEnum):
    CALIBRATED = "calibrated"
    UNCALIBRATED = "uncalibrated"
    NO_MODEL = "no model installed"


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to a score: its coefficient times its value as the model takes it (z-scored or raw)."""

    feature: str
    coefficient: float
    value: float

    @property
    def amount(self) -> float:
        return self.coefficient * self.value


@dataclass(frozen=True)
class SignatureResult:
    """One published signature for one lesion."""

    id: str
    title: str
    citation: str
    version: str
    state: CalibrationState
    reason: str
    """One sentence: why this state, and what would change it."""
    score: Measurement | None
    category: str | None
    features: tuple[Measurement, ...]
    parameters: str
    """The choices that the numbers depend on, for the report's Algorithm Parameters."""
    further_scores: tuple[Measurement, ...] = ()
    """Beside the main one: a paper's other models on the same features."""
    percentile: float | None = None
    """Where the score lies among the reference's cohort, 0 to 100."""
    contributions: tuple[Contribution, ...] = ()
    """The greatest first."""
    published: str = ""
    """How well the signature did in its paper, in one sentence."""
    reference: str = ""
    """The name of the installed reference that was used; '' for none."""
    installed: str = ""
    """Names all that was installed for the signature, whether it was used here or not; '' for nothing."""
    supplied: tuple[str, ...] = ()
    """What the site knows of the tumour from elsewhere and the conclusion took into account, each in a few words."""


@dataclass(frozen=True)
class LesionResult:
    number: int
    laterality: str
    confidence: float
    measurements: tuple[Measurement, ...]
    curve_type: str
    """persistent, plateau or washout."""


@dataclass(frozen=True)
class PhaseSummary:
    number: int
    role: str
    time_s: float


class Verdict(StrEnum):
    """What a quality gate says of a result; one that refuses leaves none."""

    PASS = "pass"
    WARN = "warn"


@dataclass(frozen=True)
class QualityFinding:
    """What a quality gate found, in words and as a number."""

    code: str
    sentence: str
    verdict: Verdict = Verdict.WARN
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class LesionSource:
    """Who or what has told the lesions."""

    source: str = "automatic"
    """automatic, steered (by a person's seed or box) or drawn (by a person)."""
    by: str = ""
    """The person, where the drawing tool names one."""
    tool: str = ""
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    """Of the object that holds the outline."""
    steering: str = ""

    @property
    def sentence(self) -> str:
        """For reports; '' for the automatic lesions, of which there is nothing to say."""
        if self.source == "drawn":
            return f"The lesions were drawn by {self.by or 'a person'} ({self.tool or 'tool not named'})."
        return f"The lesion was looked for {self.steering} (patient LPS, mm)." if self.source == "steered" else ""


@dataclass(frozen=True)
class SeriesResult:
    """Everything that is said about one dynamic series, and so by one set of result objects."""

    study_uid: str
    series_uids: tuple[str, ...]
    input_hash: str
    """Of this dynamic series; the UIDs of its report and page follow from it."""
    measurement_hash: str
    """Of what its regions and features were computed from; the UIDs of its segmentations follow from it."""
    settings_hash: str
    pipeline_version: str
    segmenter: str
    laterality: str
    time_zero: str
    phases: tuple[PhaseSummary, ...]
    lesions: tuple[LesionResult, ...]
    breast: tuple[Measurement, ...]
    signatures: tuple[SignatureResult, ...]
    quality: tuple[QualityFinding, ...] = ()
    segmentation: LesionSource = LesionSource()
    edition: int = 0
    """How often the report on this very input had been replaced by one on another before it came to hold again."""
    demo: bool = False
    """Made in demo mode: every output says DEMO."""

    @property
    def warnings(self) -> tuple[QualityFinding, ...]:
        return tuple(finding for finding in self.quality if finding.verdict is Verdict.WARN)


@dataclass(frozen=True)
class RefusedSeries:
    """One breast of a pair that a rule says no to, while the other is scored."""

    series_uids: tuple[str, ...]
    laterality: str
    code: str
    reason: str


@dataclass(frozen=True)
class StudyResult:
    """Everything that is said about one study."""

    study_uid: str
    input_hash: str
    """Of all that the answer was computed from."""
    settings_hash: str
    pipeline_version: str
    dynamic_series: tuple[SeriesResult, ...]
    refused_series: tuple[RefusedSeries, ...] = ()
    timings_s: dict[str, float] = field(default_factory=dict)
    demo: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; the shape is the API's."""
        return {"research_use_only": True, **asdict(self)}
