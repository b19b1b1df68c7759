"""A ledger of every version that was released, and of both schemas before, is brought up to date with all that it holds.

The dumps in `released` were written by those versions themselves (`released/write_dump.py`): a study in each state, and whatever
people had given.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, api_over
from orthanc_server import free_ports

from tilscope.service.ledger import Ledger
from tilscope.service.ledger.states import WITH_RESULT
from tilscope.service.ledger.tables import SCHEMA_VERSION, metadata
from tilscope.service.settings import LEDGER_FILE

DUMPS = sorted((Path(__file__).parent / "released").glob("*.sql"))
#: Their lines are in other tables now.
RENAMED = {"patient_statements", "patients_studies"}
Rows = dict[str, list[dict[str, Any]]]


def rows_of(file: Path) -> Rows:
    """Every row of every table, in the order of its columns' values."""
    with closing(sqlite3.connect(file)) as db:
        db.row_factory = sqlite3.Row
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
            for table in tables
            if not table.startswith("sqlite_")
        }


@dataclass(frozen=True)
class Upgraded:
    """A ledger before and after it was opened, and the service's API over it."""

    before: Rows
    after: Rows
    api: Api
    file: Path

    @property
    def scored(self) -> str:
        (study,) = (row["study_uid"] for row in self.before["work"] if row["state"] in WITH_RESULT)
        return str(study)


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Upgraded]:
    file = tmp_path / LEDGER_FILE
    with closing(sqlite3.connect(file)) as db:
        db.executescript(request.param.read_text(encoding="utf-8"))
    before = rows_of(file)
    with api_over(tmp_path, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        yield Upgraded(before, rows_of(file), api, file)


def test_the_dumps_are_of_every_release() -> None:
    assert {path.stem for path in DUMPS} >= {"schema-1", "schema-2", *(f"v0.{n}.0" for n in range(1, 6))}


def test_every_row_is_there_with_every_value(upgraded: Upgraded) -> None:
    assert len(upgraded.before["work"]) >= 8
    for table, before in upgraded.before.items():
        if table in RENAMED | {"schema_version"}:
            continue
        columns = before[0].keys() if before else ()
        after = [{name: row[name] for name in columns} for row in upgraded.after[table]]
        assert [row for row in before if row not in after] == [], table
    assert upgraded.after["schema_version"] == [{"version": SCHEMA_VERSION}]


def test_it_has_the_tables_and_columns_of_a_new_one(upgraded: Upgraded, tmp_path: Path) -> None:
    Ledger(f"sqlite:///{tmp_path / 'new.sqlite'}").close()

    def columns(file: Path) -> dict[str, set[str]]:
        with closing(sqlite3.connect(file)) as db:
            return {table: {c[1] for c in db.execute(f"PRAGMA table_info({table})")} for table in rows_of(file)}

    assert columns(upgraded.file) == columns(tmp_path / "new.sqlite")
    assert columns(upgraded.file).keys() == metadata.tables.keys()


def test_patients_are_named_by_their_keys_and_findings_still_hold(upgraded: Upgraded) -> None:
    annotations = upgraded.api.ledger.annotations
    patients = {row["patient_id"]: json.loads(row["said"]) for row in upgraded.before.get("patient_statements", ())}
    known, _ = annotations.all_molecular(100, 0)
    assert {one.patient_id: one.findings for one in known if one.patient_id} == patients
    if patients:
        assert (
            patients["PID-0815"] == annotations.molecular_of(upgraded.scored) == {"gzma": 4.5, "triple_negative": True}
        )
        assert upgraded.api.ledger.purging.studies_of("PID-0815") == [upgraded.scored]
        elsewhere = {name: rows for name, rows in upgraded.after.items() if name != "patient_annotations"}
        assert "PID-0815" not in json.dumps(elsewhere)


def test_page_and_api_read_all_of_it(upgraded: Upgraded) -> None:
    api = upgraded.api
    listed = {study["study_uid"]: study["state"] for study in api.get("/studies")["studies"]}
    turns = sorted(upgraded.before["work"], key=lambda row: row["turn"])
    assert listed == {row["study_uid"]: row["state"] for row in turns}, "the latest turn is the current one"
    assert set(listed.values()) >= {"failed", "waiting", "running", "ready", "receiving"}
    for uid in listed:
        assert api.get(f"/studies/{uid}")["timeline"]
        page = api.http.get(f"/studies/{uid}/page")
        assert page.status_code == 200
        assert uid in page.text
    kept = next(json.loads(row["result"]) for row in upgraded.before["work"] if row["result"])
    answered = api.get(f"/studies/{upgraded.scored}/result")
    assert answered["input_hash"] == kept["input_hash"]
    assert _measured(answered) == _measured(kept)
    assert len(_measured(kept)) > 5
    (found,) = (one for one in api.get("/studies")["studies"] if one["study_uid"] == upgraded.scored)
    signatures = [one["id"] for series in kept["dynamic_series"] for one in series["signatures"]]
    assert [score["signature"] for score in found["scores"]] == signatures
    for path in ("/", "/account", "/actions", "/metrics"):
        assert api.http.get(path).status_code == 200


def _measured(result: dict[str, Any]) -> dict[str, float]:
    (series,) = result["dynamic_series"]
    return {m["id"]: m["value"] for lesion in series["lesions"] for m in lesion["measurements"]}


def test_what_was_running_goes_on_and_all_of_it_can_be_purged(upgraded: Upgraded) -> None:
    ledger = upgraded.api.ledger
    assert ledger.attempts.recover(3) == ["1.2.3.4"]
    claim = ledger.attempts.claim()
    assert claim is not None
    ledger.attempts.refused(claim, "no-lesion", "None was found.")
    uids = sorted({row["study_uid"] for row in upgraded.before["work"]})
    assert ledger.purging.purge(uids).studies == len(uids)
    left = rows_of(upgraded.file)
    assert left["work"] == left["events"] == left["scores"] == left["statements"] == left["outbox"] == []
