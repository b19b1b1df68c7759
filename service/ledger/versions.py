"""Which version of TILscope gave each study's answer, and which studies a newer one may answer better. Nothing asks for them by itself."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, exists, func, select, update

from tilscope.service.ledger.states import WITH_RESULT, State
from tilscope.service.ledger.tables import work

_UNANSWERED = (State.REFUSED, State.FAILED)
_CHUNK = 200


@dataclass(frozen=True)
class Answered:
    """How many studies one version has answered last, and how many of these it could not score."""

    scored: int
    unanswered: int
    """Refused, or failed."""


class Versions:
    """Reads from the ledger's database; never waits for a writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answered(self) -> dict[str, Answered]:
        """By version, the newest first; '' for what was refused or failed before versions were kept."""
        counted = select(work.c.version, work.c.state, func.count().label("studies"))
        with self._engine.begin() as db:
            rows = db.execute(counted.where(*_current()).group_by(work.c.version, work.c.state)).all()
        scored, unanswered = Counter[str](), Counter[str]()
        for row in rows:
            (unanswered if row.state in _UNANSWERED else scored)[row.version] += row.studies
        versions = sorted({*scored, *unanswered}, key=order, reverse=True)
        return {one: Answered(scored[one], unanswered[one]) for one in versions}

    def older(self, version: str) -> Answered:
        """What all older versions together have answered last."""
        counts = [count for one, count in self.answered().items() if order(one) < order(version)]
        return Answered(sum(count.scored for count in counts), sum(count.unanswered for count in counts))

    def older_than(
        self, version: str, only_unanswered: bool = False, since: float = 0.0, limit: int = 0
    ) -> tuple[list[tuple[str, str]], int]:
        """Studies with Orthanc's identifiers that an older version has answered last, the latest first; and how many in all.

        One that is being inspected or scored again already does not count.
        """
        older = [one for one in self.answered() if order(one) < order(version)]
        wanted = [*_current(), work.c.version.in_(older), work.c.finished_at >= since]
        if only_unanswered:
            wanted.append(work.c.state.in_(_UNANSWERED))
        page = select(work.c.study_uid, work.c.orthanc_id).where(*wanted)
        with self._engine.begin() as db:
            total = db.execute(select(func.count()).select_from(work).where(*wanted)).scalar_one()
            latest = page.order_by(work.c.finished_at.desc(), work.c.id).limit(limit)
            rows = db.execute(latest).all() if limit else []
        return [(row.study_uid, row.orthanc_id) for row in rows], int(total)


def order(version: str) -> tuple[int, ...]:
    """For comparing versions.

    >>> order("0.5.0") < order("0.10.0"), order("") < order("0.1")
    (True, True)
    """
    return tuple(int(number) for number in re.findall(r"\d+", version))


def fill_versions(db: Connection) -> None:
    """Of an older ledger: its results name the version that they are of; of refusals and failures nobody knows."""
    for work_id, result in _results(db):
        if isinstance(version := result.get("pipeline_version"), str):
            db.execute(update(work).where(work.c.id == work_id).values(version=version))


def _results(db: Connection) -> Iterator[tuple[int, Mapping[str, object]]]:
    last = 0
    page = select(work.c.id, work.c.result).where(work.c.result.is_not(None)).order_by(work.c.id).limit(_CHUNK)
    while rows := db.execute(page.where(work.c.id > last)).all():
        for row in rows:
            try:
                result = json.loads(row.result)
            except ValueError:  # it cannot be read anywhere else either
                continue
            if isinstance(result, dict):
                yield row.id, result
        last = rows[-1].id


def _current() -> list[ColumnElement[bool]]:
    """Answers that nothing newer of the same study has replaced or is about to replace."""
    newer = work.alias("newer")
    replaced = exists().where(newer.c.study_uid == work.c.study_uid, newer.c.turn > work.c.turn)
    return [work.c.state.in_((*WITH_RESULT, *_UNANSWERED)), ~replaced]
