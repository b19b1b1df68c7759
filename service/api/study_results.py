"""The result of one study, as it is kept or as FHIR has it."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse

from tilscope.models.result import StudyResult
from tilscope.models.result_schema import UnreadableResult, read_result
from tilscope.service.api.context import ApiContext, StudyUid
from tilscope.service.api.errors import ApiError, ErrorAnswer
from tilscope.service.api.studies import NO_STUDY, WRONG
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import State
from tilscope.service.outgoing.fhir import MEDIA_TYPE, bundle

log = logging.getLogger(__name__)


class Format(StrEnum):
    JSON = "json"
    FHIR = "fhir"


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(prefix="/studies/{study_uid}", tags=["studies"])
    responses: dict[int | str, dict[str, Any]] = {
        200: {"model": StudyResult, "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}},
        409: {"model": ErrorAnswer, "description": "There is no result, and why."},
        **WRONG,
        **NO_STUDY,
    }

    @routes.get("/result", summary="The result: JSON, or a FHIR R4 Bundle.", responses=responses)
    def result(
        study_uid: StudyUid,
        format: Annotated[Format | None, Query(description=f"Else by the header Accept: {MEDIA_TYPE}.")] = None,
        accept: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> JSONResponse:
        inputs = context.inputs_of(study_uid)
        found = context.result_of(inputs)
        if found is None:
            raise ApiError(409, f"not-scored-{inputs[0].state.value}", why_no_result(inputs[0]))
        scored, kept = found
        if format is Format.FHIR or (format is None and MEDIA_TYPE in accept):
            return JSONResponse(_as_fhir(kept, scored), headers={"Vary": "Accept"}, media_type=MEDIA_TYPE)
        return JSONResponse(_as_published(kept), headers={"Vary": "Accept"})

    return routes


def _as_published(kept: dict[str, Any]) -> dict[str, Any]:
    """The result as it was kept. One that is older than `schema_version` is converted to today's shape, if it can be read."""
    try:
        return kept if "schema_version" in kept else read_result(kept).as_json()
    except UnreadableResult:
        return kept


def _as_fhir(kept: dict[str, Any], scored: Study) -> dict[str, Any]:
    try:
        return bundle(read_result(kept), scored.finished_at)
    except (LookupError, ValueError) as fault:  # an odd shape, or something that has no code
        log.warning("a result cannot be written as FHIR", exc_info=fault, extra={"study_uid": scored.study_uid})
        sentence = (
            "The result is not of a shape that this version can write as FHIR. Ask for JSON, or score the study again."
        )
        raise ApiError(409, "result-of-another-shape", sentence) from None


def why_no_result(study: Study) -> str:
    sentences = {
        State.RECEIVING: "There is no result yet: images of this study are still arriving.",
        State.READY: "This study waits for a worker and will be scored.",
        State.RUNNING: f"This study is being scored now ({study.stage or 'starting'}, {study.progress:.0%}).",
        State.WAITING: f"There is no result yet: the study will be tried again. {study.reason}",
        State.REFUSED: f"This study was refused: {study.reason}",
        State.FAILED: f"Scoring this study has failed: {study.reason}",
        State.SUPERSEDED: "This input has been replaced by a newer one that is not scored yet.",
        State.DELETED: "This study is no longer in the archive.",
        State.NEEDS_READER: "A reader must decide on this study, but what was found is not in the ledger.",
        State.SCORED: "This study is scored, but its result is not in the ledger.",
    }
    return sentences[study.state]
