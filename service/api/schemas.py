"""The models of the API's responses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tilscope.models.result import StoredObject
from tilscope.service.ledger.archived import Sweep
from tilscope.service.ledger.audit_log import AuditEntry
from tilscope.service.ledger.lesion_readings import LesionReading, ReadingVerdict
from tilscope.service.ledger.queries import Entry, Study
from tilscope.service.ledger.states import State
from tilscope.service.ledger.study_search import FoundScore
from tilscope.service.moments import moment

#: Every field has a value: FastAPI leaves null out of examples.
_EXAMPLE_STUDY: dict[str, Any] = {
    "study_uid": "1.2.826.0.1.3680043.8.498.1", "state": "waiting", "in_words": "A fault occurred; will be tried again",
    "code": "archive-unreachable", "reason": "The archive did not answer (ConnectError) while fetching images.",
    "stage": "fetching images", "progress": 0.08, "attempts": 1, "instances": 540,
    "input_hash": "9f2c4e6a8b0d1f359f2c4e6a8b0d1f35", "orthanc_id": "3f2b7a6e-8c1d4e5f-90a1b2c3-d4e5f607-18293a4b",
    "created_at": "2026-03-02T10:15:04.120+00:00", "updated_at": "2026-03-02T10:15:36.904+00:00",
    "started_at": "2026-03-02T10:15:31.007+00:00", "finished_at": "2026-03-02T10:15:36.904+00:00",
    "next_attempt_at": "2026-03-02T10:16:06.904+00:00",
}  # fmt: skip
_EXAMPLE_SCORE: dict[str, Any] = {
    "signature": "wu2018", "laterality": "L", "state": "calibrated", "value": 23.4, "unit": "%", "category": "intermediate",
    "report_uid": "2.25.203948570192837465019283746501928374650",
}  # fmt: skip
_EXAMPLE_ENTRY: dict[str, Any] = {
    "at": "2026-03-02T10:15:30.120+00:00", "who": "service", "event": "input settled", "from": "receiving", "to": "ready",
    "detail": "540 new instances",
}  # fmt: skip
_EXAMPLE_READING: dict[str, Any] = {
    "point_mm": [62.5, -40.0, 12.0], "name": "Lesion 2", "verdict": "confirmed", "who": "reader",
    "at": "2026-03-02T11:20:09.310+00:00",
}  # fmt: skip
_EXAMPLE_DETAIL = "The study will be inspected and scored now."


class StudyAnswer(BaseModel):
    """The current state of one study."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE_STUDY})

    study_uid: str
    state: State
    in_words: str = Field(description="The state for people.")
    code: str | None = Field(description="Why it was refused, has failed or waits; for programs.")
    reason: str | None = Field(description="The same as a sentence.")
    stage: str | None = Field(description="Of the run under way, or of the last one.")
    progress: float = Field(ge=0, le=1)
    attempts: int
    instances: int = Field(description="How many have arrived.")
    input_hash: str | None = Field(description="Names exactly what is scored; null while images arrive.")
    orthanc_id: str | None
    created_at: datetime | None = Field(description="When the first image of this input arrived.")
    updated_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None = Field(description="Of a study that waits after a fault.")

    @classmethod
    def fields_of(cls, study: Study) -> dict[str, Any]:
        return {
            "study_uid": study.study_uid,
            "state": study.state,
            "in_words": study.state.sentence,
            "code": study.code or None,
            "reason": study.reason or None,
            "stage": study.stage or None,
            "progress": round(study.progress, 3),
            "attempts": study.attempts,
            "instances": study.instances,
            "input_hash": study.input_hash or None,
            "orthanc_id": study.orthanc_id or None,
            "created_at": moment(study.created_at),
            "updated_at": moment(study.updated_at),
            "started_at": moment(study.started_at),
            "finished_at": moment(study.finished_at),
            "next_attempt_at": moment(study.next_attempt_at) if study.state is State.WAITING else None,
        }


