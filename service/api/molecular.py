"""Molecular findings of many: listed, and recorded for patients and from tables. Those of one study are a command (`commands`)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.service.api.commands import Findings
from tilscope.service.api.context import ApiContext, Offset, UserHeader, name_of
from tilscope.service.api.errors import ApiError
from tilscope.service.api.studies import NO_STUDY, UNREACHABLE, WRONG
from tilscope.service.ledger.annotations import KnownFindings
from tilscope.service.ledger.requests import NewFindings
from tilscope.service.moments import moment
from tilscope.service.site.molecular import together

log = logging.getLogger(__name__)
#: Of one request; whoever has more sends them portion by portion.
MOST_ROWS = 200
_PATIENT = Annotated[str, Field(max_length=64)]


class PatientFindings(BaseModel):
    """Molecular findings of a patient's tumour; they hold for every study of the patient, later ones too."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"example": {"patient_id": "P-1", "findings": {"gzma": 4.2}}}
    )

    patient_id: Annotated[_PATIENT, Field(min_length=1)]
    findings: Findings
    expected: bool = Field(False, description="The patient may be one of whom nothing has arrived yet.")


class PatientAsked(BaseModel):
    molecular: dict[str, float | bool] = Field(description="What is known of the patient's tumour now.")
    studies: list[str] = Field(description="The patient's MR studies in the archive, which are scored with it.")
    detail: str = Field(description="What happens now, in words.")


class FindingsRow(BaseModel):
    """Of a study, or of a patient."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study_uid: Annotated[str, Field(pattern=r"^[0-9.]{0,64}$")] = ""
    patient_id: _PATIENT = ""
    findings: Findings
    line: int = Field(default=0, ge=0, description="Of the sender's table, for what is said of it.")

    @model_validator(mode="after")
    def _of_one(self) -> FindingsRow:
        if bool(self.study_uid) == bool(self.patient_id.strip()):
            raise ValueError("give either study_uid or patient_id")
        return self


class FindingsTable(BaseModel):
    """Many at once: all are recorded, or none."""

    model_config = ConfigDict(
        extra="forbid", frozen=True,
        json_schema_extra={"example": {"rows": [{"patient_id": "P-1", "findings": {"gzma": 4.2}}]}},
    )  # fmt: skip

    rows: Annotated[list[FindingsRow], Field(min_length=1, max_length=MOST_ROWS)]
    expected: bool = Field(False, description="Patients may be such of whom nothing has arrived yet.")
    dry_run: bool = Field(False, description="Only check; record nothing.")


class TableAsked(BaseModel):
    rows: int
    changed: int = Field(description="Rows that said something new.")
    studies: int = Field(description="Studies in the archive that they hold for.")
    detail: str = Field(description="What happens now, in words.")


class ListedFindings(BaseModel):
    """What is known of one study, or of one patient."""

    study_uid: str | None
    patient_id: str | None
    molecular: dict[str, float | bool]
    who: str = Field(description="Who changed it last.")
    at: datetime
    studies: int = Field(description="Studies known here that it holds for; 0: the patient is expected.")

    @classmethod
    def of(cls, known: KnownFindings) -> ListedFindings:
        at = datetime.fromisoformat(moment(known.at) or "")
        return cls(
            study_uid=known.study_uid or None,
            patient_id=known.patient_id or None,
            molecular=known.findings,
            who=known.who,
            at=at,
            studies=known.studies,
        )


class FindingsList(BaseModel):
    findings: list[ListedFindings]
    total: int
    limit: int
    offset: int


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(tags=["actions"])
    annotations, requests = context.ledger.annotations, context.ledger.requests

    @routes.get("/molecular", summary="The molecular findings that are known, and who gave them.", responses=WRONG)
    def known(limit: Annotated[int, Query(ge=1, le=1000)] = 100, offset: Offset = 0) -> FindingsList:
        found, total = annotations.all_molecular(limit, offset)
        return FindingsList(findings=[ListedFindings.of(one) for one in found], total=total, limit=limit, offset=offset)

    @routes.post(
        "/molecular", status_code=202, summary="Record molecular findings of many tumours: all or none.",
        responses={**WRONG, **UNREACHABLE},
    )  # fmt: skip
    def table(many: FindingsTable, user: UserHeader = "") -> TableAsked:
        with context.archive() as archive:
            checked = [(row, _known(context, archive, row, many.expected)) for row in many.rows]
        unknown = [_of_line(row, new) for row, new in checked if isinstance(new, str)]
        if unknown:
            raise ApiError(400, "unknown-patients", f"Nothing was recorded: {together(unknown)}.")
        findings = [new for _, new in checked if isinstance(new, NewFindings)]
        studies = sum(len(new.studies) for new in findings)
        if many.dry_run:
            return TableAsked(rows=len(findings), changed=0, studies=studies, detail="All of it can be recorded.")
        changed = requests.record_many_findings(findings, name_of(user))
        context.watcher.poke()
        log.info("molecular findings of many supplied", extra={"rows": len(findings), "changed": changed})
        detail = "The studies that are here will be scored with it, and later ones too."
        return TableAsked(rows=len(findings), changed=changed, studies=studies, detail=detail)

    @routes.post(
        "/patients/molecular", status_code=202, summary="Record molecular findings of a patient's tumour.",
        responses={**WRONG, **NO_STUDY, **UNREACHABLE},
    )  # fmt: skip
    def patient(patient: PatientFindings, user: UserHeader = "") -> PatientAsked:
        row = FindingsRow(patient_id=patient.patient_id, findings=patient.findings)
        with context.archive() as archive:
            new = _known(context, archive, row, patient.expected)
        if isinstance(new, str):
            raise ApiError(404, "unknown-patient", f"Nothing was recorded: {new}.")
        known, changed = requests.record_findings_of_patient(
            patient.patient_id, new.studies, new.findings, name_of(user)
        )
        context.watcher.poke()
        log.info("molecular findings of a patient supplied", extra={"studies": len(new.studies)})
        here = "The studies that are here will be scored with it, and later ones too."
        detail = here if changed else "This is what was known already."
        return PatientAsked(molecular=known or {}, studies=[uid for uid, _ in new.studies], detail=detail)

    return routes


def _known(context: ApiContext, archive: OrthancArchive, row: FindingsRow, expected: bool) -> NewFindings | str:
    """What is to be recorded; or why not, in words. A mistyped identifier would wait for its patient for ever."""
    findings = row.findings.model_dump(include=row.findings.model_fields_set)
    if row.study_uid:
        orthanc_id = archive.orthanc_id(row.study_uid)
        if orthanc_id is None:
            return f"study {row.study_uid} is not in the archive"
        return NewFindings(findings, [(row.study_uid, orthanc_id)])
    patient = row.patient_id.strip()
    studies = archive.studies_of(patient)
    if studies or expected or context.ledger.annotations.knows_patient(patient) or archive.has_patient(patient):
        return NewFindings(findings, studies, patient)
    return f"patient {patient} is neither in the archive nor known here, and was not declared as expected"


def _of_line(row: FindingsRow, problem: str) -> str:
    return f"line {row.line}: {problem}" if row.line else problem
