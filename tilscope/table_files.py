"""Tables that are given as files or in memory: whoever reads them reads files, with what they say of themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pyarrow

#: A Parquet or CSV file, or a table in memory.
Table: TypeAlias = "str | PathLike[str] | pyarrow.Table"


@contextmanager
def files_of(**tables: Table) -> Iterator[dict[str, Path]]:
    """By name, where each table lies; one from memory under its name, for as long as it is read."""
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        yield {name: _file_of(table, Path(folder) / f"{name}.parquet") for name, table in tables.items()}


def _file_of(table: Table, place: Path) -> Path:
    if isinstance(table, str | PathLike):
        return Path(table)
    from pyarrow import parquet  # slow to import

    parquet.write_table(table, place)
    return place
