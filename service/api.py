"""The HTTP API: what happened to a study and why, its result, and the wish to have it scored again.

Loopback only, and every route wants the token that the plugin was given: Orthanc does the authentication of people. The
user's name that the plugin passes on is believed for that reason.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import unquote

import httpx
from fastapi import FastAPI, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.exceptions import HTTPException

from dicom_io.archives.orthanc import OrthancArchive
from models import PIPELINE_VERSION
from models.steering import Steering
from service.api_json import ApiError, entry_json, study_json
from service.drift import drifts
from service.engine import Engine
from service.health import Health, HealthReport, look_over
from service.ledger import Ledger
from service.ledger_reading import Reader, Study
from service.metrics import Drifting, Metrics, Standing
from service.page import SCRIPT_HASH, render
from service.settings import ServiceSettings
from service.states import State
from service.watcher import Watcher

log = logging.getLogger(__name__)
StudyUid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$")]
UserHeader = Annotated[str, Header(alias="X-Tilscope-User")]
_PAGE_SIZE = 50


class Findings(BaseModel):
    """What the site knows of the tumour from elsewhere. A key that is not given leaves what was said before; null takes it back."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    gzma: Annotated[float, Field(ge=0)] | None = None
    prf1: Annotated[float, Field(ge=0)] | None = None
    triple_negative: bool | None = None


