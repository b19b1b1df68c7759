"""The result for one study, as every output shows it: SR, PDF, result.json, page, table.

A study has one dynamic series, or two where each breast was imaged by itself; each has a result of its own.

A number enters an output only as a `Measurement`, already rounded, so that all outputs hold the same one.

These classes are a contract: their JSON is kept in ledgers and read by other people's programs. docs/result.md says what may
change, docs/result.schema.json is made of them, and `models.result_schema` reads what earlier versions have written.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from tilscope.models.finding import Finding

#: Of the JSON. The second number grows with each field that is added, the first where a program must be changed.
SCHEMA_VERSION = "1.6"

#: Significant digits kept. DICOM's DS holds 16 characters; an image measurement is not known to one part in a million.
DIGITS = 6


#: In front of the id of a measurement that no table lists, of which there are hundreds; its code is made of its name.
RADIOMICS_MARK = "radiomics:"

Side = Annotated[str, Field(pattern="^[LRB]$", description="L (left), R (right) or B (both breasts).")]

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
    """For programs: it keeps its meaning."""
    name: str
    """For people, in English."""
    value: float | None
    """Rounded to six significant digits; null where there is none."""
    unit: str
    """UCUM; 1 for a pure number."""
    missing: Missing | None = None
    """Why there is no value; null where there is one."""
    reason: str = ""
    """The same as a sentence."""
    fragile: str = ""
    """What moves it more than it should, as measured on other patients (docs/feature-sensitivity.md); '' for nothing."""

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
    """What a signature's numbers rest on."""

    CALIBRATED = "calibrated"
    UNCALIBRATED = "uncalibrated"
    NO_MODEL = "no model installed"


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to a score: its coefficient times its value as the model takes it (z-scored or raw)."""

    feature: str
    """The id of one of the signature's features."""
    coefficient: float
    """Of the model."""
    value: float
    """As the model takes it: a z-score, or the raw value."""

    @property
    def amount(self) -> float:
        return self.coefficient * self.value


@dataclass(frozen=True)
class Reading:
    """A score as one reading of the paper gives it, where the paper leaves open how it was meant."""

    name: str
    """What was read so, in a few words."""
    value: float
    """Of the main score."""
    category: str | None = None
    """The class that it falls into."""


@dataclass(frozen=True)
class SignatureResult:
    """One published signature for one lesion."""

    id: str
    """First author and year, as in wu2018."""
    title: str
    """For people."""
    citation: str
    """The paper."""
    version: str
    """Of its implementation here."""
    state: CalibrationState
    """Whether the numbers rest on an installed reference or model."""
    reason: str
    """One sentence: why this state, and what would change it."""
    score: Measurement | None
    """The main one; null where the signature has none without a model."""
    category: str | None
    """The class that the score falls into, in the paper's words; null where it falls into none."""
    features: tuple[Measurement, ...]
    """What the score is computed from."""
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
    spread: tuple[float, float] | None = None
    """The lowest and the highest main score with the outline a voxel wider, narrower or elsewhere; null where that was not computed."""
    nearby: tuple[dict[str, float | None], ...] = ()
    """The features with each of these outlines, by id: what the spread is of, whatever reference or model is installed later."""
    readings: tuple[Reading, ...] = ()
    """The main score by every admissible reading of the paper, ours first; empty where the paper leaves nothing open."""
    caveat: str = ""
    """Why the score is no result to act on, in a few words: not calibrated, or of a tumour that is none of the population
    that the signature was made for, or not known to be; '' where neither. Absent in results before 1.4."""

    @property
    def value(self) -> float | None:
        """Of the main score."""
        return self.score.value if self.score else None


@dataclass(frozen=True)
class LesionResult:
    """One lesion, measured."""

    number: int
    """From 1; the first is the index lesion, which the signatures are about."""
    laterality: Side
    confidence: float
    """Of the segmentation, 0 to 1."""
    measurements: tuple[Measurement, ...]
    """Size, shape and kinetics, each with its unit."""
    curve_type: str
    """persistent, plateau or washout."""
    point_mm: tuple[float, float, float] | None = None
    """A point inside it: x, y, z in the patient (LPS, mm). As a seed it means this very region."""
    tracking_uid: str = ""
    """Under which the objects of the patient's earliest exam know this lesion; '' where no earlier exam has it."""


