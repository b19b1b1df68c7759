"""Routes that answer people, in HTML. Not in the published description: programs have routes of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from service.api.parts import Parts
from service.page import SCRIPT_HASH, render
from service.states import State

_PAGE_SIZE = 50


def router(parts: Parts) -> APIRouter:
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/")
    def page(state: State | None = None, offset: Annotated[int, Query(ge=0)] = 0) -> HTMLResponse:
        found, total = parts.reader.current([state] if state else (), limit=_PAGE_SIZE, offset=offset)
        results = parts.reader.results([s.work_id for s in found])
        now, demo = datetime.now(UTC), parts.settings.demo
        html = render(found, total, results, parts.health(), state, offset, _PAGE_SIZE, now, demo)
        # Nothing from elsewhere, and no script but the one line that the page itself begins with.
        policy = (
            f"default-src 'none'; script-src '{SCRIPT_HASH}'; style-src 'unsafe-inline'; base-uri 'none'; "
            "form-action 'self'"
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})

    return routes
