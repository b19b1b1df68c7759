"""Routes for those who run the service: health, metrics, the audit log, and the plugin's poke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from tilscope.models import PIPELINE_VERSION
from tilscope.service.api.context import ApiContext, Offset, UserHeader, name_of
from tilscope.service.api.permissions import May
from tilscope.service.api.schemas import ActionAnswer, ActionList, ComparisonAnswer
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.ledger.versions import Versions
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.monitoring.health_metrics import AnsweredGauges, HealthGauges
from tilscope.service.monitoring.metrics import Drifting, ServiceSnapshot
from tilscope.service.site.drift import drifts
from tilscope.service.site.roles import Permissions, Role


class PersonAnswer(BaseModel):
    """Whoever asks."""

    name: str | None = Field(description="As it stands in the audit log; null: nobody has checked who it is.")
    roles: list[Role] = Field(description="All that the person has, those that follow from others included.")


@dataclass(frozen=True, kw_only=True)
class HealthAnswer(HealthReport):
    """Is the service well? One word for programs, sentences for people."""

    version: str
    installation: tuple[str, ...]
    """What `tilscope doctor` found when the service started; it names files, and so it is for those who administer."""


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(tags=["operations"])

    @routes.get("/health", summary="Is the service well?", responses={503: {"model": HealthAnswer}})
    def health(may: May, response: Response) -> HealthAnswer:
        found = context.health()
        response.status_code = 200 if found.status is Health.OK else 503
        return HealthAnswer(version=PIPELINE_VERSION, installation=_of_installation(context, may), **vars(found))

    @routes.get("/metrics", summary="Metrics for Prometheus.", response_class=PlainTextResponse)
    def metrics() -> Response:
        return Response(context.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @routes.get("/actions", summary="The audit log: who asked for what, when, and what came of it.")
    def actions(
        study_uid: Annotated[str, Query(pattern=r"^[0-9.]{0,64}$")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Offset = 0,
    ) -> ActionList:
        found, total = AuditLog(context.ledger.engine).actions(study_uid, limit, offset)
        return ActionList(actions=[ActionAnswer.of(one) for one in found], total=total, limit=limit, offset=offset)

    @routes.get("/comparison", summary="How far the nightly comparison of ledger and archive has come.")
    def comparison() -> ComparisonAnswer:
        return ComparisonAnswer.of(*context.reconciler.progress())

    @routes.post("/comparison", status_code=202, summary="Compare ledger and archive now.")
    def compare_now() -> ComparisonAnswer:
        context.reconciler.sweep_now()
        return ComparisonAnswer.of(*context.reconciler.progress())

    @routes.get("/me", summary="Who am I here, and what may I do?")
    def me(may: May, user: UserHeader = "") -> PersonAnswer:
        return PersonAnswer(name=name_of(user) if user else None, roles=[role for role in Role if role in may.roles])

    @routes.post("/poke", status_code=202, include_in_schema=False)
    def poke(deleted: bool = False) -> dict[str, str]:
        context.watcher.poke()
        if deleted:
            context.reconciler.something_was_deleted()
        return {"detail": "Orthanc's changes will be read now."}

    return routes


def _of_installation(context: ApiContext, may: Permissions) -> tuple[str, ...]:
    return context.installation() if may.administer else ()


def register_metrics(context: ApiContext) -> None:
    """Register the metrics that are read at the moment of asking."""
    registry = context.metrics.registry
    registry.register(
        ServiceSnapshot(
            context.reader.counts,
            lambda: context.engine.status.workers,
            lambda: context.watcher.status.reachable,
            lambda: context.watcher.status.lag,
        )
    )
    registry.register(HealthGauges(context.health, context.settings))
    registry.register(AnsweredGauges(Versions(context.ledger.reading).answered))
    registry.register(Drifting(lambda: drifts(context.reader, context.settings.installed_pipeline)))
