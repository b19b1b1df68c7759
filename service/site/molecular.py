"""Molecular findings of a tumour, from a table or from the ledger: the expression of two genes, and the receptor status."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from pathlib import Path
from typing import Any

from tilscope.dicom_io.uids import is_uid
from tilscope.models.refusals import BadInput
from tilscope.models.signatures.base import Molecular

NOTHING_KNOWN = Molecular()
_COLUMNS = ("study", "patient", "gzma", "prf1", "tnbc")
#: Of what is expressed in all, a million transcripts, no gene has more; other units in use have smaller numbers.
MOST_EXPRESSION = 1e6
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
    """One line of a table: of a study, or of a patient."""

    study: str
    patient: str
    said: Mapping[str, float | bool | None]
    """The findings that the line gives; None removes an earlier one."""


def read_table(path: Path) -> list[MolecularRow]:
    """A CSV with a column `study` (Study Instance UID) or `patient` (Patient ID), and any of `gzma`, `prf1`, `tnbc`."""
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
            return _each_once([_row(line, path, number) for number, line in enumerate(lines, start=2)], path)
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise BadInput("unusable-table", path=path, problem=str(fault)) from fault


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


def _row(line: Mapping[str, str], path: Path, number: int) -> MolecularRow:
    def wrong(problem: str) -> BadInput:
        return BadInput("unusable-table", path=path, problem=f"line {number}: {problem}")

    if None in line:  # csv keeps the surplus under no name: a decimal comma, most likely
        raise wrong("it has more cells than there are columns")
    cells = {name: (line.get(name) or "").strip() for name in _COLUMNS}
    if not cells["study"] and not cells["patient"]:
        raise wrong("it names neither study nor patient")
    if cells["study"] and not is_uid(cells["study"]):
        raise wrong(f"{cells['study']!r} is no Study Instance UID")
    findings: dict[str, float | bool] = {}
    for gene in ("gzma", "prf1"):
        if text := cells[gene]:
            try:
                findings[gene] = float(text)
            except ValueError:
                raise wrong(f"{gene} {text!r} is no number") from None
            if why := why_no_expression(findings[gene]):
                raise wrong(f"{gene} {text} {why}")
    if text := cells["tnbc"].lower():
        if text not in _YES_NO:
            raise wrong(f"tnbc {text!r} is neither yes nor no")
        findings["triple_negative"] = _YES_NO[text]
    return MolecularRow(cells["study"], cells["patient"], findings)
