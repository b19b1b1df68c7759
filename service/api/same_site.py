"""No other site's page may act with the password that a browser keeps for this one.

A browser sends the password with whatever any page makes it send, and says in `Origin` that a page did. JSON it sends to a
place of another site only after asking that place, and Orthanc does not say yes. Programs send no `Origin`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from tilscope.service.api.audit import READS
from tilscope.service.api.errors import refusal


def refuse_other_sites(app: FastAPI) -> None:
    @app.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        from_a_page = "origin" in request.headers
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method not in READS and from_a_page and kind != "application/json":
            return refusal(403, "another-site", "What a page asks for must be sent as application/json.")
        return await call_next(request)
