"""What is purged is gone: from every table, and from the bytes of the files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from kept_results import Clock, claimed, deleted_in_archive, keep_scored, til
from sqlalchemy import func, insert, select

from tilscope.service.ledger import Arrival, Cursor, Ledger
from tilscope.service.ledger.audit_log import AuditEntry, AuditLog
from tilscope.service.ledger.erasing import erase_deleted
from tilscope.service.ledger.outbox import announcer
from tilscope.service.ledger.purging import PURGED, BeingScored, Purged
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.tables import metadata, outbox, past_calibrations, past_studies, patient_annotations
from tilscope.service.webhook_settings import Webhook

PATIENT, STUDY, OTHER = "PID-31415926", "1.2.826.31415", "1.2.826.27182"
GENES = {"gzma": 4.2}
#: Tables about the ledger itself.
OF_NO_STUDY = {"schema_version", "lease", "archive_sweep"}


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Any:
    webhook = Webhook(
        url="http://127.0.0.1:9/",
        secret=f"whsec_{base64.b64encode(bytes(32)).decode()}",
        include=["study_uid", "scores"],
    )
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock, announcer([webhook]))
    yield ledger
    ledger.close()


def filled(ledger: Ledger, study_uid: str, patient_id: str) -> None:
    """A line in every table that can name a study."""
    keep_scored(ledger, study_uid, til(25.0))
    ledger.annotations.link_patient(study_uid, patient_id)
    ledger.requests.record_findings(study_uid, f"orthanc-{study_uid}", GENES, "dr-who")
    ledger.requests.record_findings_of_patient(patient_id, [(study_uid, f"orthanc-{study_uid}")], GENES, "dr-who")
    AuditLog(ledger.engine).begin(AuditEntry(1.0, "dr-who", f"POST /studies/{study_uid}/rescore", study_uid, None))
    choice = {"cohort": "past", "chosen": "all", "who": "dr-who", "begun_at": 1.0}
    with ledger.engine.begin() as db:
        key = db.execute(insert(past_calibrations).values(**choice)).inserted_primary_key
        db.execute(insert(past_studies).values(calibration_id=key[0], study_uid=study_uid, orthanc_id="orthanc"))


def bytes_of(folder: Path) -> bytes:
    """The database, its log and whatever else lies there."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def lines(ledger: Ledger) -> dict[str, int]:
    with ledger.reading.begin() as db:
        return {t.name: db.execute(select(func.count()).select_from(t)).scalar_one() for t in metadata.sorted_tables}


def test_nothing_of_a_purged_study_is_left_in_any_table_or_byte(ledger: Ledger, tmp_path: Path) -> None:
    before = lines(ledger)
    filled(ledger, STUDY, PATIENT)
    assert {name for name, count in lines(ledger).items() if count == before[name]} == OF_NO_STUDY
    for word in (PATIENT, STUDY):
        assert word.encode() in bytes_of(tmp_path), "else the test sees nothing"

    expected = Purged(
        studies=1, inputs=2, events=6, scores=1, annotations=2, patient_links=1, messages=1, audit_lines=1, further=1
    )
    assert ledger.purging.count([STUDY]) == expected
    assert ledger.purging.purge([STUDY]) == expected
    assert erase_deleted(ledger.engine)

    assert lines(ledger) == {**before, "changes_cursor": 1, "actions": 1, "past_calibrations": 1}
    (line,), _ = AuditLog(ledger.engine).actions()
    assert (line.who, line.action, line.study_uid) == ("dr-who", f"POST /studies/{PURGED}/rescore", "")
    for word in (PATIENT, STUDY):
        assert word.encode() not in bytes_of(tmp_path)
    assert ledger.purging.purge([STUDY]) == Purged(), "again: there is nothing"


def test_deleted_values_are_overwritten_even_where_the_file_is_not_rewritten(ledger: Ledger, tmp_path: Path) -> None:
    filled(ledger, STUDY, PATIENT)
    ledger.purging.purge([STUDY])
    ledger.close()  # the last one to close it writes the log back into the file
    assert STUDY.encode() not in bytes_of(tmp_path)


def test_other_studies_stay_whole_and_findings_of_a_patient_stay_with_them(ledger: Ledger) -> None:
    filled(ledger, STUDY, PATIENT)
    filled(ledger, OTHER, PATIENT)
    assert ledger.purging.studies_of(PATIENT) == sorted([STUDY, OTHER])
    assert ledger.purging.studies_of("PID-3141592") == []
    ledger.purging.purge([STUDY])
    assert ledger.purging.studies_of(PATIENT) == [OTHER]
    assert ledger.annotations.molecular_of(OTHER) == GENES
    assert [s.study_uid for s in Reader(ledger.reading).current()[0]] == [OTHER]
    with ledger.reading.begin() as db:
        assert OTHER in db.execute(select(outbox.c.body)).scalar_one()
    ledger.purging.purge([OTHER])
    with ledger.reading.begin() as db:
        assert db.execute(select(patient_annotations)).all() == [], "with the last study they go"


