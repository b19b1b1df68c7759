"""Routes that answer people, in HTML: the list, and what concerns the whole site. Those of one study are in `study_pages`.

Not in the published description: programs have routes of their own.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from tilscope.models import PIPELINE_VERSION
from tilscope.service.api.context import ApiContext, Offset
from tilscope.service.api.html_responses import KEPT, page_of
from tilscope.service.api.permissions import May
from tilscope.service.api.search_filters import Filters
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.ledger.failures import Failures
from tilscope.service.ledger.recalculations import Recalculations
from tilscope.service.ledger.states import State
from tilscope.service.ledger.study_search import Search, SortOrder, StudyQuery
from tilscope.service.ledger.versions import Versions
from tilscope.service.pages import frame
from tilscope.service.pages.audit_page import ACTIONS_SIZE, audit_page
from tilscope.service.pages.first_night_page import first_night_page
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.guide_page import guide_page
from tilscope.service.pages.list_page import PAGE_SIZE, Listed, ListFilters, list_page
from tilscope.service.pages.signatures_page import Shelf, signatures_page
from tilscope.service.pages.status_page import status_page
from tilscope.service.pages.worklist_page import WORKLIST_SIZE, worklist_page
from tilscope.service.site.drift import drifts
from tilscope.service.site.installed import digests_of_installed, model_folder
from tilscope.service.site.installed_list import installed_models, installed_references_listed
from tilscope.service.site.model_manifest import read_manifest

#: What needs a reader, what matters most first.
TO_READ = StudyQuery(needs_reader=True, order=SortOrder.READER, descending=False)


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    search = Search(context.ledger.reading)
    failures = Failures(context.ledger.reading)
    audit_log = AuditLog(context.ledger.engine)
    demo = context.settings.demo

    @routes.get("/")
    def studies(
        may: May, text: str = "", state: str = "", signature: str = "", category: str = "", arrived_from: str = "",
        arrived_to: str = "", study_uid: str = "", offset: Offset = 0,
    ) -> HTMLResponse:  # fmt: skip
        asked = ListFilters(text, state, signature, category, arrived_from, arrived_to, study_uid)
        failed = failures.by_code() if asked.state == State.FAILED else {}
        frame = PageFrame(demo, may=may)
        return page_of(list_page(frame, asked, _listed(search, asked, offset), context.health(), failed))

    @routes.get("/worklist")
    def worklist(may: May, offset: Offset = 0) -> HTMLResponse:
        found, total = search.studies(TO_READ, WORKLIST_SIZE, offset)
        return page_of(worklist_page(PageFrame(demo, may=may), found, search.counted(TO_READ), total, offset))

    @routes.get("/signatures")
    def signatures(may: May) -> HTMLResponse:
        return page_of(signatures_page(PageFrame(demo, may=may), _shelf(context)))

    @routes.get("/calibration")
    def calibration(may: May) -> HTMLResponse:
        return page_of(first_night_page(PageFrame(demo, may=may), context.ledger.past.latest()))

    @routes.get("/status")
    def status(may: May) -> HTMLResponse:
        found = context.installation() if may.administer else ()
        return page_of(status_page(PageFrame(demo, may=may), context.health(), context.reader.counts(), found))

    @routes.get("/account")
    def actions(may: May, offset: Offset = 0) -> HTMLResponse:
        found, total = audit_log.actions("", ACTIONS_SIZE, offset)
        return page_of(audit_page(PageFrame(demo, may=may), found, total, offset))

    @routes.get("/guide")
    def guide(may: May) -> HTMLResponse:
        return page_of(guide_page(PageFrame(demo, may=may)))

    @routes.get("/page.css")
    def style() -> Response:
        return Response(frame.STYLE, media_type="text/css", headers=KEPT)

    @routes.get("/page.js")
    def script() -> Response:
        return Response(frame.SCRIPT, media_type="text/javascript", headers=KEPT)

    return routes


def _listed(search: Search, asked: ListFilters, offset: int) -> Listed:
    """A form sends its empty fields too; what is wrong in it is shown on the page."""
    try:
        filters = Filters.model_validate(asked.filled)
    except ValidationError as wrong:
        problems = "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in wrong.errors())
        return Listed((), {}, 0, to_read=search.counted(TO_READ), wrong=f"It cannot be searched so: {problems}.")
    found, total = search.studies(filters.wanted, PAGE_SIZE, offset)
    scores = search.scores([one.study_uid for one in found])
    return Listed(found, scores, total, offset, search.counted(TO_READ))


def _shelf(context: ApiContext) -> Shelf:
    settings = context.settings.installed_pipeline
    models = installed_models(settings)
    folders = {one.signature: model_folder(one.signature, settings) for one in models if not one.problem}
    cards = {signature: read_manifest(folder).card for signature, folder in folders.items() if folder}
    recalculations = Recalculations(context.ledger.reading)
    return Shelf(
        models,
        cards,
        installed_references_listed(settings),
        drifts(context.reader, settings),
        recalculations.outdated(digests_of_installed(settings))[1],
        recalculations.under_way(),
        Versions(context.ledger.reading).older(PIPELINE_VERSION),
    )
