"""An older ledger is brought up to this version's tables; what it holds stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Table, inspect, text
from sqlalchemy.schema import CreateColumn

from tilscope.service.ledger.patient_key import PatientKey, name_patients_by_key
from tilscope.service.ledger.scores import index_all
from tilscope.service.ledger.tables import metadata
from tilscope.service.ledger.versions import fill_versions
from tilscope.service.ledger.worklist import fill_candidates

#: What a version fills from what is there already, once the tables are as they are today.
_FILLED_BY_VERSION: Mapping[int, Sequence[Callable[[Connection], None]]] = {
    3: (index_all,),
    4: (fill_versions, fill_candidates),
}


def upgrade(connection: Connection, found: int, patient_key: PatientKey) -> None:
    """Add the tables, columns and indexes that a ledger of version `found` lacks, and fill them.

    A new column needs nothing here but a `server_default` where it is defined: the rows that are there get it.
    """
    metadata.create_all(connection)
    for table in metadata.sorted_tables:
        _add_columns(connection, table)
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    name_patients_by_key(connection, patient_key)
    for version, fills in sorted(_FILLED_BY_VERSION.items()):
        for fill in fills if found < version else ():
            fill(connection)


def _add_columns(connection: Connection, table: Table) -> None:
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            definition = CreateColumn(column).compile(connection)
            connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))
