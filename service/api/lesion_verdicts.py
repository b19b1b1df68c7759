"""Readers confirm or reject single lesions. Each verdict is on the timeline of its study, and in the audit log (`audit`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tilscope.models.result import LesionSource
from tilscope.models.result_schema import readable_results
from tilscope.service.api.context import ApiContext, StudyUid, UserHeader, name_of
from tilscope.service.api.errors import ApiError, ErrorAnswer
from tilscope.service.api.schemas import CommandAccepted
from tilscope.service.api.studies import NO_STUDY, WRONG
from tilscope.service.ledger.lesion_readings import LesionReading, PointMm, ReadingVerdict
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import WITH_RESULT, State

log = logging.getLogger(__name__)

#: What was said can be taken back then.
_AT_REST = (*WITH_RESULT, State.REFUSED, State.FAILED)
_NOT_NOW = "The study waits or is being scored; wait until that has ended."
_SAID = {
    ReadingVerdict.CONFIRMED: "This is kept; the scores stay as they are.",
    ReadingVerdict.REJECTED: "The study will be scored again without it.",
}


class LesionVerdict(BaseModel):
    """A reader's verdict on one lesion of the current result; null takes an earlier one back."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False,
        json_schema_extra={"example": {"point_mm": [62.5, -40.0, 12.0], "verdict": "rejected"}},
    )  # fmt: skip

    point_mm: PointMm = Field(description="The lesion's `point_mm` in the result.")
    verdict: ReadingVerdict | None


def router(context: ApiContext) -> APIRouter:
    refusals: dict[int | str, dict[str, Any]] = {
        **WRONG, **NO_STUDY,
        409: {"model": ErrorAnswer, "description": "There is no result to be read now, or a person has given its lesion."},
        422: {"model": ErrorAnswer, "description": "There is no such lesion."},
    }  # fmt: skip
    routes = APIRouter(prefix="/studies/{study_uid}", tags=["actions"])

    @routes.post("/readings", status_code=202, summary="Confirm or reject a lesion.", responses=refusals)
    def read(study_uid: StudyUid, given: LesionVerdict, user: UserHeader = "") -> CommandAccepted:
        current = context.inputs_of(study_uid)[0]
        who = name_of(user)
        reading: LesionReading | None = None
        if given.verdict is None:
            if current.state not in _AT_REST:
                raise ApiError(409, "no-result-now", _NOT_NOW)
            before = _given_before(context, study_uid, given.point_mm)
            point, detail = before.point_mm, f"{before.name} is no longer {before.verdict}"
        else:
            name = _lesion(context, current, given)
            point, detail = given.point_mm, f"{name} {given.verdict}"
            reading = LesionReading(point, name, given.verdict, who, 0.0)
        again = context.ledger.requests.read_lesion(current, point, reading, who, detail)
        if again:
            context.watcher.poke()
        log.info("a lesion was read", extra={"study_uid": study_uid})
        said = _SAID[given.verdict] if given.verdict else "Taken back."
        if again and given.verdict is not ReadingVerdict.REJECTED:
            said = "The study will be scored again with it."
        return CommandAccepted(**CommandAccepted.fields_of(context.inputs_of(study_uid)[0]), detail=said)

    return routes


def _given_before(context: ApiContext, study_uid: str, point_mm: PointMm) -> LesionReading:
    found = next((one for one in context.ledger.readings.of(study_uid) if one.is_of(point_mm)), None)
    if found is None:
        raise ApiError(422, "no-such-lesion", "Nobody has confirmed or rejected a lesion there.")
    return found


def _lesion(context: ApiContext, current: Study, given: LesionVerdict) -> str:
    """What the lesion is called. Raises `ApiError` where it is not for a reader to judge, or is not there."""
    if current.state not in WITH_RESULT:
        raise ApiError(409, "no-result-now", _NOT_NOW)
    meant = next((one for one in _lesions(context, current) if _is_of(one[1], given.point_mm)), None)
    if meant is None:
        raise ApiError(422, "no-such-lesion", "No lesion of the current result lies there; load the page again.")
    name, _, source, is_scored = meant
    if given.verdict is ReadingVerdict.REJECTED and source.source != "automatic":
        sentence = (
            "A person has drawn this lesion or pointed at it: delete what was drawn, or have it looked for everywhere."
        )
        raise ApiError(409, "given-by-a-person", sentence)
    if given.verdict is ReadingVerdict.CONFIRMED and not is_scored:
        raise ApiError(409, "still-a-candidate", "A candidate is confirmed by having the study scored there.")
    return name


def _lesions(context: ApiContext, current: Study) -> Iterator[tuple[str, PointMm, LesionSource, bool]]:
    """Of the current result: name, point, where it comes from, and whether it is decided that it is one."""
    for result in readable_results(context.reader.results([current.work_id]).values()):
        for series in result.dynamic_series:
            for lesion in series.lesions:
                if lesion.point_mm is not None:
                    name = series.finding.label(lesion.number)
                    yield name, lesion.point_mm, series.segmentation, series.finding.is_scored


def _is_of(lesion_mm: PointMm, point_mm: PointMm) -> bool:
    return max(abs(a - b) for a, b in zip(lesion_mm, point_mm, strict=True)) < 0.01
