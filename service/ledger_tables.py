"""The ledger's tables, and how its database is opened.

SQLite is what is tested. PostgreSQL by URL is meant to work, untested: the SQL is plain, bring your driver. Times are seconds since 1970, UTC.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    inspect,
    select,
    update,
)

#: Raised with every change of the tables; an older ledger is then brought up to it in `open_database`.
SCHEMA_VERSION = 2
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
    Column("arrivals", Integer, nullable=False, default=0),  # counts batches: has anything come since I looked?
    Column("last_arrival_at", Float, nullable=False, default=0.0),
    Column("examined_arrivals", Integer, nullable=False, default=-1),
    Column("examine_after", Float, nullable=False, default=0.0),
    Column("stable", Boolean, nullable=False, default=False),
    Column("asked_by", String(128), nullable=False, default=""),  # who wants it scored now, complete or not
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
    Column("result", Text),  # JSON: the API's answer
    UniqueConstraint("study_uid", "input_hash", name="one_row_per_input"),
    Index("work_by_state", "state", "turn"),
    Index("work_by_study", "study_uid", "turn"),
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

#: What people have said of a study and what every later run shall heed: kept until somebody says something else.
statements = Table(
    "statements",
    metadata,
    Column("study_uid", _UID, primary_key=True),
    Column("about", String(32), primary_key=True),
    Column("said", Text, nullable=False),  # JSON
    Column("who", String(128), nullable=False),
    Column("at", Float, nullable=False),
)

cursor = Table(
    "changes_cursor",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("resource_id", String(64), nullable=False, default=""),
)


class LedgerTooNew(Exception):
    """A newer TILscope wrote this ledger."""


def open_database(url: str) -> Engine:
    """Connect, and create the tables where there are none."""
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine)
    with engine.begin() as connection:
        _bring_up_to_date(connection)
    return engine


def _bring_up_to_date(connection: Connection) -> None:
    if not inspect(connection).has_table(schema.name):
        metadata.create_all(connection)
        connection.execute(insert(schema).values(version=SCHEMA_VERSION))
        return
    found = connection.execute(select(schema.c.version)).scalar_one()
    if found > SCHEMA_VERSION:
        raise LedgerTooNew(
            f"The ledger has schema {found}, this TILscope knows up to {SCHEMA_VERSION}. Install the newer version again."
        )
    if found < SCHEMA_VERSION:
        metadata.create_all(connection)  # 2: statements, a table of its own
        connection.execute(update(schema).values(version=SCHEMA_VERSION))


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (
            "journal_mode = WAL",  # readers never wait for a writer; a killed writer leaves the last commit
            "synchronous = FULL",  # who asked for what must outlast a power cut; a study makes few commits
            "busy_timeout = 30000",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A deferred transaction that reads before it writes fails at once if another has written between.
        reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
