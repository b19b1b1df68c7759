"""How a page is answered."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from tilscope.service.pages.frame import HEADERS

#: Of what keeps its address as long as it is the same.
KEPT = {"Cache-Control": "private, max-age=86400"}


def page_of(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers=HEADERS)