@dataclass(frozen=True)
class Term:
    """One of the words that a report uses, or none and why."""

    id: str
    """For programs: it keeps its meaning."""
    name: str
    """For people, in English."""
    value: str | None
    """The word; null where the images do not decide it: not assessed."""
    rule: str
    """The thresholds and the number that the word follows from, or why there is none."""

    @property
    def words(self) -> str:
        return self.value or "not assessed"


@dataclass(frozen=True)
class LesionDescription:
    """Place, form and kinetics of one lesion, in BI-RADS' words."""

    number: int
    """As in `lesions`."""
    measurements: tuple[Measurement, ...]
    """Axes, distances and shares of voxels."""
    terms: tuple[Term, ...]
    """Each with its threshold."""
    offset_mm: tuple[float, float, float] | None = None
    """Of its middle from the nipple: mm towards the patient's left, back and head, by which it is found again at another
    date; null where no breast was found around it, and in results before 1.6."""


@dataclass(frozen=True)
class BreastDescription:
    """One breast, in BI-RADS' words."""

    laterality: Side
    measurements: tuple[Measurement, ...]
    """What the words follow from, and the extent of all lesions."""
    terms: tuple[Term, ...]
    """Each with its threshold."""
    volume_cc: float | None = None
    """Of this breast alone, by which places in it are scaled; null in results before 1.6."""


@dataclass(frozen=True)
class Description:
    """The block that a radiologist's report needs."""

    lesions: tuple[LesionDescription, ...]
    """In the order of `lesions`."""
    breasts: tuple[BreastDescription, ...]
    """Of each breast that the series shows, the right one first."""


@dataclass(frozen=True)
class PhaseSummary:
    """One phase of the dynamic series."""

    number: int
    """From 1."""
    role: str
    """pre, early or late; empty for the phases between."""
    time_s: float
    """Seconds from time zero to the middle of the phase."""


class Verdict(StrEnum):
    """What a quality gate says of a result; one that refuses leaves none."""

    PASS = "pass"
    WARN = "warn"


@dataclass(frozen=True)
class QualityFinding:
    """What a quality gate found, in words and as a number."""

    code: str
    """For programs."""
    sentence: str
    """For people."""
    verdict: Verdict = Verdict.WARN
    """warn: read the numbers with care."""
    value: float | None = None
    """What the gate has measured; its unit stands in the sentence."""
    limit: float | None = None
    """What the setting allows."""
    checkable: bool = True
    """false where the gate rests on what nobody knows, such as an assumed injection: neither passed nor failed; its
    verdict is warn."""


@dataclass(frozen=True)
class LesionSource:
    """Who or what has told the lesions."""

    source: str = "automatic"
    """automatic, steered (by a person's seed or box) or drawn (by a person)."""
    by: str = ""
    """The person, where the drawing tool names one."""
    tool: str = ""
    """What the lesions were drawn with."""
    sop_class_uid: str = ""
    """Of the object that holds the outline."""
    sop_instance_uid: str = ""
    """Of the object that holds the outline."""
    steering: str = ""
    """The seed or box in words, in patient LPS and mm."""
    rejected_mm: tuple[tuple[float, float, float], ...] = ()
    """A point inside each lesion that a person has rejected, so that it was left out: x, y, z in the patient (LPS, mm).
    Absent in results before 1.6."""

    @property
    def sentence(self) -> str:
        """For reports; '' for the automatic lesions, of which there is nothing to say."""
        if self.rejected_mm:
            where = ", ".join(f"({x:g}, {y:g}, {z:g})" for x, y, z in self.rejected_mm)
            return f"What a reader has rejected is left out: at {where} (patient LPS, mm)."
        if self.source == "drawn":
            return f"The lesions were drawn by {self.by or 'a person'} ({self.tool or 'tool not named'})."
        return f"The lesion was looked for {self.steering} (patient LPS, mm)." if self.source == "steered" else ""


@dataclass(frozen=True)
class OtherBreast:
    """What became of the exam's other breast, where each was imaged by itself."""

    laterality: Side
    code: str = ""
    """For programs: why it has no score; '' where it was scored too."""
    reason: str = ""
    """The same for people."""


