"""A person's request that comes to nothing leaves the result of before as it was, and says so on the timeline.

Only where the images are still those of that result: new images that are refused do replace what was scored without them.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, select, update

from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.annotations import STEERING, Annotation, annotation_of, keep_annotation, of_study
from tilscope.service.ledger.states import WITH_RESULT, Event, State
from tilscope.service.ledger.tables import work
from tilscope.service.ledger.work_rows import SERVICE, WorkRows

_NOT_ENDED = (State.READY, State.RUNNING, State.WAITING)
#: Other rows whose result can be the current one again. One that the archive deleted is not, with all that it came to.
_CAN_STAND = (*WITH_RESULT, State.SUPERSEDED)


def request_words(earlier: str | None, before: Annotation | None, now: Annotation | None) -> str:
    """What a row keeps of a request: where lesions were searched for before it, and with it.

    `earlier` are the words of a request that the row has already: what stood before that one is what stood before both.
    """
    first = json.loads(earlier)["before"] if earlier else before
    return json.dumps({"before": first, "now": now})


def request_to_keep(db: Connection, row: Row[Any]) -> str | None:
    """The request of a row whose input is known now; None unless it is all that this row is about, and a result stands."""
    if not row.request or row.instances:
        return None
    others = (work.c.study_uid == row.study_uid) & (work.c.id != row.id)
    current = db.execute(select(work).where(others).order_by(work.c.turn.desc()).limit(1)).first()
    if current is None:
        return None
    stands = current.state in WITH_RESULT or (current.request and current.state in _NOT_ENDED)
    return str(row.request) if stands else None


def leave_as_it_was(rows: WorkRows, db: Connection, row: Row[Any], end: Event, code: str, reason: str) -> State | None:
    """What ended so was a request: the earlier result is the current one again. None where there is none, or it was none."""
    stands = _newest_result(db, row) if row.request else None
    if stands is None:
        return None
    _take_back(rows, db, row)
    turn = stands.turn
    if stands.id != row.id:
        # Nobody is told of an outcome: the one that was told of before still holds.
        rows.move(db, row, end, reason, code=code, reason=reason, finished_at=rows.now(), turn=turn)
        turn = row.turn
    undecided = undecided_of(json.loads(stands.result))
    kept: dict[str, Any] = {
        "code": "needs-a-reader" if undecided else "",
        "reason": undecided,
        "progress": 1.0,
        "request": None,
    }
    why = Event.KEPT_UNDECIDED if undecided else Event.KEPT
    finished_at = stands.finished_at or rows.now()
    said = f"what was asked for came to nothing: {reason}"
    return rows.move(db, stands, why, said, turn=turn, finished_at=finished_at, **kept)


def undecided_of(result: dict[str, Any]) -> str:
    """Why a reader must decide before all is scored; '' where nothing is left to decide."""
    return next((one.undecided for one in readable_results([result])), "")


def _newest_result(db: Connection, row: Row[Any]) -> Row[Any] | None:
    """Of the row itself, which keeps its result while it is scored again, or of one before it; superseded by a request, too."""
    of_before = (work.c.study_uid == row.study_uid) & (work.c.turn <= row.turn) & work.c.result.is_not(None)
    stands = (work.c.id == row.id) | work.c.state.in_(_CAN_STAND)
    return db.execute(select(work).where(of_before, stands).order_by(work.c.turn.desc()).limit(1)).first()


def _take_back(rows: WorkRows, db: Connection, row: Row[Any]) -> None:
    """Lesions are searched for where they were before, unless somebody has said something else since."""
    asked = json.loads(row.request)
    if asked["now"] == asked["before"]:
        return
    study = of_study(row.study_uid)
    if annotation_of(db, study, STEERING) == asked["now"]:
        keep_annotation(db, study, STEERING, asked["before"], SERVICE, rows.now())
    # What stood before this request also stood before those that came after it.
    later = select(work).where(work.c.study_uid == row.study_uid, work.c.id != row.id, work.c.request.is_not(None))
    for other in db.execute(later).all():
        theirs = json.loads(other.request)
        if theirs["before"] == asked["now"]:
            words = json.dumps({**theirs, "before": asked["before"]})
            db.execute(update(work).where(work.c.id == other.id).values(request=words))
