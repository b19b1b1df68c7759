"""Rewriting the database's file, so that nothing of what was deleted is left in it, or in the log beside it."""

from __future__ import annotations

import logging
import sqlite3

from sqlalchemy import Engine

log = logging.getLogger(__name__)


def erase_deleted(engine: Engine) -> bool:
    """Rewrite the file (`VACUUM`) and empty SQLite's log; whether both were done.

    They cannot be where the disk has no room for a second copy, or where somebody reads for longer than a writer waits.
    What was deleted is deleted all the same, and was overwritten where it stood (`secure_delete`). Of another database than
    SQLite this is its administrator's task.
    """
    if engine.dialect.name != "sqlite":
        return False
    # The driver's own connection: SQLite does neither of these inside a transaction.
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    except sqlite3.Error as fault:
        log.warning("the ledger's file could not be rewritten", exc_info=fault)
        return False
    finally:
        connection.close()