@dataclass(frozen=True)
class ComparedExam:
    """One of a patient's exams, this one or an earlier one."""

    study_uid: str
    """Study Instance UID."""
    date: str
    """YYYY-MM-DD."""
    report: StoredObject | None = None
    """Its Structured Report about this breast; null of this exam, and where it has none."""


@dataclass(frozen=True)
class ChangeOverTime:
    """One quantity of one lesion at each exam, and how it has changed from the first that has the lesion to the last."""

    id: str
    """Of the measurement, or of the signature whose score it is."""
    name: str
    """For people."""
    unit: str
    """UCUM, of the values."""
    values: tuple[float | None, ...]
    """One for each exam, of all its pieces together where it is in pieces; null where there is none."""
    percent: float | None = None
    """Of the first value; null where the change is not told, and of what has no zero."""
    absolute: float | None = None
    """The last value less the first; null where the change is not told."""
    interval: tuple[float, float] | None = None
    """95 % of what the change may be, given what repeating an exam alone changes: in percent where there is a percentage, else
    in the unit; null where that was not measured."""
    response: str = ""
    """Of the longest diameter in RECIST's terms: partial response, progression or stable; '' of anything else."""
    refused: str = ""
    """Why the change is not told, as a sentence; '' where it is, and where the lesion was seen once only."""


@dataclass(frozen=True)
class LesionOverTime:
    """One lesion of a patient through the exams."""

    name: str
    """For people: as this exam calls it, or the last that has it."""
    laterality: Side
    tracking_uid: str
    """The same in the objects of every exam that has it."""
    numbers: tuple[int | None, ...]
    """Its number in each exam; null where it is not, or is in pieces."""
    fates: tuple[str, ...]
    """What became of it at each exam, in a few words; '' where nothing can be said."""
    reason: str
    """Why it is so at the last exam, as a sentence; '' where there is nothing to explain."""
    changes: tuple[ChangeOverTime, ...] = ()
    """The trials' measure first."""


@dataclass(frozen=True)
class OverTime:
    """What has become of a patient's lesions since earlier exams. Computed from results; no earlier image was read."""

    exams: tuple[ComparedExam, ...]
    """In the order of time; the last is this one."""
    lesions: tuple[LesionOverTime, ...]
    """Of all exams, each once."""
    left_out: tuple[str, ...] = ()
    """Which studies of the same patient identifier are not compared, and why, a sentence each."""


@dataclass(frozen=True)
class SeriesResult:
    """Everything that is said about one dynamic series, and so by one set of result objects."""

    study_uid: str
    """Study Instance UID."""
    series_uids: tuple[str, ...]
    """Series Instance UIDs of the phases."""
    input_hash: str
    """Of this dynamic series; the UIDs of its report and page follow from it and from `other_breast`."""
    measurement_hash: str
    """Of what its regions and features were computed from; the UIDs of its segmentations follow from it."""
    settings_hash: str
    """Of the settings that the numbers depend on."""
    pipeline_version: str
    """Of TILscope."""
    segmenter: str
    """Name and version of what has outlined breast and lesions."""
    laterality: Side
    time_zero: str
    """What the times of the phases are counted from, in words."""
    phases: tuple[PhaseSummary, ...]
    """In the order of time."""
    lesions: tuple[LesionResult, ...]
    """The index lesion first."""
    breast: tuple[Measurement, ...]
    """Of breast and fibroglandular tissue."""
    signatures: tuple[SignatureResult, ...]
    """Of the index lesion."""
    quality: tuple[QualityFinding, ...] = ()
    """What the gates have found, also where they are passed."""
    segmentation: LesionSource = LesionSource()
    """Where the lesions come from."""
    edition: int = 0
    """How often the report on this very input had been replaced by one on another before it came to hold again."""
    demo: bool = False
    """Made in demo mode: every output says DEMO."""
    finding: Finding = Finding.MASS
    """mass; diffuse (a large part of the gland enhances); or candidates (a person must decide; nothing is scored)."""
    time_zero_assumed: bool = False
    """true where nothing tells when the injection was; also absent, and so false, in results of 1.0."""
    other_breast: OtherBreast | None = None
    """null where this series is all that was imaged; also absent in results before 1.4."""
    ftv_pe_percent: float = 70.0
    """The least percent enhancement of what counts as functional tumour, and has a kinetic colour in pictures."""
    description: Description | None = None
    """The block for the report; null in results before 1.5."""
    over_time: OverTime | None = None
    """Beside the patient's earlier exams, as far as they were known when this was made; null where there were none, and in
    results before 1.6."""

    @property
    def warnings(self) -> tuple[QualityFinding, ...]:
        return tuple(one for one in self.quality if one.verdict is Verdict.WARN and one.checkable)

    @property
    def not_checkable(self) -> tuple[QualityFinding, ...]:
        """What the gates could not judge."""
        return tuple(one for one in self.quality if not one.checkable)

    @property
    def not_checkable_in_words(self) -> str:
        """One sentence; '' where everything could be checked."""
        gates = ", ".join(dict.fromkeys(one.code.replace("-", " ") for one in self.not_checkable))
        return f"Not checkable: {gates}." if gates else ""

    @property
    def time_zero_in_words(self) -> str:
        """What times are counted from, and that it is assumed where it is."""
        return f"assumed: {self.time_zero}" if self.time_zero_assumed else self.time_zero

    @property
    def exam_laterality(self) -> str:
        """Of all that the exam imaged, of which this series may be one half."""
        return "B" if self.other_breast else self.laterality

    @property
    def scored_laterality(self) -> str:
        """Of the index lesion, which the signatures are about; where there is none, of the series."""
        return self.lesions[0].laterality if self.lesions else self.laterality