class Where(BaseModel):
    """Where a person says that the lesions are, patient LPS in millimetres; or, again, that nobody says so."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    seed_mm: tuple[float, float, float] | None = None
    box_mm: tuple[float, float, float, float, float, float] | None = None
    automatic: bool = False

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Where:
        if self.automatic and (self.seed_mm or self.box_mm):
            raise ValueError("either a seed or a box, or automatic")
        return self

    @property
    def steering(self) -> Steering:
        return Steering.of(self.model_dump())


@dataclass(frozen=True)
class Parts:
    """What the API speaks for."""

    settings: ServiceSettings
    ledger: Ledger
    reader: Reader
    watcher: Watcher
    engine: Engine
    metrics: Metrics

    def health(self) -> HealthReport:
        wanted = 1 if self.settings.scheduler_address else self.settings.workers
        return look_over(self.reader, self.watcher, self.engine, wanted)


def make_api(parts: Parts, on_start: Callable[[], None] = lambda: None) -> FastAPI:
    """The application. Its routes run on threads, since the ledger's calls block."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_start()
        yield

    app = FastAPI(title="TILscope", version=PIPELINE_VERSION, docs_url=None, redoc_url=None, lifespan=lifespan)
    _errors_in_words(app)
    _only_with_token(app, parts.settings.token)
    parts.metrics.registry.register(
        Standing(
            parts.reader.counts,
            lambda: parts.engine.status.workers,
            lambda: parts.watcher.status.reachable,
            lambda: parts.watcher.status.lag,
        )
    )

    parts.metrics.registry.register(Drifting(lambda: drifts(parts.reader, parts.settings.installed_pipeline)))

    @app.get("/health")
    def health(response: Response) -> dict[str, Any]:
        found = parts.health()
        response.status_code = 200 if found.status is Health.OK else 503
        return {"version": PIPELINE_VERSION, **asdict(found)}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(parts.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.post("/poke", status_code=202)
    def poke() -> dict[str, str]:
        parts.watcher.poke()
        return {"detail": "Orthanc's changes will be read now."}

    @app.get("/studies")
    def studies(
        state: Annotated[list[State] | None, Query()] = None,
        since: datetime | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> dict[str, Any]:
        found, total = parts.reader.current(state or (), _seconds(since), limit, offset)
        return {"studies": [study_json(s) for s in found], "total": total, "limit": limit, "offset": offset}

    @app.get("/studies/{study_uid}")
    def study(study_uid: StudyUid) -> dict[str, Any]:
        inputs = _known(parts, study_uid)
        result = _result(parts, inputs) or {}
        return {
            **study_json(inputs[0]),
            "objects": result.get("objects", []),
            "timings_s": result.get("timings_s", {}),
            "timeline": [entry_json(e) for e in parts.reader.timeline(study_uid)],
            "earlier_inputs": [study_json(s) for s in inputs[1:]],
        }

    @app.get("/studies/{study_uid}/result")
    def result(study_uid: StudyUid) -> dict[str, Any]:
        inputs = _known(parts, study_uid)
        found = _result(parts, inputs)
        if found is None:
            raise ApiError(409, f"not-scored-{inputs[0].state.value}", _why_no_result(inputs[0]))
        return found

    @app.post("/studies/{study_uid}/rescore", status_code=202)
    def rescore(study_uid: StudyUid, where: Where | None = None, user: UserHeader = "") -> dict[str, Any]:
        inputs = parts.reader.inputs(study_uid)
        if inputs and inputs[0].state in (State.READY, State.RUNNING):
            raise ApiError(409, f"already-{inputs[0].state.value}", _why_no_result(inputs[0]))
        orthanc_id = _in_archive(parts.settings, study_uid)
        who = _name_of(user)
        if where is None or where == Where():
            parts.ledger.ask_for_rescore(study_uid, orthanc_id, who)
        elif where.automatic:
            parts.ledger.ask_for_rescore(study_uid, orthanc_id, who, "lesions looked for everywhere again", None)
        else:
            steering = where.steering
            parts.ledger.ask_for_rescore(study_uid, orthanc_id, who, f"lesions {steering.words}", steering.plain)
        parts.watcher.poke()
        log.info("rescore asked for", extra={"study_uid": study_uid})
        current = parts.reader.inputs(study_uid)[0]
        return {**study_json(current), "detail": "The study will be looked at and scored now."}

    @app.post("/studies/{study_uid}/molecular", status_code=202)
    def molecular(study_uid: StudyUid, findings: Findings, user: UserHeader = "") -> dict[str, Any]:
        before = parts.ledger.molecular_of(study_uid) or {}
        merged = {**before, **findings.model_dump(include=findings.model_fields_set)}
        known = {key: value for key, value in merged.items() if value is not None}
        if known == before:
            current = _known(parts, study_uid)[0]
            return {**study_json(current), "molecular": known, "detail": "This is what was known already."}
        orthanc_id = _in_archive(parts.settings, study_uid)
        # The numbers stay out of the timeline, which more people read; the ledger keeps who said them, and when.
        told = f"molecular findings: {', '.join(known) or 'none any more'}"
        parts.ledger.ask_for_rescore(study_uid, orthanc_id, _name_of(user), told, molecular=known or None)
        parts.watcher.poke()
        log.info("molecular findings supplied", extra={"study_uid": study_uid})
        current = parts.reader.inputs(study_uid)[0]
        return {**study_json(current), "molecular": known, "detail": "The study will be scored with it."}

    @app.get("/", response_class=HTMLResponse)
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

    return app


def _name_of(user: str) -> str:
    """Percent-encoded by the plugin: a header carries ASCII only."""
    return "".join(c for c in unquote(user) if c.isprintable())[:128].strip() or "a user without a name"


def _known(parts: Parts, study_uid: str) -> list[Study]:
    inputs = parts.reader.inputs(study_uid)
    if not inputs:
        raise ApiError(
            404, "unknown-study", f"TILscope knows no study {study_uid}: it has no MR images, or came long ago."
        )
    return inputs


def _result(parts: Parts, inputs: list[Study]) -> dict[str, Any] | None:
    """Of the newest input that is scored; while a newer one is on its way, the older result still stands."""
    results = parts.reader.results([s.work_id for s in inputs])
    return next((results[s.work_id] for s in inputs if s.work_id in results), None)


def _why_no_result(study: Study) -> str:
    said = {
        State.RECEIVING: "There is no result yet: images of this study are still arriving.",
        State.READY: "This study waits for a worker and will be scored.",
        State.RUNNING: f"This study is being scored now ({study.stage or 'starting'}, {study.progress:.0%}).",
        State.WAITING: f"There is no result yet: the study will be tried again. {study.reason}",
        State.REFUSED: f"This study was refused: {study.reason}",
        State.FAILED: f"Scoring this study has failed: {study.reason}",
        State.SUPERSEDED: "This input has been replaced by a newer one that is not scored yet.",
        State.SCORED: "This study is scored, but its result is not in the ledger.",
    }
    return said[study.state]


def _in_archive(settings: ServiceSettings, study_uid: str) -> str:
    try:
        with OrthancArchive(settings.orthanc) as archive:
            found = archive.orthanc_id(study_uid)
    except httpx.HTTPError as fault:
        raise ApiError(
            503, "orthanc-unreachable", f"Orthanc does not answer ({type(fault).__name__}); try again."
        ) from None
    if found is None:
        raise ApiError(404, "no-such-study", f"Study {study_uid} is not in the archive.")
    return found


def _seconds(moment: datetime | None) -> float:
    if moment is None:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# ---------------------------------------------------------------------------------------------------- for every route


def _only_with_token(app: FastAPI, token: str) -> None:
    expected = f"Bearer {token}".encode()

    @app.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            return _error(401, "no-token", "This service answers to Orthanc's plugin only; ask it through /tilscope/.")
        return await call_next(request)


def _errors_in_words(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    def in_words(_: Request, error: ApiError) -> JSONResponse:
        return _error(error.status, error.code, error.sentence)

    @app.exception_handler(RequestValidationError)
    def wrong_request(_: Request, error: RequestValidationError) -> JSONResponse:
        said = "; ".join(f"{'.'.join(str(p) for p in e['loc'][1:])}: {e['msg']}" for e in error.errors())
        return _error(400, "wrong-request", f"The request cannot be understood: {said}.")

    @app.exception_handler(HTTPException)
    def from_starlette(_: Request, error: HTTPException) -> JSONResponse:
        return _error(error.status_code, f"http-{error.status_code}", f"{error.detail}.")

    @app.exception_handler(Exception)
    def fault(_: Request, error: Exception) -> JSONResponse:
        log.error("the API met a fault", exc_info=error)
        return _error(500, "fault", f"TILscope met a fault ({type(error).__name__}); its log says where.")


def _error(status: int, code: str, sentence: str) -> JSONResponse:
    """`detail` is where the plugin and its button look for words; `error` and `code` are for programs."""
    return JSONResponse({"detail": sentence, "error": sentence, "code": code}, status)
