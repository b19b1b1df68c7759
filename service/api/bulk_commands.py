"""Many studies at once: those whose references or models have changed since, and those of one patient."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tilscope.models.signatures import all_signatures
from tilscope.service.api.commands import Findings
from tilscope.service.api.context import ApiContext, UserHeader, name_of
from tilscope.service.api.studies import UNREACHABLE, WRONG
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


class PatientFindings(BaseModel):
    """Molecular findings of a patient's tumour; they hold for every study of the patient, later ones too."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"example": {"patient_id": "P-1", "findings": {"gzma": 4.2}}}
    )

    patient_id: Annotated[str, Field(min_length=1, max_length=64)]
    findings: Findings


class PatientAsked(BaseModel):
    molecular: dict[str, float | bool] = Field(description="What is known of the patient's tumour now.")
    studies: list[str] = Field(description="The patient's MR studies in the archive, which are scored with it.")
    detail: str = Field(description="What happens now, in words.")


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

    @routes.post(
        "/patients/molecular", status_code=202, summary="Record molecular findings of a patient's tumour.",
        responses={**WRONG, **UNREACHABLE},
    )  # fmt: skip
    def molecular(patient: PatientFindings, user: UserHeader = "") -> PatientAsked:
        with context.archive() as archive:
            studies = archive.studies_of(patient.patient_id)
        findings = patient.findings.model_dump(include=patient.findings.model_fields_set)
        requests = context.ledger.requests
        known, changed = requests.record_findings_of_patient(patient.patient_id, studies, findings, name_of(user))
        context.watcher.poke()
        log.info("molecular findings of a patient supplied", extra={"studies": len(studies)})
        here = "The studies that are here will be scored with it, and later ones too."
        detail = here if changed else "This is what was known already."
        return PatientAsked(molecular=known or {}, studies=[uid for uid, _ in studies], detail=detail)

    return routes
