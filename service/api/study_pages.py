"""Routes that show one study to people: its page, its series, its pictures, and the way to its objects in Orthanc."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from tilscope.models.imaging.series import Laterality
from tilscope.models.lesions.steering import Steering
from tilscope.service.api.context import ApiContext, StudyUid
from tilscope.service.api.errors import ApiError
from tilscope.service.api.html_responses import KEPT, page_of
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.series_page import series_page
from tilscope.service.pages.study_page import StudyStory, study_page
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.pictures import picture_of

InstanceUid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$")]


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(prefix="/studies/{study_uid}", include_in_schema=False, default_response_class=HTMLResponse)
    audit_log = AuditLog(context.ledger.engine)
    demo = context.settings.demo

    @routes.get("/page")
    def study(study_uid: StudyUid, x_tilscope_viewer: Annotated[str, Header()] = "") -> HTMLResponse:
        inputs = context.inputs_of(study_uid)
        scored, result = context.result_of(inputs) or (None, None)
        steering = context.ledger.annotations.steering_of(study_uid)
        story = StudyStory(
            inputs, result, scored, context.reader.timeline(study_uid), audit_log.actions(study_uid)[0],
            context.ledger.annotations.molecular_of(study_uid) or {}, Steering.of(steering).words if steering else "",
            viewer=bool(x_tilscope_viewer),
        )  # fmt: skip
        return page_of(study_page(PageFrame(demo, "../../"), story))

    @routes.get("/series")
    def series(study_uid: StudyUid) -> HTMLResponse:
        with context.archive() as archive:
            inspection = inspect_study(archive, study_uid, context.settings.installed_pipeline)
        return page_of(series_page(PageFrame(demo, "../../"), study_uid, inspection))

    @routes.get("/picture/{side}")
    def picture(study_uid: StudyUid, side: Laterality) -> Response:
        with context.archive() as archive:
            png = picture_of(archive, study_uid, side)
        if png is None:
            raise ApiError(404, "no-picture", "There is no picture of this study.")
        return Response(png, media_type="image/png", headers=KEPT)

    @routes.get("/objects/{instance_uid}")
    def stored(study_uid: StudyUid, instance_uid: InstanceUid, show: str = "explorer") -> RedirectResponse:
        """Orthanc's own identifier is looked up when a person follows the link. Relative: Orthanc may lie below a path."""
        with context.archive() as archive:
            found = archive.client.post("/tools/lookup", content=instance_uid)
        instance = next((str(one["ID"]) for one in found if one["Type"] == "Instance"), None)
        if instance is None:
            raise ApiError(404, "no-such-object", f"The object {instance_uid} is no longer in the archive.")
        way = f"instances/{instance}/pdf" if show == "pdf" else f"app/explorer.html#instance?uuid={instance}"
        return RedirectResponse(f"../../../../{way}", 302)

    return routes
