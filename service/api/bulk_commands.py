"""Many studies at once: those whose references or models have changed since."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tilscope.models import PIPELINE_VERSION
from tilscope.models.signatures import all_signatures
from tilscope.service.api.context import ApiContext, UserHeader, name_of
from tilscope.service.api.studies import WRONG
from tilscope.service.ledger.recalculations import Recalculations
from tilscope.service.ledger.versions import Versions, order
from tilscope.service.site.installed import digests_of_installed

log = logging.getLogger(__name__)
#: Studies asked for at once; whoever wants more asks again. The watcher inspects one after the other.
MOST = 500


class Outdated(BaseModel):
    """Which scored studies are meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"example": {"signature": "wu2018"}})

    signature: str = Field("", description="Only where what is installed for this one has changed; empty: for any.")
    since: datetime | None = Field(None, description="Scored since then.")
    older_than_version: str = Field(
        "",
        pattern=r"^([0-9]{1,6}(\.[0-9]{1,6}){0,3})?$",
        description="Instead: studies whose last answer is of a TILscope older than this one.",
    )
    only_unanswered: bool = Field(
        False, description="With older_than_version: only those that were refused or have failed."
    )

    @field_validator("signature")
    @classmethod
    def _is_there(cls, id: str) -> str:
        known = [signature.id for signature in all_signatures()]
        if id and id not in known:
            raise ValueError(f"there is no signature {id!r}; known are {', '.join(known)}")
        return id

    @field_validator("older_than_version")
    @classmethod
    def _is_installed(cls, version: str) -> str:
        if order(version) > order(PIPELINE_VERSION):
            raise ValueError(f"TILscope {version} is not installed; this is {PIPELINE_VERSION}")
        return version

    @model_validator(mode="after")
    def _one_reason(self) -> Outdated:
        if self.signature and self.older_than_version:
            raise ValueError("give either a signature or older_than_version")
        if self.only_unanswered and not self.older_than_version:
            raise ValueError("only_unanswered goes with older_than_version")
        return self

    @property
    def seconds(self) -> float:
        if self.since is None:
            return 0.0
        return (self.since if self.since.tzinfo else self.since.replace(tzinfo=UTC)).timestamp()


class AnsweredBy(BaseModel):
    """How many studies one version of TILscope has answered last."""

    model_config = ConfigDict(from_attributes=True)

    scored: int
    unanswered: int = Field(description="Refused, or failed.")


class BulkRecalculation(BaseModel):
    outdated: int = Field(
        description="Scored studies that were concluded from other references or models than are installed; "
        "with older_than_version, those that an older version has answered last."
    )
    installed_version: str = Field(description="The TILscope that runs.")
    answered_by_version: dict[str, AnsweredBy] = Field(
        description="Whose answers stand now, the newest version first; '' where it was not kept yet."
    )
    under_way: int = Field(description="Those that were asked for and have not ended yet.")
    asked: int = Field(default=0, description="How many this request has asked for.")


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(tags=["actions"])
    recalculations = Recalculations(context.ledger.reading)
    versions = Versions(context.ledger.reading)

    def outdated(wanted: Outdated, limit: int = 0) -> tuple[list[tuple[str, str]], int]:
        if wanted.older_than_version:
            return versions.older_than(wanted.older_than_version, wanted.only_unanswered, wanted.seconds, limit)
        installed = digests_of_installed(context.settings.installed_pipeline)
        if wanted.signature:
            installed = {wanted.signature: installed[wanted.signature]}
        return recalculations.outdated(installed, wanted.seconds, limit)

    def state_of(wanted: Outdated, asked: int = 0) -> BulkRecalculation:
        answered = {one: AnsweredBy.model_validate(count) for one, count in versions.answered().items()}
        return BulkRecalculation(
            outdated=outdated(wanted)[1], installed_version=PIPELINE_VERSION, answered_by_version=answered,
            under_way=recalculations.under_way(), asked=asked,
        )  # fmt: skip

    @routes.get(
        "/renewals",
        summary="How many studies a changed reference or model, or a newer version, concerns.",
        responses=WRONG,
    )
    def count(wanted: Annotated[Outdated, Query()]) -> BulkRecalculation:
        return state_of(wanted)

    @routes.post("/renewals", status_code=202, summary="Score them again, behind all that arrives.", responses=WRONG)
    def recalculate(wanted: Outdated, user: UserHeader = "") -> BulkRecalculation:
        studies, _ = outdated(wanted, MOST)
        newer = f"TILscope {PIPELINE_VERSION} is installed"
        detail = newer if wanted.older_than_version else "what is installed at the site has changed"
        asked = context.ledger.requests.recalculate(studies, name_of(user), detail)
        context.watcher.poke()
        log.info("recalculation asked for", extra={"studies": asked})
        return state_of(wanted, asked)

    return routes
