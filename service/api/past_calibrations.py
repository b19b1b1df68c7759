"""References from the archive's past: choose the studies, see how far they are, install what was made."""

from __future__ import annotations

import logging
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tilscope.dicom_io.archives.study_query import ArchiveQuery, FoundStudy
from tilscope.service.api.context import ApiContext, UserHeader, name_of
from tilscope.service.api.errors import ApiError, ErrorAnswer
from tilscope.service.api.studies import UNREACHABLE, WRONG
from tilscope.service.first_night.proposed_references import install
from tilscope.service.ledger.past_calibrations import PastCalibration
from tilscope.service.ledger.recalculations import Recalculations
from tilscope.service.moments import moment
from tilscope.service.site.installed import digests_of_installed

log = logging.getLogger(__name__)
#: More have no use for a reference, and would keep the workers for months.
MOST = 5000
_BUSY: dict[int | str, dict[str, Any]] = {409: {"model": ErrorAnswer, "description": "It cannot be done now, and why."}}


class PastChoice(BaseModel):
    """Which of the archive's MR studies are meant; those that name a breast in their descriptions, unless asked otherwise."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"example": {"cohort": "our first year", "since": "2024-01-01"}}
    )

    cohort: Annotated[str, Field(min_length=1, max_length=200, description="How it is called on every report.")]
    since: date | None = Field(None, description="The first StudyDate.")
    until: date | None = Field(None, description="The last StudyDate.")
    sender: Annotated[str, Field(max_length=16, description="The application entity title that has sent them.")] = ""
    newest: Annotated[int, Field(ge=0, le=MOST, description="At most so many, the latest first; 0 for all.")] = 0
    every_mr: bool = Field(False, description="Also those whose descriptions name no breast.")
    dry_run: bool = Field(False, description="Only count them.")

    @model_validator(mode="after")
    def _in_order(self) -> PastChoice:
        if self.since and self.until and self.since > self.until:
            raise ValueError("until lies before since")
        if not self.cohort.strip():
            raise ValueError("the cohort needs a name")
        return self

    @property
    def query(self) -> ArchiveQuery:
        return ArchiveQuery(self.since, self.until, self.sender.strip(), 0)

    @property
    def words(self) -> str:
        named = "MR studies" if self.every_mr else "MR studies that name a breast"
        return f"{named}: {ArchiveQuery(self.since, self.until, self.sender.strip(), self.newest).words}"


class PastWithoutScore(BaseModel):
    study_uid: str
    state: str
    code: str
    reason: str


class PastReference(BaseModel):
    """What was made for one signature."""

    signature: str
    studies: int
    card: str = Field(description="Markdown.")
    drift: dict[str, Any] | None = Field(
        description="Of the later half's scores against the earlier half's, in SDs; null where there are too few."
    )
    limited: dict[str, int] = Field(description="How many values of each feature lie far out and were limited.")


class PastStanding(BaseModel):
    """How far it is, and what was made."""

    cohort: str = Field(description="'' where nothing was ever asked for.")
    chosen: str = Field(description="Which studies, in words.")
    begun: str | None
    studies: int
    to_go: int
    seconds_left: float | None = Field(description="By those that were scored since it began.")
    states: dict[str, int]
    without_score: list[PastWithoutScore]
    outliers: dict[str, list[str]] = Field(description="By study, the values that were limited.")
    made: bool = Field(description="Whether every study has ended and the references lie ready.")
    references: list[PastReference]
    not_made: dict[str, str] = Field(description="By signature, why there is no reference.")
    installed: str | None = Field(description="When they were installed.")
    stopped: str | None = Field(description="When a person ended it before every study had ended.")
    detail: str

    @classmethod
    def of(cls, current: PastCalibration | None, detail: str = "") -> PastStanding:
        if current is None:
            return cls(
                cohort="", chosen="", begun=None, studies=0, to_go=0, seconds_left=None, states={}, without_score=[],
                outliers={}, made=False, references=[], not_made={}, installed=None, stopped=None,
                detail=detail or "No past studies were asked for.",
            )  # fmt: skip
        made = current.made or {"references": {}, "not_made": {}}
        without = [one for one in current.studies if one.state in ("needs-reader", "refused", "failed")]
        return cls(
            cohort=current.cohort,
            chosen=current.chosen,
            begun=moment(current.begun_at),
            studies=len(current.studies),
            to_go=current.to_go,
            seconds_left=current.seconds_left,
            states=current.states,
            without_score=[
                PastWithoutScore(study_uid=one.study_uid, state=str(one.state), code=one.code, reason=one.reason)
                for one in without
            ],
            outliers={one.study_uid: list(one.outlying) for one in current.studies if one.outlying},
            made=current.made_at is not None,
            references=[
                PastReference(
                    signature=signature,
                    studies=one["document"]["studies"],
                    card=one["card"],
                    drift=one["drift"],
                    limited=one["document"]["limited"],
                )
                for signature, one in made["references"].items()
            ],
            not_made=made["not_made"],
            installed=moment(current.installed_at),
            stopped=moment(current.stopped_at),
            detail=detail or sentence_of(current),
        )


def sentence_of(current: PastCalibration) -> str:
    """How far it is, in words."""
    if current.stopped_at is not None:
        counts = ", ".join(f"{count} {word}" for word, count in current.states.items())
        return f"It was stopped by {current.stopped_by}, and no references are made of it ({counts})."
    if current.made_at is None:
        return f"{current.over} of {len(current.studies)} studies have ended, {current.to_go} to go."
    if current.installed_at is not None:
        return "The references are installed."
    count = len((current.made or {}).get("references", {}))
    return f"References that lie ready to be installed: {count}." if count else "No reference could be made."


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(prefix="/calibrations", tags=["calibration"])
    past = context.ledger.past

    @routes.get("", summary="How far the references of past studies are, and what was made.")
    def standing() -> PastStanding:
        return PastStanding.of(past.latest())

    @routes.post(
        "",
        status_code=202,
        summary="Score past studies behind all that arrives, and make references of them.",
        responses={**WRONG, **_BUSY, **UNREACHABLE},
    )
    def begin(choice: PastChoice, user: UserHeader = "") -> PastStanding:
        with context.archive() as archive:
            found = _chosen(archive.studies_matching(choice.query), choice)
        if choice.dry_run:
            return PastStanding.of(None, f"Studies that would be scored: {len(found)}. Nothing was asked for.")
        if not found:
            raise ApiError(409, "no-past-study", f"The archive holds none of these: {choice.words}.")
        if len(found) > MOST:
            raise ApiError(409, "too-many-studies", f"These are {len(found)} studies; choose at most {MOST}.")
        if not past.begin(choice.cohort.strip(), choice.words, found, name_of(user)):
            raise ApiError(
                409, "already-under-way", "Past studies are being scored already; wait until they have ended."
            )
        context.first_night.wake()
        log.info("past studies asked for", extra={"studies": len(found)})
        return PastStanding.of(past.latest())

    @routes.post(
        "/install",
        summary="Install the references that were made, and renew the scores from the reports.",
        responses=_BUSY,
    )
    def install_them(user: UserHeader = "") -> PastStanding:
        current, settings = past.latest(), context.settings.installed_pipeline
        if current is None or current.made is None:
            raise ApiError(409, "not-made-yet", PastStanding.of(current).detail)
        if not current.made["references"]:
            raise ApiError(409, "nothing-made", "No reference could be made, so that there is none to install.")
        written = install(current.made, settings)
        past.keep_installed(current.id, name_of(user))
        recalculations = Recalculations(context.ledger.reading)
        installed = digests_of_installed(settings)
        studies, _ = recalculations.outdated(installed, limit=recalculations.outdated(installed)[1])
        asked = context.ledger.requests.recalculate(studies, name_of(user), "what is installed at the site has changed")
        context.watcher.poke()
        names = ", ".join(path.stem for path in written)
        log.info("references of past studies installed", extra={"references": names, "studies": asked})
        detail = f"Installed: {names}. {asked} studies are concluded anew from their reports."
        return PastStanding.of(past.latest(), detail)

    @routes.post("/stop", summary="Score no more of the past studies; what has a score keeps it.", responses=_BUSY)
    def stop(user: UserHeader = "") -> PastStanding:
        withdrawn = past.stop(name_of(user))
        if withdrawn is None:
            raise ApiError(409, "nothing-under-way", "No past studies are being scored.")
        log.info("past studies stopped", extra={"studies": withdrawn})
        detail = f"Stopped: {withdrawn} studies are not scored any more, and no references are made."
        return PastStanding.of(past.latest(), f"{detail} What has a score keeps it.")

    return routes


def _chosen(found: list[FoundStudy], choice: PastChoice) -> list[FoundStudy]:
    """The newest so many of those that name a breast."""
    meant = [one for one in found if choice.every_mr or one.names_breast]
    return meant[: choice.newest or None]
