"""Responses with HTML."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from tilscope.service.pages.frame import HEADERS

#: For content whose address changes with it.
KEPT = {"Cache-Control": "private, max-age=86400"}


def page_of(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers=HEADERS)
