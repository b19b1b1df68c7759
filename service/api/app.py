"""The application: every route, each behind the token that the plugin was given.

Loopback only: Orthanc does the authentication of people, and the name and the roles that the plugin passes on are believed
for that reason. Routes run on threads, since the ledger's calls block.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI, Request, Response

from tilscope.models import PIPELINE_VERSION
from tilscope.service.api import (
    administration,
    bulk_commands,
    commands,
    lesion_verdicts,
    molecular,
    operations,
    pages,
    past_calibrations,
    retries,
    studies,
    study_pages,
    study_results,
)
from tilscope.service.api.audit import keep_audit_log
from tilscope.service.api.context import ApiContext
from tilscope.service.api.errors import answer_errors_in_words, refusal
from tilscope.service.api.permissions import needed_role, only_with_role
from tilscope.service.api.same_site import refuse_other_sites
from tilscope.service.api.size_limits import LONGEST_BODY, limit_sizes

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
    studies, study_results, commands, lesion_verdicts, bulk_commands, past_calibrations, molecular, retries, administration,
    operations, study_pages, pages,
)  # fmt: skip


class _Described(FastAPI):
    """FastAPI describes its own responses to wrong requests, with status 422; ours are sentences with status 400.

    What every route may answer is described here too.
    """

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                responses = operation["responses"]
                if _is_fastapis_own(responses.get("422", {})):
                    del responses["422"]
                    responses.setdefault("400", _error("The request is wrong, and how."))
                role = needed_role(method.upper(), path)
                responses["403"] = _error(f"Only for those who may {role.meaning} (role {role}).")
                if "requestBody" in operation:
                    responses["413"] = _error(f"The body is longer than {LONGEST_BODY} bytes.")
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        return document


def _error(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ERROR}}}


def _is_fastapis_own(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).endswith("/HTTPValidationError")


def make_api(context: ApiContext, on_start: Callable[[], None] = lambda: None) -> FastAPI:
    """`on_start` is called when requests can be answered."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_start()
        yield

    app = _Described(lifespan=lifespan, dependencies=[Depends(only_with_role)], **_FACTS)
    for routes in _ROUTES:
        app.include_router(routes.router(context))
    answer_errors_in_words(app, context.settings.demo)
    # The last to be added is the first to be run. What is refused is in the audit log too, but for what has no token.
    refuse_other_sites(app)
    limit_sizes(app)
    keep_audit_log(app, context.ledger)
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
