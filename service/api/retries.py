"""Studies that have failed, tried again together: when what ended them has been mended."""

from __future__ import annotations

import logging

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tilscope.service.api.bulk_commands import MOST
from tilscope.service.api.context import ApiContext, UserHeader, name_of
from tilscope.service.api.studies import WRONG
from tilscope.service.ledger.failures import Failures

log = logging.getLogger(__name__)


class FailedSo(BaseModel):
    """Which failed studies are meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"example": {"code": "worker-died"}})

    code: str = Field("", max_length=64, description="Only those with this code; empty: all that have failed.")


class FailedStudies(BaseModel):
    failed: dict[str, int] = Field(description="How many studies have failed, by the code of the reason.")
    asked: int = Field(default=0, description="How many this request has asked for.")
    detail: str = Field(default="", description="What happens now, in words.")


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(tags=["actions"])
    failures = Failures(context.ledger.reading)

    @routes.get("/retries", summary="How many studies have failed, by reason.")
    def count() -> FailedStudies:
        return FailedStudies(failed=failures.by_code())

    @routes.post("/retries", status_code=202, summary="Try those that failed so again.", responses=WRONG)
    def retry(wanted: FailedSo, user: UserHeader = "") -> FailedStudies:
        meant = failures.studies(wanted.code, MOST)
        detail = f"all that failed so: {wanted.code}" if wanted.code else "all that failed"
        asked = context.ledger.requests.recalculate(meant, name_of(user), detail)
        context.watcher.poke()
        log.info("retry asked for", extra={"studies": asked, "code": wanted.code})
        left = failures.by_code()
        return FailedStudies(failed=left, asked=asked, detail=_in_words(asked, _of(left, wanted.code)))

    return routes


def _of(failed: dict[str, int], code: str) -> int:
    return failed.get(code, 0) if code else sum(failed.values())


def _in_words(asked: int, left: int) -> str:
    if not asked:
        return "No study has failed so."
    studies = "One study is" if asked == 1 else f"{asked} studies are"
    more = f" {left} more have failed so; ask again for them." if left else ""
    return f"{studies} tried again, behind all that arrives.{more}"
