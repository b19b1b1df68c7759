"""The application: every route, each behind the token that the plugin was given.

Loopback only: Orthanc does the authentication of people, and the user's name that the plugin passes on is believed for
that reason. Routes run on threads, since the ledger's calls block.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response

from tilscope.models import PIPELINE_VERSION
from tilscope.service.api import (
    administration,
    bulk_commands,
    commands,
    molecular,
    operations,
    pages,
    retries,
    studies,
    study_pages,
    study_results,
)
from tilscope.service.api.audit import keep_audit_log
from tilscope.service.api.context import ApiContext
from tilscope.service.api.errors import answer_errors_in_words, refusal
from tilscope.service.api.same_site import refuse_other_sites

_DESCRIPTION = """What happened to a study and why, what it scored, and the request to score it again. Research use only:
no medical device, not for diagnosis or treatment decisions.

Behind Orthanc's own authentication at `/tilscope`. Orthanc passes on the last of several equal query keys, so lists are
given with commas; it does not pass on the query of a POST, so the parameters of a POST are in its body."""
_ERROR = {"$ref": "#/components/schemas/ErrorAnswer"}
_FACTS: dict[str, Any] = {
    "title": "TILscope", "version": PIPELINE_VERSION, "description": _DESCRIPTION, "docs_url": None, "redoc_url": None,
    "servers": [{"url": "/tilscope", "description": "Behind Orthanc, with a user of Orthanc's."}],
    "redirect_slashes": False,
}  # fmt: skip


_ROUTES = (
    studies, study_results, commands, bulk_commands, molecular, retries, administration, operations, study_pages, pages,
)  # fmt: skip


class _Described(FastAPI):
    """FastAPI describes its own responses to wrong requests, with status 422; ours are sentences with status 400."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        wrong = {"description": "The request is wrong, and how.", "content": {"application/json": {"schema": _ERROR}}}
        for operation in (one for methods in document["paths"].values() for one in methods.values()):
            if operation["responses"].pop("422", None):
                operation["responses"].setdefault("400", wrong)
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        return document


def make_api(context: ApiContext, on_start: Callable[[], None] = lambda: None) -> FastAPI:
    """`on_start` is called when requests can be answered."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_start()
        yield

    app = _Described(lifespan=lifespan, **_FACTS)
    for routes in _ROUTES:
        app.include_router(routes.router(context))
    answer_errors_in_words(app, context.settings.demo)
    refuse_other_sites(app)
    # After it, so run before it: what is refused is in the audit log too.
    keep_audit_log(app, context.ledger)
    # Added last, so run first.
    _only_with_token(app, context.settings.token)
    operations.register_metrics(context)
    return app


def _only_with_token(app: FastAPI, token: str) -> None:
    expected = f"Bearer {token}".encode()

    @app.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            return refusal(401, "no-token", "This service answers to Orthanc's plugin only; ask it through /tilscope/.")
        return await call_next(request)