@dataclass(frozen=True)
class RefusedSeries:
    """One breast of a pair that a rule says no to, while the other is scored."""

    series_uids: tuple[str, ...]
    """Series Instance UIDs of the phases."""
    laterality: Side
    code: str
    """For programs."""
    reason: str
    """For people."""


@dataclass(frozen=True)
class StoredObject:
    """Where one result object is found in the archive."""

    kind: str
    """DICOM modality: SEG, SR, DOC and so on."""
    laterality: Side
    sop_class_uid: str
    """SOP Class UID."""
    series_uid: str
    """Series Instance UID."""
    sop_instance_uid: str
    """SOP Instance UID."""


@dataclass(frozen=True)
class StudyResult:
    """Everything that is said about one study: what is kept in the ledger, written as result.json and answered by the API."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    schema_version: Annotated[str, Field(pattern=r"^1\.[0-9]+$")] = field(default=SCHEMA_VERSION, kw_only=True)
    """Of this JSON. Within 1.x fields are added and nothing else changes."""
    research_use_only: Literal[True] = field(default=True, kw_only=True)
    """Nothing here is for diagnosis."""
    study_uid: str
    """Study Instance UID."""
    input_hash: str
    """Of all that the answer was computed from."""
    settings_hash: str
    """Of the settings that the numbers depend on."""
    pipeline_version: str
    """Of TILscope."""
    dynamic_series: tuple[SeriesResult, ...]
    """One, or one for each breast where each was imaged by itself."""
    refused_series: tuple[RefusedSeries, ...] = ()
    """The other breast, where a rule says no to it."""
    timings_s: dict[str, float] = field(default_factory=dict)
    """Seconds that each stage took, by the clock."""
    cpu_s: dict[str, float] = field(default_factory=dict, kw_only=True)
    """Seconds of the processors that each stage took, by all its threads together; absent in results before 1.2."""
    demo: bool = False
    """Made in demo mode: every output says DEMO."""
    objects: tuple[StoredObject, ...] = ()
    """What was stored in the study."""

    @property
    def undecided(self) -> str:
        """Why a reader must decide before all is scored, as a sentence; '' where nothing is left to decide."""
        found = [one for one in self.dynamic_series if not one.finding.is_scored]
        if not found:
            return ""
        candidates = found[0].finding.counted(sum(len(one.lesions) for one in found))
        return f"Found: {candidates}, none surely a lesion. A reader must decide."

    def as_json(self) -> dict[str, Any]:
        """Plain values, as docs/result.schema.json describes them."""
        return asdict(self)

    def objects_about(self, series: SeriesResult, sop_class_uid: str = "") -> tuple[StoredObject, ...]:
        """What was stored of one dynamic series, of all classes or of one. The two of a pair are told apart by their side."""
        return tuple(
            one
            for one in self.objects
            if one.laterality == series.laterality and sop_class_uid in ("", one.sop_class_uid)
        )
