"""Routes for who administers the service: what it knows of studies is purged. Every route here is theirs alone."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tilscope.service.api.context import ApiContext, UserHeader, name_of
from tilscope.service.api.errors import ApiError, ErrorAnswer
from tilscope.service.api.studies import UNREACHABLE, WRONG
from tilscope.service.ledger.purging import BeingScored
from tilscope.service.retention.purge import PurgeReport, ToPurge, purge, try_purge

log = logging.getLogger(__name__)
_BUSY: dict[int | str, dict[str, Any]] = {409: {"model": ErrorAnswer, "description": "A study is being scored now."}}


class PurgeRequest(BaseModel):
    """Which studies are meant: one, those of a patient, or those to which nothing has happened for so many days."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, json_schema_extra={"example": {"patient_id": "P-1"}}
    )

    study_uid: Annotated[str, Field(pattern=r"^[0-9.]{0,64}$")] = ""
    patient_id: Annotated[str, Field(max_length=64)] = ""
    older_than_days: Annotated[float, Field(ge=0, le=36500)] | None = None
    results: bool = Field(False, description="TILscope's own objects and pictures in the archive too.")
    dry_run: bool = Field(True, description="Only count what would be removed.")

    @model_validator(mode="after")
    def _one_of_three(self) -> PurgeRequest:
        if sum((bool(self.study_uid), bool(self.patient_id.strip()), self.older_than_days is not None)) != 1:
            raise ValueError("give one of study_uid, patient_id and older_than_days")
        return self

    @property
    def wanted(self) -> ToPurge:
        return ToPurge(self.study_uid, self.patient_id.strip(), self.older_than_days)


class PurgeAnswer(BaseModel):
    """How many of each were removed, or would be."""

    studies: int
    inputs: int = Field(description="States of these studies, with their results.")
    events: int = Field(description="Lines of timelines.")
    scores: int
    annotations: int = Field(description="Seeds, boxes and molecular findings of studies and patients.")
    patient_links: int
    messages: int = Field(description="To webhooks, delivered and waiting ones.")
    further: int = Field(description="What else names the studies.")
    audit_lines: int = Field(description="They stay in the audit log, without the study.")
    result_objects: int = Field(description="TILscope's objects in the archive.")
    result_objects_left: list[str] = Field(description="SOP Instance UIDs of those that the archive did not remove.")
    erased: bool = Field(description="Whether the ledger's file was rewritten, so that no byte is left in it.")
    detail: str = Field(description="What happened, in words.")

    @classmethod
    def of(cls, report: PurgeReport, dry_run: bool) -> PurgeAnswer:
        detail = "Nothing was removed: this was a trial." if dry_run else f"{report.sentence}."
        return cls(
            **vars(report.purged),
            result_objects=report.result_objects,
            result_objects_left=list(report.result_objects_left),
            erased=report.erased,
            detail=detail,
        )


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(tags=["administration"])

    @routes.post(
        "/purges", summary="Remove all that the service knows of studies.", responses={**WRONG, **_BUSY, **UNREACHABLE}
    )
    def purges(request: PurgeRequest, user: UserHeader = "") -> PurgeAnswer:
        ask_archive = request.results or bool(request.patient_id)
        try:
            with context.archive() if ask_archive else nullcontext() as archive:
                if request.dry_run:
                    report = try_purge(context.ledger, request.wanted, archive, request.results)
                else:
                    report = purge(
                        context.ledger, context.settings.folder, request.wanted, name_of(user), archive, request.results
                    )
                    log.info(report.sentence)
        except BeingScored as busy:
            raise ApiError(409, "being-scored", str(busy)) from None
        return PurgeAnswer.of(report, request.dry_run)

    return routes
