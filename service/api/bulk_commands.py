"""Many studies at once: those whose references or models have changed since."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tilscope.models.signatures import all_signatures
from tilscope.service.api.context import ApiContext, UserHeader, name_of
from tilscope.service.api.studies import WRONG
from tilscope.service.ledger.recalculations import Recalculations
from tilscope.service.site.installed import digests_of_installed

log = logging.getLogger(__name__)
#: Studies asked for at once; whoever wants more asks again. The watcher inspects one after the other.
MOST = 500


class Outdated(BaseModel):
    """Which scored studies are meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"example": {"signature": "wu2018"}})

    signature: str = Field("", description="Only where what is installed for this one has changed; empty: for any.")
    since: datetime | None = Field(None, description="Scored since then.")

    @field_validator("signature")
    @classmethod
    def _is_there(cls, id: str) -> str:
        known = [signature.id for signature in all_signatures()]
        if id and id not in known:
            raise ValueError(f"there is no signature {id!r}; known are {', '.join(known)}")
        return id

    @property
    def seconds(self) -> float:
        if self.since is None:
            return 0.0
        return (self.since if self.since.tzinfo else self.since.replace(tzinfo=UTC)).timestamp()


class BulkRecalculation(BaseModel):
    outdated: int = Field(
        description="Scored studies that were concluded from other references or models than are installed."
    )
    under_way: int = Field(description="Those that were asked for and have not ended yet.")
    asked: int = Field(default=0, description="How many this request has asked for.")


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(tags=["actions"])
    recalculations = Recalculations(context.ledger.reading)

    def outdated(wanted: Outdated, limit: int = 0) -> tuple[list[tuple[str, str]], int]:
        installed = digests_of_installed(context.settings.installed_pipeline)
        if wanted.signature:
            installed = {wanted.signature: installed[wanted.signature]}
        return recalculations.outdated(installed, wanted.seconds, limit)

    @routes.get("/renewals", summary="How many studies a changed reference or model concerns.", responses=WRONG)
    def count(wanted: Annotated[Outdated, Query()]) -> BulkRecalculation:
        return BulkRecalculation(outdated=outdated(wanted)[1], under_way=recalculations.under_way())

    @routes.post("/renewals", status_code=202, summary="Score them again, behind all that arrives.", responses=WRONG)
    def recalculate(wanted: Outdated, user: UserHeader = "") -> BulkRecalculation:
        studies, _ = outdated(wanted, MOST)
        detail = "what is installed at the site has changed"
        asked = context.ledger.requests.recalculate(studies, name_of(user), detail)
        context.watcher.poke()
        log.info("recalculation asked for", extra={"studies": asked})
        return BulkRecalculation(outdated=outdated(wanted)[1], under_way=recalculations.under_way(), asked=asked)

    return routes
