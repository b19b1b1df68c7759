"""Tables that researchers bring: CSV, TSV or Parquet, packed with gzip or not. What cannot be read is said in words."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tilscope.models.refusals import BadInput

_PARQUET = ".parquet"
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": "\t", ".maf": "\t", ".gmt": "\t"}
_SHOWN = 5


def unusable(path: Path, problem: str) -> BadInput:
    return BadInput("unusable-table", path=path, problem=problem)


def read_frame(path: Path, numbers: bool = False) -> Any:
    """A table as a pandas DataFrame of texts, '' where a cell is empty. Lines before it that begin with # are skipped.

    With `numbers`, as of a matrix: the first column is the index, as texts, and the others are as pandas reads them.
    """
    import pandas as pd

    try:
        if path.suffix == _PARQUET:
            return _of_parquet(path, numbers)
        with _opened(path) as file:
            separator, header, skipped = _header(path, file)
        twice = [name for name, count in Counter(header[1:] if numbers else header).items() if count > 1]
        if twice:
            raise unusable(path, f"two columns have the same name: {some(twice)}")
        how: dict[str, Any] = {"sep": separator, "decimal": "," if separator == ";" else ".", "skiprows": skipped}
        if numbers:
            frame = pd.read_csv(path, index_col=0, dtype={header[0]: str}, low_memory=False, **how)
            return frame.set_axis(frame.index.astype(str))
        return pd.read_csv(path, dtype=str, keep_default_na=False, **how)
    except (OSError, EOFError, ValueError, csv.Error) as fault:
        raise unusable(path, f"it cannot be read ({type(fault).__name__}: {str(fault).splitlines()[0]})") from fault


def some(names: Iterable[object]) -> str:
    """The first few in words, and how many more there are.

    >>> some("ABCDEFG")
    'A, B, C, D, E and 2 more'
    """
    listed = [str(name) for name in names]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_parquet(path: Path, numbers: bool) -> Any:
    import pandas as pd

    frame = pd.read_parquet(path)
    if not numbers:
        return frame.astype(object).where(frame.notna(), "").astype(str)
    if isinstance(frame.index, pd.RangeIndex):
        frame = frame.set_index(frame.columns[0])
    return frame.set_axis(frame.index.astype(str))


def _opened(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _header(path: Path, file: Iterable[str]) -> tuple[str, list[str], int]:
    """The separator, the names of the columns, and how many lines of comment stand before them."""
    kind = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if kind not in _SEPARATORS:
        raise unusable(path, f"its name must end with {', '.join((*_SEPARATORS, _PARQUET))}, or .gz after one of them")
    skipped, line = next(((n, line) for n, line in enumerate(file) if not line.startswith("#")), (0, ""))
    separator = _SEPARATORS[kind]
    if separator == "," and "," not in line and ";" in line:
        separator = ";"
    header = next(csv.reader([line], delimiter=separator), [])
    if len(header) < 2:
        raise unusable(
            path, f"its first line has one column only; {kind} means that {separator!r} stands between columns"
        )
    return separator, header, skipped
