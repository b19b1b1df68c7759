"""Routes that answer people, in HTML. Not in the published description: programs have routes of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

import httpx
from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from dicom_io.archives.orthanc import OrthancArchive
from models.answers import BadInput
from models.series import Laterality
from models.steering import Steering
from service.api.errors import ApiError
from service.api.filters import Filters
from service.api.parts import Offset, Parts, StudyUid
from service.assembling import look_at
from service.drift import drifts
from service.installed_list import installed_models, installed_references_listed
from service.ledger_actions import Account
from service.ledger_renewals import Renewals
from service.ledger_search import Search
from service.model_manifest import read_manifest
from service.pages import frame
from service.pages.frame import Frame
from service.pages.guide_page import guide_page
from service.pages.list_page import PAGE_SIZE, Asked, Listed, list_page
from service.pages.series_page import series_page
from service.pages.signatures_page import Shelf, signatures_page
from service.pages.site_pages import ACTIONS_SIZE, account_page, status_page
from service.pages.study_page import StudyStory, study_page
from service.pictures import picture_of
from service.references import digests_of_installed, model_folder

InstanceUid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$")]
T = TypeVar("T")
_KEPT = {"Cache-Control": "private, max-age=86400"}


def router(parts: Parts) -> APIRouter:
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    search = Search(parts.ledger.reading)
    account = Account(parts.ledger.engine)
    demo = parts.settings.demo

    @routes.get("/")
    def studies(
        text: str = "", state: str = "", signature: str = "", category: str = "", arrived_from: str = "",
        arrived_to: str = "", offset: Offset = 0,
    ) -> HTMLResponse:  # fmt: skip
        asked = Asked(text, state, signature, category, arrived_from, arrived_to)
        return _page(list_page(Frame(demo), asked, _listed(search, asked, offset), parts.health()))

    @routes.get("/studies/{study_uid}/page")
    def study(study_uid: StudyUid, x_tilscope_viewer: Annotated[str, Header()] = "") -> HTMLResponse:
        inputs = parts.inputs_of(study_uid)
        scored, result = parts.result_of(inputs) or (None, None)
        told = parts.ledger.steering_of(study_uid)
        story = StudyStory(
            inputs, result, scored, parts.reader.timeline(study_uid), account.actions(study_uid)[0],
            parts.ledger.molecular_of(study_uid) or {}, Steering.of(told).words if told else "",
            viewer=bool(x_tilscope_viewer),
        )  # fmt: skip
        return _page(study_page(Frame(demo, "../../"), story))

    @routes.get("/studies/{study_uid}/series")
    def series(study_uid: StudyUid) -> HTMLResponse:
        with _archive(parts) as archive:
            looked = _asking(lambda: look_at(archive, study_uid, parts.settings.installed_pipeline))
        return _page(series_page(Frame(demo, "../../"), study_uid, looked))

    @routes.get("/studies/{study_uid}/picture/{side}")
    def picture(study_uid: StudyUid, side: Laterality) -> Response:
        png = _asking(lambda: picture_of(parts.settings.orthanc, study_uid, side))
        if png is None:
            raise ApiError(404, "no-picture", "There is no picture of this study.")
        return Response(png, media_type="image/png", headers=_KEPT)

    @routes.get("/studies/{study_uid}/objects/{instance_uid}")
    def stored(study_uid: StudyUid, instance_uid: InstanceUid, show: str = "explorer") -> RedirectResponse:
        """Orthanc's own identifiers are looked up when a person follows the link. Relative: Orthanc may lie below a path."""
        with _archive(parts) as archive:
            found = _asking(lambda: archive.client.post("/tools/lookup", content=instance_uid))
        instance = next((str(one["ID"]) for one in found if one["Type"] == "Instance"), None)
        if instance is None:
            raise ApiError(404, "no-such-object", f"The object {instance_uid} is no longer in the archive.")
        way = f"instances/{instance}/pdf" if show == "pdf" else f"app/explorer.html#instance?uuid={instance}"
        return RedirectResponse(f"../../../../{way}", 302)

    @routes.get("/signatures")
    def signatures() -> HTMLResponse:
        return _page(signatures_page(Frame(demo), _shelf(parts)))

    @routes.get("/status")
    def status() -> HTMLResponse:
        return _page(status_page(Frame(demo), parts.health(), parts.reader.counts()))

    @routes.get("/account")
    def actions(offset: Offset = 0) -> HTMLResponse:
        found, total = account.actions("", ACTIONS_SIZE, offset)
        return _page(account_page(Frame(demo), found, total, offset))

    @routes.get("/guide")
    def guide() -> HTMLResponse:
        return _page(guide_page(Frame(demo)))

    @routes.get("/page.css")
    def style() -> Response:
        return Response(frame.STYLE, media_type="text/css", headers=_KEPT)

    @routes.get("/page.js")
    def script() -> Response:
        return Response(frame.SCRIPT, media_type="text/javascript", headers=_KEPT)

    return routes


def _page(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers=frame.HEADERS)


def _listed(search: Search, asked: Asked, offset: int) -> Listed:
    """A form sends its empty fields too; what is wrong in it is told on the page."""
    try:
        filters = Filters.model_validate(asked.filled)
    except ValidationError as wrong:
        said = "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in wrong.errors())
        return Listed((), {}, 0, wrong=f"It cannot be searched so: {said}.")
    found, total = search.studies(filters.wanted, PAGE_SIZE, offset)
    return Listed(found, search.scores([one.study_uid for one in found]), total, offset)


def _shelf(parts: Parts) -> Shelf:
    settings = parts.settings.installed_pipeline
    models = installed_models(settings)
    folders = {one.signature: model_folder(one.signature, settings) for one in models if not one.problem}
    cards = {signature: read_manifest(folder).card for signature, folder in folders.items() if folder}
    renewals = Renewals(parts.ledger.reading)
    return Shelf(
        models,
        cards,
        installed_references_listed(settings),
        drifts(parts.reader, settings),
        renewals.outdated(digests_of_installed(settings))[1],
        renewals.under_way(),
    )


def _archive(parts: Parts) -> OrthancArchive:
    return OrthancArchive(parts.settings.orthanc)


def _asking(question: Callable[[], T]) -> T:
    """What Orthanc answers, or why it cannot be asked."""
    try:
        return question()
    except BadInput as reason:
        raise ApiError(404, reason.code, str(reason)) from None
    except httpx.HTTPError as fault:
        raise ApiError(
            503, "orthanc-unreachable", f"Orthanc does not answer ({type(fault).__name__}); try again."
        ) from None
