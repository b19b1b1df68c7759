"""The index of scores: what the results in the ledger say in numbers, kept in a table so that SQL can search it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from pydicom.uid import Comprehensive3DSRStorage
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DBAPIError

from tilscope.service.ledger.tables import scores, work

log = logging.getLogger(__name__)
#: So many results are held in memory at once while an old ledger is brought up to date.
_CHUNK = 200


def index_result(db: Connection, work_id: int, result: Mapping[str, Any] | None) -> None:
    """Keep what this result says in numbers, in place of what was kept of this row before."""
    db.execute(delete(scores).where(scores.c.work_id == work_id))
    rows = [{"work_id": work_id, **row} for row in score_rows(result or {})]
    if rows:
        db.execute(insert(scores), rows)


def index_all(db: Connection) -> None:
    """Of every result that a ledger without this table holds. One that cannot be read must not keep the ledger shut."""
    last = 0
    while rows := db.execute(
        select(work.c.id, work.c.result).where(work.c.id > last, work.c.result.is_not(None)).order_by(work.c.id).limit(_CHUNK)
    ).all():  # fmt: skip
        for row in rows:
            try:
                with db.begin_nested():
                    index_result(db, row.id, json.loads(row.result))
            except (LookupError, TypeError, ValueError, AttributeError, DBAPIError) as fault:
                log.warning("an old result cannot be searched by score", exc_info=fault, extra={"work_id": row.id})
        last = rows[-1].id


def score_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One for each signature of each dynamic series."""
    # An old ledger may hold results that lack a key: what they do say is found all the same.
    reports = {
        o.get("laterality"): o["sop_instance_uid"]
        for o in reversed(result.get("objects", ()))
        # Contour reports and notes of refusals are Structured Reports too, of other classes.
        if o["kind"] == "SR" and o.get("sop_class_uid", Comprehensive3DSRStorage) == Comprehensive3DSRStorage
    }
    return [
        {
            "signature": said["id"],
            # The signatures are those of the first lesion, the index lesion.
            "laterality": series["lesions"][0]["laterality"] if series.get("lesions") else series["laterality"],
            "state": str(said["state"]),
            "value": (said["score"] or {}).get("value"),
            "unit": (said["score"] or {}).get("unit") or "",
            "category": said["category"],
            "report_uid": reports.get(series["laterality"], ""),
            "installed": said.get("installed", ""),
        }
        for series in result.get("dynamic_series", ())
        for said in series.get("signatures", ())
    ]
