"""The worklist: which studies need a reader, and which of them first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, select, update

from tilscope.models.refusals import OF_A_PERSONS_WORD
from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.states import State
from tilscope.service.ledger.tables import work

#: Of candidate volumes, in cm3 as they are shown: finer differences order nothing.
_DIGITS = 1


def needs_reader() -> ColumnElement[bool]:
    """Candidates are to be decided on, or what a person has said of the lesion could not be used."""
    refused = (work.c.state == State.REFUSED) & work.c.code.in_(OF_A_PERSONS_WORD)
    return (work.c.state == State.NEEDS_READER) | refused


def order(reversed_: bool = False) -> tuple[ColumnElement[Any], ...]:
    """Candidates before refusals, the largest candidate first, and of equals the study that has waited longest."""
    keys: tuple[ColumnElement[Any], ...] = (
        case((work.c.state == State.NEEDS_READER, 0), else_=1),
        case((work.c.candidate_cc.is_(None), 1), else_=0),
        -work.c.candidate_cc,
        work.c.created_at,
        work.c.id,
    )
    return tuple(key.desc() if reversed_ else key.asc() for key in keys)


def largest_candidate_cc(result: Mapping[str, Any]) -> float | None:
    """The volume of the largest candidate of a result; None of one that is decided, or that cannot be read."""
    volumes = [
        one.value
        for read in readable_results([result])
        for series in read.dynamic_series
        if not series.finding.is_scored
        for lesion in series.lesions
        for one in lesion.measurements
        if one.id == "volume" and one.value is not None
    ]
    return round(max(volumes), _DIGITS) if volumes else None


def fill_candidates(db: Connection) -> None:
    """Of the studies of an older ledger that wait for a reader."""
    waiting = (work.c.state == State.NEEDS_READER) & work.c.result.is_not(None)
    for row in db.execute(select(work.c.id, work.c.result).where(waiting)).all():
        try:
            largest = largest_candidate_cc(json.loads(row.result))
        except ValueError:  # it cannot be read anywhere else either
            continue
        db.execute(update(work).where(work.c.id == row.id).values(candidate_cc=largest))
