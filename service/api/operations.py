"""Routes for those who run the service: health, metrics, the audit log, and the plugin's poke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from tilscope.models import PIPELINE_VERSION
from tilscope.service.api.context import ApiContext, Offset
from tilscope.service.api.schemas import ActionAnswer, ActionList
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.monitoring.metrics import Drifting, ServiceSnapshot
from tilscope.service.site.drift import drifts


@dataclass(frozen=True, kw_only=True)
class HealthAnswer(HealthReport):
    """Is the service well? One word for programs, sentences for people."""

    version: str
    installation: tuple[str, ...]
    """What `tilscope doctor` found when the service started."""


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(tags=["operations"])

    @routes.get("/health", summary="Is the service well?", responses={503: {"model": HealthAnswer}})
    def health(response: Response) -> HealthAnswer:
        found = context.health()
        response.status_code = 200 if found.status is Health.OK else 503
        return HealthAnswer(version=PIPELINE_VERSION, installation=context.installation(), **vars(found))

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

    @routes.post("/poke", status_code=202, include_in_schema=False)
    def poke() -> dict[str, str]:
        context.watcher.poke()
        return {"detail": "Orthanc's changes will be read now."}

    return routes


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
    registry.register(Drifting(lambda: drifts(context.reader, context.settings.installed_pipeline)))
