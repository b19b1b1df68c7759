"""Molecular findings of a tumour, from a table or from the ledger: the expression of two genes, and the receptor status."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from pathlib import Path
from typing import Any

from tilscope.dicom_io.uids import is_uid
from tilscope.models.refusals import BadInput
from tilscope.models.signatures.base import Molecular

NOTHING_KNOWN = Molecular()
#: Of what is expressed in all, a million transcripts, no gene has more; other units in use have smaller numbers.
MOST_EXPRESSION = 1e6
_MOST_PROBLEMS = 20
_COLUMNS = ("study", "patient", "gzma", "prf1", "tnbc")
_YES_NO = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


def molecular_of(annotation: Mapping[str, Any] | None) -> Molecular:
    """The findings in an annotation of the ledger; nothing is known where there is none."""
    return Molecular(**(annotation or {}))


def words_of(molecular: Molecular) -> tuple[str, ...]:
    """For input hashes; () where nothing is known."""
    known = {key: value for key, value in asdict(molecular).items() if value is not None}
    return (f"molecular {known}",) if known else ()


def why_no_expression(value: float) -> str:
    """What is wrong with the expression of a gene, whoever gives it; '' for nothing."""
    return "" if 0 <= value <= MOST_EXPRESSION else f"is no expression: from 0 to {MOST_EXPRESSION:.0f} is"


def cytolytic_activity(molecular: Molecular) -> float | None:
    """CYT: the geometric mean of the two genes (Rooney 2015)."""
    if molecular.gzma is None or molecular.prf1 is None:
        return None
    return sqrt(molecular.gzma * molecular.prf1)


@dataclass(frozen=True)
class MolecularRow:
    """What a table says of a study, or of a patient."""

    study: str
    patient: str
    said: Mapping[str, float | bool | None]
    """The findings that are given; None removes an earlier one."""
    line: int = 0
    """The last line of the table that says so."""


def read_table(path: Path) -> list[MolecularRow]:
    """A CSV with a column `study` (Study Instance UID) or `patient` (Patient ID), and any of `gzma`, `prf1`, `tnbc`.

    Raises `BadInput`, which names every line that is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file, restval="")
            names = [name.strip().lower() for name in lines.fieldnames or ()]
            lines.fieldnames = names
            if len(set(names)) < len(names):
                raise BadInput("unusable-table", path=path, problem="two columns have the same name")
            unknown = [name for name in names if name not in _COLUMNS]
            if unknown or not {"study", "patient"} & set(names):
                problem = f"there is no column {unknown[0]!r}" if unknown else "it has no column study or patient"
                raise BadInput("unusable-table", path=path, problem=f"{problem}; known are {', '.join(_COLUMNS)}")
            return _each_once(_rows(lines, path), path)
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise BadInput("unusable-table", path=path, problem=str(fault)) from fault


def _rows(lines: Iterable[Mapping[str, str]], path: Path) -> list[MolecularRow]:
    rows, problems = [], []
    for number, line in enumerate(lines, start=2):
        try:
            rows.append(_row(line, number))
        except _WrongLine as wrong:
            problems.append(f"line {number}: {wrong}")
    if problems:
        raise BadInput("unusable-table", path=path, problem=together(problems))
    return rows


def together(problems: Sequence[str]) -> str:
    """One text of many problems; of very many, the first."""
    left = len(problems) - _MOST_PROBLEMS
    return "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {left} more" if left > 0 else "")


class _WrongLine(Exception):
    """What is wrong with a line."""


def _each_once(rows: Sequence[MolecularRow], path: Path) -> list[MolecularRow]:
    """One row for each study or patient, from one or several lines; refused where these contradict each other."""
    found: dict[tuple[str, str], MolecularRow] = {}
    for row in rows:
        key = (row.study, "" if row.study else row.patient)
        before = found.get(key, row).said
        for name in before.keys() & row.said.keys():
            if before[name] != row.said[name]:
                about = f"study {row.study}" if row.study else f"patient {row.patient}"
                problem = f"two lines of {about} say {name} {before[name]} and {row.said[name]}"
                raise BadInput("unusable-table", path=path, problem=problem)
        found[key] = replace(row, said={**before, **row.said})
    return list(found.values())


def _row(line: Mapping[str, str], number: int) -> MolecularRow:
    if None in line:  # csv keeps the surplus under no name: a decimal comma, most likely
        raise _WrongLine("it has more cells than there are columns")
    cells = {name: (line.get(name) or "").strip() for name in _COLUMNS}
    if not cells["study"] and not cells["patient"]:
        raise _WrongLine("it names neither study nor patient")
    if cells["study"] and not is_uid(cells["study"]):
        raise _WrongLine(f"{cells['study']!r} is no Study Instance UID")
    findings: dict[str, float | bool] = {
        gene: _expression(gene, cells[gene]) for gene in ("gzma", "prf1") if cells[gene]
    }
    if text := cells["tnbc"].lower():
        if text not in _YES_NO:
            raise _WrongLine(f"tnbc {text!r} is neither yes nor no")
        findings["triple_negative"] = _YES_NO[text]
    return MolecularRow(cells["study"], cells["patient"], findings, number)


def _expression(gene: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _WrongLine(f"{gene} {text!r} is no number") from None
    if why := why_no_expression(value):
        raise _WrongLine(f"{gene} {text} {why}")
    return value
