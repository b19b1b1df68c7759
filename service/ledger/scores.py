"""The index of scores: the numbers of the results in the ledger, kept in a table so that SQL can search them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from pydicom.uid import Comprehensive3DSRStorage
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DBAPIError

from tilscope.models.result import StudyResult
from tilscope.models.result_schema import UnreadableResult, read_result
from tilscope.service.ledger.tables import scores, work

log = logging.getLogger(__name__)
#: So many results are held in memory at once while an old ledger is brought up to date.
_CHUNK = 200


def index_result(db: Connection, work_id: int, result: Mapping[str, Any] | None) -> None:
    """Keep the numbers of this result, in place of those that were kept of this row before."""
    db.execute(delete(scores).where(scores.c.work_id == work_id))
    try:
        rows = [{"work_id": work_id, **row} for row in score_rows(read_result(result))] if result else []
    except UnreadableResult as fault:
        log.warning("a result cannot be searched by score", exc_info=fault, extra={"work_id": work_id})
        return
    if rows:
        db.execute(insert(scores), rows)


def index_all(db: Connection) -> None:
    """Fill the table from all results of an older ledger. One that cannot be read must not keep the ledger from opening."""
    last = 0
    while rows := db.execute(
        select(work.c.id, work.c.result).where(work.c.id > last, work.c.result.is_not(None)).order_by(work.c.id).limit(_CHUNK)
    ).all():  # fmt: skip
        for row in rows:
            try:
                with db.begin_nested():
                    index_result(db, row.id, json.loads(row.result))
            except (ValueError, DBAPIError) as fault:  # no JSON, or what no column takes
                log.warning("a result cannot be searched by score", exc_info=fault, extra={"work_id": row.id})
        last = rows[-1].id


def score_rows(result: StudyResult) -> list[dict[str, Any]]:
    """One for each signature of each dynamic series."""
    return [
        {
            "signature": signature.id,
            "laterality": series.scored_laterality,
            "state": signature.state.value,
            "value": signature.value,
            "unit": signature.score.unit if signature.score else "",
            "category": signature.category,
            "report_uid": report,
            "installed": signature.installed,
            "caveat": signature.caveat[:160],
        }
        for series in result.dynamic_series
        # Contour reports and notes of refusals are Structured Reports too, of other classes.
        for report in [next((o.sop_instance_uid for o in result.objects_about(series, Comprehensive3DSRStorage)), "")]
        for signature in series.signatures
    ]
