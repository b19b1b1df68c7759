"""Routes that show one study to people: its page, its series, its pictures, and the way to its objects in Orthanc."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from tilscope.models.imaging.series import Laterality
from tilscope.models.lesions.steering import Steering
from tilscope.service.api.context import ApiContext, StudyUid
from tilscope.service.api.errors import ApiError
from tilscope.service.api.followed_exams import answer_of, followed_exams
from tilscope.service.api.html_responses import KEPT, page_of
from tilscope.service.api.permissions import May
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import State
from tilscope.service.pages.beside_page import beside_page
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.series_page import series_page
from tilscope.service.pages.study_page import StudyStory, study_page
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.pictures import map_of, picture_of, pictured
from tilscope.service.scoring.series_picture import AFTER_THE_BREAST

#: Of the width or height of a picture.
Part = Annotated[float, Query(ge=0, le=1)]
InstanceUid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$")]


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(prefix="/studies/{study_uid}", include_in_schema=False, default_response_class=HTMLResponse)
    audit_log = AuditLog(context.ledger.engine)
    demo = context.settings.demo

    @routes.get("/page")
    def study(study_uid: StudyUid, may: May, x_tilscope_viewer: Annotated[str, Header()] = "") -> HTMLResponse:
        inputs = context.inputs_of(study_uid)
        scored, result = context.result_of(inputs) or (None, None)
        steering = context.ledger.annotations.steering_of(study_uid)
        followed = followed_exams(context, answer_of(context, inputs))
        story = StudyStory(
            inputs, result, scored, context.reader.timeline(study_uid), audit_log.actions(study_uid)[0],
            context.ledger.annotations.molecular_of(study_uid) or {}, Steering.of(steering).words if steering else "",
            viewer=bool(x_tilscope_viewer), refused_pictures=_pictures_of_refusal(context, inputs[0]),
            readings=context.ledger.readings.of(study_uid),
            of_patient=context.ledger.annotations.molecular_of_patient_alone(study_uid),
            over_time=followed.over_time, not_compared=followed.not_compared,
        )  # fmt: skip
        return page_of(study_page(PageFrame(demo, "../../", may), story))

    @routes.get("/beside/{other_uid}")
    def beside(study_uid: StudyUid, other_uid: StudyUid, may: May) -> HTMLResponse:
        """Two exams of one patient, the earlier one on the left."""
        pair = [answer_of(context, context.inputs_of(uid)) for uid in (study_uid, other_uid)]
        followed = followed_exams(context, *pair)
        if followed.over_time is None:
            why = " ".join(followed.not_compared) or "Each of the two must be scored, and of a breast."
            raise ApiError(409, "cannot-be-compared", f"These two studies cannot be compared. {why}")
        return page_of(beside_page(PageFrame(demo, "../../../", may), study_uid, followed.over_time, pair))

    @routes.get("/series")
    def series(study_uid: StudyUid, may: May) -> HTMLResponse:
        with context.archive() as archive:
            inspection = inspect_study(archive, study_uid, context.settings.installed_pipeline)
        return page_of(series_page(PageFrame(demo, "../../", may), study_uid, inspection))

    @routes.get("/picture/{side}")
    def picture(study_uid: StudyUid, side: Laterality) -> Response:
        with context.archive() as archive:
            png = picture_of(archive, study_uid, side)
        if png is None:
            raise ApiError(404, "no-picture", "There is no picture of this study.")
        return Response(png, media_type="image/png", headers=KEPT)

    @routes.get("/picture")
    def first_picture(study_uid: StudyUid) -> Response:
        """Of whichever breast there is one: for lists, which do not know."""
        with context.archive() as archive:
            sides = pictured(archive, study_uid)
            png = picture_of(archive, study_uid, sides[0]) if sides else None
        if png is None:
            raise ApiError(404, "no-picture", "There is no picture of this study.")
        return Response(png, media_type="image/png", headers=KEPT)

    @routes.get("/picture/{side}/point")
    def point(study_uid: StudyUid, side: Laterality, x: Part, y: Part) -> JSONResponse:
        """What a click on the picture means: the seed for the command that scores the study there."""
        with context.archive() as archive:
            places = map_of(archive, study_uid, side)
        if places is None:
            raise ApiError(404, "no-map", "Where this picture lies in the patient is not known; score the study again.")
        spot = places.at(x, y)
        if spot is None:
            raise ApiError(404, "beside-the-picture", "This lies beside the pictures; click on one of them.")
        return JSONResponse({"seed_mm": spot.point_mm, "region": spot.region})

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


def _pictures_of_refusal(context: ApiContext, current: Study) -> tuple[Laterality, ...]:
    """What the pictures of a study show that was refused after its breast was found; of any other refusal there is none."""
    if current.state is not State.REFUSED or current.code not in {*AFTER_THE_BREAST, "neither-breast"}:
        return ()
    try:
        with context.archive() as archive:
            return pictured(archive, current.study_uid)
    except ApiError:  # Orthanc is away: the page says all the rest
        return ()
