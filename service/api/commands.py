"""Commands of people about one study. Each is on the timeline of its study, and in the audit log (`audit`)."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tilscope.models.lesions.steering import Steering
from tilscope.service.api.context import ApiContext, StudyUid, UserHeader, name_of
from tilscope.service.api.errors import ApiError, ErrorAnswer
from tilscope.service.api.schemas import CommandAccepted, MolecularAsked
from tilscope.service.api.studies import NO_STUDY, UNREACHABLE, WRONG
from tilscope.service.api.study_results import why_no_result
from tilscope.service.ledger.states import State
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.study_extent import reaches_of, why_elsewhere
from tilscope.service.site.molecular import MOST_EXPRESSION

log = logging.getLogger(__name__)
_NOW = "The study will be inspected and scored now."
_BEFORE_THE_OTHERS = (
    "The study waited with others that are scored again behind all that arrives. It will be inspected and scored now, "
    "before them."
)


Expression = Annotated[float, Field(ge=0, le=MOST_EXPRESSION)]


class Findings(BaseModel):
    """Molecular findings of the tumour. A key that is left out leaves the finding as it is; null removes it."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, strict=True,
        json_schema_extra={"example": {"gzma": 4.2, "prf1": 2.8, "triple_negative": True}},
    )  # fmt: skip

    gzma: Expression | None = None
    prf1: Expression | None = None
    triple_negative: bool | None = None


class Where(BaseModel):
    """Where the lesions are, in patient LPS millimetres: a seed or a box; or `automatic`, to search everywhere again.

    What is no number or lies outside the study's images is refused with status 422, which says how far these reach.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"example": {"seed_mm": [62.5, -40.0, 12.0]}},
    )

    seed_mm: tuple[float, float, float] | None = None
    box_mm: tuple[float, float, float, float, float, float] | None = None
    automatic: bool = False

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Where:
        if self.automatic and (self.seed_mm or self.box_mm):
            raise ValueError("either a seed or a box, or automatic")
        return self

    @property
    def steering(self) -> Steering:
        return Steering.of(self.model_dump())


def router(context: ApiContext) -> APIRouter:
    refusals = {**WRONG, **NO_STUDY, **UNREACHABLE}
    busy: dict[int | str, dict[str, Any]] = {409: {"model": ErrorAnswer, "description": "It waits or runs already."}}
    outside: dict[int | str, dict[str, Any]] = {
        422: {"model": ErrorAnswer, "description": "It lies outside the images, and how far these reach."}
    }
    routes = APIRouter(prefix="/studies/{study_uid}", tags=["actions"])

    @routes.post("/rescore", status_code=202, summary="Score it again, now.", responses={**refusals, **busy, **outside})
    def rescore(study_uid: StudyUid, where: Where | None = None, user: UserHeader = "") -> CommandAccepted:
        before = next(iter(context.reader.inputs(study_uid)), None)
        if before and before.state in (State.READY, State.RUNNING) and not before.waits_behind:
            raise ApiError(409, f"already-{before.state.value}", why_no_result(before))
        orthanc_id = _in_archive(context, study_uid)
        who = name_of(user)
        if where and (where.seed_mm or where.box_mm):
            _check_place(context, study_uid, where.steering)
        if where is None or where == Where():
            context.ledger.requests.rescore(study_uid, orthanc_id, who)
        elif where.automatic:
            context.ledger.requests.rescore(study_uid, orthanc_id, who, "lesions searched for everywhere again", None)
        else:
            steering = where.steering
            context.ledger.requests.rescore(study_uid, orthanc_id, who, f"lesions {steering.words}", steering.plain)
        context.watcher.poke()
        log.info("rescore asked for", extra={"study_uid": study_uid})
        current = context.reader.inputs(study_uid)[0]
        return CommandAccepted(
            **CommandAccepted.fields_of(current), detail=_BEFORE_THE_OTHERS if before and before.waits_behind else _NOW
        )

    @routes.post("/molecular", status_code=202, summary="Record molecular findings of the tumour.", responses=refusals)
    def molecular(study_uid: StudyUid, findings: Findings, user: UserHeader = "") -> MolecularAsked:
        orthanc_id = _in_archive(context, study_uid)
        given = findings.model_dump(include=findings.model_fields_set)
        _, changed = context.ledger.requests.record_findings(study_uid, orthanc_id, given, name_of(user))
        if changed:
            context.watcher.poke()
            log.info("molecular findings supplied", extra={"study_uid": study_uid})
        detail = "The study will be scored with it." if changed else "This is what was known already."
        current = context.inputs_of(study_uid)[0]
        known = context.ledger.annotations.molecular_of(study_uid) or {}
        return MolecularAsked(**CommandAccepted.fields_of(current), molecular=known, detail=detail)

    return routes


def _check_place(context: ApiContext, study_uid: str, steering: Steering) -> None:
    """Before anything is recorded: whoever has mistyped a number is told at once, and the study stays as it is."""
    with context.archive() as archive:
        assembly = inspect_study(archive, study_uid, context.settings.installed_pipeline).assembly
    if why := why_elsewhere(steering, reaches_of(assembly)):
        raise ApiError(422, "outside-the-images", why)


def _in_archive(context: ApiContext, study_uid: str) -> str:
    with context.archive() as archive:
        found = archive.orthanc_id(study_uid)
    if found is None:
        raise ApiError(404, "no-such-study", f"Study {study_uid} is not in the archive.")
    return found
