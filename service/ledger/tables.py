"""The ledger's tables. Times are seconds since 1970, UTC; those that are waited for are of a steady clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

#: Raised with every change of the tables; an older ledger is then brought up to it by `upgrades`.
SCHEMA_VERSION = 5
_UID = String(64)

metadata = MetaData()

schema = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

work = Table(
    "work",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_uid", _UID, nullable=False),
    Column("input_hash", String(64), nullable=False, default=""),  # empty while receiving
    Column("turn", Integer, nullable=False),  # the row of a study with the highest turn is its current one
    Column("state", String(16), nullable=False),
    Column("orthanc_id", String(64), nullable=False, default=""),
    Column("instances", Integer, nullable=False, default=0),
    Column("arrivals", Integer, nullable=False, default=0),  # counts batches: has anything come since it was inspected?
    Column("last_arrival_at", Float, nullable=False, default=0.0),
    Column("examined_arrivals", Integer, nullable=False, default=-1),
    Column("examine_after", Float, nullable=False, default=0.0),
    Column("stable", Boolean, nullable=False, default=False),
    Column("asked_by", String(128), nullable=False, default=""),  # who wants it scored now, complete or not
    Column("request", Text),  # JSON: of a person, about a study that has a result (`earlier_results`)
    Column("background", Boolean, nullable=False, default=False, server_default=false()),  # behind all that arrives
    Column("waiting_since", Float, nullable=False, default=0.0, server_default="0"),  # its place in the queue
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Float, nullable=False, default=0.0),
    Column("code", String(64), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("stage", String(128), nullable=False, default=""),
    Column("progress", Float, nullable=False, default=0.0),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("version", String(32), nullable=False, default="", server_default=""),  # of the TILscope that answered
    Column("result", Text),  # JSON: the API's answer
    Column("candidate_cc", Float),  # the largest candidate that a reader must decide on; NULL where there is none
    Column(
        "files", String(32), nullable=False, default="", server_default=""
    ),  # names the study's input files in the archive
    UniqueConstraint("study_uid", "input_hash", name="one_row_per_input"),
    Index("work_by_state", "state", "turn"),
    Index("work_by_study", "study_uid", "turn"),
    Index("work_by_change", "updated_at", "id"),
    Index("work_by_arrival", "created_at", "id"),
    Index("work_by_end", "finished_at", "id"),
    sqlite_autoincrement=True,  # a number once given never names another row
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("work_id", Integer, ForeignKey("work.id"), nullable=False),
    Column("study_uid", _UID, nullable=False),
    Column("at", Float, nullable=False),
    Column("who", String(128), nullable=False),
    Column("event", String(32), nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16)),
    Column("detail", Text, nullable=False, default=""),
    Index("events_by_study", "study_uid", "id"),
    Index("events_by_work", "work_id"),
    sqlite_autoincrement=True,
)


def _annotations(name: str, key: str, *further: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column(key, _UID, primary_key=True),
        Column("about", String(32), primary_key=True),
        Column("said", Text, nullable=False),  # JSON
        Column("who", String(128), nullable=False),
        Column("at", Float, nullable=False),
        *further,
    )


#: Annotations of a study that every later run must use: kept until they are replaced.
study_annotations = _annotations("statements", "study_uid")

#: The same of a patient, for every study of the patient; annotations of the study come first. The only place where an
#: identifier stands as it is: who has given findings must find them again, to correct and to remove them.
patient_annotations = _annotations(
    "patient_annotations", "patient_key", Column("patient_id", _UID, nullable=False, server_default="")
)

#: Which study is of which patient, so that a patient's studies can be purged when the archive has deleted them. Patients
#: are named by a keyed hash (`patient_key`).
patients_of_studies = Table(
    "patients_of_studies",
    metadata,
    Column("study_uid", _UID, primary_key=True),
    Column("patient_key", _UID, nullable=False),
    Index("studies_by_patient_key", "patient_key"),
)

cursor = Table(
    "changes_cursor",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("resource_id", String(64), nullable=False, default=""),
)

#: Which service works with this ledger (`service.lease`); no row: none does.
lease = Table(
    "lease",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("start_id", String(32), nullable=False),
    Column("host", String(256), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot", String(64), nullable=False),
    Column("process", String(128), nullable=False),
    Column("beats", Integer, nullable=False),
)

#: How far the slow comparison with the archive has come: one row, which outlives the service.
sweep = Table(
    "archive_sweep",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("begun_at", Float, nullable=False),
    Column("ended_at", Float),  # NULL while it is under way
    Column("place", Integer, nullable=False, default=0),  # the last row of `work` that was compared
    Column("studies", Integer, nullable=False, default=0),
    Column("differing", Integer, nullable=False, default=0),
)

#: The numbers of the results, for searching: one row for each signature of each dynamic series. The result itself is the
#: authority; this table can be made anew from it (`scores`).
scores = Table(
    "scores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("work_id", Integer, ForeignKey("work.id"), nullable=False),
    Column("signature", String(64), nullable=False),
    Column("laterality", String(1), nullable=False),  # of the lesion that was scored
    Column("state", String(32), nullable=False),
    Column("value", Float),
    Column("unit", String(16), nullable=False, default=""),
    Column("category", String(64)),
    Column("report_uid", _UID, nullable=False, default=""),
    Column("installed", String(16), nullable=False, default=""),  # names what was installed for the signature
    Column("caveat", String(160), nullable=False, default="", server_default=""),  # why the value is no result
    Index("scores_by_work", "work_id"),
    Index("scores_by_value", "signature", "value", "category", "laterality", "work_id"),
)

#: References that are made of studies which the archive held before TILscope came (`past_calibrations`).
past_calibrations = Table(
    "past_calibrations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cohort", String(256), nullable=False),
    Column("chosen", Text, nullable=False),  # which studies, in words
    Column("who", String(128), nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("made_at", Float),  # NULL until every study has ended
    Column("made", Text),  # JSON: the references, and why others could not be made
    Column("installed_at", Float),
    Column("installed_by", String(128), nullable=False, default=""),
    Column("stopped_at", Float),  # a person has ended it before every study had
    Column("stopped_by", String(128), nullable=False, default="", server_default=""),
    sqlite_autoincrement=True,
)

past_studies = Table(
    "past_studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("calibration_id", Integer, ForeignKey("past_calibrations.id"), nullable=False),
    Column("study_uid", _UID, nullable=False),
    Column("orthanc_id", String(64), nullable=False),
    Column("day", String(8), nullable=False, default=""),  # StudyDate
    Column("asked", Boolean, nullable=False, default=False),  # for its score
    Column("outlying", Text),  # JSON: values that were limited in the references
    UniqueConstraint("calibration_id", "study_uid", name="one_row_per_past_study"),
)

#: Messages to receivers, written with the change that they report and kept until they are delivered.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", String(64), nullable=False),
    Column("receiver", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Float, nullable=False, default=0.0),
    Column("settled", Boolean, nullable=False, default=False),  # delivered, or given up
    Column("problem", Text, nullable=False, default=""),
    Index("outbox_by_receiver", "receiver", "settled", "next_attempt_at"),
    sqlite_autoincrement=True,
)

#: The audit log: every request of a person, whatever came of it. No line is ever deleted; a purged study's UID is.
actions = Table(
    "actions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("who", String(128), nullable=False),
    Column("action", String(256), nullable=False),
    Column("study_uid", _UID, nullable=False, default=""),
    Column("status", Integer),  # of HTTP; NULL: the service ended before it was known
    Index("actions_by_study", "study_uid", "id"),
    sqlite_autoincrement=True,
)
