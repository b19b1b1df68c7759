"""The API's refusals: an HTTP status, a code for programs and a sentence for people, to whom it is shown as a page."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from tilscope.service.api.html_responses import page_of
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.refusal_page import refusal_page
from tilscope.service.site.roles import ROLES_HEADER, Permissions

log = logging.getLogger(__name__)


class ApiError(Exception):
    """An HTTP status with a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        self.status, self.code, self.sentence = status, code, sentence
        super().__init__(sentence)


class ErrorAnswer(BaseModel):
    """The body of every refusal."""

    detail: str = Field(description="The sentence, where Orthanc's button looks for it.")
    error: str = Field(description="The same sentence.")
    code: str = Field(description="For programs.", examples=["unknown-study"])


def refusal(status: int, code: str, sentence: str) -> JSONResponse:
    return JSONResponse(ErrorAnswer(detail=sentence, error=sentence, code=code).model_dump(), status)


def answer_errors_in_words(app: FastAPI, demo: bool) -> None:
    """Whatever goes wrong becomes an `ErrorAnswer`, or a page where a browser asked for one."""

    def answer(request: Request, status: int, code: str, sentence: str) -> Response:
        if not _is_for_a_browser(request):
            return refusal(status, code, sentence)
        may = Permissions.told(request.headers.get(ROLES_HEADER))
        frame = PageFrame(demo, "../" * (request.url.path.count("/") - 1), may)
        # With status 200: Orthanc 1.12 says text/plain of any other answer, and a browser would show the page's source.
        return page_of(refusal_page(frame, sentence))

    @app.exception_handler(ApiError)
    def in_words(request: Request, error: ApiError) -> Response:
        return answer(request, error.status, error.code, error.sentence)

    @app.exception_handler(RequestValidationError)
    def wrong_request(request: Request, error: RequestValidationError) -> Response:
        problems = "; ".join(_problem(e, _query_names(request)) for e in error.errors())
        return answer(request, 400, "wrong-request", f"The request cannot be understood: {problems}.")

    @app.exception_handler(HTTPException)
    def from_starlette(request: Request, error: HTTPException) -> Response:
        return answer(request, error.status_code, f"http-{error.status_code}", f"{error.detail}.")

    @app.exception_handler(Exception)
    def fault(request: Request, error: Exception) -> Response:
        log.error("the API met a fault", exc_info=error)
        return answer(request, 500, "fault", f"TILscope met a fault ({type(error).__name__}); its log says where.")


def _is_for_a_browser(request: Request) -> bool:
    """A browser asked for a page, or for a path that does not exist. Routes for programs refuse everybody alike."""
    route = request.scope.get("route")
    is_page = route is None or not getattr(route, "include_in_schema", True)
    return request.method == "GET" and is_page and "text/html" in request.headers.get("accept", "")


def _query_names(request: Request) -> list[str]:
    """The query parameters of this route, as its documentation lists them."""
    route = request.scope.get("route")
    path = request.app.openapi()["paths"].get(getattr(route, "path", ""), {})
    return [p["name"] for p in path.get(request.method.lower(), {}).get("parameters", ()) if p["in"] == "query"]


def _problem(error: Mapping[str, Any], query_names: Sequence[str]) -> str:
    where = ".".join(str(part) for part in error["loc"][1:])
    if error["type"] == "extra_forbidden" and error["loc"][0] == "query":
        near = difflib.get_close_matches(where, query_names, n=1)
        hint = f"perhaps {near[0]!r} is meant" if near else f"known are {', '.join(sorted(query_names))}"
        return f"there is no filter {where!r}; {hint}"
    problem = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {problem}" if where else problem