class ScoreAnswer(BaseModel):
    """The score of one signature for one lesion. A value that cannot be had is null."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE_SCORE}, from_attributes=True)

    signature: str
    laterality: str = Field(description="Of the lesion that was scored: L or R.")
    state: str = Field(description="calibrated, uncalibrated, or no model installed.")
    value: float | None
    unit: str = Field(description="UCUM.")
    category: str | None
    report_uid: str = Field(description="SOP Instance UID of the Structured Report that holds it.")
    caveat: str = Field("", description="Why the value is no result to act on, in a few words; empty where it is one.")


class ListedStudy(StudyAnswer):
    """A study in a list, with what it scored."""

    model_config = ConfigDict(json_schema_extra={"example": {**_EXAMPLE_STUDY, "scores": [_EXAMPLE_SCORE]}})

    scores: list[ScoreAnswer] = Field(description="Of the current result; empty where there is none.")

    @classmethod
    def of(cls, study: Study, scores: list[FoundScore]) -> ListedStudy:
        return cls(**cls.fields_of(study), scores=[ScoreAnswer.model_validate(score) for score in scores])


class StudyList(BaseModel):
    """A page of a list of studies."""

    studies: list[ListedStudy]
    total: int = Field(description="How many studies the filters find in all.")
    limit: int
    offset: int


class EntryAnswer(BaseModel):
    """One line of a study's timeline."""

    model_config = ConfigDict(populate_by_name=True)

    at: datetime
    who: str
    event: str
    from_state: State | None = Field(alias="from")
    to_state: State | None = Field(alias="to")
    detail: str | None

    @classmethod
    def of(cls, entry: Entry) -> EntryAnswer:
        return cls.model_validate(
            {
                "at": moment(entry.at), "who": entry.who, "event": entry.event, "from": entry.from_state,
                "to": entry.to_state, "detail": entry.detail or None,
            }
        )  # fmt: skip


class LesionReadingAnswer(BaseModel):
    """What a reader has said of one lesion."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE_READING})

    point_mm: tuple[float, float, float] = Field(description="Inside the lesion: x, y, z in the patient (LPS, mm).")
    name: str = Field(description="What the lesion was called then.")
    verdict: ReadingVerdict
    who: str
    at: datetime

    @classmethod
    def of(cls, reading: LesionReading) -> LesionReadingAnswer:
        return cls.model_validate({**vars(reading), "at": moment(reading.at)})


class Story(StudyAnswer):
    """One study with everything that happened to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_EXAMPLE_STUDY, "objects": [], "timings_s": {"segmenting": 9.1}, "cpu_s": {"segmenting": 12.4},
                "readings": [_EXAMPLE_READING], "timeline": [_EXAMPLE_ENTRY], "earlier_inputs": [],
            }
        }
    )  # fmt: skip

    objects: list[StoredObject] = Field(description="What was stored in the study.")
    timings_s: dict[str, float] = Field(description="How long each stage took, by the clock.")
    cpu_s: dict[str, float] = Field(
        description="How long each stage took of the processors, by all its threads together."
    )
    readings: list[LesionReadingAnswer] = Field(
        description="The lesions that readers have confirmed or rejected. A rejected one is not in the result."
    )
    timeline: list[EntryAnswer]
    earlier_inputs: list[StudyAnswer] = Field(description="The same study with other images, the latest first.")


class CommandAccepted(StudyAnswer):
    """The study after a command."""

    model_config = ConfigDict(json_schema_extra={"example": {**_EXAMPLE_STUDY, "detail": _EXAMPLE_DETAIL}})

    detail: str = Field(description="What happens now, in words.")


class MolecularAsked(CommandAccepted):
    """The same, with all molecular findings that are known now."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**_EXAMPLE_STUDY, "detail": _EXAMPLE_DETAIL, "molecular": {"gzma": 4.2}}}
    )

    molecular: dict[str, float | bool]


class ActionAnswer(BaseModel):
    """An entry of the audit log: one request of a person."""

    at: datetime
    who: str
    action: str = Field(examples=["POST /studies/1.2.3/rescore"])
    study_uid: str | None
    status: int | None = Field(description="HTTP status of the answer; null: the service ended before it was given.")

    @classmethod
    def of(cls, action: AuditEntry) -> ActionAnswer:
        at = datetime.fromisoformat(moment(action.at) or "")
        return cls(
            at=at, who=action.who, action=action.action, study_uid=action.study_uid or None, status=action.status
        )


class ActionList(BaseModel):
    actions: list[ActionAnswer]
    total: int
    limit: int
    offset: int


class ComparisonAnswer(BaseModel):
    """The latest comparison of all studies with what the archive holds, or the one that is under way."""

    begun_at: datetime | None = Field(description="null before the first.")
    ended_at: datetime | None = Field(description="null while it is under way.")
    compared: int = Field(description="Studies.")
    to_be_compared: int = Field(description="Studies that are still to come.")
    differing: int = Field(description="Studies that are examined again, or were deleted in the archive.")

    @classmethod
    def of(cls, sweep: Sweep | None, remaining: int) -> ComparisonAnswer:
        def at(seconds: float | None) -> datetime | None:
            words = moment(seconds)
            return datetime.fromisoformat(words) if words else None

        found = sweep or Sweep(0.0)
        return cls(
            begun_at=at(found.begun_at), ended_at=at(found.ended_at), compared=found.studies,
            to_be_compared=remaining, differing=found.differing,
        )  # fmt: skip
