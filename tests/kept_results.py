"""Studies in a ledger as the service would have left them, without the minutes of scoring: results of the real shape."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from scored_study import scored_study, wu_signature
from sqlalchemy import update

from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import (
    CalibrationState,
    LesionResult,
    Measurement,
    SignatureResult,
    StoredObject,
    StudyResult,
)
from tilscope.service.ledger import Arrival, Claim, Cursor, Ledger
from tilscope.service.ledger.states import State
from tilscope.service.ledger.tables import work

OBJECTS = (("SEG", "66.4"), ("SR", "88.34"), ("DOC", "104.1"))


class Clock:
    """Time that a test moves by hand."""

    def __init__(self, t: float = 1_000_000.0) -> None:
        self.t = t

    def __call__(self) -> float:
        return self.t

    def pass_by(self, seconds: float) -> None:
        self.t += seconds


def til(percent: float | None, category: str | None = None) -> SignatureResult:
    """Wu's signature: calibrated with a percentage, or uncalibrated."""
    if percent is None:
        return wu_signature()
    value = Measurement.of("til_percent", "Estimated TIL", percent, "%")
    return wu_signature(
        state=CalibrationState.CALIBRATED, reason="Reference: a cohort.", score=value, category=category
    )


def result_of(study_uid: str, *signatures: SignatureResult, side: str = "L", **changes: Any) -> dict[str, Any]:
    """The JSON of a study with one dynamic series."""
    series = scored_study().result
    lesions: tuple[LesionResult, ...] = tuple(replace(lesion, laterality=side) for lesion in series.lesions)
    facts = {"study_uid": study_uid, "lesions": lesions, "signatures": signatures or (wu_signature(),), **changes}
    series = replace(series, **facts)
    objects = tuple(
        StoredObject(kind, Laterality(series.laterality).value, f"1.2.840.10008.5.1.4.1.1.{sop}", f"{study_uid}.{n}", f"{study_uid}.{n}.1")
        for n, (kind, sop) in enumerate(OBJECTS, start=1)
    )  # fmt: skip
    whole = StudyResult(
        study_uid, f"input of {study_uid}", series.settings_hash, series.pipeline_version, (series,), objects=objects
    )
    plain: dict[str, Any] = json.loads(json.dumps(whole.as_json()))
    return plain


def claimed(ledger: Ledger, study_uid: str, images: str = "input") -> Claim:
    """A study that has arrived and is being scored."""
    ledger.receiving.arrived([Arrival(study_uid, f"orthanc-{study_uid}", 10)], Cursor(1))
    (candidate,) = [c for c in ledger.receiving.to_examine(0.0, 0.0) if c.study_uid == study_uid]
    ledger.receiving.settle(candidate, f"{images} of {study_uid}")
    claim = ledger.attempts.claim()
    assert claim is not None
    assert claim.study_uid == study_uid
    return claim


def keep_scored(ledger: Ledger, study_uid: str, *signatures: SignatureResult, **changes: Any) -> dict[str, Any]:
    result = result_of(study_uid, *signatures, **changes)
    claim = claimed(ledger, study_uid)
    ledger.attempts.succeeded(claim, claim.input_hash, result)
    return result


def keep_undecided(ledger: Ledger, study_uid: str) -> dict[str, Any]:
    """A study with two candidates, of which a reader must choose one."""
    lesions = scored_study().result.lesions
    candidates = tuple(replace(one, point_mm=(10.5 * one.number, -20.0, 5.0)) for one in lesions)
    return keep_scored(ledger, study_uid, finding=Finding.CANDIDATES, lesions=candidates, signatures=())


def keep_refused(
    ledger: Ledger, study_uid: str, reason: str = "2 phases were found; at least 3 are needed.", images: str = "input"
) -> None:
    ledger.attempts.refused(claimed(ledger, study_uid, images), "too-few-phases", reason)


def deleted_in_archive(ledger: Ledger, *study_uids: str) -> None:
    """As a comparison with the archive leaves them that it no longer has."""
    with ledger.engine.begin() as db:
        db.execute(update(work).where(work.c.study_uid.in_(study_uids)).values(state=State.DELETED))