def test_a_patient_without_studies_here_is_purged_too(ledger: Ledger) -> None:
    ledger.requests.record_findings_of_patient(PATIENT, [], GENES, "dr-who")
    assert ledger.purging.count([], PATIENT) == Purged(annotations=1)
    assert ledger.purging.purge([], PATIENT) == Purged(annotations=1)
    assert lines(ledger)[patient_annotations.name] == 0


def test_a_study_that_is_being_scored_is_refused_and_nothing_is_removed(ledger: Ledger) -> None:
    filled(ledger, OTHER, PATIENT)
    claim = claimed(ledger, STUDY)
    before = lines(ledger)
    with pytest.raises(BeingScored, match="1 of the studies are being scored") as refused:
        ledger.purging.purge([OTHER, STUDY])
    assert refused.value.study_uids == (STUDY,)
    assert lines(ledger) == before
    ledger.attempts.refused(claim, "no-lesion", "None was found.")
    assert ledger.purging.purge([OTHER, STUDY]).studies == 2


def test_what_the_watcher_holds_of_a_purged_study_does_not_bring_it_back(ledger: Ledger) -> None:
    ledger.receiving.arrived([Arrival(STUDY, "o", 5)], Cursor(1))
    (candidate,) = ledger.receiving.to_examine(0.0, 0.0)
    ledger.purging.purge([STUDY])
    ledger.annotations.link_patient(STUDY, PATIENT)
    ledger.receiving.incomplete(candidate, "too-few-phases", "")
    assert ledger.receiving.settle(candidate, "input") is None
    assert not ledger.purging.known(STUDY)


def test_studies_to_which_nothing_has_happened_for_long(ledger: Ledger, clock: Clock) -> None:
    keep_scored(ledger, "1.1")
    clock.pass_by(100.0)
    claimed(ledger, "1.2")
    clock.pass_by(100.0)
    keep_scored(ledger, "1.3")
    assert ledger.purging.unchanged_since(clock.t, 10) == ["1.1"], "one is being scored, one is new"
    ledger.requests.rescore("1.1", "o1", "dr-who")
    assert ledger.purging.unchanged_since(clock.t, 10) == [], "somebody has asked for it"


def test_the_objects_of_every_result_of_a_study_are_known(ledger: Ledger) -> None:
    first = keep_scored(ledger, STUDY, til(25.0))
    named = {one["sop_instance_uid"] for one in first["objects"]}
    assert {one.sop_instance_uid for one in ledger.purging.objects_of([STUDY, "1.9"])} == named
    assert len(named) == 3


def test_a_study_has_been_deleted_for_so_long_unless_something_of_it_came_again(ledger: Ledger, clock: Clock) -> None:
    for uid in ("1.1", "1.2", "1.3"):
        keep_scored(ledger, uid)
    deleted_in_archive(ledger, "1.1", "1.2")
    assert ledger.purging.deleted_before(clock.t, 10) == []
    clock.pass_by(100.0)
    assert ledger.purging.deleted_before(clock.t, 10) == ["1.1", "1.2"]
    ledger.receiving.arrived([Arrival("1.2", "o2", 5)], Cursor(2))
    assert ledger.purging.deleted_before(clock.t + 1.0, 10) == ["1.1"]


def test_a_message_names_its_study_and_no_longer_one(ledger: Ledger) -> None:
    """1.2 is the beginning of 1.2.3, and no part of it."""
    with ledger.engine.begin() as db:
        for uid in ("1.2", "1.2.3"):
            body = json.dumps({"data": {"study_uid": uid}})
            db.execute(insert(outbox).values(delivery_id=uid, receiver="r", body=body, created_at=1.0))
    assert ledger.purging.purge(["1.2"]).messages == 1
    with ledger.reading.begin() as db:
        assert db.execute(select(outbox.c.delivery_id)).scalars().all() == ["1.2.3"]


def test_a_study_that_is_not_ours_leaves_no_patient_behind(ledger: Ledger) -> None:
    """Every MR study of a hospital is inspected; of a knee nothing is kept."""
    ledger.receiving.arrived([Arrival(STUDY, "o", 5)], Cursor(1))
    (candidate,) = ledger.receiving.to_examine(0.0, 0.0)
    ledger.annotations.link_patient(STUDY, PATIENT)
    ledger.receiving.forget(candidate)
    assert ledger.purging.studies_of(PATIENT) == []
    assert not ledger.purging.known(STUDY)
