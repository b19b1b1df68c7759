"""How the ledger's database is opened, and an older one brought up to date.

SQLite is what is tested. PostgreSQL by URL is meant to work, untested: the SQL is plain, bring your driver.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update

from tilscope.service.ledger.erasing import erase_deleted
from tilscope.service.ledger.patient_key import PatientKey
from tilscope.service.ledger.tables import SCHEMA_VERSION, metadata, schema
from tilscope.service.ledger.upgrades import upgrade


class LedgerTooNew(Exception):
    """A newer TILscope wrote this ledger."""


def open_database(url: str, patient_key: PatientKey) -> Engine:
    """Connect, and create the tables where there are none, or bring older ones up to date."""
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine)
    with engine.begin() as connection:
        upgraded = _bring_up_to_date(connection, patient_key)
    if upgraded:  # an older version did not overwrite what it deleted
        erase_deleted(engine)
    return engine


def open_if_current(url: str) -> Engine | None:
    """Connect to an existing ledger of this version, to add a line to it; None if it is of another version, or none."""
    engine = create_engine(url)
    _set_up_sqlite(engine)
    with engine.execution_options(reads_only=True).begin() as connection:
        has_any = inspect(connection).has_table(schema.name)
        found = connection.execute(select(schema.c.version)).scalar_one() if has_any else None
    if found == SCHEMA_VERSION:
        return engine
    engine.dispose()
    return None


def _bring_up_to_date(connection: Connection, patient_key: PatientKey) -> bool:
    """Returns whether an older ledger was there."""
    if not inspect(connection).has_table(schema.name):
        metadata.create_all(connection)
        connection.execute(insert(schema).values(version=SCHEMA_VERSION))
        return False
    found = connection.execute(select(schema.c.version)).scalar_one()
    if found > SCHEMA_VERSION:
        raise LedgerTooNew(
            f"The ledger has schema {found}, this TILscope knows up to {SCHEMA_VERSION}. Install the newer version again."
        )
    if found < SCHEMA_VERSION:
        upgrade(connection, found, patient_key)
        connection.execute(update(schema).values(version=SCHEMA_VERSION))
    return bool(found < SCHEMA_VERSION)


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (
            "journal_mode = WAL",  # readers never wait for a writer; a killed writer leaves the last commit
            "synchronous = FULL",  # who asked for what must outlast a power cut; a study makes few commits
            "busy_timeout = 30000",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is deleted is overwritten, not only forgotten
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A deferred transaction that reads before it writes fails at once if another has written between.
        reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
